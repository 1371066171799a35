"""Uploads: a file that comes in parts over bad links, and what becomes of it."""

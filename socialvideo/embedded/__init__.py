"""The embedded default: PostgreSQL, broker, servers and workers under one supervisor, without root or Docker."""

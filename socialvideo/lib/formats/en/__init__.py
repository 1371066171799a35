"""English, the panel's one language."""

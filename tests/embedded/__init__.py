"""The embedded default, proved against real PostgreSQL and real kills."""

"""People, their profiles, the graph between them, and their sessions."""

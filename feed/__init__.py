"""Posts, who may see them, and the bytes that are played."""

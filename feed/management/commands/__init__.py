"""Commands of the feed."""

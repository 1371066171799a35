"""Making something to publish, over REST: drafts, and films of films."""

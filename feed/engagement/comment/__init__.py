"""Comments over REST."""

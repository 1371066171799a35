"""A person's own say in their feed: wishes in words, the share of made films, mood, reset, no profile, limits of time."""

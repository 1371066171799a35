"""A person's own say in their feed: wishes in words, generated films, mood, reset, no profile, limits of time."""

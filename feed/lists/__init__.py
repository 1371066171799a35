"""Lists of posts: following, friends, grids, hashtags, sounds, trending, search. All go through feed.visibility."""

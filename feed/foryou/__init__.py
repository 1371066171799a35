"""For You over the database: what is known of the viewer, candidates, the page as it is served, its log and reasons."""

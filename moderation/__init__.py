"""Reports and takedowns: looks at everything, seen by nobody."""

"""Over REST: how one proves who one is. The decisions are in the modules above, named by the thing."""

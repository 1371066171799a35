"""Over REST: what people are to each other. The decisions are in the modules above, named by the thing."""

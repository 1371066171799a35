"""Jobs, engines and media: generates only with a permit."""

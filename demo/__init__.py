"""The walk: the main job as four people see it, over HTTP alone."""

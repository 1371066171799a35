"""Benchmarks: ratios of two ways in one run, for absolute times say nothing on a shared machine."""

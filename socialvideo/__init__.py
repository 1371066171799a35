"""The hall: settings, wiring, and the small library every room shares."""

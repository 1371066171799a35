"""What a person may demand: a copy of everything, and to leave with nothing of theirs left behind."""

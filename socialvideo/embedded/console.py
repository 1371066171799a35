"""The one place that writes to the terminal."""

import sys


def say(text: str) -> None:
    """Write one line to standard output at once, also when that is a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

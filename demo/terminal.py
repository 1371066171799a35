"""How the walk looks: one line a step, and bars while the worker renders."""

import sys

WIDTH = 28
GREEN, RED, DIM, BOLD, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"


def paint(text: str, colour: str) -> str:
    """Return ``text`` in a colour where the terminal shows colours."""
    return f"{colour}{text}{PLAIN}" if sys.stdout.isatty() else text


def heading(text: str) -> None:
    """Begin a part of the story."""
    print(f"\n{paint(text, BOLD)}", flush=True)


def step(who: str, what: str, status: int, meaning: str) -> None:
    """Tell one step: who did what, the status code, and what it means."""
    colour = GREEN if status < 400 else RED
    print(f"  {who:<8} {what:<40} {paint(str(status), colour)}  {meaning}", flush=True)


def note(text: str) -> None:
    """Tell something between the steps."""
    print(f"           {paint(text, DIM)}", flush=True)


def bar(label: str, percent: int, *, done: bool = False) -> None:
    """Draw a progress bar; on a terminal it moves in place, in a file it is written once, when done."""
    filled = WIDTH * percent // 100
    line = f"           {label:<18} {'█' * filled}{'░' * (WIDTH - filled)} {percent:>3} %"
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if done else "", flush=True)
    elif done:
        print(line, flush=True)

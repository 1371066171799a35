"""How much of what people do counts for everybody: one table for trends and for the ranking's crowd, and published so.

Nobody counts for their own posts. An act without a watch counts less. Who is little known, or tied to an author or to
those whom they act on, counts with all others who are so as the root of their number: fifty who act as one are seven.
"""

from datetime import timedelta
from typing import Any

# What is done with a post, and what all that one person does with it counts at most.
ACTS: dict[str, float] = {"view": 0.2, "like": 1.0, "bookmark": 2.0, "comment": 2.0, "share": 3.0}
MOST = 3.0
# An act on what the person did not watch: to the end, or so long.
UNWATCHED, WATCHED_MS = 0.25, 2000
# An account this old counts fully, a younger one less; before the first day, or unverified, not at all.
YOUNG, YOUNG_FOR, NOT_BEFORE = 0.5, timedelta(days=7), timedelta(days=1)
# Who does more than this in the window counts less for each act.
USUAL = 100
# Somebody is known who watched films of more authors than this in the window; who is not is tied.
KNOWN = 5
# From what share on somebody is tied, and from which wholly.
FROM, WHOLLY = 0.5, 0.75
# What a share is smoothed by: acts that are given back, and acts on one author.
GIVEN_BACK, ONE_AUTHOR = 2, 4
# A wave: at least so many people on one author's posts in three slots that follow each other, of so many seconds.
WAVE, SLOT = 5, 600

_WORDS: dict[str, tuple[float, str]] = {
    "most": (MOST, "All that one person does with one post counts so much at most."),
    "own": (0.0, "What authors do with their own posts."),
    "unwatched": (UNWATCHED, "What is done with a post that was watched for less than two seconds; it ties."),
    "first_day": (0.0, "What an account does in its first day, or without a verified address."),
    "first_week": (YOUNG, "What an account does in its first seven days."),
    "usual": (USUAL, "Whoever does more than this in a week counts less for each act."),
    "known": (KNOWN, "Who watched films of no more authors than this in a week is tied wholly."),
    "tied_from": (
        FROM,
        "Somebody is tied from this share on: of what they do, what they do for one author, or for people who do the "
        "same for them; or where this share of an author's people came within half an hour.",
    ),
    "tied_wholly": (WHOLLY, "From this share on they are tied wholly."),
    "tied_power": (0.5, "All who are tied count together as their number to this power: its root."),
}


def published() -> list[dict[str, Any]]:
    """Return the table as it is published: name, value, and what it means."""
    acts = [{"name": name, "weight": value, "words": f"A {name} among what trends."} for name, value in ACTS.items()]
    return acts + [{"name": name, "weight": value, "words": words} for name, (value, words) in _WORDS.items()]


def tie_sql(share: str) -> str:
    """Return the SQL of how far somebody is tied by a share: nothing up to FROM, wholly from WHOLLY on."""
    return f"least(1, greatest(0, ({share} - {FROM}) / {WHOLLY - FROM}))"

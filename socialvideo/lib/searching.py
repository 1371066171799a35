"""How a search is read: its words, what finds their beginnings, and what finds words that are nearly theirs."""

import re
import unicodedata
from dataclasses import dataclass

MOST_WORDS, LONGEST_WORD = 6, 40
_WORD = re.compile(r"[^\W_]+")
# Of a word of which trigrams are looked for, how much at its beginning or its end is to be right.
_PART = 3


@dataclass(frozen=True)
class Near:
    """The trigrams of a word, and those of its beginning and its end: somebody mistyped at most one of the two."""

    whole: list[str]
    head: list[str]
    tail: list[str]


def words(text: str) -> list[str]:
    """Return the words of a search as they are compared (NFKC, case-folded), the first few of them."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)][:MOST_WORDS]


def beginning(alternatives: list[list[str]]) -> str:
    """Return the tsquery of what has, for each place, a word that begins with one of its alternatives."""
    # Only letters and digits are in them, so there is nothing to quote.
    return " & ".join("(" + " | ".join(f"'{word}':*" for word in words) + ")" for words in alternatives)


def near(word: str) -> Near:
    """Return what finds words like this one (of the trigrams that pg_trgm has)."""
    padded, part = f"  {word} ", max(2, len(word) // _PART)
    return Near(_trigrams(padded), _trigrams(padded[: part + 2]), _trigrams(padded[-part - 1 :]))


def _trigrams(text: str) -> list[str]:
    return sorted({text[place : place + 3] for place in range(len(text) - 2)})

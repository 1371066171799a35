"""Pure rules of engagement: which hashtags and handles a text names, and how two words are compared."""

import re
import unicodedata
from collections.abc import Sequence

from accounts.rules import HANDLE

TAG_LENGTH, MOST_TAGS, MOST_MENTIONS = 60, 30, 20
# A hashtag is letters, digits, marks and low lines, with a letter among them: "#1" is a number. Not inside a word or
# an address.
_TAG = re.compile(r"(?<![\w&/#])[#\uff03]([\w\u0300-\u036f]+)")
_NAMED = re.compile(rf"(?<![\w@./])@({HANDLE.pattern})(?![\w@])", re.ASCII | re.IGNORECASE)


def plain_tag(tag: str) -> str:
    """Return a hashtag as it is compared: NFKC, case-folded, without its sign; empty if it is none."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold()).removeprefix("#")
    is_tag = len(plain) <= TAG_LENGTH and re.fullmatch(r"\w+", plain) and any(map(str.isalpha, plain))
    return plain if is_tag else ""


def tags_in(text: str) -> list[str]:
    """Return the hashtags of a text, each once, in their order; of very many the first."""
    found = (plain_tag(tag) for tag in _TAG.findall(text))
    return list(dict.fromkeys(filter(None, found)))[:MOST_TAGS]


def handles_in(text: str) -> list[str]:
    """Return the handles that a text names, each once, in their order; of very many the first."""
    return list(dict.fromkeys(handle.lower() for handle in _NAMED.findall(text)))[:MOST_MENTIONS]


def plain_word(word: str) -> str:
    """Return a word, or some, as a filter compares it: NFKC, case-folded, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold()).split())


def holds(text: str, words: Sequence[str]) -> bool:
    """Tell whether a text has one of these plain words: as a word, or anywhere where a script parts no words."""
    plain = plain_word(text)
    return any(_is_in(plain, word) for word in words if word in plain)


def _is_in(text: str, word: str) -> bool:
    unparted = any(unicodedata.category(sign) == "Lo" for sign in word)
    return unparted or re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None

"""Which films a wish is about: by the words of captions, tags, sounds and names, as hashes of 32 bits. Pure.

A film's words are reduced to stems, a tag also to its beginnings and ends (``#streetfood`` answers to "food"), and each
to its CRC-32: four bytes a word, whatever the language. A wish reaches a film when all its words are there (1.0), or a
word of the topic that it names (``RELATED``), or the author or who is shown is named by it.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feed.control.topics import ALIASES, TOPICS

RELATED = 0.7
PIECE = 4
MOST_TERMS = 12
Hashes = NDArray[np.uint32]
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ers", "er", "ed", "es", "s", "y", "e")
# What an ending cut off would make another word of.
_OWN = frozenset({"news", "care", "cares", "caring", "hate", "rate", "less", "more", "boss", "this", "his", "us"})
_VOID = frozenset({
    "a", "an", "the", "of", "and", "or", "in", "on", "at", "to", "for", "with", "by", "my", "your", "our", "is", "are",
    "it", "this", "that",
})  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The words of many films, one after the other: those of film ``i`` are ``flat[ends[i - 1]:ends[i]]``."""

    flat: Hashes
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, films: Sequence[Hashes]) -> "Words":
        """Join the words of each film."""
        sizes = np.fromiter((len(each) for each in films), np.int64, len(films))
        return cls(np.concatenate([*films, np.empty(0, np.uint32)]).astype(np.uint32), np.cumsum(sizes))

    def take(self, rows: NDArray[np.integer[Any]]) -> "Words":
        """Return the words of some of the films, in this order."""
        ends = self.ends[rows]
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        sizes = ends - starts
        total = np.cumsum(sizes)
        places = np.repeat(starts - (total - sizes), sizes) + np.arange(total[-1] if len(total) else 0)
        return Words(self.flat[places], total)

    def joined(self, more: "Words") -> "Words":
        """Return these with the words of more films behind."""
        return Words(np.concatenate([self.flat, more.flat]), np.concatenate([self.ends, more.ends + len(self.flat)]))

    def __len__(self) -> int:
        return len(self.ends)


def hashed(word: str, kind: str = "") -> int:
    """Return the hash of a word; names (kind ``@``) and whole tags (``#``) have hashes apart from the words'."""
    return zlib.crc32((kind + word).encode())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return what is left of an English word without its ending: cook, cooks, cooking are one, berry and berries."""
    if word in _OWN or word.endswith(("ss", "us", "is")):
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            short = word[: -len(ending)]
            # Running, planned: the doubled letter is the ending's.
            return short[:-1] if ending in ("ing", "ed", "er") and short[-1] == short[-2] and len(short) > 3 else short
    return word


def words(text: str) -> list[str]:
    """Return the words of a text, folded, without accents."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def of_film(*, caption: str, tags: Iterable[str], handles: Iterable[str], names: Iterable[str]) -> Hashes:
    """Return the words by which a film is found: ``handles`` and ``names`` of its author and of whom it shows."""
    found = {hashed(stem(word)) for text in (caption, *names) for word in words(text)}
    for tag in tags:
        whole = "".join(words(tag))
        found |= {hashed(whole, "#"), hashed(stem(whole))} | {hashed(stem(piece)) for piece in _pieces(whole)}
    for handle in handles:
        found |= {hashed(handle, "@")} | {hashed(stem(word)) for word in words(handle.replace("_", " "))}
    return np.fromiter(found, np.uint32, len(found))


def terms_of(*, caption: str, tags: Iterable[str]) -> Hashes:
    """Return what a film is about, without names and pieces of words: by what films are told to be alike."""
    found = {hashed(stem(word)) for word in words(caption) if word not in _VOID}
    found |= {hashed(stem("".join(words(tag)))) for tag in tags}
    return np.fromiter(sorted(found)[:MOST_TERMS], np.uint32)


def share(term: str, films: Words) -> NDArray[np.float32]:
    """Return for each film how far it is about ``term``: 0 to 1."""
    whole, related = _sought(term)
    found = np.ones(len(films), np.float32) if whole else np.zeros(len(films), np.float32)
    for each in whole:
        found *= _any(films, np.array([each], np.uint32))
    if len(related):
        np.maximum(found, RELATED * _any(films, related), out=found)
    return found


@lru_cache(maxsize=4096)
def _sought(term: str) -> tuple[tuple[int, ...], Hashes]:
    """Return the hashes that must all be there, and those of which one is enough."""
    if term[:1] == "@":
        return (hashed(term[1:], "@"),), np.empty(0, np.uint32)
    if term[:1] == "#":
        return (hashed("".join(words(term)), "#"),), np.empty(0, np.uint32)
    said = [word for word in words(term) if word not in _VOID] or words(term)
    topic = _topic(" ".join(said))
    more = {hashed(stem(word)) for word in topic}
    joined = "".join(said)
    if len(said) > 1:
        more.add(hashed(joined, "#"))
    return tuple(hashed(stem(word)) for word in said), np.fromiter(more, np.uint32, len(more))


def _topic(term: str) -> frozenset[str]:
    name = ALIASES.get(term, term)
    if name not in TOPICS:
        name = next((each for each in TOPICS if stem(each) == stem(term)), "")
    return TOPICS.get(name, frozenset()) | ({name} if name and name != term else frozenset())


def _any(films: Words, sought: Hashes) -> NDArray[np.float32]:
    hits = np.concatenate([[0], np.cumsum(np.isin(films.flat, sought))])
    starts = np.concatenate([[0], films.ends[:-1]])
    found: NDArray[np.float32] = (hits[films.ends] > hits[starts]).astype(np.float32)
    return found


def _pieces(tag: str) -> set[str]:
    """Return the beginnings and ends of a tag, from PIECE letters on."""
    return {tag[:n] for n in range(PIECE, len(tag))} | {tag[n:] for n in range(1, len(tag) - PIECE + 1)}

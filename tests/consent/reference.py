"""The law of consent said a second time, from DESIGN §3 and docs/consent.md, to compare ``consent/rules.py`` with.

Unlike the rules on purpose: words instead of types, whole numbers for time, sets instead of sequences of tests. Every
sentence of the law is looked at, those that are broken make a set, and the gravest of them is named.
"""

import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Paper(NamedTuple):
    """A grant as somebody would write it down. Times are whole ticks."""

    name: int
    subject: str
    state: str = "given"
    epoch: int = 1
    begins: int = -1
    ends: int = 1
    used: int = 0
    most: int = 1
    audience: str = "public"
    purposes: frozenset[str] = frozenset()
    modalities: frozenset[str] = frozenset()
    rights: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    forbidden_words: tuple[str, ...] = ()
    review: bool = False
    closed: bool = False
    waits: bool = False
    """For a guardian's word."""
    group: str = ""


class Shown(NamedTuple):
    """One person whom an effect shows: by the grant and epoch it remembers, or by whatever grant answers."""

    subject: str
    grant: int | None = None
    epoch: int | None = None
    right: str = ""


class Case(NamedTuple):
    """Everything one decision depends on."""

    point: str
    shown: tuple[Shown, ...]
    papers: tuple[Paper, ...]
    purpose: str = ""
    audience: str = ""
    modalities: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()
    prompt: str = ""
    enrolled: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    vetoed: frozenset[str] = frozenset()
    now: int = 0


Verdict = tuple[str, str | tuple[int, ...]]
Sentence = Callable[[Case, Shown, Paper], bool]

# Those who may watch, by the word for them: the owner and people depicted are always among them.
CLOSE, FOLLOWING, ALL = {"close"}, {"close", "followers"}, {"close", "followers", "strangers"}
WATCHING = {"": set(), "private": set(), "close_friends": CLOSE, "followers": FOLLOWING, "public": ALL}
# What only looks at something that was made; everything else makes something, or makes it known.
LOOKING = {"preview", "review", "open", "chunk", "download"}
# From here on the photo is needed, until there is a film.
BEFORE_THE_FILM = {"request", "start", "step", "seal"}
PEOPLE_OF = ["", "chosen", "mutuals", "everyone"]

# The gravest first.
LAW: dict[str, Sentence] = {
    "no_grant": lambda case, one, grant: one.subject == grant.subject and not (grant.group and one.epoch is not None),
    "no_likeness": lambda case, one, grant: case.point not in BEFORE_THE_FILM or one.subject in case.enrolled,
    "vetoed": lambda case, one, grant: one.subject not in case.vetoed,
    "ended": lambda case, one, grant: grant.state == "given",
    "stale_epoch": lambda case, one, grant: one.epoch in {None, grant.epoch},
    "guardian": lambda case, one, grant: not grant.waits,
    "not_yet": lambda case, one, grant: case.now >= grant.begins,
    "expired": lambda case, one, grant: case.now < grant.ends,
    "right": lambda case, one, grant: {one.right} <= grant.rights | {""},
    "closed": lambda case, one, grant: case.point in LOOKING or not grant.closed,
    "exhausted": lambda case, one, grant: case.point != "request" or grant.used in range(grant.most),
    "review": lambda case, one, grant: not (grant.review and case.point == "publish") or one.subject in case.accepted,
    "purpose": lambda case, one, grant: {case.purpose} <= grant.purposes | {""},
    "audience": lambda case, one, grant: WATCHING[case.audience] <= WATCHING[grant.audience],
    "modality": lambda case, one, grant: case.modalities <= grant.modalities,
    "category": lambda case, one, grant: not case.about & grant.denied,
    "text_rule": lambda case, one, grant: not any(finds(case.prompt, rule) for rule in grant.forbidden_words),
}


def verdict(case: Case) -> Verdict:
    """Return ("allowed", the grants it rests on), or the reason and the person whom it names."""
    found = [(one, broken(case, one)) for one in case.shown]
    for one, sentences in found:
        if sentences:
            return min(sentences, key=list(LAW).index), one.subject
    if case.vetoed:
        return "vetoed", case.shown[0].subject
    return "allowed", tuple(paper.name for one in case.shown for paper in answering(case, one))


def broken(case: Case, one: Shown) -> set[str]:
    """Return every sentence of the law that is not kept for this person."""
    grants = answering(case, one)
    if not grants:
        return {"no_grant"}
    return {word for word, holds in LAW.items() for grant in grants if not holds(case, one, grant)}


def answering(case: Case, one: Shown) -> list[Paper]:
    """Return the one grant that answers for a person, or none."""
    if one.grant is not None:
        return [paper for paper in case.papers if paper.name == one.grant]
    theirs = {paper for paper in case.papers if paper.subject == one.subject}
    return [closest(theirs, case.now)] if theirs else []


def closest(papers: Iterable[Paper], now: int) -> Paper:
    """Return the grant that answers: what counts before what waits for a guardian, what is open before what is closed,
    what lasts before what is over, the grant for fewest people before those for more, and the oldest of several."""
    left = set(papers)
    left = {paper for paper in left if not paper.waits} or left
    left = {paper for paper in left if not paper.closed} or left
    left = {paper for paper in left if now < paper.ends} or left
    for people in PEOPLE_OF:
        if of_these := sorted(paper for paper in left if paper.group == people):
            return of_these[0]
    raise ValueError("no grant at all")


def finds(prompt: str, rule: str) -> bool:
    """Whether the words of the rule stand in the prompt, next to each other and in this order."""
    wanted, there = words(rule), words(prompt)
    return bool(wanted) and any(there[at : at + len(wanted)] == wanted for at in range(len(there)))


def words(text: str) -> list[str]:
    """Return the words of a text as people hear them: without case, accents, width, and what cannot be seen."""
    made = [""]
    for sign in text:
        for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold()):
            if letter.isalnum():
                made[-1] += letter
            elif unicodedata.category(letter) not in {"Mn", "Cf"} and made[-1]:
                made.append("")
    return [word for word in made if word]

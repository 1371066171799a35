"""Deeds on grants, each done in the imagined world and by the product: giving, changing, choosing, withdrawing.

Both must end with the same word. The deeds on films are in ``deeds_on_films``, what must hold after each in
``comparing``.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ClassVar, TypeVar, cast

from django.db import connection, transaction

from accounts import blocks, graph
from consent import asks, expiry, grants, groups, likenesses, suspension, withdrawal
from consent.grants import Terms
from consent.models import Ask, Choice
from consent.rules import Group
from consent.withdrawal import Mode, Scope
from tests import factories
from tests.consent.acting import Stage, tried
from tests.consent.imagined_films import Studio
from tests.consent.reference import Paper

SUBJECTS, REQUESTERS = ["ann", "ben", "cyd"], ["ann", "rex", "sue"]
PEOPLE = ["ann", "ben", "cyd", "rex", "sue", "tom"]


def terms(paper: Paper) -> Terms:
    """The terms of a grant that somebody writes down."""
    return Terms(
        purposes=paper.purposes,
        audience=paper.audience,
        may_remix="remix" in paper.rights,
        may_download="download" in paper.rights,
        expires_at=None,
        max_uses=paper.most,
        denied_categories=paper.denied,
        text_rules=paper.forbidden_words,
        review=paper.review,
    )


Method = TypeVar("Method", bound=Callable[..., Any])


def deed(method: Method) -> Method:
    """Write down what is done, as a tour would say it; not what is done by it in turn."""

    @wraps(method)
    def told(doing: "Deeds", *given: Any) -> Any:
        if not doing.depth:
            doing.story.append((method.__name__, *given))
        doing.depth += 1
        try:
            return method(doing, *given)
        finally:
            doing.depth -= 1

    return cast(Method, told)


class Deeds:
    """The world and the stage, and what may happen on both."""

    people: ClassVar[Stage]
    met: ClassVar[Counter[tuple[str, str]]] = Counter()
    story: ClassVar[list[tuple[Any, ...]]] = []
    """What was done in this world."""

    def __init__(self) -> None:
        super().__init__()
        self.story.clear()
        self.depth = 0
        self.place = transaction.savepoint()
        self.world = Studio()
        self.stage = Stage(self.people.people, self.people.sessions)

    def forget(self) -> None:
        """Undo everything but the people."""
        transaction.savepoint_rollback(self.place)
        transaction.set_rollback(False)
        connection.run_on_commit.clear()

    def both(self, deed: str, expected: str, call: Callable[[], Any]) -> Any:
        """Do on the stage what was done in the world; both must end with the same word."""
        word, made = tried(call)
        self.count(deed, word == "ok")
        assert word == expected, f"{deed}: the world says {expected}, the product {word}"
        return made

    def count(self, deed: str, allowed: object) -> None:
        """Count a deed for the report."""
        self.met[deed, "allowed" if allowed else "refused"] += 1

    # Grants.

    @deed
    def enrol(self, name: str) -> None:
        """Enrol a likeness, if none is enrolled."""
        if name not in self.world.photos:
            self.world.enrol(name)
            self.both("enrol", "ok", lambda: factories.likeness(self.stage.people[name]))

    @deed
    def erase(self, name: str) -> None:
        """Erase a likeness."""
        self.world.erase(name)
        self.both("erase", "ok", lambda: likenesses.erase(subject=self.stage.people[name]))

    @deed
    def ask(self, name: str, subject: str) -> None:
        """Ask for a grant."""
        pair = {"requester": self.stage.people[name], "subject": self.stage.people[subject]}
        asked = partial(asks.ask, **pair, purposes=["personal"], audience="public", message="")
        if made := self.both("ask", self.world.ask(name, subject), asked):
            self.stage.asks[len(self.world.asks)] = made.id

    @deed
    def answer(self, name: str, number: int, word: str) -> None:
        """Say later or no to an ask."""
        expected = self.world.answer(name, number, word)
        who, ask_id = self.stage.people[name], self.stage.asks[number]
        self.both("answer", expected, lambda: asks.answer(subject=who, ask_id=ask_id, state=Ask.State(word)))

    @deed
    def give(self, name: str, whom: str, paper: Paper) -> None:
        """Give a grant to a person or a group."""
        expected = self.world.give(name, whom, paper)
        pair = {
            "subject": self.stage.people[name],
            "grantee": self.stage.people[whom] if whom in PEOPLE else Group(whom),
        }
        given = partial(grants.give, **pair, terms=terms(paper), ask_id=None)
        if made := self.both(f"give to {'a person' if whom in PEOPLE else whom}", expected, given):
            self.stage.grants[len(self.world.papers)] = made.id

    @deed
    def narrow(self, number: int, most: int) -> None:
        """Lower the count of a grant."""
        grant, expected = self.stage.grant(number), self.world.narrow(number, most)
        self.both("narrow", expected, lambda: grants.narrow(grant=grant, expires_at=None, max_uses=most))

    @deed
    def renew(self, number: int, more: int) -> None:
        """Affirm a grant anew, with more uses."""
        grant, expected = self.stage.grant(number), self.world.renew(number, more)
        self.both("renew", expected, lambda: grants.renew(grant=grant, expires_at=None, more_uses=more))

    @deed
    def lapse(self, number: int) -> None:
        """Let a grant, its offer and what rests on it come to their end by time."""
        number = self.world.rests_on.get(number, number)
        self.world.lapse(number)
        self.both("expire", "ok", lambda: self.stage.lapse(number))

    @deed
    def expire(self) -> None:
        """Write down as expired what is past its time."""
        self.world.expire()
        self.both("write expiry", "ok", expiry.sweep)

    # People among each other.

    @deed
    def follow(self, name: str, whom: str) -> None:
        """Begin to follow."""
        one, other = self.stage.people[name], self.stage.people[whom]
        self.both("follow", self.world.follow(name, whom), lambda: graph.follow(follower=one, followee=other))

    @deed
    def unfollow(self, name: str, whom: str) -> None:
        """Stop following."""
        one, other = self.stage.people[name], self.stage.people[whom]
        self.both("unfollow", self.world.unfollow(name, whom), lambda: graph.unfollow(follower=one, followee=other))

    @deed
    def block(self, name: str, whom: str) -> None:
        """Block a person."""
        one, other = self.stage.people[name], self.stage.people[whom]
        self.both("block", self.world.block(name, whom), lambda: blocks.block(blocker=one, blocked=other))

    @deed
    def unblock(self, name: str, whom: str) -> None:
        """Take a block back."""
        one = self.stage.people[name]
        handle = self.stage.people[whom].handle
        self.both("unblock", self.world.unblock(name, whom), lambda: blocks.unblock(blocker=one, handle=handle))

    @deed
    def choose(self, name: str, whom: str, word: str) -> None:
        """Choose or except a person, or take that back."""
        pair = {"subject": self.stage.people[name], "person": self.stage.people[whom]}
        if word == "nothing":
            self.both("unchoose", self.world.unchoose(name, whom), partial(groups.unchoose, **pair))
        else:
            chosen = partial(groups.choose, **pair, kind=Choice.Kind(word))
            self.both(f"{word} by hand", self.world.choose(name, whom, word), chosen)

    # Ends.

    @deed
    def suspend(self, name: str) -> None:
        """End in consent what a suspension ends; sessions and lists are accounts' own."""
        person_id = self.stage.people[name].id
        self.both("suspend", self.world.suspend(name), lambda: suspension.end_all(person_id=person_id))

    @deed
    def withdraw(self, name: str, kind: str, what: Any, mode: str) -> None:
        """Withdraw in one of the scopes."""
        scope = Scope(
            grantee=self.stage.people[what] if kind == "grantee" else None,
            grant_id=self.stage.grants[what] if kind == "grant" else None,
            video_id=self.stage.films[what] if kind == "film" else None,
        )
        expected = self.world.withdraw(name, kind, what, mode)
        withdrawn = partial(withdrawal.withdraw, subject=self.stage.people[name], scope=scope, mode=Mode(mode))
        self.both(f"withdraw {kind}, {mode}", expected, withdrawn)

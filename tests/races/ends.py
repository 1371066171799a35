"""The other side of a race: everything that ends or narrows what a grant covers, by the product's own verbs."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts import blocks, graph
from accounts.models import Person
from consent import gate, grants, groups, likenesses, withdrawal
from consent.models import Choice, Grant
from consent.withdrawal import Mode, Scope
from moderation import actions
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from tests.races import uses
from tests.races.stage import Stage
from worker import jobs, reviews

NOTICE = timedelta(milliseconds=25)
MAKING = ("request", "claim", "start", "step", "seal")
PLAYING = ("open", "chunk", "stream", "opened stream", "download")
WATCHING = ("lists", "record", *PLAYING, "remix", "remix step", "remix seal", "stitch", "stitch seal")
JOURNALED = ("request", "start", "seal", "publish", "open", "download", "remix", "stitch")
ALL = (*MAKING, "publish", *WATCHING)


@dataclass(frozen=True)
class End:
    """One way in which a use ends: by which acts at once, against which uses, and what it leaves in the ledger."""

    acts: tuple[Callable[[Stage], object], ...]
    against: tuple[str, ...]
    leaf: str = "withdrawal"
    """The kind of its leaf: no leaf of an allowed use may follow it, unless the end spares that use.

    Empty where nothing ends. A takedown has none in the ledger.
    """
    two: bool = False
    """Whether the companion is shown as well."""
    two_in_run: bool = False
    """Whether the companion is shown in a run beside it."""
    group: str = ""
    """The group that the grant rests on an offer to."""
    spent: int = 0
    """Uses of the grant that were counted before."""
    spares_what_was_made: bool = False
    tidies: bool = True
    """Whether no permit and no waiting job of its grants outlives it."""
    late_comers: bool = False
    """Whether every other use begins only when it has returned, to meet what it leaves."""
    makes: str = ""
    """What there is one more of, where it is a use itself."""
    one_wins: bool = False
    """Whether one of the two must be let and the other not."""


def one_grant(stage: Stage) -> None:
    """Withdraw the grant."""
    _withdraw(stage, "grant", Mode.UNPUBLISH)


def one_grantee(stage: Stage) -> None:
    """Withdraw all that the requester was granted."""
    _withdraw(stage, "grantee", Mode.UNPUBLISH)


def everything(stage: Stage) -> None:
    """Withdraw everything."""
    _withdraw(stage, "everything", Mode.UNPUBLISH)


def stop(stage: Stage) -> None:
    """Stop new uses, of one scope or another; what was made stays."""
    _withdraw(stage, stage.dice.choice(["grant", "grantee", "everything"]), Mode.STOP)


def erase(stage: Stage) -> None:
    """Withdraw and erase the likeness, of one scope or another."""
    _withdraw(stage, stage.dice.choice(["grant", "grantee", "everything"]), Mode.ERASE)


def companions(stage: Stage) -> None:
    """Let the other person who is shown withdraw everything."""
    withdrawal.withdraw(subject=stage.cast.companion, scope=Scope())


def veto(stage: Stage) -> None:
    """Veto the video."""
    reviews.veto(subject=stage.cast.subject, video_id=stage.film.id)


def granted_anew(stage: Stage) -> None:
    """Withdraw everything and give the same grant again."""
    everything(stage)
    factories.grant(stage.cast.subject, stage.cast.requester, may_remix=True, may_download=True)


def narrowed(stage: Stage) -> None:
    """Let the grant end in a moment, and wait for that moment by the database's clock."""
    stage.narrowed = _narrow(stage, within=NOTICE)
    while database_now() < stage.narrowed:
        time.sleep(0.001)


def fewer(stage: Stage) -> None:
    """Lower the number of uses to those that were made."""
    _narrow(stage, within=None)


def likeness(stage: Stage) -> None:
    """Erase the likeness, and let the grants stand."""
    likenesses.erase(subject=stage.cast.subject)


def unfollowed(stage: Stage) -> None:
    """Let the subject and the requester follow each other no more, by the will of one of them."""
    pair = stage.dice.sample([stage.cast.subject, stage.cast.requester], 2)
    graph.unfollow(follower=pair[0], followee=pair[1])


def unchosen(stage: Stage) -> None:
    """Choose the requester no more."""
    groups.unchoose(subject=stage.cast.subject, person=stage.cast.requester)


def excepted(stage: Stage) -> None:
    """Keep the requester out of every group."""
    groups.choose(subject=stage.cast.subject, person=stage.cast.requester, kind=Choice.Kind.EXCEPTED)


def blocked(stage: Stage) -> None:
    """Let one of the two block the other."""
    pair = stage.dice.sample([stage.cast.subject, stage.cast.requester], 2)
    blocks.block(blocker=pair[0], blocked=pair[1])


def offer(stage: Stage) -> None:
    """Withdraw the offer to a group, and so what rests on it."""
    withdrawal.withdraw(subject=stage.cast.subject, scope=Scope(grant_id=stage.root.id))


def viewers_request(stage: Stage) -> None:
    """Let another member of the group ask for a video."""
    _ask(stage, stage.cast.viewer)


def taken_down(stage: Stage) -> None:
    """Let a moderator take the video down, and its remixes with it."""
    moderator, said = stage.cast.companion, {"category": "likeness", "reasons": "It is not what they agreed to."}
    actions.take_down(moderator=moderator, video_id=stage.film.id, **said)


def another_request(stage: Stage) -> None:
    """Ask for a video under the same grant."""
    _ask(stage, stage.cast.requester)


def another_claim(stage: Stage) -> None:
    """Take the same job under a lease."""
    assert stage.job
    stage.rival_let = jobs.claim(stage.job.id) is not None


def another_seal(stage: Stage) -> None:
    """Store another video on the same permit."""
    with suppress(uses.Refused):
        uses.seal(stage)
        stage.rival_let = True


def _ask(stage: Stage, requester: Person) -> None:
    try:
        jobs.submit(requester=requester, spec=factories.spec(stage.cast.subject))
    except gate.Denied:
        return
    stage.rival_let = True


def _withdraw(stage: Stage, scope: str, mode: Mode) -> None:
    scopes = {
        "grant": Scope(grant_id=stage.grants[0].id),
        "grantee": Scope(grantee=stage.cast.requester),
        "everything": Scope(),
    }
    withdrawal.withdraw(subject=stage.cast.subject, scope=scopes[scope], mode=mode)


def _narrow(stage: Stage, within: timedelta | None) -> datetime:
    """Narrow the grant as it is now; once more when it changed, or when the moment had passed, before the lock.

    Each time with more notice: who is held up for longer than that would try for ever.
    """
    notice = within
    while True:
        grant = Grant.objects.get(id=stage.root.id)
        expires_at = database_now() + notice if notice else None
        try:
            grants.narrow(grant=grant, expires_at=expires_at, max_uses=None if within else grant.uses)
        except Problem as problem:
            if problem.status_code not in (412, 422):
                raise
            notice = notice and notice * 2
        else:
            return expires_at or grant.expires_at


LAST_USE: dict[str, Any] = {"leaf": "", "spent": 1, "tidies": False, "makes": "permits", "one_wins": True}
ENDS = {
    "grant": End((one_grant,), (*ALL, "accept")),
    "grantee": End((one_grantee,), (*ALL, "accept")),
    "everything": End((everything,), (*ALL, "accept")),
    "stop": End((stop,), (*ALL, "accept"), spares_what_was_made=True),
    "erase": End((erase,), (*ALL, "accept")),
    "veto": End((veto,), ("accept", "publish", *WATCHING), tidies=False),
    "companion": End((companions,), ALL, two=True),
    "both at once": End((everything, companions), ALL, two=True),
    "granted anew": End((granted_anew,), tuple(name for name in ALL if name != "request"), late_comers=True),
    "narrowed": End((narrowed,), tuple(name for name in ALL if name != "claim"), leaf="narrowing", tidies=False),
    "fewer uses": End((fewer,), ("request",), leaf="narrowing", spent=1, tidies=False),
    "likeness": End((likeness,), ("request", "start", "step", "seal"), leaf="erasure", tidies=False),
    "unfollowed": End((unfollowed,), ALL, leaf="invalidation", group="mutuals"),
    "unchosen": End((unchosen,), ALL, leaf="choice", group="chosen"),
    "excepted": End((excepted,), ALL, leaf="choice", group="everyone"),
    "blocked": End((blocked,), ALL, leaf="invalidation"),
    "blocked, in a group": End((blocked,), ALL, leaf="invalidation", group="everyone"),
    "offer": End((offer,), ALL, group="everyone"),
    "offer narrowed": End((narrowed,), ("request", "open", "stream"), leaf="narrowing", group="mutuals", tidies=False),
    "offer, fewer uses": End((fewer,), ("request",), leaf="narrowing", group="chosen", spent=1, tidies=False),
    "taken down": End((taken_down,), (*WATCHING[:6], "remix seal", "stitch seal"), leaf="takedown", tidies=False),
    # Nothing ends: two uses meet, and either both are let, or exactly one.
    "another request": End((another_request,), JOURNALED, leaf="", tidies=False, makes="permits"),
    "last use": End((another_request,), ("request",), **LAST_USE),
    "last use of an offer": End((viewers_request,), ("request",), **LAST_USE, group="everyone"),
    # The companion's withdrawal gives back a use of the subject's grant, for a run of both: no use of it is disturbed.
    "a run of both": End((companions,), ("publish", "open", "download"), leaf="", two_in_run=True, tidies=False),
    "another claim": End((another_claim,), ("claim",), leaf="", tidies=False, one_wins=True),
    "another seal": End((another_seal,), ("seal",), leaf="", tidies=False, makes="videos", one_wins=True),
}
PAIRS = [(use, end) for end, made in ENDS.items() for use in made.against]

"""A refusal tells nothing: neither its words, nor its time, nor what it leaves behind, whatever it is for.

``PROOFS=full`` times 500 refusals of each kind at both addresses, in this process, where there is less noise than
any client has, and prints what the best classifier of two kinds by time reaches (0.5 is guessing).
"""

import json
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import combinations

import pytest
from django.db import connection
from django.db.models import F
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import blocks
from accounts.models import Person
from consent import ledger, withdrawal
from consent.models import Decision, Grant
from consent.rules import DENIED_BY_DEFAULT, Category, Group
from consent.withdrawal import Mode, Scope
from socialvideo.lib.clock import database_now
from tests import factories
from worker.models import Job

FULL = os.environ.get("PROOFS") == "full"
ROUNDS, BELOW = 500, 0.6
PROMPT = "A hospital in Rome, seen from the river, on the last evening of a long summer. " * 5
PATHS = ("/api/v1/jobs", "/api/v1/jobs/dry-run")
# Counted anew in each reply, of whatever kind.
COUNTED = {"RateLimit"}


def give(handle: str, requester: Person, **terms: object) -> Grant:
    """Let a fresh person of this handle grant the requester what the prompt wishes for, but for ``terms``."""
    wide = {"denied_categories": DENIED_BY_DEFAULT - {Category.MEDICAL}}
    return factories.grant(factories.enrolled(handle), requester, **{**wide, **terms})


def give_everyone(handle: str) -> Grant:
    """Let a fresh person of this handle offer the same to everyone."""
    wide = {"denied_categories": DENIED_BY_DEFAULT - {Category.MEDICAL}, "review": True}
    return factories.grant(factories.enrolled(handle), Group.EVERYONE, **wide)


def expire(grant: Grant) -> None:
    """Let it be past its time."""
    now = database_now()
    Grant.objects.filter(id=grant.id).update(not_before=now - timedelta(days=2), expires_at=now - timedelta(days=1))


def end(grant: Grant, mode: Mode = Mode.UNPUBLISH) -> None:
    """Let its subject withdraw it."""
    withdrawal.withdraw(subject=grant.subject, scope=Scope(), mode=mode)


# Why it is refused, by the reason in the journal; handles are equally long, so that bodies are.
ARRANGED: dict[str, Callable[[Person], object]] = {
    "nobody": lambda sam: None,
    "bare_1": lambda sam: factories.person("bare_1"),
    "enroll": lambda sam: factories.enrolled("enroll"),
    "closed": lambda sam: end(give("closed", sam), Mode.STOP),
    "denies": lambda sam: give("denies", sam, denied_categories=frozenset({Category.MEDICAL})),
    "ruling": lambda sam: give("ruling", sam, text_rules=(*(f"rule {n}" for n in range(49)), "in rome")),
    "lapsed": lambda sam: expire(give("lapsed", sam)),
    "usedup": lambda sam: Grant.objects.filter(id=give("usedup", sam).id).update(uses=F("max_uses")),
    "ending": lambda sam: end(give("ending", sam)),
    "narrow": lambda sam: give("narrow", sam, audience="followers"),
    "barred": lambda sam: blocks.block(blocker=give("barred", sam).subject, blocked=sam),
    "avoids": lambda sam: blocks.block(blocker=sam, blocked=give_everyone("avoids").subject),
}
REASONS = {
    **dict.fromkeys(("nobody", "bare_1", "enroll", "ending", "barred", "avoids"), "no_grant"),
    "closed": "closed",
    "denies": "category",
    "ruling": "text_rule",
    "lapsed": "expired",
    "usedup": "exhausted",
    "narrow": "audience",
}
# Of two who are wished for: which one it is that refuses.
COUPLES = {"the first": ("denies", "covers"), "the second": ("covers", "denies"), "unknown": ("covers", "nobody")}
KINDS = {handle: (handle,) for handle in ARRANGED}


@pytest.fixture
def api(requester: Person) -> APIClient:
    """The requester's client, in a world where every kind of refusal is to be had."""
    give("covers", requester)
    for arrange in ARRANGED.values():
        arrange(requester)
    return factories.client(requester)


def ask(api: APIClient, path: str, handles: tuple[str, ...]) -> HttpResponse:
    """Wish for a video of these people."""
    body = json.dumps({"subjects": handles, "prompt": PROMPT, "audience": "public"})
    response: HttpResponse = api.post(path, body, content_type="application/json")
    return response


def said(response: HttpResponse) -> tuple[object, ...]:
    """All of a reply that a requester sees."""
    headers = {name: value for name, value in response.headers.items() if name not in COUNTED}
    return response.status_code, response.content, headers


def auc(some: list[float], others: list[float]) -> float:
    """How often the better guess by time is right: the Mann-Whitney statistic of two kinds, 0.5 to 1."""
    ranked = sorted([(value, 0) for value in some] + [(value, 1) for value in others])
    ranks = sum(rank for rank, (_, kind) in enumerate(ranked, 1) if kind == 0)
    share = (ranks - len(some) * (len(some) + 1) / 2) / (len(some) * len(others))
    return max(share, 1 - share)


@pytest.mark.parametrize("path", PATHS)
def test_refusals_are_alike_in_every_byte_and_header(api: APIClient, path: str) -> None:
    replies = {kind: said(ask(api, path, handles)) for kind, handles in {**KINDS, **COUPLES}.items()}
    assert len({repr(reply) for reply in replies.values()}) == 1, replies
    reasons = list(Decision.objects.order_by("leaf").values_list("reason", flat=True))
    assert reasons == [*(REASONS[kind] for kind in KINDS), "category", "category", "no_grant"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kinds", [KINDS, COUPLES], ids=["one", "two"])
def test_refusals_come_of_the_same_statements_and_one_leaf(
    api: APIClient, path: str, kinds: dict[str, tuple[str, ...]]
) -> None:
    taken, grown = {}, set()
    for kind, handles in kinds.items():
        size = ledger.size()
        with CaptureQueriesContext(connection) as captured:
            ask(api, path, handles)
        taken[kind] = [bare(query["sql"]) for query in captured.captured_queries]
        grown.add(ledger.size() - size)
    assert len({repr(statements) for statements in taken.values()}) == 1
    # The ledger's size is public: it would tell what the words do not.
    assert grown == {1}


def bare(statement: str) -> str:
    """A statement without its values."""
    return re.sub(r"""(?: E)?'(?:[^']|'')*'|"s\d+_x\d+"|\b\d+\b|NULL|::\w+(?:\[\])?""", "", statement)


def timed(api: APIClient, path: str, kinds: dict[str, tuple[str, ...]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each refusal, all kinds in a new order each round; the first ten rounds warm everything up."""
    dice, taken = random.Random(5), {kind: list[float]() for kind in kinds}
    for place in range(rounds + 10):
        for kind in dice.sample(list(kinds), len(kinds)):
            began = time.perf_counter()
            ask(api, path, kinds[kind])
            if place >= 10:
                taken[kind].append(time.perf_counter() - began)
    return taken


def pairs(taken: dict[str, list[float]]) -> Iterator[tuple[float, str, str]]:
    """How well each two kinds are told apart."""
    for one, other in combinations(taken, 2):
        yield auc(taken[one], taken[other]), one, other


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="a long proof: PROOFS=full runs it")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kinds", [KINDS, COUPLES], ids=["one", "two"])
def test_no_two_kinds_of_refusal_are_told_apart_by_their_time(
    api: APIClient, path: str, kinds: dict[str, tuple[str, ...]]
) -> None:
    best, one, other = max(pairs(timed(api, path, kinds, ROUNDS)))
    told = f"\n{path}, {len(kinds)} kinds, {ROUNDS * len(kinds)} refusals: AUC {best:.3f} ({one}, {other})\n"
    sys.stdout.write(told)
    assert best < BELOW


def test_the_classifier_tells_apart_what_differs() -> None:
    assert auc([1.0, 2.0, 3.0], [4.0, 5.0]) == 1.0
    assert auc([4.0, 5.0], [1.0, 2.0, 3.0]) == 1.0
    assert auc([1.0, 3.0], [2.0, 2.5]) == 0.5

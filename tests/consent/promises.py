"""Probes of the promises of consent: each returns True while its promise is kept. The mutants must make them False."""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from accounts.models import Person
from consent import (
    fences,
    gate,
    keys,
    ledger,
    likenesses,
    locks,
    permits,
    withdrawal,
)
from consent.models import Decision, Grant, LedgerHead, LedgerLeaf, Likeness, Permit, Withdrawal
from consent.rules import ANY, Allowed, Audience, Claim, Point, Purpose, State, Wish
from consent.withdrawal import Scope
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from socialvideo.lib.ids import new_id
from tests import factories

DAY = timedelta(days=1)
DIGEST = bytes(32)
JOB = new_id()


def granted(**terms: Any) -> Grant:
    """A standing grant between two fresh people."""
    return factories.grant(factories.enrolled(), factories.person(), **terms)


def held(grant: Grant) -> Claim:
    """The claim that remembers the grant as it was given."""
    return Claim(grant.subject_id, grant.id, 1)


def runs(requester_id: UUID, *claims: Claim, point: Point = Point.OPEN, wish: Wish = ANY, quiet: bool = False) -> bool:
    """Ask the gate; tell whether the effect ran."""
    ran: list[Allowed] = []
    try:
        gate.use(point=point, requester_id=requester_id, claims=claims, wish=wish, quiet=quiet, effect=ran.append)
    except gate.Denied:
        return False
    return bool(ran)


def withdrawn(grant: Grant) -> Withdrawal:
    """Withdraw all of the subject's grants."""
    return withdrawal.withdraw(subject=grant.subject, scope=Scope())


def issue(grant: Grant) -> Permit:
    """Issue a permit under the grant."""
    wish = Wish(Audience.PUBLIC, Purpose.ENTERTAINMENT)
    return permits.issue(
        requester=grant.grantee,
        subjects=[grant.subject_id],
        digest=DIGEST,
        wish=wish,
        job_id=JOB,
        effect=lambda permit: permit,
    )


def redeemed(grant: Grant) -> permits.Redeemed:
    """Issue and redeem a permit."""
    return permits.redeem(permit_id=issue(grant).id, digest=DIGEST, job_id=JOB)


def refuses(call: Callable[[], Any], *errors: type[Exception]) -> bool:
    """Tell whether the call raises one of these."""
    try:
        call()
    except errors:
        return True
    return False


def lock_modes(subject_id: UUID) -> set[str]:
    """The modes in which this connection holds the subject's lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            " AND ((classid::bigint << 32) | objid::bigint) = %s",
            [locks.key(subject_id)],
        )
        return {mode for (mode,) in cursor.fetchall()}


def give_unlocked() -> Grant:
    """A grant written past the verbs, so that its subject's lock was never taken in this test's transaction."""
    now = database_now()
    return Grant.objects.create(
        subject=factories.enrolled(),
        grantee=factories.person(),
        purposes=["entertainment"],
        audience="public",
        not_before=now - DAY,
        expires_at=now + DAY,
        max_uses=5,
    )


# The promises.


def a_use_holds_the_lock_shared() -> bool:
    grant = give_unlocked()
    modes: list[set[str]] = []
    gate.use(
        point=Point.OPEN,
        requester_id=grant.grantee_id,
        claims=[held(grant)],
        effect=lambda _: modes.append(lock_modes(grant.subject_id)),
    )
    return modes == [{"ShareLock"}]


def the_lock_comes_before_the_read() -> bool:
    grant = give_unlocked()
    with CaptureQueriesContext(connection) as queries:
        runs(grant.grantee_id, held(grant))
    statements = [query["sql"] for query in queries.captured_queries]
    lock = next((n for n, sql in enumerate(statements) if "pg_advisory_xact_lock_shared" in sql), len(statements))
    return lock < next(n for n, sql in enumerate(statements) if "consent_grant" in sql)


def permit_of(grant: Grant) -> Permit:
    """A permit for one subject, written past the verbs."""
    about: dict[str, Any] = {"job_id": JOB, "digest": DIGEST, "expires_at": grant.expires_at}
    permit = Permit.objects.create(requester=grant.grantee, subject_count=1, **about)
    photo = Likeness.objects.get(subject=grant.subject)
    permit.subjects.create(subject=grant.subject, grant=grant, epoch=1, likeness=photo, place=0)
    return permit


def a_withdrawal_holds_the_lock_exclusive() -> bool:
    grant = give_unlocked()
    withdrawn(grant)
    return lock_modes(grant.subject_id) == {"ExclusiveLock"}


def a_job_ends_under_the_lock() -> bool:
    grant = give_unlocked()
    permit = permit_of(grant)
    with permits.ending(permit.id):
        return lock_modes(grant.subject_id) == {"ShareLock"}


def an_ended_grant_covers_nothing() -> bool:
    grant = granted()
    Grant.objects.filter(id=grant.id).update(state=State.WITHDRAWN, ended_at=database_now())
    return not runs(grant.grantee_id, held(grant))


def a_stale_epoch_covers_nothing() -> bool:
    grant = granted()
    Grant.objects.filter(id=grant.id).update(epoch=2)
    return not runs(grant.grantee_id, held(grant))


def an_expired_grant_covers_nothing() -> bool:
    grant = granted()
    now = database_now()
    Grant.objects.filter(id=grant.id).update(not_before=now - DAY, expires_at=now)
    return not runs(grant.grantee_id, held(grant))


def a_grant_of_tomorrow_covers_nothing_today() -> bool:
    grant = granted()
    Grant.objects.filter(id=grant.id).update(not_before=database_now() + DAY)
    return not runs(grant.grantee_id, held(grant))


def a_wider_audience_is_not_covered() -> bool:
    grant = granted(audience=Audience.FOLLOWERS)
    return not runs(grant.grantee_id, held(grant), wish=Wish(audience=Audience.PUBLIC))


def another_purpose_is_not_covered() -> bool:
    grant = granted()
    return not runs(grant.grantee_id, held(grant), wish=Wish(purpose=Purpose.ADVERTISING))


def uses_run_out() -> bool:
    grant = granted(max_uses=1)
    Grant.objects.filter(id=grant.id).update(uses=1)
    return not runs(grant.grantee_id, Claim(grant.subject_id), point=Point.REQUEST)


def an_issued_permit_is_a_use() -> bool:
    grant = granted(max_uses=1)
    issue(grant)
    return refuses(lambda: issue(grant), gate.Denied)


def every_subject_must_agree() -> bool:
    grant = granted()
    return not runs(grant.grantee_id, held(grant), Claim(factories.enrolled().id))


def without_a_likeness_nothing_is_requested() -> bool:
    grant = granted()
    Likeness.objects.filter(subject=grant.subject).update(key=None, photo_digest=None, erased_at=database_now())
    return not runs(grant.grantee_id, held(grant), point=Point.REQUEST)


def a_grant_is_for_its_grantee() -> bool:
    grant = granted()
    return not runs(factories.person().id, Claim(grant.subject_id))


def a_grant_is_of_its_subject() -> bool:
    grant = granted()
    return not runs(grant.grantee_id, Claim(factories.enrolled().id, grant.id, 1))


def an_effect_runs_only_if_allowed() -> bool:
    return not runs(factories.person().id, Claim(factories.enrolled().id))


def an_allowed_use_is_journaled() -> bool:
    grant = granted()
    runs(grant.grantee_id, held(grant))
    return Decision.objects.filter(subject=grant.subject, verdict="allowed", leaf__kind="use").count() == 1


def a_denied_use_is_journaled() -> bool:
    subject = factories.enrolled()
    runs(factories.person().id, Claim(subject.id), quiet=True)
    return Decision.objects.filter(subject=subject, verdict="denied", reason="no_grant").count() == 1


def an_effect_that_breaks_leaves_no_trace() -> bool:
    grant = granted()

    def fault(_: Allowed) -> None:
        Person.objects.filter(id=grant.grantee_id).update(bio="changed")
        raise RuntimeError

    refuses(
        lambda: gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[held(grant)], effect=fault),
        RuntimeError,
    )
    return Person.objects.get(id=grant.grantee_id).bio == ""


def nothing_is_used_without_the_key() -> bool:
    grant = granted()
    keys.private_key.cache_clear()
    with override_settings(LEDGER_KEY_FILE=Path(os.devnull)):
        stopped = refuses(lambda: runs(grant.grantee_id, held(grant), quiet=True), ValueError)
    keys.private_key.cache_clear()
    return stopped


def all_refusals_read_the_same() -> bool:
    grant, stranger = granted(), factories.enrolled()
    said = set()
    for claim, wish in ((Claim(stranger.id), ANY), (held(grant), Wish(purpose=Purpose.EDUCATION))):
        try:
            gate.use(point=Point.OPEN, requester_id=grant.grantee_id, claims=[claim], wish=wish, effect=lambda _: None)
        except gate.Denied as denied:
            said.add((denied.status_code, denied.code, str(denied.detail), denied.errors, str(denied.headers)))
    return len(said) == 1


def fence_breaks(**fields: Any) -> Callable[[], bool]:
    """The SQL fence is broken once the grant has these values."""

    def probe() -> bool:
        grant = granted()
        stood = fences.standing([held(grant)])
        Grant.objects.filter(id=grant.id).update(**fields)
        return stood and not fences.standing([held(grant)])

    return probe


def one_broken_fence_breaks_all() -> bool:
    first, second = granted(), granted()
    withdrawn(second)
    return not fences.standing([held(first), held(second)])


def a_running_job_is_stopped() -> bool:
    grant = granted()
    proof = redeemed(grant)
    withdrawn(grant)
    return refuses(lambda: permits.recheck(proof), gate.Denied)


def a_permit_makes_one_video() -> bool:
    proof = redeemed(granted())
    made: list[Any] = []

    def seal() -> None:
        permits.spend(proof, video_id=new_id(), effect=lambda claims, _: made.append(claims))

    seal()
    return refuses(seal, permits.Unusable) and len(made) == 1


def nothing_is_sealed_after_a_withdrawal() -> bool:
    grant = granted()
    proof = redeemed(grant)
    withdrawn(grant)
    made: list[Any] = []
    seal = partial(permits.spend, proof, video_id=new_id(), effect=lambda claims, _: made.append(claims))
    return refuses(seal, gate.Denied) and not made


def a_permit_is_for_its_own_spec() -> bool:
    permit = issue(granted())
    return refuses(lambda: permits.redeem(permit_id=permit.id, digest=b"x" * 32, job_id=JOB), permits.Unusable)


def a_void_permit_is_not_redeemed() -> bool:
    permit = issue(granted())
    permits.void([permit.id])
    return refuses(lambda: permits.redeem(permit_id=permit.id, digest=DIGEST, job_id=JOB), permits.Unusable)


def a_use_is_given_back_once() -> bool:
    grant = granted()
    first, _ = issue(grant), issue(grant)
    for _ in range(2):
        permits.void([first.id])
    return Grant.objects.get(id=grant.id).uses == 1


def a_withdrawal_raises_the_epoch() -> bool:
    grant = granted()
    withdrawn(grant)
    return Grant.objects.get(id=grant.id).epoch == 2


def a_withdrawal_ends_what_it_covers() -> bool:
    grant = granted()
    withdrawn(grant)
    return not runs(grant.grantee_id, held(grant))


def a_withdrawal_is_of_ones_own_grants() -> bool:
    mine, foreign = granted(), granted()
    withdrawn(mine)
    return runs(foreign.grantee_id, held(foreign))


def a_withdrawal_is_told() -> bool:
    grant = granted()
    with CaptureQueriesContext(connection) as queries:
        withdrawn(grant)
    return any("pg_notify" in query["sql"] and str(grant.id) in query["sql"] for query in queries.captured_queries)


def a_receipt_names_its_leaf() -> bool:
    receipt = withdrawn(granted()).receipt
    leaf = LedgerLeaf.objects.get(index=receipt["ledger"]["leaf_index"])
    return bool(receipt["ledger"]["leaf_hash"] == hashlib.sha256(b"\x00" + bytes(leaf.body)).hexdigest())


def a_receipt_is_signed_over_all_of_it() -> bool:
    receipt = dict(withdrawn(granted()).receipt)
    signature = receipt.pop("signature")
    said = json.dumps(receipt, sort_keys=True, separators=(",", ":")).encode()
    return signature == keys.signed(json.loads(said))["signature"]


def the_head_is_the_root_of_the_leaves() -> bool:
    ledger.append([ledger.Entry("test", {"n": n}) for n in range(3)])
    hashes = [hashlib.sha256(b"\x00" + bytes(leaf.body)).digest() for leaf in LedgerLeaf.objects.order_by("index")]
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        odd = hashes[-1:] if len(hashes) % 2 else []
        hashes = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    root = ledger.root_of([bytes(peak) for peak in LedgerHead.objects.get().frontier])
    return root == hashes[0]


def an_erased_photo_cannot_be_opened() -> bool:
    person = factories.enrolled()
    likenesses.erase(subject=person)
    return Likeness.objects.get(subject=person).key is None


def a_grant_needs_a_likeness() -> bool:
    return refuses(lambda: factories.grant(factories.person(), factories.person()), Problem)


def a_grant_lasts_a_year_at_most() -> bool:
    return refuses(lambda: granted(expires_at=database_now() + 400 * DAY), Problem)

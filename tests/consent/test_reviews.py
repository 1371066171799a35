"""A depicted person's say over one video: an acceptance bound to a hash, and a veto that is never taken back."""

from accounts.models import Person
from consent import reviews, withdrawal
from consent.models import Acceptance, Decision, Grant, LedgerLeaf, Veto
from consent.withdrawal import Scope
from socialvideo.lib.ids import new_id
from tests.consent.conftest import refused
from worker.models import Video

RENDER = b"r" * 32


def veto(subject: Person, video: Video) -> None:
    """Veto the video."""
    withdrawal.withdraw(subject=subject, scope=Scope(video_id=video.id))


def test_an_acceptance_says_who_accepted_which_render_and_is_a_leaf(video: Video, subject: Person) -> None:
    row = reviews.accept(subject=subject, video_id=video.id, digest=RENDER)
    assert (row.subject_id, row.video_id, bytes(row.digest)) == (subject.id, video.id, RENDER)
    assert LedgerLeaf.objects.filter(kind="acceptance").count() == 1


def test_accepting_twice_changes_nothing(video: Video, subject: Person) -> None:
    first = reviews.accept(subject=subject, video_id=video.id, digest=RENDER)
    assert reviews.accept(subject=subject, video_id=video.id, digest=RENDER) == first
    assert (Acceptance.objects.count(), LedgerLeaf.objects.filter(kind="acceptance").count()) == (1, 1)


def test_nobody_accepts_or_vetoes_a_video_that_does_not_show_them(video: Video, requester: Person) -> None:
    for video_id in (video.id, new_id()):
        with refused(404, "not_found"):
            reviews.accept(subject=requester, video_id=video_id, digest=RENDER)
        with refused(404, "not_found"):
            withdrawal.withdraw(subject=requester, scope=Scope(video_id=video_id))
    assert (Acceptance.objects.count(), Veto.objects.count()) == (0, 0)


def test_a_denied_seal_shows_nobody(subject: Person, requester: Person) -> None:
    leaf = LedgerLeaf.objects.create(index=9, kind="x", body=b"", leaf_hash=bytes(32))
    video_id, denied = new_id(), {"point": "seal", "verdict": "denied", "reason": "ended"}
    Decision.objects.create(**denied, subject=subject, requester=requester, video_id=video_id, leaf=leaf)
    with refused(404, "not_found"):
        reviews.accept(subject=subject, video_id=video_id, digest=RENDER)
    assert Acceptance.objects.count() == 0


def test_what_has_ended_is_not_accepted_any_more(video: Video, subject: Person) -> None:
    withdrawal.withdraw(subject=subject, scope=Scope())
    with refused(410, "gone_consent"):
        reviews.accept(subject=subject, video_id=video.id, digest=RENDER)
    assert (Acceptance.objects.count(), LedgerLeaf.objects.filter(kind="acceptance").count()) == (0, 0)


def test_a_veto_is_never_taken_back_by_an_acceptance(video: Video, subject: Person) -> None:
    veto(subject, video)
    with refused(410, "gone_consent"):
        reviews.accept(subject=subject, video_id=video.id, digest=RENDER)
    assert (Acceptance.objects.count(), Veto.objects.count()) == (0, 1)


def test_a_veto_after_the_acceptance_stands(video: Video, subject: Person) -> None:
    reviews.accept(subject=subject, video_id=video.id, digest=RENDER)
    veto(subject, video)
    assert (Acceptance.objects.count(), Veto.objects.count()) == (1, 1)


def test_vetoing_twice_vetoes_once_and_gives_two_receipts(video: Video, subject: Person) -> None:
    veto(subject, video)
    veto(subject, video)
    assert (Veto.objects.count(), subject.withdrawals.filter(scope="video").count()) == (1, 2)


def test_the_receipt_of_a_veto_names_the_video_and_no_grant(video: Video, subject: Person) -> None:
    done = withdrawal.withdraw(subject=subject, scope=Scope(video_id=video.id))
    assert (done.scope, done.mode) == ("video", "unpublish")
    assert (done.receipt["terms"]["video"], done.receipt["terms"]["grants"]) == (str(video.id), [])
    assert Grant.objects.get().state == "given"

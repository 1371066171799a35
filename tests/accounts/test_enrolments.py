"""Being found by one's own number: who proves it holds it, and taking it back leaves nothing."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.discovery import budgets, codes, contacts, enrolments, epochs, matching, sealing
from accounts.discovery.signer import Signer
from accounts.models import (
    ContactEdge,
    ContactMatch,
    DiscoveryEnrolment,
    DiscoveryTag,
    NumberCode,
    Person,
)
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from tests.accounts import discovering
from tests.contract import stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signer")]
A, B, C = "+447400111111", "+447400222222", "+447400333333"


def pair() -> tuple[Person, Person]:
    """Two people who have each other's number and were matched."""
    one, other = discovering.enrolled(A, "ada"), discovering.enrolled(B, "bob")
    discovering.has(one, B)
    discovering.has(other, A)
    matching.tick_all()
    assert discovering.matched(one) == {"bob"}
    return one, other


def rows(person: Person) -> int:
    """How many rows there are of a person in discovery."""
    of: Any = {"owner__person": person}, {"target__person": person}
    edges = sum(ContactEdge.objects.filter(**each).count() for each in of)
    matches = sum(ContactMatch.objects.filter(**{f"{end}__person": person}).count() for end in ("low", "high"))
    own = DiscoveryEnrolment.objects.filter(person=person).count()
    return edges + matches + own + DiscoveryTag.objects.filter(enrolment__person=person).count()


def test_who_proves_a_number_has_a_tag_in_each_epoch(requester: Person) -> None:
    discovering.enrolled(A, person=requester)
    tags = {tag.epoch_id: bytes(tag.tag) for tag in DiscoveryTag.objects.filter(enrolment__person=requester)}
    assert tags == {epoch: mark.tag for epoch, mark in enrolments.marks_of(A).items()}
    assert len(tags) == len(epochs.unended())


def test_the_number_itself_is_stored_sealed_for_its_person_alone(requester: Person) -> None:
    discovering.enrolled(A, person=requester)
    sealed = bytes(enrolments.find(requester).sealed_number)
    assert A[1:].encode() not in sealed
    assert sealing.unseal(sealed, purpose=b"number " + requester.id.bytes).decode() == A
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed, purpose=b"number " + bytes(16))


def test_a_wrong_code_enrols_nobody(requester: Person) -> None:
    challenge = discovering.asked(requester, A)
    with pytest.raises(Problem):
        enrolments.enrol(person=requester, challenge=challenge.challenge, code=discovering.wrong(discovering.code()))
    assert DiscoveryEnrolment.objects.count() == 0


def test_proving_the_same_number_again_changes_nothing() -> None:
    one, _ = pair()
    before = stored.everything(but={"accounts_numbercode"})
    discovering.enrolled(A, person=one)
    assert stored.everything(but={"accounts_numbercode"}) == before


def test_a_new_number_takes_the_place_of_the_old_one_with_all_that_hung_on_it() -> None:
    one, other = pair()
    discovering.enrolled(C, person=one)
    assert discovering.matched(other) == set()
    assert ContactEdge.objects.count() == 0
    assert {bytes(tag.tag) for tag in DiscoveryTag.objects.filter(enrolment__person=one)} == {
        *(mark.tag for mark in enrolments.marks_of(C).values())
    }


def test_whoever_proves_a_number_takes_it_from_its_former_holder(stranger: Person) -> None:
    one, other = pair()
    discovering.enrolled(A, person=stranger)
    assert rows(one) == 0
    assert discovering.matched(other) == discovering.matched(stranger) == set()


def test_a_number_that_moves_does_not_bring_a_fresh_budget(stranger: Person) -> None:
    one, _ = pair()
    budgets.spend(person_id=one.id, count=1900)
    discovering.enrolled(A, person=stranger)
    assert budgets.remaining(stranger.id) == 100


def test_opting_out_removes_every_row_at_once_in_both_directions() -> None:
    one, other = pair()
    discovering.asked(one, A)
    enrolments.opt_out(person=one)
    assert rows(one) == 0
    assert NumberCode.objects.filter(person=one).count() == 0
    assert discovering.matched(other) == set()
    assert ContactEdge.objects.count() == ContactMatch.objects.count() == 0
    assert DiscoveryEnrolment.objects.get().person_id == other.id
    enrolments.opt_out(person=one)


def test_who_opted_out_is_not_matched_by_a_later_tick() -> None:
    one, other = pair()
    enrolments.opt_out(person=one)
    discovering.has(other, A)
    contacts.replace(person_id=one.id, epoch=epochs.usable()[-1].number, wanted=[1, 2, 3], sent_at=database_now())
    matching.tick_all()
    assert ContactEdge.objects.count() == ContactMatch.objects.count() == 0


def test_members_are_given_the_tags_they_lack_from_their_sealed_number() -> None:
    one, _ = pair()
    DiscoveryTag.objects.all().delete()
    assert enrolments.renew() == 2
    assert {bytes(tag.tag) for tag in DiscoveryTag.objects.filter(enrolment__person=one)} == {
        *(mark.tag for mark in enrolments.marks_of(A).values())
    }
    assert enrolments.renew() == 0


def test_members_are_renewed_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolments, "BATCH", 2)
    people = [discovering.enrolled() for _ in range(5)]
    DiscoveryTag.objects.all().delete()
    assert enrolments.renew() == len(people)


def test_a_number_that_cannot_be_opened_keeps_nobody_else_from_their_tag(stranger: Person) -> None:
    pair()
    discovering.known(stranger)
    DiscoveryTag.objects.all().delete()
    assert enrolments.renew() == 2
    assert DiscoveryTag.objects.filter(enrolment__person=stranger).count() == 0


def test_without_the_signer_nobody_is_enrolled_and_the_code_stays_good(
    requester: Person, settings: Any, signer: Signer
) -> None:
    challenge, url = discovering.asked(requester, A), settings.DISCOVERY_SIGNER_URL
    epochs.unended()
    settings.DISCOVERY_SIGNER_URL = "http://127.0.0.1:1"
    with stored.unchanged(), pytest.raises(Problem) as away:
        enrolments.enrol(person=requester, challenge=challenge.challenge, code=discovering.code())
    assert (away.value.status_code, away.value.code) == (503, "discovery_unavailable")
    settings.DISCOVERY_SIGNER_URL = url
    enrolments.enrol(person=requester, challenge=challenge.challenge, code=discovering.code())


def test_a_signer_with_another_key_than_the_published_one_is_not_used(requester: Person) -> None:
    challenge = discovering.asked(requester, A)
    for epoch in epochs.unended():
        epoch.public_key = bytes(epoch.public_key)[::-1]
        epoch.save()
    with stored.unchanged(), pytest.raises(Problem) as refusal:
        enrolments.enrol(person=requester, challenge=challenge.challenge, code=discovering.code())
    assert refusal.value.status_code == 503


@pytest.mark.django_db(transaction=True)
def test_two_numbers_that_one_person_proves_at_once_leave_one_enrolment() -> None:
    person, results = factories.person("ada"), []
    proofs = [(discovering.asked(person, number).challenge, discovering.code()) for number in (A, B)]

    def prove(challenge: str, code: str) -> None:
        try:
            results.append(enrolments.enrol(person=person, challenge=challenge, code=code))
        finally:
            connection.close()

    threads = [threading.Thread(target=prove, args=proof) for proof in proofs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(results), DiscoveryEnrolment.objects.count()) == (2, 1)


def test_who_proves_a_number_while_all_keys_change_has_to_ask_again(
    requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge, redeem = discovering.asked(requester, A), codes.redeem

    def redeem_late(**proof: Any) -> str:
        epochs.rotate_now()
        return redeem(**proof)

    monkeypatch.setattr(codes, "redeem", redeem_late)
    with pytest.raises(Problem) as refusal:
        enrolments.enrol(person=requester, challenge=challenge.challenge, code=discovering.code())
    assert (refusal.value.status_code, DiscoveryEnrolment.objects.count()) == (409, 0)
    assert DiscoveryTag.objects.count() == 0


def test_the_database_knows_one_member_a_tag() -> None:
    one, _ = pair()
    tag = DiscoveryTag.objects.filter(enrolment__person=one).first()
    assert tag
    other = DiscoveryEnrolment.objects.exclude(person=one).get()
    DiscoveryTag.objects.filter(enrolment=other).delete()
    with pytest.raises(IntegrityError, match="tag_of_one_member"), transaction.atomic():
        DiscoveryTag.objects.create(enrolment=other, epoch_id=tag.epoch_id, tag=tag.tag, prefix=tag.prefix)

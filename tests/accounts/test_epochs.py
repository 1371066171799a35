"""Epochs: two in use at once, the next made ahead, keys and tags destroyed at the end, and the rotation in haste."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from accounts.discovery import budgets, enrolments, epochs, matching, transparency, upkeep
from accounts.discovery.signer import Signer
from accounts.models import ContactEdge, DiscoveryEpoch, DiscoveryTag, TransparencyRoot
from socialvideo.lib.errors import Problem
from tests.accounts import discovering

pytestmark = pytest.mark.django_db
A, B = "+447400111111", "+447400222222"


@pytest.fixture(autouse=True)
def own_keys(signer: Signer) -> None:
    """No keys of another test: the numbers of epochs begin anew with each."""
    for number in range(1, 20):
        signer.keys.destroy(number)


def age(days: int) -> None:
    """Let all epochs be older."""
    moved = timedelta(days=days)
    DiscoveryEpoch.objects.update(begins_at=F("begins_at") - moved, ends_at=F("ends_at") - moved)


def numbers(found: list[DiscoveryEpoch]) -> list[int]:
    """Their numbers."""
    return [epoch.number for epoch in found]


def test_the_first_call_begins_the_first_epoch_and_no_other_does() -> None:
    assert numbers(epochs.usable()) == numbers(epochs.unended()) == numbers(epochs.turn()) == [1]
    (epoch,) = epochs.usable()
    assert epoch.ends_at - epoch.begins_at == timedelta(days=60)


def test_the_next_epoch_is_made_a_day_ahead_and_used_when_it_begins() -> None:
    epochs.turn()
    age(28)
    assert numbers(epochs.turn()) == [1]
    age(1)
    assert numbers(epochs.turn()) == [1, 2]
    assert numbers(epochs.usable()) == [1]
    with pytest.raises(Problem) as early:
        epochs.find(2)
    assert early.value.code == "epoch_over"
    age(1)
    assert numbers(epochs.usable()) == [1, 2]


def test_members_have_a_tag_in_the_next_epoch_before_it_begins() -> None:
    person = discovering.enrolled(A)
    age(29)
    upkeep.keep()
    assert set(DiscoveryTag.objects.filter(enrolment__person=person).values_list("epoch", flat=True)) == {1, 2}
    assert numbers(epochs.usable()) == [1]


def test_the_end_of_an_epoch_destroys_its_key_its_tags_and_its_edges(signer: Signer) -> None:
    one, other = discovering.enrolled(A, "ada"), discovering.enrolled(B, "bob")
    discovering.has(one, B)
    discovering.has(other, A)
    matching.tick_all()
    for _ in range(2):
        age(30)
        upkeep.keep()
    assert numbers(epochs.unended()) == [2, 3]
    assert signer.keys.read(1, "tags") is None
    assert signer.keys.read(2, "tags") is not None
    assert set(DiscoveryTag.objects.values_list("epoch", flat=True)) == {2, 3}
    assert ContactEdge.objects.count() == 0
    assert discovering.matched(one) == {"bob"}
    assert DiscoveryEpoch.objects.get(number=1).closed_at is not None


def test_a_service_that_slept_begins_again() -> None:
    epochs.turn()
    age(200)
    assert numbers(epochs.turn()) == [2]
    assert numbers(epochs.usable()) == [2]


def test_tags_and_leaves_of_one_number_in_two_epochs_have_nothing_in_common() -> None:
    epochs.turn()
    age(29)
    epochs.turn()
    assert len({each for marks in enrolments.marks_of(A).values() for each in marks}) == 4


def test_the_rotation_in_haste_leaves_one_fresh_epoch_with_all_members_in_it(signer: Signer) -> None:
    one, other = discovering.enrolled(A, "ada"), discovering.enrolled(B, "bob")
    budgets.spend(person_id=one.id, count=2000)
    age(29)
    upkeep.keep()
    before = set(DiscoveryTag.objects.values_list("tag", flat=True))
    call_command("discovery", "rotate", "--now")
    assert numbers(epochs.unended()) == numbers(epochs.usable()) == [3]
    assert [signer.keys.read(number, "tags") is None for number in (1, 2, 3)] == [True, True, False]
    assert DiscoveryTag.objects.count() == 2
    assert not before & set(DiscoveryTag.objects.values_list("tag", flat=True))
    assert budgets.remaining(one.id) == 2000
    discovering.has(one, B)
    discovering.has(other, A)
    matching.tick_all()
    assert discovering.matched(other) == {"ada"}


def test_without_the_signer_nothing_is_rotated(settings: Any) -> None:
    discovering.enrolled(A)
    url, settings.DISCOVERY_SIGNER_URL = settings.DISCOVERY_SIGNER_URL, "http://127.0.0.1:1"
    with pytest.raises(CommandError, match="away"):
        call_command("discovery", "rotate", "--now")
    assert numbers(epochs.usable()) == [1]
    assert DiscoveryTag.objects.count() == 1
    settings.DISCOVERY_SIGNER_URL = url


def test_a_key_that_could_not_be_destroyed_is_destroyed_by_the_next_try(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs.turn()
    age(60)
    with monkeypatch.context() as broken:
        broken.setattr(signer, "token", "another")
        with pytest.raises(Problem):
            epochs.close()
    assert signer.keys.read(1, "tags") is not None
    epochs.close()
    assert signer.keys.read(1, "tags") is None


def test_the_command_says_which_epochs_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("discovery", "rotate")
    call_command("discovery", "status")
    assert capsys.readouterr().out.count("epoch 1: ") == 2


def test_upkeep_publishes_one_root_a_day_and_epoch() -> None:
    discovering.enrolled(A)
    upkeep.keep()
    upkeep.keep()
    assert TransparencyRoot.objects.get().size == 1
    TransparencyRoot.objects.update(published_at=F("published_at") - timedelta(days=1))
    assert transparency.publish_due() == 1

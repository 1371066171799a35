"""Codes that prove a number: few guesses, once, in time, by whoever asked; and nothing of the number is stored."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.discovery import codes, pacing, senders
from accounts.discovery.codes import Purpose
from accounts.models import NumberCode, Person
from accounts.models.discovery import CODE_ATTEMPTS
from socialvideo.lib.errors import Problem
from tests.accounts import discovering
from tests.contract import stored

pytestmark = pytest.mark.django_db
NUMBER = "+447400123456"


@pytest.fixture(autouse=True)
def unpaced() -> None:
    """No number had a code today."""
    pacing._sent.clear()


def refused(challenge: str, code: str, person: Person | None, purpose: Purpose = Purpose.ENROLMENT) -> str:
    """The code of the refusal to redeem."""
    with pytest.raises(Problem) as problem:
        codes.redeem(challenge=challenge, code=code, purpose=purpose, person=person)
    assert problem.value.status_code == 422
    return problem.value.code


def test_the_code_that_was_sent_proves_the_number_once(requester: Person) -> None:
    sent = codes.send(number="+44 7400 123456", purpose=Purpose.ENROLMENT, person=requester)
    assert discovering.CAUGHT[-1][0] == NUMBER
    proof: dict[str, Any] = {"challenge": sent.challenge, "code": discovering.code()}
    assert codes.redeem(**proof, purpose=Purpose.ENROLMENT, person=requester) == NUMBER
    assert refused(sent.challenge, proof["code"], requester) == "code_over"
    assert NumberCode.objects.count() == 0


def test_nothing_that_is_stored_comes_from_the_number(requester: Person) -> None:
    codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=requester)
    first = NumberCode.objects.values("attempts", "purpose").get()
    assert set(NumberCode.objects.values().get()) == {
        *("id", "person_id", "purpose", "code_digest", "attempts", "expires_at")
    }
    codes.send(number="+4915123456789", purpose=Purpose.ENROLMENT, person=requester)
    assert list(NumberCode.objects.values("attempts", "purpose")) == [first, first]


def test_after_five_guesses_the_right_code_is_refused_too(requester: Person) -> None:
    sent = codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=requester)
    right = discovering.code()
    guesses = [refused(sent.challenge, discovering.wrong(right), requester) for _ in range(CODE_ATTEMPTS)]
    assert guesses == ["code_wrong"] * CODE_ATTEMPTS
    assert refused(sent.challenge, right, requester) == "code_over"


def test_an_old_code_is_refused_and_forgotten(requester: Person) -> None:
    sent = codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=requester)
    NumberCode.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert refused(sent.challenge, discovering.code(), requester) == "code_over"
    codes.forget_old()
    assert NumberCode.objects.count() == 0


def test_a_code_proves_nothing_for_another_person_or_another_purpose(requester: Person, stranger: Person) -> None:
    sent = codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=requester)
    with stored.unchanged():
        assert refused(sent.challenge, discovering.code(), stranger) == "code_over"
        assert refused(sent.challenge, discovering.code(), None, Purpose.ABSENCE) == "code_over"


def test_a_challenge_of_another_number_does_not_fit_the_code(requester: Person) -> None:
    codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=requester)
    right = discovering.code()
    other = codes.send(number="+4915123456789", purpose=Purpose.ENROLMENT, person=requester)
    if discovering.code() != right:
        assert refused(other.challenge, right, requester) == "code_wrong"


@pytest.mark.parametrize("change", [lambda c: c[:-8], lambda c: "A" * len(c), lambda c: "", lambda c: "\u00e9" + c[1:]])
def test_a_challenge_that_is_not_ours_is_refused(requester: Person, change: Any) -> None:
    sent = codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=requester)
    with stored.unchanged():
        assert refused(change(sent.challenge), discovering.code(), requester) == "challenge_unknown"


@pytest.mark.parametrize("number", ["", "112", "07400 123456", "+44", "hello", "+44 7400 12345x"])
def test_what_is_no_whole_number_gets_no_code(requester: Person, number: str) -> None:
    before = len(discovering.CAUGHT)
    with stored.unchanged(), pytest.raises(Problem) as refusal:
        codes.send(number=number, purpose=Purpose.ENROLMENT, person=requester)
    assert (refusal.value.status_code, refusal.value.code) == (422, "number_unusable")
    assert len(discovering.CAUGHT) == before


def test_one_number_gets_three_codes_a_day_whoever_asks(requester: Person, stranger: Person, settings: Any) -> None:
    settings.RATE_LIMIT_FACTOR = 1
    for person in (requester, stranger, requester):
        codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=person)
    before = len(discovering.CAUGHT)
    with stored.unchanged(), pytest.raises(Problem) as refusal:
        codes.send(number="+44 7400-123456", purpose=Purpose.ENROLMENT, person=stranger)
    assert (refusal.value.status_code, len(discovering.CAUGHT)) == (429, before)
    codes.send(number="+447400123457", purpose=Purpose.ENROLMENT, person=stranger)


def test_pacing_forgets_a_number_the_next_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert [pacing.take(NUMBER, daily=1) for _ in range(2)] == [True, False]
    monkeypatch.setattr("time.time", lambda: 86_400.0)
    assert pacing.take(NUMBER, daily=1)


def test_pacing_remembers_no_more_numbers_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "REMEMBERED", 2)
    for number in ("+447400000001", "+447400000002", "+447400000003"):
        pacing.take(number, daily=1)
    assert len(pacing._sent) == 2
    assert not any(b"4740000000" in mark for mark in pacing._sent)


def test_strangers_together_get_only_so_many_codes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMIT_FACTOR = 1
    monkeypatch.setattr(codes, "STRANGERS", codes.ratelimit.Policy("codes-to-strangers", 1, 3600))
    codes.send(number=NUMBER, purpose=Purpose.ABSENCE)
    with pytest.raises(Problem) as refusal:
        codes.send(number="+447400123457", purpose=Purpose.ABSENCE)
    assert refusal.value.status_code == 429


def test_a_service_without_a_sender_says_so(requester: Person, settings: Any) -> None:
    settings.DISCOVERY_SENDER = "accounts.discovery.senders.absent"
    with pytest.raises(Problem) as refusal:
        codes.send(number=NUMBER, purpose=Purpose.ENROLMENT, person=requester)
    assert (refusal.value.status_code, refusal.value.code) == (503, "code_unsent")


def test_the_console_is_told_the_code_and_not_the_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        senders.console(number=NUMBER, text="123456 is your code.")
    assert "123456 is your code." in caplog.text
    assert "7400" not in caplog.text

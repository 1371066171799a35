"""Mail: what is written down is sent once, its token works once, and nothing of it is stored."""

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from accounts import letters, mail, recovery, tasks, verification
from accounts.models import Mail, Person, Session
from socialvideo.lib import queue
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer() -> Person:
    """Somebody who has not confirmed their address."""
    return factories.person("ada", verified_at=None)


def token_for(person: Person, kind: str = "verify") -> str:
    """The token of the newest mail of this kind."""
    return mail.token(Mail.objects.filter(person=person, kind=kind).latest("id"))


def refused(token: str) -> str:
    """The code with which a token is refused; nobody's address changes."""
    before = list(Person.objects.order_by("id").values("email", "verified_at"))
    with pytest.raises(Problem) as problem:
        verification.confirm(token)
    assert list(Person.objects.order_by("id").values("email", "verified_at")) == before
    return problem.value.code


def test_a_mail_is_sent_once_and_its_token_verifies_the_address(newcomer: Person) -> None:
    verification.ask(newcomer)
    assert [mail.deliver_due(), mail.deliver_due()] == [1, 0]
    (letter,) = outbox.outbox
    assert letter.to == ["ada@example.org"]
    assert token_for(newcomer) in letter.body
    assert verification.confirm(token_for(newcomer)).verified_at is not None


def test_a_token_is_good_once(newcomer: Person) -> None:
    verification.ask(newcomer)
    verification.confirm(token_for(newcomer))
    assert refused(token_for(newcomer)) == "token_unusable"


def test_a_token_ends(newcomer: Person) -> None:
    verification.ask(newcomer)
    Mail.objects.update(expires_at=Now())
    assert refused(token_for(newcomer)) == "token_unusable"


def test_a_token_is_not_in_the_database_and_not_made_of_what_is(newcomer: Person) -> None:
    verification.ask(newcomer)
    row, token = Mail.objects.get(), token_for(newcomer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT m::text FROM accounts_mail m")
        assert token.split(":")[1] not in cursor.fetchone()[0]
    for forged in (row.id.hex, f"{row.id.hex}:", f"{row.id.hex}:{'A' * 43}", str(row.id)):
        assert refused(forged) == "token_unusable"


def test_a_token_does_what_it_was_made_for_and_nothing_else(newcomer: Person, requester: Person) -> None:
    recovery.send(requester.email)
    assert refused(token_for(requester, "reset")) == "token_unusable"
    verification.ask(newcomer)
    with pytest.raises(Problem):
        recovery.reset(token_for(newcomer), "another good password")
    assert newcomer.check_password(factories.PASSWORD)


def test_mail_is_asked_for_once_a_minute_and_five_times_an_hour(newcomer: Person) -> None:
    def asked() -> int | None:
        try:
            verification.ask(newcomer)
        except Problem as problem:
            assert (problem.status_code, problem.code) == (429, "mail_sent_already")
            return int(problem.headers["Retry-After"])
        return None

    assert asked() is None
    assert 50 <= (asked() or 0) <= 60
    for minutes in range(2, 6):
        Mail.objects.update(created_at=Now() - timedelta(minutes=minutes))
        assert asked() is None
    Mail.objects.update(created_at=Now() - timedelta(minutes=10))
    assert 2900 <= (asked() or 0) <= 3000
    assert Mail.objects.count() == 5


def failing(error: Exception) -> Callable[..., None]:
    """What stands in for a mailbox that does not take a mail."""

    def send(*_: object) -> None:
        raise error

    return send


@pytest.mark.parametrize("error", [ConnectionRefusedError(), SMTPException(), UnicodeError()], ids=repr)
def test_a_mailbox_that_is_away_loses_nothing(newcomer: Person, monkeypatch: Any, error: Exception) -> None:
    verification.ask(newcomer)
    with monkeypatch.context() as patch:
        patch.setattr(mail.EmailMessage, "send", failing(error))
        assert [mail.deliver_due(), mail.deliver_due()] == [0, 0]
    row = Mail.objects.get()
    assert (row.attempts, row.sent_at, outbox.outbox) == (1, None, [])
    assert timedelta(seconds=29) < row.due_at - row.created_at < timedelta(seconds=31)
    Mail.objects.update(due_at=Now())
    assert mail.deliver_due() == 1


def test_each_next_try_waits_twice_as_long_over_an_hour_in_all(newcomer: Person, monkeypatch: Any) -> None:
    verification.ask(newcomer)
    monkeypatch.setattr(mail.EmailMessage, "send", failing(ConnectionRefusedError()))
    waits = []
    for _ in range(mail.ATTEMPTS):
        Mail.objects.update(due_at=Now())
        mail.deliver_due()
        row = Mail.objects.annotate(wait=F("due_at") - Now()).get()
        waits.append(round(row.wait.total_seconds()))
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3840]
    Mail.objects.update(due_at=Now())
    assert (mail.deliver_due(), Mail.objects.get().attempts) == (0, mail.ATTEMPTS)


def test_a_mailbox_that_is_away_is_not_asked_for_every_mail(monkeypatch: Any) -> None:
    for _ in range(5):
        verification.ask(factories.person(verified_at=None))
    monkeypatch.setattr(mail.EmailMessage, "send", failing(TimeoutError()))
    mail.deliver_due()
    assert Mail.objects.filter(attempts=1).count() == mail.PATIENCE


def test_an_address_that_nobody_proved_gets_ten_mails_an_hour_whoever_asks(newcomer: Person) -> None:
    for _ in range(11):
        verification.ask(factories.person(verified_at=None, email="eileen@example.org"))
    assert mail.deliver_due() == 10
    verification.ask(newcomer)
    assert mail.deliver_due() == 1


def test_who_floods_an_address_keeps_its_owner_from_no_reset(requester: Person) -> None:
    for _ in range(11):
        verification.ask(factories.person(verified_at=None, email=requester.email))
    recovery.send(requester.email)
    mail.deliver_due()
    assert [letter.subject for letter in outbox.outbox].count("Reset your socialvideo password") == 1


def test_what_is_a_month_old_is_forgotten(newcomer: Person) -> None:
    verification.ask(newcomer)
    Mail.objects.update(created_at=Now() - timedelta(days=31))
    assert mail.deliver_due() == 0
    assert Mail.objects.count() == 0


def test_an_address_is_changed_once_it_is_confirmed_from_there(requester: Person) -> None:
    verification.ask_to_change(requester, "Sam@New.example")
    assert Person.objects.get().email == "sam@example.org"
    verification.confirm(token_for(requester, "change"))
    assert Person.objects.get().email == "sam@new.example"
    mail.deliver_due()
    assert [letter.to for letter in outbox.outbox if "was changed" in letter.body] == [["sam@example.org"]]


def test_a_change_to_an_address_of_somebody_else_is_found_out_by_who_reads_its_mail_alone(
    requester: Person, stranger: Person
) -> None:
    verification.ask_to_change(requester, stranger.email)
    assert Mail.objects.get().to == stranger.email
    assert refused(token_for(requester, "change")) == "email_taken"


def test_an_address_that_another_wrote_first_and_never_proved_is_proved_by_who_reads_its_mail() -> None:
    squatter = factories.person("squatter", email="ada@example.org", verified_at=None)
    ada = factories.person("ada", verified_at=None)
    for person in (squatter, ada):
        verification.ask(person)
    assert verification.confirm(token_for(ada)).verified_at is not None
    assert refused(token_for(squatter)) == "email_taken"


def test_an_address_that_somebody_took_meanwhile_is_refused(requester: Person) -> None:
    verification.ask_to_change(requester, "new@example.org")
    factories.person("new")
    assert refused(token_for(requester, "change")) == "email_taken"


def test_after_a_change_the_tokens_sent_to_the_old_address_are_void(requester: Person) -> None:
    recovery.send(requester.email)
    verification.ask_to_change(requester, "new@example.org")
    verification.confirm(token_for(requester, "change"))
    with pytest.raises(Problem):
        recovery.reset(token_for(requester, "reset"), "another good password")


def test_a_reset_sets_the_password_ends_every_session_and_tells_the_person(requester: Person) -> None:
    factories.client(requester)
    recovery.send("sam@example.org")
    recovery.reset(token_for(requester, "reset"), "another good password")
    requester.refresh_from_db()
    assert requester.check_password("another good password")
    assert Session.objects.get().ended_at is not None
    assert Mail.objects.filter(event="password_changed", to="sam@example.org").count() == 1


def test_a_weak_password_resets_nothing_and_leaves_the_token_good(requester: Person) -> None:
    factories.client(requester)
    recovery.send(requester.email)
    with pytest.raises(Problem, match="another password"):
        recovery.reset(token_for(requester, "reset"), "password1234")
    assert Session.objects.get().ended_at is None
    recovery.reset(token_for(requester, "reset"), "another good password")


def test_nobody_learns_by_a_reset_whether_an_address_is_known(
    requester: Person, monkeypatch: Any, django_capture_on_commit_callbacks: Any, django_assert_num_queries: Any
) -> None:
    waked: list[dict[str, str]] = []
    monkeypatch.setattr(queue.app, "send_task", lambda task, kwargs: waked.append({"task": task, **kwargs}))
    with django_capture_on_commit_callbacks(execute=True), django_assert_num_queries(0):
        for email in ("nobody@example.org", "SAM@example.org"):
            recovery.ask(email)
    addresses = ("nobody@example.org", "sam@example.org")
    assert waked == [{"task": tasks.send_reset.name, "email": email} for email in addresses]
    for message in (*waked, *waked):
        tasks.send_reset(email=message["email"])
    assert Mail.objects.get().to == requester.email


def test_an_address_that_nobody_proved_resets_nothing(newcomer: Person) -> None:
    recovery.send(newcomer.email)
    assert not Mail.objects.exists()


def test_every_notice_has_words_in_ascii() -> None:
    for event in letters.Event:
        subject, text = letters.letter(kind="notice", event=event, handle="sam", token="", app_url="")
        assert text.isascii() and subject.isascii() and "@sam" in text


def test_a_mail_leads_into_the_app_where_there_is_one() -> None:
    _, text = letters.letter(kind="reset", event="", handle="sam", token="t:1", app_url="https://app.example")
    assert "https://app.example/reset#token=t:1" in text

"""``manage.py moderator``: the only way to become one."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Person

pytestmark = pytest.mark.django_db


def run(handle: str = "mona", email: str = "Mona@example.org") -> None:
    """Run the command."""
    call_command("moderator", handle, email)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password, where no list of processes shows it."""
    monkeypatch.setenv("MODERATOR_PASSWORD", "a long and good one")


def test_it_makes_a_moderator_who_can_log_in(capsys: pytest.CaptureFixture[str]) -> None:
    run()
    made = Person.objects.get()
    assert (made.is_moderator, made.is_superuser, made.email) == (True, True, "mona@example.org")
    assert made.check_password("a long and good one")
    assert capsys.readouterr().out == "@mona is a moderator\n"


def test_repeated_it_changes_the_password_and_makes_nobody_new(monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    monkeypatch.setenv("MODERATOR_PASSWORD", "another long one")
    run()
    assert Person.objects.get().check_password("another long one")


def test_somebody_with_an_account_keeps_their_name(requester: Person) -> None:
    run("sam", "sam@example.org")
    assert Person.objects.values_list("id", "display_name", "is_staff").get() == (requester.id, "Sam", True)


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_password_nothing_happens(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("MODERATOR_PASSWORD")
    if value is not None:
        monkeypatch.setenv("MODERATOR_PASSWORD", value)
    with pytest.raises(CommandError, match=r"^Set MODERATOR_PASSWORD\.$"):
        run()
    assert Person.objects.count() == 0


@pytest.mark.parametrize("handle", ["mo", "Mona", "", "a" * 31])
def test_a_handle_that_cannot_be_is_refused_in_words(handle: str) -> None:
    with pytest.raises(CommandError, match="A handle is 3 to 30"):
        run(handle)
    assert Person.objects.count() == 0


def test_the_address_of_another_account_is_refused_in_words(requester: Person) -> None:
    with pytest.raises(CommandError, match=r"^sam@example\.org belongs to another account\.$"):
        run("mona", "sam@example.org")


def test_no_http_body_makes_a_moderator(requester: Person) -> None:
    assert requester.is_moderator is False
    requester.is_staff, requester.is_active = True, False
    assert requester.is_moderator is False

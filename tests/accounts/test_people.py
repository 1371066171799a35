"""Signing up, and one's own profile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import Mail, Person
from socialvideo.lib.errors import Problem
from tests import factories


def sign_up(**change: Any) -> Person:
    """Sign up as Ada, with changes."""
    ada: dict[str, Any] = {
        "handle": "ada",
        "email": "ada@example.org",
        "password": factories.PASSWORD,
        "display_name": "Ada",
    }
    ada["birth_date"] = date(1990, 12, 10)
    return people.sign_up(**{**ada, **change})


def refused(act: Callable[[], object]) -> tuple[int, str]:
    """Status and code of a refusal that stored nothing."""
    before = list(Person.objects.order_by("id").values())
    with pytest.raises(Problem) as problem:
        act()
    assert list(Person.objects.order_by("id").values()) == before
    return problem.value.status_code, problem.value.code


@pytest.mark.django_db
def test_who_signs_up_can_be_found_and_is_no_moderator() -> None:
    made = sign_up(email="Ada@Example.ORG")
    found = people.find("ada")
    assert (found, found.email, found.display_name) == (made, "ada@example.org", "Ada")
    assert (found.is_moderator, found.is_superuser, found.is_active) == (False, False, True)


@pytest.mark.django_db
def test_only_a_hash_of_the_password_is_stored() -> None:
    made = sign_up()
    assert made.check_password(factories.PASSWORD)
    assert factories.PASSWORD not in str(Person.objects.values().get())


@pytest.mark.django_db
@pytest.mark.parametrize("handle", ["ab", "Ada", "1da", "admin", "\u0430da", "a da"])
def test_a_handle_that_cannot_be_taken_is_refused(handle: str) -> None:
    assert refused(lambda: sign_up(handle=handle)) == (422, "handle_unusable")


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "12345678", "qwertyuiop"])
def test_a_weak_password_is_refused(password: str) -> None:
    assert refused(lambda: sign_up(password=password)) == (422, "password_weak")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "password", ["lovelace1815", "1lovelace1815x", "LOVELACE1815", "Augusta Byron", "countess@mail.example"]
)
def test_a_password_like_ones_own_names_is_refused(password: str) -> None:
    names = {"handle": "lovelace1815", "display_name": "Augusta Byron", "email": "countess@mail.example"}
    assert refused(lambda: sign_up(**names, password=password)) == (422, "password_weak")


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["sam@example.org", "SAM@example.org", "new@EXAMPLE.ORG"])
def test_signing_up_does_not_tell_whether_an_address_is_known(requester: Person, email: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        made = sign_up(email=email)
    assert (made.email, made.verified_at, Mail.objects.get().to) == (email.lower(), None, email.lower())
    assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) == 9
    assert Person.objects.get(id=requester.id).email == "sam@example.org"


@pytest.mark.django_db
def test_a_handle_that_is_taken_is_refused() -> None:
    sign_up()
    assert refused(lambda: sign_up(email="bea@example.org")) == (409, "handle_taken")


@pytest.mark.django_db
def test_an_adult_chooses_whether_their_account_is_private_and_a_teenager_does_not(requester: Person) -> None:
    assert people.edit_profile(person=requester, is_private=True).is_private
    assert not people.edit_profile(person=requester, is_private=False).is_private
    teen = factories.teen()
    assert refused(lambda: people.edit_profile(person=teen, is_private=False)) == (422, "teen_private")


@pytest.mark.django_db
def test_an_address_that_grows_too_long_in_lower_case_is_refused() -> None:
    assert refused(lambda: sign_up(email="a@" + "İ" * 240 + ".example.org")) == (422, "email_too_long")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", " ", "\u202e\u202c", "\u200b\u3164", "\0\t\n"])
def test_a_name_of_which_nothing_can_be_seen_becomes_the_handle(name: str) -> None:
    assert sign_up(display_name=name).display_name == "ada"


@pytest.mark.django_db
def test_a_name_is_stored_without_what_turns_or_hides_it() -> None:
    assert sign_up(display_name="\u202e ada\u0000 \u200b lovelace").display_name == "ada lovelace"


@pytest.mark.django_db
def test_a_name_that_grows_too_long_when_it_is_composed_is_refused() -> None:
    assert refused(lambda: sign_up(display_name="\ufb2c" * 60)) == (422, "name_too_long")


@pytest.mark.django_db
def test_a_profile_changes_in_what_is_given_alone(requester: Person) -> None:
    people.edit_profile(person=requester, display_name=None, bio="I make videos.")
    people.edit_profile(person=requester, display_name=" Sam\u202e S. ", bio=None)
    assert Person.objects.values_list("handle", "display_name", "bio").get() == ("sam", "Sam S.", "I make videos.")


@pytest.mark.django_db
def test_a_name_too_long_changes_nothing(requester: Person) -> None:
    change = {"display_name": "\ufb2c" * 60, "bio": "new"}
    assert refused(lambda: people.edit_profile(person=requester, **change)) == (422, "name_too_long")


@pytest.mark.django_db
@pytest.mark.parametrize("written", ["sam", "@sam", "SAM", "@Sam"])
def test_a_handle_is_found_as_people_write_it(requester: Person, written: str) -> None:
    assert people.find(written) == requester


@pytest.mark.django_db
@pytest.mark.parametrize("written", ["kim", "", "@", "@@sam", "sam\0", "sam ", "sam\n", "s" * 10_000])
def test_nobody_is_found_by_another_handle(requester: Person, written: str) -> None:
    assert refused(lambda: people.find(written)) == (404, "person_unknown")


@pytest.mark.django_db
def test_a_suspended_person_is_not_found(requester: Person) -> None:
    Person.objects.update(is_active=False)
    assert refused(lambda: people.find("sam")) == (404, "person_unknown")


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_take_one_handle_at_once_one_has_it() -> None:
    def attempt(n: int) -> str:
        try:
            return sign_up(email=f"a{n}@example.org").handle
        except Problem as problem:
            return problem.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        got = sorted(pool.map(attempt, range(8)))
    assert got == ["ada"] + ["handle_taken"] * 7
    assert Person.objects.count() == 1

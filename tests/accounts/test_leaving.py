"""Leaving: at once nobody gets in, nothing is seen and nothing stands; for some days a mail brings it back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts import auth, graph, guardians, mail
from accounts.models import Departure, Guardianship, Mail, Person, Session
from accounts.rights import erasing, leaving
from consent import asks
from consent.models import Ask, Grant, LedgerLeaf, Likeness, Withdrawal
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem
from tests import factories
from worker.models import Video

pytestmark = pytest.mark.django_db


def refused(act: Callable[[], object]) -> tuple[int, str]:
    """Status and code of a refusal."""
    with pytest.raises(Problem) as problem:
        act()
    return problem.value.status_code, problem.value.code


def left(person: Person, query: str = "") -> Any:
    """The answer to leaving."""
    return factories.client(person).delete(f"/api/v1/me{query}")


def the_token() -> str:
    """The token of the mail that keeps an account."""
    return mail.token(Mail.objects.get(kind="keep"))


def test_who_left_is_told_until_when_and_is_out_of_sight_at_once(requester: Person, stranger: Person) -> None:
    api = factories.client(requester)
    answer = api.delete("/api/v1/me").json()
    assert set(answer) == {"erase_at", "token"}
    assert Departure.objects.get().erase_at - database_now() > timedelta(days=settings.DELETION_GRACE_DAYS - 1)
    assert api.get("/api/v1/me").status_code == 401
    for address in ("", "/picture", "/posts", "/followers"):
        seen = factories.client(stranger).get(f"/api/v1/people/sam{address}")
        assert (seen.status_code, seen.json()["code"]) == (404, "person_unknown")


def test_nobody_gets_in_any_more(requester: Person) -> None:
    left(requester)
    assert Session.objects.filter(ended_at=None).count() == 0
    assert refused(lambda: auth.log_in(handle="sam", password=factories.PASSWORD, device=""))[1] == "wrong_credentials"


def test_leaving_takes_a_fresh_proof_and_without_one_nothing_happens(requester: Person) -> None:
    api = factories.client(requester)
    Session.objects.update(authenticated_at=Now() - timedelta(seconds=settings.FRESH_SECONDS + 5))
    answer = api.delete("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (403, "confirmation_needed")
    assert (Departure.objects.count(), Person.objects.get().is_active) == (0, True)


def test_staff_do_not_leave_by_themselves(moderator: Person) -> None:
    assert left(moderator).json()["code"] == "staff_stays"
    assert (Departure.objects.count(), Person.objects.get().is_active) == (0, True)


def test_likeness_and_grants_end_in_both_directions_and_for_good(subject: Person, requester: Person) -> None:
    given, own = factories.grant(subject, requester), factories.grant(subject, subject)
    received = factories.grant(factories.enrolled("lou"), subject)
    other = factories.grant(factories.enrolled("ada"), requester)
    leaving.leave(person=subject)
    states = {grant.id: (grant.state, grant.epoch) for grant in Grant.objects.all()}
    assert states == {
        given.id: ("withdrawn", 2),
        own.id: ("withdrawn", 2),
        received.id: ("invalidated", 2),
        other.id: ("given", 1),
    }
    photo = Likeness.objects.get(subject=subject)
    assert (photo.key, photo.photo_digest) == (None, None)
    assert Likeness.objects.filter(erased_at=None).count() == 2
    assert Withdrawal.objects.get().receipt["terms"]["mode"] == "erase"
    leaving.cancel(token=the_token())
    assert Grant.objects.filter(state="given").count() == 1


def test_a_video_of_who_left_is_gone_and_so_is_one_that_they_made(
    subject: Person, requester: Person, stranger: Person
) -> None:
    factories.grant(subject, requester)
    film = factories.video(requester, subject)
    factories.post(requester, film)
    api = factories.client(stranger)
    assert api.get(f"/api/v1/videos/{film.id}/playback").status_code == 200
    leaving.leave(person=subject)
    assert api.get(f"/api/v1/videos/{film.id}/playback").status_code == 410
    assert factories.client(requester).get(f"/api/v1/videos/{film.id}").status_code == 410


def test_asks_that_stood_open_are_refused(subject: Person, requester: Person) -> None:
    wish: dict[str, Any] = {"purposes": ["personal"], "audience": "private", "message": ""}
    asks.ask(requester=requester, subject=subject, **wish)
    leaving.leave(person=subject)
    assert Ask.objects.get().state == "refused"


def test_guardianships_end_on_either_side() -> None:
    for leaver in (0, 1):
        pair = factories.guarded()
        leaving.leave(person=pair[leaver])
        assert Guardianship.objects.get(id=pair[2].id).ended_at is not None
        assert guardians.guardian_of(pair[0]) is None


def test_the_mail_brings_the_account_back_once_within_the_days_of_grace(requester: Person, stranger: Person) -> None:
    graph.follow(follower=stranger, followee=requester)
    left(requester)
    token = the_token()
    assert APIClient().put("/api/v1/departures", {"token": token}, format="json").status_code == 204
    assert factories.client(stranger).get("/api/v1/people/sam").status_code == 200
    assert Session.objects.filter(person=requester, ended_at=None).count() == 0
    assert requester.followed_by.count() == 1
    assert refused(lambda: leaving.cancel(token=token)) == (422, "token_unusable")
    assert not erasing.run(Departure.objects.get().id)
    assert left(requester).status_code == 202


def test_it_is_too_late_when_erasing_has_begun(requester: Person) -> None:
    _, departure = leaving.leave(person=requester)
    token = the_token()
    Departure.objects.update(erase_at=Now(), left_at=Now(), due_at=Now())
    erasing._counted(departure.id)
    assert refused(lambda: leaving.cancel(token=token)) == (422, "token_unusable")
    assert not Person.objects.get().is_active


@pytest.mark.parametrize("query", ["", "?at_once=true"])
def test_who_never_proved_an_address_or_asks_for_it_is_erased_without_days_of_grace(query: str) -> None:
    person = factories.person("nora", verified_at=None) if not query else factories.person("sam")
    assert left(person, query).status_code == 202
    departure = Departure.objects.get()
    assert (departure.erase_at, Mail.objects.filter(kind="keep").count()) == (departure.left_at, 0)
    assert erasing.run(departure.id)


def test_only_the_token_reads_the_report(requester: Person) -> None:
    token = left(requester).json()["token"]
    told = APIClient().post("/api/v1/departures/report", {"token": token}, format="json").json()
    assert (told["state"], told["erased_at"], told["removed"]) == ("waiting", None, [])
    wrong = APIClient().post("/api/v1/departures/report", {"token": token[:-1]}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")


def test_the_leaving_is_in_the_ledger(subject: Person) -> None:
    leaving.leave(person=subject)
    assert LedgerLeaf.objects.order_by("-index").values_list("kind", flat=True)[0] == "withdrawal"


def test_leaving_the_likeness_keeps_the_account(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester)
    film = factories.video(requester, subject)
    api = factories.client(subject)
    assert api.post("/api/v1/withdrawals", {"scope": "everything", "mode": "erase"}, format="json").status_code == 201
    photo = Likeness.objects.get()
    assert (photo.key, photo.photo_digest) == (None, None)
    assert factories.client(requester).get(f"/api/v1/videos/{film.id}").status_code == 410
    assert api.get("/api/v1/me").json()["handle"] == "eileen"
    assert api.get("/api/v1/me/likeness").status_code == 404
    assert (Video.objects.count(), Departure.objects.count()) == (1, 0)

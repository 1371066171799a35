"""Exports of an account: asked for once at a time, sealed, fetched by their person alone, gone after some days."""

import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts import graph, people, pictures
from accounts.models import Export, Person, Session
from accounts.rights import contents, exports, leaving
from accounts.rights.rows import links
from consent import withdrawal
from consent.withdrawal import Mode, Scope
from tests import factories

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/me/exports"
# What is in the archive, by the table and the column that points to the person.
TOLD = {
    *("Session.person", "Passkey.person", "Follow.follower", "Follow.followee", "Guardianship.ward"),
    *("Guardianship.guardian", "Suspension.person", "DiscoveryEnrolment.person", "Mail.person"),
    *("FollowRequest.follower", "FollowRequest.followee", "Block.blocker", "Mute.muter", "CloseFriend.person"),
    *("Dismissal.person", "Notice.recipient", "NoticeChoice.person", "NoticePlan.person", "Summary.person"),
}
# What is not, and why.
WITHHELD = {
    "Totp.person": "a secret that opens the account",
    "RecoveryCode.person": "digests of secrets that open the account",
    "NumberCode.person": "a digest that is gone within minutes",
    "DiscoveryBudget.person": "a counter, shown by the API",
    "ProtectedName.person": "says no more than the names do",
    "Suspension.moderator": "who decided is not told",
    "Block.blocked": "who blocked them is not told",
    "Mute.muted": "who muted them is not told",
    "CloseFriend.friend": "whose close friend they are is not told",
    "Dismissal.dismissed": "who does not want to know them is not told",
    "NoticeActor.actor": "what others were told is theirs",
    "Tally.person": "two counts, shown on the profile",
    "PersonName.person": "what searches compare: the handle and the name, which are told",
    "Departure.person": "its report is read by its token",
    "Export.person": "the list of exports itself, in the API",
    "Person_groups.person": "always empty",
    "Person_user_permissions.person": "always empty",
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """An empty storage."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return tmp_path


def picture() -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 30, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def built(person: Person) -> Export:
    """An export that is made."""
    export = exports.ask(person)
    assert exports.build(export.id)
    return Export.objects.get(id=export.id)


def unpacked(person: Person) -> dict[str, bytes]:
    """The files of a person's export, over HTTP."""
    response = factories.client(person).get(f"{ADDRESS}/{built(person).id}/archive")
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as read:  # type: ignore[arg-type]
        assert read.testzip() is None
        return {name: read.read(name) for name in read.namelist()}


def test_an_export_is_asked_for_polled_and_fetched(requester: Person) -> None:
    api = factories.client(requester)
    asked = api.post(ADDRESS)
    assert (asked.status_code, asked.json()["state"], asked["Location"]) == (
        202,
        "queued",
        f"{ADDRESS}/{asked.json()['id']}",
    )
    assert api.get(f"{asked['Location']}/archive").json()["code"] == "export_running"
    assert exports.build(Export.objects.get().id)
    done = api.get(asked["Location"]).json()
    assert (done["state"], done["progress"]) == ("completed", 100)
    fetched = api.get(f"{asked['Location']}/archive")
    assert (fetched["Content-Type"], fetched["Cache-Control"]) == ("application/zip", "private, no-store")
    assert len(b"".join(fetched)) == done["size_bytes"] == int(fetched["Content-Length"])


def test_the_archive_holds_everything_and_can_be_checked_offline(
    subject: Person, stranger: Person, tmp_path: Path
) -> None:
    people.edit_profile(person=subject, bio="I act.", pronouns="she/her")
    pictures.set_picture(person=subject, upload=picture())
    graph.follow(follower=stranger, followee=subject)
    factories.grant(subject, subject)
    factories.grant(subject, stranger)
    own = factories.video(subject, subject, content=b"only me" * 99)
    factories.video(stranger, subject, content=b"by another" * 99)
    factories.post(subject, own, caption="Me!")
    held = unpacked(subject)
    assert json.loads(held["account/profile.json"])["bio"] == "I act."
    assert json.loads(held["account/followed_by.json"])["followed_by"][0]["follower_handle"] == "kim"
    assert json.loads(held["posts/posts.json"])["posts"][0]["caption"] == "Me!"
    assert held[f"videos/{own.id}.mp4"] == b"only me" * 99
    assert not [content for content in held.values() if b"by another" in content]
    assert {"account/picture.jpg", "likeness/likeness.json", "reports/reports.json", "account/devices.json"} <= set(
        held
    )
    assert len([name for name in held if name.startswith("likeness/receipts/grant-")]) == 2

    out = tmp_path / "unpacked"
    for name, content in held.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    assert "The export holds" in checked(out)
    (out / "account/profile.json").write_bytes(b"{}")
    assert "account/profile.json was changed" in checked(out)
    (out / "account/profile.json").unlink()
    assert "account/profile.json is missing" in checked(out)
    (out / "more").write_bytes(b"")
    assert "files that the manifest does not name" in checked(out)


def checked(folder: Path) -> str:
    """What the script says of an unpacked export."""
    script = Path(__file__).resolve().parents[2] / "verify_export.py"
    ran = subprocess.run([sys.executable, str(script), str(folder)], capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def test_a_video_that_shows_somebody_else_is_listed_and_not_packed(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, may_download=True)
    film = factories.video(requester, subject)
    held = unpacked(requester)
    assert json.loads(held["videos/videos.json"])["videos"][0]["id"] == str(film.id)
    assert not [name for name in held if name.endswith(".mp4")]


def test_no_secret_and_no_hash_of_one_is_in_an_archive(requester: Person) -> None:
    secret = factories.second_factor(requester)
    factories.client(requester)
    session = Session.objects.get()
    held = b"".join(unpacked(requester).values())
    assert not [
        word for word in (secret, requester.password.encode(), session.token_digest.hex().encode()) if word in held
    ]


def test_every_table_that_points_to_a_person_is_told_or_withheld_for_a_reason() -> None:
    pointing = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("accounts").get_models(include_auto_created=True)
        for field in links(model)
    }
    assert pointing == TOLD | set(WITHHELD)
    assert set(contents.SECTIONS) == {
        *("devices", "passkeys", "follows", "followed_by", "guardianships", "suspensions", "discovery", "letters"),
        *("follow_requests", "follow_requests_received", "blocks", "mutes", "close_friends", "dismissed_suggestions"),
        *("notices", "notice_choices", "notice_plan", "summaries"),
    }


def test_only_one_is_made_at_a_time(requester: Person) -> None:
    api = factories.client(requester)
    first = api.post(ADDRESS).json()["id"]
    refused = api.post(ADDRESS)
    assert (refused.status_code, refused.json()["code"], Export.objects.count()) == (409, "export_running", 1)
    exports.build(Export.objects.get(id=first).id)
    assert api.post(ADDRESS).status_code == 202


def test_nobody_else_reaches_an_export(requester: Person, stranger: Person) -> None:
    export, api = built(requester), factories.client(stranger)
    for method, address in (("get", ""), ("get", "/archive"), ("delete", "")):
        assert getattr(api, method)(f"{ADDRESS}/{export.id}{address}").json()["code"] == "not_found"
    assert api.get(ADDRESS).json()["data"] == []
    assert Export.objects.get().state == "completed"


def test_asking_and_fetching_take_a_fresh_proof(requester: Person) -> None:
    export, api = built(requester), factories.client(requester)
    Session.objects.update(authenticated_at=Now() - timedelta(seconds=settings.FRESH_SECONDS + 5))
    for answer in (api.post(ADDRESS), api.get(f"{ADDRESS}/{export.id}/archive")):
        assert answer.json()["code"] == "confirmation_needed"
    assert Export.objects.count() == 1


def test_the_stored_file_is_noise(requester: Person, folder: Path) -> None:
    export = built(requester)
    stored = (folder / export.file).read_bytes()
    assert len(stored) > export.size_bytes > 1000
    assert not [word for word in (b"PK\x03\x04", b"profile.json", b"sam@example.org") if word in stored]
    assert not re.search("sam|" + str(requester.id), export.file)


def gone(person: Person) -> tuple[int, str, list[str]]:
    """What is answered for an archive that is there no more, and what is stored after the next sweep."""
    answer = factories.client(person).get(f"{ADDRESS}/{Export.objects.get().id}/archive")
    exports.sweep()
    return answer.status_code, answer.json()["code"], default_storage.listdir("exports")[1]


def test_after_some_days_it_is_gone(requester: Person) -> None:
    built(requester)
    Export.objects.update(expires_at=Now())
    assert gone(requester) == (410, "export_gone", [])
    assert Export.objects.get().key is None


def test_it_may_be_taken_back(requester: Person) -> None:
    export = built(requester)
    assert factories.client(requester).delete(f"{ADDRESS}/{export.id}").status_code == 204
    assert gone(requester) == (410, "export_gone", [])


def test_erasing_the_likeness_makes_the_archives_with_it_noise(subject: Person) -> None:
    built(subject)
    withdrawal.withdraw(subject=subject, scope=Scope(), mode=Mode.ERASE)
    assert gone(subject) == (410, "export_gone", [])


def test_who_leaves_while_it_is_made_leaves_no_archive(requester: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exports.ask(requester)
    real = contents.export

    def leave(person: Person, archive: Any) -> None:
        real(person, archive)
        leaving.leave(person=person)

    monkeypatch.setattr(contents, "export", leave)
    assert not exports.build(export.id)
    assert (Export.objects.get().state, Export.objects.get().key) == ("expired", None)
    assert not default_storage.exists(Export.objects.get().file)


def test_a_worker_that_was_killed_is_followed_by_another_and_leaves_no_file(requester: Person) -> None:
    export = exports.ask(requester)
    left = default_storage.save("exports/left", io.BytesIO(b"half"))  # type: ignore[arg-type]
    Export.objects.update(state="in_progress", file=left, attempts=1, lease_until=Now() + timedelta(minutes=1))
    assert not exports.build(export.id)
    Export.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert exports.build(export.id)
    assert not default_storage.exists(left)
    assert Export.objects.get().state == "completed"


def test_what_was_tried_too_often_has_failed_and_another_may_be_asked_for(requester: Person) -> None:
    export = exports.ask(requester)
    Export.objects.update(state="in_progress", attempts=exports.ATTEMPTS, lease_until=Now() - timedelta(seconds=1))
    assert not exports.build(export.id)
    exports.sweep()
    assert Export.objects.get().state == "failed"
    assert exports.ask(requester).state == "queued"


def test_listing_costs_the_same_however_many_there_are(requester: Person) -> None:
    api = factories.client(requester)
    Export.objects.create(person=requester, state="expired")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert api.get(ADDRESS).status_code == 200
        counts.append(len(asked))
        Export.objects.bulk_create(Export(person=requester, state="expired") for _ in range(9))
    assert counts[0] == counts[1] <= 3


def test_where_nobody_can_tell_what_was_withdrawn_no_archive_can_be_opened(requester: Person) -> None:
    built(requester)
    exports.void_all()
    assert gone(requester) == (410, "export_gone", [])

"""Erasure: in a world with one of everything, nothing is left of who leaves, and nobody else's is touched."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import CASCADE
from rest_framework.test import APIClient

from accounts import graph, mail, people, pictures
from accounts.letters import Event
from accounts.models import Departure, DiscoveryEnrolment, Passkey, Person, Session
from accounts.rights import erasers, erasing, exports, leaving, rows
from accounts.rights.erasers import Eraser
from consent.models import Ask, Choice, Grant, Likeness
from feed.models import Post
from moderation import reports
from socialvideo.lib import sealing
from socialvideo.lib.models import KeptReply
from tests import factories
from tests.contract import leftovers
from tests.contract import world as worlds
from tests.contract.world import World
from worker.models import Job, Video

WORDS = {
    "handle": "zebedee_quill",
    "email": "zq@odd.example",
    "display_name": "Zebedee Quill",
    "bio": "I breed marmosets.",
    "pronouns": "ze/zir",
}
FACE = b"\xff\xd8\xff the face of Zebedee" * 40
FILM = b"a film of Zebedee" * 400
# Rows that PROTECT a person and that an eraser removes by name.
REMOVED = {"accounts.Guardianship", "consent.Ask", "consent.Choice"}


@pytest.fixture
def leaver(world: World, request: pytest.FixtureRequest) -> Person:
    """Somebody with something of every kind, who is about to leave."""
    person = world.people[getattr(request, "param", "requester")]
    Person.objects.filter(id=person.id).update(**WORDS)
    person.refresh_from_db()
    people.edit_profile(person=person, links=[{"label": "Zoo", "url": "https://zoo.odd.example/marmosets"}])
    pictures.set_picture(person=person, upload=worlds.picture())
    _likeness(person)
    _made(person, world.people["stranger"])
    for one, other in ((person, world.people["moderator"]), (world.people["moderator"], person)):
        graph.follow(follower=one, followee=other)
    exports.erase(world.people["requester"].id)
    factories.client(person)
    exports.build(exports.ask(person).id)
    reply = f'{{"handle":"{WORDS["handle"]}"}}'.encode()
    for caller in (person.id, world.people["stranger"].id):
        KeptReply.objects.create(caller=str(caller), key="k", request_digest=bytes(32), status=201, body=reply)
    mail.notify(person, Event.PASSWORD_CHANGED)
    return person


def _likeness(person: Person) -> None:
    """Have a photo enrolled that is sealed, but was never decoded."""
    active = Likeness.objects.filter(subject=person, erased_at=None)
    key, nonce = AESGCM.generate_key(256), bytes(sealing.NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, FACE, person.id.bytes)
    if not active.exists():
        factories.likeness(person)
    file = default_storage.save("likenesses/zebedee", ContentFile(sealed))
    active.update(file=file, key=key, photo_digest=hashlib.sha256(FACE).digest())


def _made(person: Person, friend: Person) -> None:
    """A published film of the person by themselves, one by a friend, words of all kinds."""
    factories.grant(person, person, text_rules=())
    film = factories.video(person, person, content=FILM, prompt="marmosets at dawn")
    Video.objects.filter(id=film.id).update(prompt="marmosets at dawn")
    factories.post(person, film, caption="marmosets for ever")
    factories.grant(person, friend, text_rules=("no marmosets",))
    factories.video(friend, person, content=FILM + b"!")
    Ask.objects.filter(requester=person).update(message="marmosets?")
    reports.report(reporter=person, video_id=film.id, category="other", detail="a marmoset is hurt")


def needles(person: Person) -> dict[str, bytes]:
    """What may not be found: values, and digests by which one could know them again."""
    photo = Likeness.objects.get(subject=person, erased_at=None)
    found = {name: value.encode() for name, value in WORDS.items()}
    found |= {f"passkey {row.id}": bytes(row.credential_id) for row in Passkey.objects.filter(person=person)}
    found |= {f"session {row.id}": bytes(row.token_digest) for row in Session.objects.filter(person=person)}
    return found | {
        "link": b"zoo.odd.example",
        "animal": b"marmoset",
        "picture": person.picture.encode(),
        "photo digest": bytes(photo.photo_digest or b"-"),
        "photo key": bytes(photo.key or b"-"),
        "number": bytes(DiscoveryEnrolment.objects.get(person=person).sealed_number),
        "password": person.password.encode(),
        "export key": bytes(exports.of_person(person).get().key or b"-"),
    }


def erased(person: Person) -> Departure:
    """Leave and be erased."""
    _, departure = leaving.leave(person=person, at_once=True)
    assert erasing.run(departure.id)
    return Departure.objects.get(id=departure.id)


@pytest.mark.parametrize("leaver", ["requester", "subject"], indirect=True)
def test_nothing_of_who_left_is_in_the_database_and_each_was_there_before(leaver: Person) -> None:
    sought = needles(leaver)
    before = leftovers.holding(leftovers.dump(), sought)
    assert all(before.values()), {name for name, tables in before.items() if not tables}
    erased(leaver)
    after = leftovers.holding(leftovers.dump(), sought)
    assert {name: tables for name, tables in after.items() if tables} == {}


@pytest.mark.parametrize("leaver", ["requester", "subject"], indirect=True)
def test_no_byte_of_their_media_is_in_storage_and_each_was_there_before(leaver: Person, world: World) -> None:
    before, photo = leftovers.files(), Likeness.objects.get(subject=leaver, erased_at=None).file
    films = leftovers.holding_bytes(FILM[:64])
    gone = {name for name in before if name.startswith((pictures._folder(leaver.id), "exports/"))}
    gone |= {photo, *films, *(name for video in (world.video, world.draft) for name in (video.file, video.poster))}
    assert (len(films), len(gone)) == (2, 6 + 1 + 1 + 2 + 4)
    erased(leaver)
    after = leftovers.files()
    assert (gone & set(after), leftovers.holding_bytes(FILM[:64])) == (set(), [])
    assert {before[name] for name in gone - {world.video.poster, world.draft.poster}} & set(after.values()) == set()
    assert after.items() <= before.items()


def test_what_is_of_others_is_untouched(leaver: Person) -> None:
    one, other = factories.enrolled("ingrid"), factories.enrolled("oskar")
    factories.grant(one, other)
    factories.mutual(one, other)
    film = factories.video(other, one, content=b"of others" * 50)
    factories.post(other, film, caption="ours")
    factories.client(one)
    kept = leftovers.of_others(leftovers.dump(), [one.id, other.id], leaver.id)
    files = {name: digest for name, digest in leftovers.files().items() if film.file in name or film.poster in name}
    assert sum(map(len, kept.values())) > 15
    assert len(files) == 2
    erased(leaver)
    assert leftovers.of_others(leftovers.dump(), [one.id, other.id], leaver.id) == kept
    assert files.items() <= leftovers.files().items()


def test_every_table_that_points_to_a_person_is_decided(leaver: Person) -> None:
    erased(leaver)
    kept = {each.model for eraser in erasers.all_of_them().values() for each in eraser.kept}
    undecided = []
    for model in apps.get_models(include_auto_created=True):
        for field in rows.links(model):
            goes = field.remote_field.on_delete is CASCADE or model._meta.label in REMOVED
            there = model._default_manager.filter(**{field.name: leaver.id}).exists()
            if there if goes else model not in kept:
                undecided.append(f"{model._meta.label}.{field.name}")
    assert undecided == []

    row = Person.objects.values().get(id=leaver.id)
    assert row.pop("handle").startswith("gone_")
    assert {name: row[name] for name in erasing.BLANK} == erasing.BLANK
    left = set(row) - set(erasing.BLANK)
    assert left == {"id", "created_at", "is_staff", "is_superuser"}


def test_the_report_counts_what_was_there_says_why_the_rest_stays_and_names_nobody(leaver: Person) -> None:
    token, departure = leaving.leave(person=leaver, at_once=True)
    erasing.run(departure.id)
    told = APIClient().post("/api/v1/departures/report", {"token": token}, format="json").json()
    removed = {each["what"]: each["count"] for each in told["removed"]}
    assert told["state"] == "erased"
    assert {"posts", "videos", "sessions", "follows", "profile pictures", "likenesses", "exports"} <= set(removed)
    assert removed["profile pictures"] == removed["exports"] == removed["likenesses"] == 1
    assert all(each["count"] > 0 and len(each["why"]) > 20 for each in told["kept"])
    assert {"grants", "decisions"} <= {each["what"] for each in told["kept"]}
    assert not [value for value in (*WORDS.values(), str(leaver.id)) if value in str(told)]


class Killed(BaseException):
    """The process is gone."""


def test_a_worker_that_is_killed_in_any_step_is_followed_by_one_that_ends_it(
    leaver: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, departure = leaving.leave(person=leaver, at_once=True)
    real = erasers.all_of_them()
    met: set[str] = set()

    def dying(name: str, erase: Callable[[Any], None], person_id: Any) -> None:
        erase(person_id)
        if name not in met:
            met.add(name)
            raise Killed

    fragile = {name: Eraser(each.count, partial(dying, name, each.erase), each.kept) for name, each in real.items()}
    monkeypatch.setattr(erasers, "all_of_them", lambda: fragile)
    for _ in fragile:
        with pytest.raises(Killed):
            erasing.run(departure.id)
    assert erasing.run(departure.id)
    assert not erasing.run(departure.id)
    assert met == set(real)
    assert Departure.objects.get(id=departure.id).state == "erased"


def test_what_stays_of_them_is_in_records_that_others_need(leaver: Person) -> None:
    erased(leaver)
    assert not Choice.objects.filter(person=leaver).exists()
    assert Grant.objects.filter(subject=leaver).exists()
    assert not Post.objects.filter(author=leaver, removed_at=None).exists()
    assert not Job.objects.filter(requester=leaver).exclude(spec__prompt="").exists()

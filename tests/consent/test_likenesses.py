"""Likenesses: sealed on disk, opened by their own key for their own subject, and noise once erased."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Person
from consent import ledger, likenesses
from consent.models import LedgerLeaf, Likeness
from tests import factories
from tests.consent.conftest import refused


def photo(colour: str = "teal", size: tuple[int, int] = (80, 64), kind: str = "PNG") -> bytes:
    """A small plain picture."""
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def sealed(likeness: Likeness) -> bytes:
    """The bytes on disk."""
    with default_storage.open(likeness.file) as file:
        return file.read()


def kinds() -> list[str]:
    """The kinds of the ledger's leaves, in order."""
    return list(LedgerLeaf.objects.order_by("index").values_list("kind", flat=True))


@pytest.fixture
def enrolled(requester: Person) -> Likeness:
    """The likeness of a small picture."""
    return likenesses.enrol(subject=requester, upload=photo())


def test_a_portrait_is_enrolled_sealed_and_opened_again(requester: Person) -> None:
    upload = factories.PORTRAIT.read_bytes()
    likeness = likenesses.enrol(subject=requester, upload=upload)
    opened = likenesses.unseal(likeness)
    assert opened.size == (likeness.width, likeness.height)
    assert max(opened.size) <= 1024
    assert bytes(likeness.photo_digest) == hashlib.sha256(upload).digest()
    with Image.open(BytesIO(upload)) as portrait:
        assert opened.resize((1, 1)).getpixel((0, 0)) == pytest.approx(
            portrait.convert("RGB").resize((1, 1)).getpixel((0, 0)), abs=6
        )


def test_the_sealed_file_is_no_picture_and_holds_nothing_of_it(enrolled: Likeness) -> None:
    content = sealed(enrolled)
    with pytest.raises(UnidentifiedImageError):
        Image.open(BytesIO(content))
    assert b"JFIF" not in content
    assert b"\xff\xd8\xff" not in content


def test_the_same_photo_is_sealed_anew_each_time(requester: Person, stranger: Person) -> None:
    first, second = (likenesses.enrol(subject=person, upload=photo()) for person in (requester, stranger))
    assert bytes(first.key or b"") != bytes(second.key or b"")
    assert sealed(first) != sealed(second)


def test_the_file_has_a_random_name_and_nobody_elses_eyes_need_it(enrolled: Likeness, requester: Person) -> None:
    assert Path(enrolled.file).parent == Path("likenesses")
    assert requester.id.hex not in enrolled.file
    assert (Path(settings.MEDIA_ROOT) / enrolled.file).is_file()


def test_a_sealed_file_opens_for_its_own_subject_alone(enrolled: Likeness, stranger: Person) -> None:
    enrolled.subject = stranger
    with pytest.raises(InvalidTag):
        likenesses.unseal(enrolled)


def test_a_sealed_file_opens_with_its_own_key_alone(enrolled: Likeness) -> None:
    enrolled.key = bytes(32)
    with pytest.raises(InvalidTag):
        likenesses.unseal(enrolled)


def test_a_sealed_file_that_was_touched_does_not_open(enrolled: Likeness) -> None:
    path = Path(settings.MEDIA_ROOT) / enrolled.file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InvalidTag):
        likenesses.unseal(enrolled)


def test_erasing_destroys_the_key_and_removes_the_file(
    enrolled: Likeness, requester: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        likenesses.erase(subject=requester)
    row = Likeness.objects.get()
    assert row.key is None
    assert row.erased_at is not None
    assert not default_storage.exists(row.file)
    assert kinds() == ["enrolment", "erasure"]


def test_an_erased_likeness_is_never_opened_though_a_copy_of_the_file_remains(
    enrolled: Likeness, requester: Person
) -> None:
    likenesses.erase(subject=requester)
    row = Likeness.objects.get()
    assert default_storage.exists(row.file)
    with pytest.raises(ValueError, match="erased"):
        likenesses.unseal(row)


def test_erasing_nothing_changes_nothing(requester: Person) -> None:
    likenesses.erase(subject=requester)
    assert (Likeness.objects.count(), kinds()) == (0, [])


def test_enrolling_again_replaces_the_photo_and_destroys_the_old_key(
    enrolled: Likeness, requester: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        fresh = likenesses.enrol(subject=requester, upload=photo("orange"))
    enrolled.refresh_from_db()
    assert enrolled.key is None
    assert not default_storage.exists(enrolled.file)
    assert likenesses.mine(requester) == fresh
    assert likenesses.unseal(fresh).getpixel((5, 5)) == pytest.approx((255, 165, 0), abs=6)


def test_a_likeness_that_cannot_be_recorded_leaves_the_old_one(
    enrolled: Likeness, requester: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(_: object) -> None:
        raise RuntimeError("no ledger")

    monkeypatch.setattr(ledger, "append", fault)
    with pytest.raises(RuntimeError, match="no ledger"):
        likenesses.enrol(subject=requester, upload=photo("orange"))
    assert likenesses.mine(requester) == enrolled
    assert likenesses.unseal(enrolled).size == (80, 64)


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (lambda: b"not a picture at all", "not_an_image"),
        (lambda: photo(size=(40, 40)), "picture_too_small"),
        (lambda: photo()[:60], "picture_truncated"),
    ],
)
def test_what_is_no_usable_photo_is_refused_and_keeps_nothing(
    requester: Person, upload: Callable[[], bytes], code: str
) -> None:
    with refused(422, code) as caught:
        likenesses.enrol(subject=requester, upload=upload())
    assert [error.pointer for error in caught.value.errors] == ["/photo"]
    assert (Likeness.objects.count(), kinds()) == (0, [])


def test_a_large_photo_is_shrunk_and_keeps_its_shape(requester: Person) -> None:
    likeness = likenesses.enrol(subject=requester, upload=photo(size=(2048, 1024), kind="JPEG"))
    assert (likeness.width, likeness.height) == (1024, 512)


def test_the_leaves_of_a_likeness_name_ids_alone(enrolled: Likeness, requester: Person) -> None:
    leaf: Any = LedgerLeaf.objects.get()
    body = json.loads(bytes(leaf.body))
    assert datetime.fromisoformat(body.pop("at")).tzinfo
    assert body == {"kind": "enrolment", "subject": str(requester.id), "likeness": str(enrolled.id)}


def test_who_has_no_likeness_is_told_so(requester: Person) -> None:
    with refused(404, "likeness_unknown"):
        likenesses.mine(requester)

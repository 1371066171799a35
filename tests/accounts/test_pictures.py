"""Profile pictures: three sizes without a word about the person, and no old file left behind."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts import pictures
from accounts.models import Person
from socialvideo.lib.errors import Problem
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """An empty storage."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return tmp_path


def files(folder: Path) -> list[str]:
    """The names of all files."""
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def photo(colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    """A photo that says by whom and where it was taken."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x010F], exif[0x013B] = "ACME", "Sam at home"
    Image.new("RGB", (120, 80), colour).save(buffer, "JPEG", exif=exif, comment=b"at home")
    return buffer.getvalue()


def test_a_real_portrait_is_stored_square_in_three_sizes_as_webp(requester: Person, folder: Path) -> None:
    pictures.set_picture(person=requester, upload=factories.PORTRAIT.read_bytes())
    stored = Person.objects.get().picture
    assert files(folder) == sorted(f"{stored}-{side}.webp" for side in (64, 256, 512))
    for side in pictures.SIZES:
        with Image.open(io.BytesIO(pictures.read_picture(person=requester, side=side))) as image:
            assert (image.format, image.size, image.mode) == ("WEBP", (side, side), "RGB")


def test_nothing_that_a_camera_wrote_is_stored(requester: Person, folder: Path) -> None:
    assert b"ACME" in photo()
    pictures.set_picture(person=requester, upload=photo())
    for name in files(folder):
        raw = (folder / name).read_bytes()
        assert not any(word in raw for word in (b"ACME", b"at home", b"EXIF", b"Exif", b"XMP"))


def test_the_name_of_a_file_says_nothing_of_its_person(requester: Person) -> None:
    pictures.set_picture(person=requester, upload=photo())
    assert "sam" not in requester.picture
    assert str(requester.id) not in requester.picture


def test_a_new_picture_takes_the_place_of_the_old_one(requester: Person, folder: Path) -> None:
    pictures.set_picture(person=requester, upload=photo())
    old = files(folder)
    pictures.set_picture(person=requester, upload=photo((30, 30, 200)))
    assert len(files(folder)) == 3
    assert not set(old) & set(files(folder))


def test_a_picture_taken_away_leaves_no_file(requester: Person, folder: Path) -> None:
    pictures.set_picture(person=requester, upload=photo())
    for _ in range(2):
        pictures.drop_picture(person=requester)
    assert (files(folder), Person.objects.get().picture) == ([], "")


@pytest.mark.parametrize("upload", [b"", b"hello", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>"])
def test_what_is_no_picture_leaves_the_old_one(requester: Person, folder: Path, upload: bytes) -> None:
    pictures.set_picture(person=requester, upload=photo())
    before = (files(folder), requester.picture)
    with pytest.raises(Problem) as problem:
        pictures.set_picture(person=requester, upload=upload)
    assert (problem.value.status_code, problem.value.code) == (422, "not_an_image")
    assert problem.value.errors[0].pointer == "/picture"
    assert (files(folder), Person.objects.get().picture) == before


@pytest.mark.parametrize("side", [0, 63, 128, -64])
def test_no_other_size_is_given(requester: Person, side: int) -> None:
    pictures.set_picture(person=requester, upload=photo())
    with pytest.raises(Problem) as problem:
        pictures.read_picture(person=requester, side=side)
    assert (problem.value.status_code, problem.value.code) == (404, "picture_unknown")


def test_whoever_has_no_picture_has_none_to_read(requester: Person) -> None:
    with pytest.raises(Problem, match="No picture in this size"):
        pictures.read_picture(person=requester, side=64)


def test_a_picture_replaced_while_it_is_asked_for_is_not_there(requester: Person) -> None:
    pictures.set_picture(person=requester, upload=photo())
    default_storage.delete(f"{requester.picture}-64.webp")
    with pytest.raises(Problem) as problem:
        pictures.read_picture(person=requester, side=64)
    assert problem.value.code == "picture_unknown"

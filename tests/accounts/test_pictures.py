"""Profile pictures: three sizes of two types without a word about the person, and no old file left behind."""

import io
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from PIL import Image

from accounts import pictures
from accounts.models import Person
from socialvideo.lib import images
from socialvideo.lib.errors import Problem
from socialvideo.lib.images import Square
from tests import factories
from tests.lib.test_images import png_with

pytestmark = pytest.mark.django_db
Commits = Callable[..., Any]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """An empty storage."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return tmp_path


def files(folder: Path) -> list[str]:
    """The names of all files."""
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def photo(colour: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (120, 80)) -> bytes:
    """A photo that says by whom and where it was taken."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x010F], exif[0x013B] = "ACME", "Sam at home"
    Image.new("RGB", size, colour).save(buffer, "JPEG", exif=exif, comment=b"at home")
    return buffer.getvalue()


def turned() -> bytes:
    """A photo of 200 x 100, blue in its lower right corner, that lies on its side until EXIF turns it."""
    image, exif, buffer = Image.new("RGB", (200, 100), (250, 250, 250)), Image.Exif(), io.BytesIO()
    image.paste((10, 10, 250), (100, 0, 200, 100))
    exif[0x0112] = 6
    image.rotate(90, expand=True).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def stored(person: Person, side: int = 1024, kind: str = "webp") -> Image.Image:
    """The picture as it is given out."""
    return Image.open(io.BytesIO(pictures.read_picture(person=person, side=side, kind=kind)))


def test_a_real_portrait_is_stored_square_in_three_sizes_of_two_types(requester: Person, folder: Path) -> None:
    pictures.set_picture(person=requester, upload=factories.PORTRAIT.read_bytes())
    name = Person.objects.get().picture
    assert files(folder) == sorted(f"{name}-{side}.{kind}" for side in (64, 256, 1024) for kind in ("webp", "jpeg"))
    most = Person.objects.get().picture_side
    for side in pictures.SIZES:
        for kind in pictures.TYPES:
            with stored(requester, side, kind) as image:
                wanted = (kind.upper(), (min(side, most),) * 2, "RGB")
                assert (image.format, image.size, image.mode) == wanted
    assert len(Person.objects.get().picture_blurhash) == 36


def test_nothing_that_a_camera_wrote_is_stored(requester: Person, folder: Path) -> None:
    assert b"ACME" in photo()
    pictures.set_picture(person=requester, upload=photo())
    for name in files(folder):
        raw = (folder / name).read_bytes()
        assert not any(word in raw for word in (b"ACME", b"at home", b"EXIF", b"Exif", b"XMP"))


def test_the_name_of_a_file_says_nothing_of_its_person(requester: Person, folder: Path) -> None:
    pictures.set_picture(person=requester, upload=photo())
    assert not [
        name for name in files(folder) if "sam" in name or requester.id.hex in name or str(requester.id) in name
    ]


def test_the_middle_is_taken_where_nothing_else_is_asked_for(requester: Person) -> None:
    pictures.set_picture(person=requester, upload=photo(size=(300, 100)))
    assert (requester.picture_side, stored(requester).size) == (100, (100, 100))


def test_a_part_is_counted_in_pixels_of_the_upright_picture(requester: Person) -> None:
    pictures.set_picture(person=requester, upload=turned(), part=Square(105, 5, 90))
    with stored(requester) as image:
        assert image.size == (90, 90)
        assert [image.getpixel(place)[2] > 200 > image.getpixel(place)[0] for place in ((2, 2), (87, 87))] == [True] * 2


@pytest.mark.parametrize("part", [Square(0, 0, 63), Square(0, 0, 81), Square(57, 0, 64), Square(0, 17, 64)])
def test_a_part_outside_or_too_small_is_refused(requester: Person, folder: Path, part: Square) -> None:
    with pytest.raises(Problem) as problem:
        pictures.set_picture(person=requester, upload=photo(), part=part)
    assert (problem.value.status_code, problem.value.code, files(folder)) == (422, "crop_outside", [])


def test_a_new_picture_takes_the_place_of_the_old_one(
    requester: Person, folder: Path, django_capture_on_commit_callbacks: Commits
) -> None:
    pictures.set_picture(person=requester, upload=photo())
    old = files(folder)
    with django_capture_on_commit_callbacks(execute=True):
        pictures.set_picture(person=requester, upload=photo((30, 30, 200)))
        assert set(old) < set(files(folder))
    assert len(files(folder)) == 6
    assert not set(old) & set(files(folder))


def test_a_picture_taken_away_leaves_no_file(
    requester: Person, folder: Path, django_capture_on_commit_callbacks: Commits
) -> None:
    pictures.set_picture(person=requester, upload=photo())
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            pictures.drop_picture(person=requester)
    row = Person.objects.get()
    assert (files(folder), row.picture, row.picture_side, row.picture_blurhash) == ([], "", 0, "")


def test_a_picture_that_no_row_names_in_the_end_leaves_no_file(
    requester: Person, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(pictures, "_write", fail)
    with pytest.raises(DatabaseError):
        pictures.set_picture(person=requester, upload=photo())
    assert files(folder) == []


def test_whoever_leaves_takes_all_their_pictures_along_and_nobody_elses(
    requester: Person, stranger: Person, folder: Path
) -> None:
    for colour in ((1, 2, 3), (4, 5, 6)):  # the first is left, as by a process that was killed
        pictures.set_picture(person=requester, upload=photo(colour))
    theirs = files(folder)
    pictures.set_picture(person=stranger, upload=photo())
    assert [pictures.erase(requester.id) for _ in range(2)] == [12, 0]
    assert len(files(folder)) == 6
    assert not set(theirs) & set(files(folder))


@pytest.mark.parametrize("upload", [b"", b"hello", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>"])
def test_what_is_no_picture_leaves_the_old_one(requester: Person, folder: Path, upload: bytes) -> None:
    pictures.set_picture(person=requester, upload=photo())
    before = (files(folder), requester.picture)
    with pytest.raises(Problem) as problem:
        pictures.set_picture(person=requester, upload=upload)
    assert (problem.value.status_code, problem.value.code) == (422, "not_an_image")
    assert problem.value.errors[0].pointer == "/picture"
    assert (files(folder), Person.objects.get().picture) == before


def animated() -> bytes:
    """Two frames."""
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (90, 90), (shade, 0, 0)) for shade in (10, 200)]
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


TRAPS = {
    "picture_truncated": photo(size=(400, 400))[:-900],
    "picture_too_large_pixels": png_with(30_000, 30_000),
    "picture_too_small": photo(size=(200, 63)),
    "picture_animated": animated(),
    "picture_too_large_bytes": bytes(images.DEFAULT_RULES.max_bytes + 1),
}


def put(person: Person, content: bytes, **part: Any) -> Any:
    """Send a file as one's picture over HTTP."""
    body = {"picture": SimpleUploadedFile("me.png", content), **part}
    return factories.client(person).put("/api/v1/me/picture", body, format="multipart")


@pytest.mark.parametrize("code", TRAPS)
def test_a_trap_is_refused_by_its_own_code_and_nothing_is_stored(requester: Person, folder: Path, code: str) -> None:
    response = put(requester, TRAPS[code])
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert (files(folder), Person.objects.get().picture) == ([], "")


def test_a_picture_with_flipped_bits_is_taken_whole_or_refused_whole(requester: Person, folder: Path) -> None:
    sound = photo(size=(200, 200))
    for _ in range(6):
        broken = bytearray(sound)
        for _ in range(12):
            broken[secrets.randbelow(len(broken))] ^= 1 << secrets.randbelow(8)
        status = put(requester, bytes(broken)).status_code
        assert (status, len(files(folder)) % 6) in {(200, 0), (422, 0)}, bytes(broken).hex()


def test_a_part_is_sent_as_three_numbers_or_not_at_all(requester: Person) -> None:
    assert put(requester, photo(), x=20, y=10, size=70).json()["picture"]["width"] == 70
    before = Person.objects.get().picture
    for part in (
        {"x": 20},
        {"x": 0, "y": 0, "size": 10},
        {"x": "left", "y": 0, "size": 70},
        {"x": -1, "y": 0, "size": 70},
    ):
        response = put(requester, photo(), **part)
        assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert Person.objects.get().picture == before


def test_a_picture_is_shown_with_its_blur_and_an_address_for_each_size_and_type(requester: Person) -> None:
    shown = put(requester, photo()).json()["picture"]
    assert (shown["width"], shown["height"], len(shown["blurhash"])) == (80, 80, 36)
    assert set(shown["urls"]) == {"64", "256", "1024"}
    assert all(set(urls) == {"webp", "jpeg"} for urls in shown["urls"].values())


@pytest.mark.parametrize(("side", "kind"), [(0, "webp"), (63, "webp"), (512, "webp"), (-64, "webp"), (64, "png")])
def test_no_other_size_or_type_is_given(requester: Person, side: int, kind: str) -> None:
    pictures.set_picture(person=requester, upload=photo())
    with pytest.raises(Problem) as problem:
        pictures.read_picture(person=requester, side=side, kind=kind)
    assert (problem.value.status_code, problem.value.code) == (404, "picture_unknown")


def test_whoever_has_no_picture_has_none_to_read(requester: Person) -> None:
    with pytest.raises(Problem, match="No such picture"):
        pictures.read_picture(person=requester, side=64)


def test_a_picture_replaced_while_it_is_asked_for_is_not_there(requester: Person) -> None:
    pictures.set_picture(person=requester, upload=photo())
    default_storage.delete(f"{requester.picture}-64.webp")
    with pytest.raises(Problem) as problem:
        pictures.read_picture(person=requester, side=64)
    assert problem.value.code == "picture_unknown"

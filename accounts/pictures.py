"""Profile pictures: decoded in a bounded child, turned upright, cut square, and stored in three sizes of two types.

They are how a person is shown, never a likeness: nothing reads one as a reference for generation.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.crypto import salted_hmac
from PIL.Image import Image

from accounts.models import Person
from socialvideo.lib import images
from socialvideo.lib.blurhash import blurhash
from socialvideo.lib.errors import Problem, invalid
from socialvideo.lib.images import Square

SIZES = (64, 256, 1024)
TYPES = {"webp": images.to_webp, "jpeg": images.to_jpeg}
MEDIA = {kind: f"image/{kind}" for kind in TYPES}


def set_picture(*, person: Person, upload: bytes, part: Square | None = None) -> None:
    """Replace the picture by ``part`` of the upload, in pixels of it upright (None: its middle).

    422 with the picture's own code when it cannot be used, and nothing is stored.
    """
    picture = opened(upload, pointer="/picture")
    square = images.cut(picture, _part_of(picture, part), max(SIZES))
    with _stored(person.id, square) as name, transaction.atomic():
        _write(person, name, square.width, blurhash(square))


def drop_picture(*, person: Person) -> None:
    """Take the picture away."""
    with transaction.atomic():
        _write(person, "", 0, "")


def erase(person_id: UUID) -> int:
    """Remove every file of a person's pictures, those that a killed upload left too; return how many there were."""
    folder = _folder(person_id)
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    return len(names)


def read_picture(*, person: Person, side: int, kind: str = "webp") -> bytes:
    """Return the bytes of one of SIZES in one of TYPES, else the 404 problem."""
    sizes, types = ", ".join(map(str, SIZES)), ", ".join(TYPES)
    unknown = Problem(404, "picture_unknown", f"No such picture. Sizes: {sizes}. Types: {types}.")
    if not person.picture or side not in SIZES or kind not in TYPES:
        raise unknown
    try:
        with default_storage.open(_file(person.picture, side, kind)) as file:
            return bytes(file.read())
    except FileNotFoundError as error:  # replaced between the two reads
        raise unknown from error


def opened(upload: bytes, *, pointer: str) -> Image:
    """Return the decoded picture; 422 at ``pointer`` when it is not one that we take."""
    try:
        return images.open_picture(upload)
    except images.PictureRejected as refused:
        raise invalid(pointer, refused.code, refused.detail) from refused


def _part_of(picture: Image, part: Square | None) -> Square:
    if part is None:
        return images.middle(picture)
    least = images.DEFAULT_RULES.min_side
    if part.size < least or not part.lies_in(picture):
        detail = (
            f"Cut a square of at least {least} pixels inside the {picture.width} x {picture.height} of the picture."
        )
        raise invalid("/size", "crop_outside", detail)
    return part


@contextmanager
def _stored(person_id: UUID, square: Image) -> Iterator[str]:
    """Store a picture under a fresh name for who names it in a row; if that fails, no file stays.

    The name is random, not made of the content: taking away an old picture could else take a new, equal one along.
    """
    name, whole = f"{_folder(person_id)}/{secrets.token_hex(16)}", False
    try:
        for side in SIZES:
            smaller = images.cut(square, images.middle(square), side)
            for kind, encode in TYPES.items():
                default_storage.save(_file(name, side, kind), ContentFile(encode(smaller)))
        yield name
        whole = True
    finally:
        if not whole:
            _drop(name)


def _write(person: Person, name: str, side: int, blur: str) -> None:
    """Name the picture in its person's row; the files of the old one go at the commit."""
    held = Person.objects.select_for_update(no_key=True).get(id=person.id)
    if not held.is_active:  # left while the upload was decoded
        raise Problem(404, "person_unknown", "This account is closed.")
    transaction.on_commit(partial(_drop, held.picture))
    person.picture, person.picture_side, person.picture_blurhash = name, side, blur
    person.save(update_fields=["picture", "picture_side", "picture_blurhash"])


def _folder(person_id: UUID) -> str:
    """Return where a person's pictures lie: so all are found when they leave, and the name says nothing of them."""
    return f"pictures/{salted_hmac('pictures', person_id.bytes).hexdigest()[:32]}"


def _file(name: str, side: int, kind: str) -> str:
    return f"{name}-{side}.{kind}"


def _drop(name: str) -> None:
    for side in SIZES if name else ():
        for kind in TYPES:
            default_storage.delete(_file(name, side, kind))

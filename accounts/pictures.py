"""Profile pictures: decoded in a bounded child, turned upright, stripped, squared, and stored in three sizes."""

import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL.Image import Image

from accounts.models import Person
from socialvideo.lib import images
from socialvideo.lib.errors import Problem, invalid

SIZES = (64, 256, 512)


def set_picture(*, person: Person, upload: bytes) -> None:
    """Replace the picture; 422 with the picture's own code when it cannot be used, and nothing is stored."""
    picture = opened(upload, pointer="/picture")
    name = f"pictures/{secrets.token_hex(16)}"
    for side in SIZES:
        default_storage.save(f"{name}-{side}.webp", ContentFile(images.to_webp(images.square(picture, side))))
    old, person.picture = person.picture, name
    person.save(update_fields=["picture"])
    _drop(old)


def drop_picture(*, person: Person) -> None:
    """Take the picture away."""
    old, person.picture = person.picture, ""
    person.save(update_fields=["picture"])
    _drop(old)


def read_picture(*, person: Person, side: int) -> bytes:
    """Return the WebP bytes in one of SIZES, else the 404 problem."""
    unknown = Problem(404, "picture_unknown", f"No picture in this size. Sizes: {', '.join(map(str, SIZES))}.")
    if not person.picture or side not in SIZES:
        raise unknown
    try:
        with default_storage.open(f"{person.picture}-{side}.webp") as file:
            return bytes(file.read())
    except FileNotFoundError as error:  # replaced between the two reads
        raise unknown from error


def opened(upload: bytes, *, pointer: str) -> Image:
    """Return the decoded picture; 422 at ``pointer`` when it is not one that we take."""
    try:
        return images.open_picture(upload)
    except images.PictureRejected as refused:
        raise invalid(pointer, refused.code, refused.detail) from refused


def _drop(name: str) -> None:
    for side in SIZES if name else ():
        default_storage.delete(f"{name}-{side}.webp")

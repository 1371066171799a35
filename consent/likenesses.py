"""Enrolling one's own photo. It is sealed (AES-256-GCM) under a key of its own; erasing destroys the key."""

import hashlib
import secrets
from functools import partial
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from PIL import Image

from accounts.models import Person
from accounts.rights import exports
from consent import ledger, locks, teens
from consent.models import Likeness
from socialvideo.lib import images, sealing
from socialvideo.lib.clock import database_now
from socialvideo.lib.errors import Problem, invalid

SIDE = 1024


def enrol(*, subject: Person, upload: bytes) -> Likeness:
    """Replace the subject's likeness with the photo. 422 with the picture's own code when it cannot be used.

    409 for a teenager without a guardian, whose word a teenager's likeness waits for.
    """
    teens.guardian_for(subject, database_now())
    try:
        photo = images.fit(images.open_picture(upload), SIDE)
    except images.PictureRejected as refused:
        raise invalid("/photo", refused.code, refused.detail) from refused
    plain = images.to_jpeg(photo)
    key = sealing.new_key()
    sealed = sealing.seal(plain, key, bound_to=subject.id.bytes)
    file = default_storage.save(f"likenesses/{secrets.token_hex(16)}", ContentFile(sealed))
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        guardian = teens.guardian_for(subject, database_now())
        destroy(subject)
        likeness = Likeness.objects.create(
            subject=subject,
            guardian=guardian,
            file=file,
            key=key,
            photo_digest=hashlib.sha256(upload).digest(),
            width=photo.width,
            height=photo.height,
        )
        teens.tell(guardian, ward=subject)
        ledger.append([ledger.Entry("enrolment", {"subject": str(subject.id), "likeness": str(likeness.id)})])
    return likeness


def mine(subject: Person) -> Likeness:
    """Return the subject's active likeness, else the 404 problem."""
    likeness = Likeness.objects.filter(subject=subject, erased_at=None).first()
    if likeness is None:
        raise Problem(404, "likeness_unknown", "No likeness is enrolled. Send a photo to PUT /api/v1/me/likeness.")
    return likeness


def erase(*, subject: Person) -> None:
    """Destroy the key of the subject's likeness, so that the photo is noise wherever a copy lies."""
    with transaction.atomic(durable=True):
        locks.exclude([subject.id])
        if destroy(subject):
            ledger.append([ledger.Entry("erasure", {"subject": str(subject.id)})])


def unseal(likeness: Likeness) -> Image.Image:
    """Return the photo, RGB. Only for the pipeline, which has redeemed a permit. ValueError once it is erased."""
    return Image.open(BytesIO(photo(likeness))).convert("RGB")


def photo(likeness: Likeness) -> bytes:
    """Return the photo, a JPEG. Only for its own subject. ValueError once it is erased, OSError if its file is gone."""
    if likeness.key is None:
        raise ValueError("the likeness is erased")
    with default_storage.open(likeness.file) as file:
        sealed = file.read()
    return sealing.unseal(sealed, bytes(likeness.key), bound_to=likeness.subject_id.bytes)


def destroy(subject: Person) -> bool:
    """Destroy the key in the caller's transaction, which holds the subject's lock; False if none was enrolled."""
    active = Likeness.objects.filter(subject=subject, erased_at=None)
    files = list(active.values_list("file", flat=True))
    active.update(key=None, photo_digest=None, erased_at=Now())
    exports.void(subject.id)
    for file in files:
        transaction.on_commit(partial(default_storage.delete, file))
    return bool(files)

"""Bytes that go to S3 without passing here: an object in parts, each put to an address that is signed for it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.storage import default_storage, storages
from storages.backends.s3 import S3Storage

from socialvideo.lib.errors import Problem

PREFIX = "uploads/"
SIGNED_SECONDS = 3600
# S3 takes no smaller ones but the last, and no more than ten thousand.
SMALLEST_PART = 5 * 1024 * 1024
GONE = {"NoSuchUpload", "NoSuchKey", "404", "NotFound"}
WRONG = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML", "InvalidRequest"}


@dataclass(frozen=True)
class Stored:
    """A part that S3 has."""

    number: int
    etag: str
    size_bytes: int


def is_there() -> bool:
    """Tell whether storage is S3."""
    return isinstance(storages["default"], S3Storage)


def require() -> None:
    """Raise the 409 problem where storage is no S3."""
    if not is_there():
        raise Problem(
            409, "direct_unavailable", "Bytes cannot go to storage directly here. Send them in parts by PATCH."
        )


def fresh_name() -> str:
    """Return a random name for one object."""
    token = secrets.token_hex(16)
    return f"{PREFIX}{token[:2]}/{token}"


def part_bytes() -> int:
    """Return how many bytes each part but the last must have."""
    return max(SMALLEST_PART, int(settings.UPLOAD_PART_BYTES))


def begin(name: str, media_type: str) -> str:
    """Begin an object in parts; return what S3 calls it."""
    return str(_client().create_multipart_upload(**_place(name), ContentType=media_type)["UploadId"])


def address(name: str, multipart: str, number: int) -> str:
    """Return where part ``number`` (from 1 on) is put, for SIGNED_SECONDS. Nothing is asked of S3."""
    wanted = {**_place(name), "UploadId": multipart, "PartNumber": number}
    signed = _client().generate_presigned_url("upload_part", Params=wanted, ExpiresIn=SIGNED_SECONDS, HttpMethod="PUT")
    return str(signed)


def stored(name: str, multipart: str) -> dict[int, Stored]:
    """Return the parts that are there, by their numbers; none when the object is whole, or gone."""
    pages = _client().get_paginator("list_parts").paginate(**_place(name), UploadId=multipart)
    try:
        rows = [row for page in pages for row in page.get("Parts", [])]
    except ClientError as error:
        _only(GONE, error)
        return {}
    return {row["PartNumber"]: Stored(row["PartNumber"], row["ETag"], row["Size"]) for row in rows}


def complete(name: str, multipart: str, parts: Iterable[tuple[int, str]]) -> int:
    """Put the parts together and return how many bytes the object has; 409 when S3 does not take them.

    Safe to repeat: an object that is whole already is measured again.
    """
    listed = [{"PartNumber": number, "ETag": etag} for number, etag in sorted(parts)]
    try:
        _client().complete_multipart_upload(**_place(name), UploadId=multipart, MultipartUpload={"Parts": listed})
    except ClientError as error:
        if _code(error) in WRONG:
            raise Problem(409, "parts_wrong", f"Storage did not take the parts: {_code(error)}.") from error
        _only(GONE, error)
    return _size(name)


def abort(name: str, multipart: str) -> None:
    """Give up an object in parts and have S3 remove what it has of it; one that is whole or gone is fine."""
    try:
        _client().abort_multipart_upload(**_place(name), UploadId=multipart)
    except ClientError as error:
        _only(GONE, error)


def _size(name: str) -> int:
    try:
        return int(_client().head_object(**_place(name))["ContentLength"])
    except ClientError as error:
        _only(GONE, error)
        raise Problem(409, "parts_wrong", "Storage has no such object. Put its parts first.") from error


def _only(codes: set[str], error: ClientError) -> None:
    if _code(error) not in codes:
        raise error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _place(name: str) -> dict[str, str]:
    return {"Bucket": default_storage.bucket_name, "Key": name}  # type: ignore[attr-defined]


def _client() -> Any:
    return default_storage.connection.meta.client  # type: ignore[attr-defined]

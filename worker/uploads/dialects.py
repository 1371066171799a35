"""One resource, three ways to speak to it: ours, tus 1.0, and the IETF's draft on resumable uploads (draft-12).

They agree on the verbs: POST makes an upload, HEAD tells the offset, PATCH adds at ``Upload-Offset``, DELETE ends it.
What differs is read here into one shape, and written back with the fields of all three.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.http import http_date

from socialvideo.lib.errors import Problem

TUS_VERSION = "1.0.0"
TUS_EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
TUS_PART, DRAFT_PART, PLAIN_PART = (
    "application/offset+octet-stream",
    "application/partial-upload",
    "application/octet-stream",
)
CHECKSUMS = {"sha1": 20, "sha256": 32}
# Draft-12, section 7: what its clients decide by.
DRAFT_PROBLEM = "https://iana.org/assignments/http-problem-types#"


class Dialect(StrEnum):
    """What a client speaks."""

    OURS = "ours"
    TUS = "tus"
    DRAFT = "draft"

    @property
    def is_strict(self) -> bool:
        """Whether a part at an offset that is already stored is refused; ours takes it as sent again."""
        return self is not Dialect.OURS


@dataclass(frozen=True)
class Part:
    """A part as its request declares it, in bytes; ``is_last`` is None where the dialect does not say."""

    offset: int
    length: int
    is_last: bool | None
    checksum: tuple[str, bytes] | None


def spoken(headers: Mapping[str, str]) -> Dialect:
    """Return what the client speaks; 412 for another version of tus."""
    version = headers.get("Tus-Resumable")
    if version == TUS_VERSION:
        return Dialect.TUS
    if version is not None:
        raise Problem(412, "tus_version_unknown", "Speak tus 1.0.0.", headers={"Tus-Version": TUS_VERSION})
    is_draft = "Upload-Complete" in headers or _media_type(headers) == DRAFT_PART
    return Dialect.DRAFT if is_draft else Dialect.OURS


def declared(dialect: Dialect, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return what the headers of a POST declare, in the members of our own body; what is missing is left out."""
    if dialect is Dialect.TUS:
        if "Upload-Defer-Length" in headers:
            raise Problem(400, "length_deferred", "Say the length at once: send Upload-Length.")
        found = _metadata(headers.get("Upload-Metadata", ""))
        told = {"media_type": found.get("filetype"), "sha256": found.get("sha256"), "name": found.get("filename")}
        size = headers.get("Upload-Length")
    else:
        digest = _structured_digests(headers.get("Repr-Digest", "")).get("sha-256")
        told = {"media_type": _media_type(headers), "sha256": digest.hex() if digest else None}
        size = headers.get("Upload-Length") or (headers.get("Content-Length") if is_last(headers) else None)
    sized = {"size_bytes": _whole("Upload-Length", size)} if size else {}
    return {**sized, **{name: value for name, value in told.items() if value is not None}}


def part(dialect: Dialect, headers: Mapping[str, str]) -> Part:
    """Return what the headers of a PATCH say; 400 or 415 when they do not."""
    known = (TUS_PART,) if dialect is Dialect.TUS else (DRAFT_PART, TUS_PART, PLAIN_PART)
    if _media_type(headers) not in known:
        raise Problem(415, "unsupported_media_type", f"Send a part as {known[0]}.")
    if "Upload-Offset" not in headers:
        raise Problem(400, "offset_missing", "Say where the part begins: send Upload-Offset.")
    offset = _whole("Upload-Offset", headers["Upload-Offset"])
    return Part(offset, first_length(headers), is_last(headers), checksum(headers))


def first_length(headers: Mapping[str, str]) -> int:
    """Return how many bytes the body has."""
    return _whole("Content-Length", headers.get("Content-Length") or "0")


def is_last(headers: Mapping[str, str]) -> bool | None:
    """Return whether the body ends the file: the structured boolean of Upload-Complete (RFC 9651), if it is there."""
    said = headers.get("Upload-Complete")
    if said is not None and said not in ("?0", "?1"):
        raise Problem(400, "upload_complete_unknown", "Upload-Complete is ?0 or ?1.")
    return None if said is None else said == "?1"


def checksum(headers: Mapping[str, str]) -> tuple[str, bytes] | None:
    """Return algorithm and digest that the body of this request must have (tus, or RFC 9530), if it says one."""
    if "Upload-Checksum" in headers:
        name, _, encoded = headers["Upload-Checksum"].partition(" ")
        digest = _base64(encoded)
        if CHECKSUMS.get(name) != len(digest):
            raise Problem(400, "checksum_unknown", f"A checksum is one of {', '.join(CHECKSUMS)}, in base64.")
        return name, digest
    digest = _structured_digests(headers.get("Content-Digest", "")).get("sha-256", b"")
    return ("sha256", digest) if digest else None


def limits(*, largest: int, expires_at: datetime | None = None, now: datetime | None = None) -> str:
    """Return the value of Upload-Limit (draft-12, section 4.1.4): bytes and, for one upload, seconds."""
    age = f", max-age={max(0, int((expires_at - now).total_seconds()))}" if expires_at and now else ""
    return f"max-size={largest}{age}"


def standing(*, offset: int, size: int, expires_at: datetime | None) -> dict[str, str]:
    """Return the headers that tell how far an upload is, for all dialects."""
    found = {
        "Upload-Offset": str(offset),
        "Upload-Length": str(size),
        "Upload-Complete": "?1" if offset == size else "?0",
        "Cache-Control": "no-store",
    }
    return found | ({"Upload-Expires": http_date(expires_at.timestamp())} if expires_at else {})


def mismatch(dialect: Dialect, *, expected: int, provided: int) -> Problem:
    """Return the 409 problem of a part at an offset where none can go, with the right one."""
    members: dict[str, Any] = {"expected-offset": expected, "provided-offset": provided}
    if dialect is Dialect.DRAFT:
        members["type"] = f"{DRAFT_PROBLEM}mismatching-upload-offset"
    return Problem(
        409,
        "offset_mismatch",
        f"{expected} bytes are stored. Go on from there.",
        headers={"Upload-Offset": str(expected)},
        members=members,
    )


def inconsistent(dialect: Dialect) -> Problem:
    """Return the 400 problem of a part that ends elsewhere than it says."""
    members = {"type": f"{DRAFT_PROBLEM}inconsistent-upload-length"} if dialect is Dialect.DRAFT else {}
    return Problem(400, "length_inconsistent", "The last part does not end at the declared length.", members=members)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Problem(400, "header_malformed", f"{name} is a whole number from 0 on.")
    return int(text)


def _metadata(text: str) -> dict[str, str]:
    """Return the pairs of tus' Upload-Metadata: a name, a space, a value in base64, with commas between them."""
    pairs = (pair.strip().partition(" ") for pair in text.split(",") if pair.strip())
    return {name: _base64(value).decode(errors="replace") for name, _, value in pairs}


def _structured_digests(text: str) -> dict[str, bytes]:
    """Return the digests of a field of RFC 9530: ``sha-256=:base64:``."""
    return {name: _base64(value) for name, value in re.findall(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]*):", text)}


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(400, "header_malformed", "A header holds what is no base64.") from error

"""What a client does: declare, send parts, ask for the offset."""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from rest_framework.test import APIClient

from tests.worker.footage import sha256
from worker.models import Upload

ADDRESS = "/api/v1/uploads"
OURS = "application/octet-stream"
# When nobody touched a session for so long, it has expired.
LATE = timedelta(hours=25)


@dataclass(frozen=True)
class Declared:
    """An upload that was begun."""

    api: APIClient
    address: str
    content: bytes

    @property
    def row(self) -> Upload:
        """Its row, as it is now."""
        return Upload.objects.get(id=self.address.rsplit("/", 1)[1])

    def send(self, offset: int, end: int | None = None, **headers: str) -> HttpResponse:
        """Send the bytes from ``offset`` to ``end``."""
        return part(self.api, self.address, offset, self.content[offset:end], **headers)

    def read(self) -> dict[str, Any]:
        """What the API shows of it."""
        found: dict[str, Any] = self.api.get(self.address).json()
        return found


def declaration(content: bytes, **other: Any) -> dict[str, Any]:
    """What to declare of a film."""
    return {"size_bytes": len(content), "media_type": "video/mp4", "sha256": sha256(content), **other}


def begin(api: APIClient, content: bytes, **other: Any) -> Declared:
    """Begin an upload."""
    response = api.post(ADDRESS, declaration(content, **other), format="json")
    assert response.status_code == 201, response.content
    return Declared(api, response["Location"], content)


def part(
    api: APIClient, address: str, offset: int, content: bytes, *, kind: str = OURS, **headers: str
) -> HttpResponse:
    """PATCH one part."""
    sent = {"Upload-Offset": str(offset), **{name.replace("_", "-"): value for name, value in headers.items()}}
    response: HttpResponse = api.patch(address, content, content_type=kind, headers=sent)
    return response


class Cut(io.RawIOBase):
    """A body of which only the beginning arrives."""

    def __init__(self, content: bytes) -> None:
        self.left = content

    def read(self, size: int = -1) -> bytes:
        """Return what is there, and nothing when it is used up, as a server does whose client is gone."""
        found, self.left = self.left[:size], self.left[size:]
        return found


def cut(declared: Declared, offset: int, arrives: int, **environ: Any) -> HttpResponse:
    """Send the rest of the file over a link that is cut after ``arrives`` bytes of it."""
    rest = declared.content[offset:]
    response: HttpResponse = declared.api.generic(
        "PATCH",
        declared.address,
        b"",
        content_type=OURS,
        CONTENT_LENGTH=str(len(rest)),
        HTTP_UPLOAD_OFFSET=str(offset),
        **{"wsgi.input": Cut(rest[:arrives]), **environ},
    )
    return response

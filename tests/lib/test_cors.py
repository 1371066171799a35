"""Pages of our own web clients may use the API and upload; nobody else's may, and none with cookies."""

from pathlib import Path

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from tests import factories
from tests.worker import sending
from tests.worker.footage import clip

pytestmark = pytest.mark.django_db
OURS, THEIRS = "https://app.example", "https://else.example"
UPLOADING = "authorization,content-type,upload-offset,upload-checksum,tus-resumable"


@pytest.fixture(autouse=True)
def web(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [OURS]


def preflight(path: str, origin: str, method: str = "PATCH") -> dict[str, str]:
    """What a browser hears that asks before it sends."""
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": UPLOADING}
    return dict(APIClient().options(path, headers=asked).headers)


def test_a_page_of_ours_may_send_parts_of_an_upload() -> None:
    heard = preflight("/api/v1/uploads/01890000-0000-7000-8000-000000000000", OURS)
    assert heard["access-control-allow-origin"] == OURS
    assert "PATCH" in heard["access-control-allow-methods"]
    assert set(UPLOADING.split(",")) <= set(heard["access-control-allow-headers"].split(", "))
    assert "access-control-allow-credentials" not in heard


@pytest.mark.parametrize(("path", "origin"), [("/api/v1/uploads", THEIRS), ("/admin/", OURS)])
def test_no_other_page_and_nothing_but_the_api_is_open(path: str, origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(path, origin, "POST")
    assert "access-control-allow-origin" not in APIClient().get(path, headers={"origin": origin}).headers


def test_a_page_of_ours_reads_where_its_upload_is_and_how_far(tmp_path: Path, settings: Settings) -> None:
    settings.UPLOADS = tmp_path
    begun = sending.begin(factories.client(factories.person()), clip())
    reply = begun.api.head(begun.address, headers={"origin": OURS})
    assert reply.headers["access-control-allow-origin"] == OURS
    exposed = set(reply.headers["access-control-expose-headers"].split(", "))
    assert {"location", "upload-offset", "etag", "retry-after"} <= exposed

"""Ingest: received bytes become one video or none, whatever fails, and nothing is left where it should not be."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import av
import pytest
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Notice, Person
from socialvideo.lib.archive import Archive
from socialvideo.lib.errors import Problem
from tests import factories
from tests.worker import sending, watching
from tests.worker.footage import clip, sha256
from tests.worker.sending import Declared
from worker import erasure, exports, ladders, storage, videos
from worker.leases import LeaseLost
from worker.media import inspecting, rendering
from worker.media.child import MediaFailed
from worker.media.rules import Rejected
from worker.models import Ladder, Rendition, Unsealed, Upload, Video
from worker.uploads import ingest, sessions

pytestmark = pytest.mark.django_db
Stored = Callable[[], dict[str, bytes]]
SEEN = "tests.worker.watching"


def received(api: APIClient, content: bytes, **declared: Any) -> Upload:
    """An upload of which all bytes are here."""
    begun = sending.begin(api, content, **declared)
    assert begun.send(0).status_code == 204
    return begun.row


def ingested(api: APIClient, content: bytes, **declared: Any) -> Upload:
    """An upload that was run."""
    upload = received(api, content, **declared)
    ingest.run(upload.id)
    return Upload.objects.get(id=upload.id)


def names(video: Video) -> set[str]:
    """The files of a video."""
    kept = Rendition.objects.filter(video=video).values_list("file", flat=True)
    return {video.file, video.poster, video.preview, video.sprite, *kept}


def test_an_upload_becomes_a_video_that_its_owner_can_play(api: APIClient, requester: Person, stored: Stored) -> None:
    upload = ingested(api, clip())
    shown = api.get(f"{sending.ADDRESS}/{upload.id}").json()
    assert (shown["status"], shown["progress"], shown["video"]) == ("ready", 100, str(upload.video_id))
    assert shown["renditions"] == {"status": "done", "progress": 100}
    video = Video.objects.get()
    assert (video.origin, video.depiction_count, video.lineage, video.permit) == ("uploaded", 0, [video.id], None)
    assert api.get(f"/api/v1/videos/{video.id}").status_code == 200
    assert {row["id"] for row in api.get("/api/v1/videos").json()["data"]} == {str(video.id)}
    assert {f"media/{name}" for name in names(video)} == set(stored())
    (notice,) = Notice.objects.filter(recipient=requester)
    assert (notice.kind, notice.thing_id, Unsealed.objects.count()) == ("upload_ready", video.id, 0)
    ingest.run(upload.id)
    assert (Video.objects.count(), Ladder.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (MediaFailed("killed"), "queued", ""),
        (Rejected("damaged", ""), "failed", "damaged"),
        (SystemExit(), "queued", ""),
    ],
    ids=["a crash", "a fault of the film", "the worker's end"],
)
def test_what_goes_wrong_after_the_first_size_is_the_ladders_and_the_video_stays(
    api: APIClient, monkeypatch: Any, fault: BaseException, status: str, code: str
) -> None:
    def store(*_: object) -> None:
        assert Upload.objects.get().status == "ready"
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(ladders, "store", store)
        with contextlib.suppress(SystemExit):
            ingested(api, clip(width=720, height=1280))
    video = Video.objects.get()
    ladder, first = video.ladder, set(video.renditions.values_list("file", flat=True))
    assert (ladder.status, ladder.failure_code, len(first), video.purged_at) == (status, code, 2, None)
    ladders.run(video.id)
    assert (video.renditions.count() > 2) == (status == "queued")
    assert first <= set(video.renditions.values_list("file", flat=True))


def test_no_more_is_made_of_an_upload_that_is_taken_down_when_its_first_size_is_there(
    api: APIClient, monkeypatch: Any
) -> None:
    real = ladders.begin_held

    def begin(**given: Any) -> ladders.Climb:
        climb = real(**given)
        videos.take_down(given["video_id"])
        return climb

    monkeypatch.setattr(ladders, "begin_held", begin)
    upload = ingested(api, clip(width=720, height=1280))
    assert (upload.status, Ladder.objects.get().failure_code, Rendition.objects.count()) == ("ready", "video_ended", 2)


def test_what_is_stored_is_made_anew_and_never_the_file_that_was_sent(api: APIClient) -> None:
    content = clip()
    video = ingested(api, content).video
    assert video
    with default_storage.open(video.file) as file:
        film = file.read()
    assert film != content
    assert (sha256(film), len(film)) == (bytes(video.content_digest).hex(), video.size_bytes)
    with av.open(default_storage.path(video.file)) as container:
        picture = next(container.decode(video=0))
    assert (picture.width, picture.height) == (video.width, video.height)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"#EXTM3U\nfile:///etc/passwd\n" * 9, "playlist_refused"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "not_a_video"),
        (clip()[: len(clip()) // 2], "truncated"),
        (b"RIFF\0\0\0\0AVI " + bytes(99), "container_unknown"),
    ],
    ids=["playlist", "picture", "cut in half", "AVI"],
)
def test_what_is_no_film_is_rejected_for_good_with_its_own_code(
    api: APIClient, requester: Person, stored: Stored, content: bytes, code: str
) -> None:
    upload = ingested(api, content)
    assert (upload.status, upload.failure_code, upload.video) == ("rejected", code, None)
    assert upload.failure_detail
    assert (stored(), Video.objects.count()) == ({}, 0)
    assert [notice.kind for notice in Notice.objects.filter(recipient=requester)] == ["upload_failed"]
    assert api.post(f"{sending.ADDRESS}/{upload.id}/retries").status_code == 409


def test_bytes_that_are_not_those_declared_are_rejected(api: APIClient, stored: Stored) -> None:
    upload = ingested(api, clip(), sha256=sha256(b"another film"))
    assert (upload.status, upload.failure_code, stored()) == ("rejected", "digest_mismatch", {})


def test_a_film_longer_than_any_may_be_is_rejected(api: APIClient, settings: Settings) -> None:
    settings.UPLOAD_MAX_SECONDS = 1
    upload = ingested(api, clip(seconds=2))
    assert (upload.status, upload.failure_code) == ("rejected", "too_long")


def test_a_fault_of_ours_is_tried_again_and_then_failed(
    api: APIClient, stored: Stored, monkeypatch: Any, requester: Person
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MediaFailed("it broke")

    monkeypatch.setattr(inspecting, "inspect", broken)
    upload = ingested(api, clip())
    assert (upload.status, upload.attempts, Notice.objects.count()) == ("processing", 1, 0)
    for _ in range(3):
        ingest.run(upload.id)
    ingest.sweep()
    upload.refresh_from_db()
    assert (upload.status, upload.failure_code, upload.attempts) == ("failed", "processing_failed", 3)
    assert [notice.kind for notice in Notice.objects.filter(recipient=requester)] == ["upload_failed"]
    assert len(stored()) == 1


def test_what_failed_is_run_again_when_its_owner_wishes(api: APIClient) -> None:
    upload = received(api, clip())
    Upload.objects.update(attempts=3)
    ingest.sweep()
    assert Upload.objects.get().status == "failed"
    assert api.post(f"{sending.ADDRESS}/{upload.id}/retries").status_code == 202
    assert ingest.claim(upload.id)


def test_one_who_runs_it_keeps_others_away_until_the_lease_ends(api: APIClient) -> None:
    upload = received(api, clip())
    first = ingest.claim(upload.id)
    assert first
    assert ingest.claim(upload.id) is None
    Upload.objects.update(lease_until=Now() - timedelta(seconds=1))
    second = ingest.claim(upload.id)
    assert second
    assert second.fence > first.fence


def lost(upload_id: Any) -> None:
    """Another worker takes it over."""
    Upload.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert ingest.claim(upload_id)


def test_a_run_that_lost_its_lease_stops_at_once_and_leaves_nothing(
    api: APIClient, monkeypatch: Any, stored: Stored
) -> None:
    upload, asked = received(api, clip(seconds=3)), []

    def report(claimed: ingest.Claimed, progress: int) -> None:
        if progress > 60:
            asked.append(progress)
            lost(upload.id)
        real(claimed, progress)

    real = ingest._report
    monkeypatch.setattr(ingest, "_report", report)
    ingest.run(upload.id)
    assert (len(asked), Upload.objects.get().status, Video.objects.count()) == (1, "processing", 0)
    assert (len(stored()), Unsealed.objects.count(), Notice.objects.count()) == (1, 0, 0)


def test_a_run_that_is_passed_just_before_its_commit_makes_no_video(
    api: APIClient, monkeypatch: Any, stored: Stored
) -> None:
    upload = received(api, clip())
    real = ingest._seal

    def seal(*arguments: Any) -> None:
        lost(upload.id)
        with pytest.raises(LeaseLost):
            real(*arguments)
        raise LeaseLost

    monkeypatch.setattr(ingest, "_seal", seal)
    ingest.run(upload.id)
    assert (Video.objects.count(), Ladder.objects.count(), Rendition.objects.count()) == (0, 0, 0)
    assert len(stored()) == 1


class Killed(BaseException):
    """The process is gone."""


def test_what_a_killed_run_stored_is_found_once_the_upload_has_ended(
    api: APIClient, monkeypatch: Any, stored: Stored
) -> None:
    upload = received(api, clip())

    def dying(*_: object) -> None:
        monkeypatch.setattr(storage, "drop", lambda names: None)
        monkeypatch.setattr(storage, "release", lambda names: None)
        raise Killed

    with monkeypatch.context():
        monkeypatch.setattr(ingest, "_seal", dying)
        with pytest.raises(Killed):
            ingest.run(upload.id)
    monkeypatch.undo()
    left = {f"media/{name}" for name in Unsealed.objects.values_list("name", flat=True)}
    assert (len(left), left < set(stored())) == (5, True)
    assert storage.purge_unsealed() == 0
    Upload.objects.update(lease_until=Now() - timedelta(seconds=1))
    ingest.run(upload.id)
    assert storage.purge_unsealed() == 5
    video = Video.objects.get()
    assert {name for name in stored() if name.startswith("media/")} == {f"media/{name}" for name in names(video)}


def test_an_upload_that_is_given_up_while_it_is_worked_on_becomes_nothing(
    api: APIClient, monkeypatch: Any, stored: Stored
) -> None:
    upload = received(api, clip())
    real = rendering.render

    def render(*arguments: Any, **options: Any) -> Any:
        api.delete(f"{sending.ADDRESS}/{upload.id}")
        return real(*arguments, **options)

    monkeypatch.setattr(rendering, "render", render)
    ingest.run(upload.id)
    assert (Upload.objects.get().status, Video.objects.count(), stored()) == ("cancelled", 0, {})


def test_the_strictest_verdict_counts_and_a_held_video_is_its_owners_alone(
    api: APIClient, settings: Settings, requester: Person, stranger: Person
) -> None:
    settings.UPLOAD_SCREENINGS = [f"{SEEN}.held", f"{SEEN}.clear"]
    watching.SHOWN.clear()
    upload = ingested(api, clip())
    video, (looked,) = upload.video, watching.SHOWN
    assert (looked.upload_id, looked.owner_id, looked.facts.height) == (upload.id, upload.owner_id, 160)
    assert video and video.screening == "held"
    with pytest.raises(Problem) as refused:
        factories.post(requester, video)
    assert (refused.value.status_code, refused.value.code) == (409, "awaiting_screening")
    assert not video.posts.exists()
    assert api.get(f"/api/v1/videos/{video.id}/playback").status_code == 200
    assert factories.client(stranger).get(f"/api/v1/videos/{video.id}/playback").status_code == 404
    videos.refuse(video.id)
    with pytest.raises(Problem):
        factories.post(requester, video)
    assert not video.posts.exists()
    videos.release(video.id)
    assert factories.post(requester, video).video_id == video.id


def test_a_refused_video_is_never_published(api: APIClient, settings: Settings, requester: Person) -> None:
    settings.UPLOAD_SCREENINGS = [f"{SEEN}.clear", f"{SEEN}.refused", f"{SEEN}.held"]
    video = ingested(api, clip()).video
    assert video
    response = api.post("/api/v1/posts", {"video": str(video.id), "caption": "", "audience": "public"}, format="json")
    assert (response.status_code, response.json()["code"]) == (403, "screening_refused")
    assert not video.posts.exists()


def test_a_lost_message_is_sent_again(api: APIClient) -> None:
    upload = received(api, clip())
    assert ingest.sweep() == 0
    Upload.objects.update(touched_at=Now() - timedelta(minutes=1))
    assert ingest.sweep() == 1
    assert Upload.objects.get(id=upload.id).status == "processing"


def test_a_ready_upload_cannot_be_given_up(api: APIClient) -> None:
    upload = ingested(api, clip())
    sessions.cancel(upload)
    assert (Upload.objects.get().status, Video.objects.get().purged_at) == ("ready", None)


def test_an_upload_of_declared_bytes_alone_waits(begun: Declared) -> None:
    assert ingest.claim(begun.row.id) is None


def test_an_export_has_the_largest_film_of_an_upload_and_the_record_of_each(api: APIClient, requester: Person) -> None:
    upload = ingested(api, clip(width=720, height=1280), name="the sea")
    rejected = ingested(api, b"no film")
    best = Rendition.objects.get(kind="mp4", rung=720)
    with contextlib.closing(Archive()) as archive:
        exports.add_videos(requester, archive)
        packed = {member["name"]: member["sha256"] for member in archive.members}
    assert packed[f"videos/{upload.video_id}.mp4"] == bytes(best.digest).hex()
    assert "videos/uploads.json" in packed
    assert (Upload.objects.count(), rejected.status) == (2, "rejected")


def test_who_leaves_leaves_no_upload_no_video_and_no_byte(api: APIClient, requester: Person, stored: Stored) -> None:
    upload = ingested(api, clip())
    sending.begin(api, clip()).send(0, 1000)
    assert len(stored()) > 5
    erasure.FILMS.erase(requester.id)
    assert (stored(), Upload.objects.count(), Rendition.objects.count()) == ({}, 0, 0)
    assert erasure.FILMS.count(requester.id)["uploaded files"] == 0
    ladders.run(upload.video_id)  # type: ignore[arg-type]
    assert stored() == {}

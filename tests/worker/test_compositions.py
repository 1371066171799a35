"""Films of films by the real worker: decoded and looked at; whom they show, what they go back to, and how they end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import Person
from consent import likenesses, withdrawal
from consent.models import Decision, Grant, Permit
from consent.withdrawal import Scope
from tests import factories
from tests.worker import films
from tests.worker.films import BLUE, GREEN, RED, heard, seen, shown
from tests.worker.runs import Happening, Listing, ended
from worker import encoding, jobs, pipeline, videos
from worker.compositions import Composition, Kind, Part
from worker.models import Depiction, Job, Source, Unsealed, Video

pytestmark = pytest.mark.usefixtures("media")


@pytest.fixture
def theirs(stranger: Person) -> Video:
    """Somebody's film for all: a second of red, one of green, with a tone of 440 hertz."""
    film = films.footage(stranger, RED, GREEN, tone=440)
    factories.post(stranger, film)
    return film


@pytest.fixture
def mine(requester: Person) -> Video:
    """One's own: a second of blue, with a tone of 880 hertz."""
    return films.footage(requester, BLUE, tone=880)


@pytest.fixture
def shows(subject: Person, stranger: Person) -> Video:
    """Somebody's published film that shows the subject, who granted stitching."""
    factories.grant(subject, stranger, may_stitch=True)
    film = films.put(factories.video(stranger, subject), films.mp4([RED]), 1)
    factories.post(stranger, film)
    return film


def ask(someone: Person, film: Video, how: str, **body: Any) -> Job:
    """Ask over REST."""
    wish = {
        "audience": "public",
        **{name: str(value) if isinstance(value, Video) else value for name, value in body.items()},
    }
    wish |= {"video": str(body["video"].id)} if "video" in body else {}
    reply = factories.client(someone).post(f"/api/v1/videos/{film.id}/{how}", wish, format="json")
    assert reply.status_code == 202, reply.json()
    return Job.objects.get(id=reply.json()["id"])


def made(job: Job) -> Video:
    """Run the job and return its film."""
    pipeline.run(job.id)
    job.refresh_from_db()
    assert job.status == "completed", (job.status, job.failure_code, job.failure_detail)
    assert job.video
    return job.video


def sealed(owner: Person, *parts: Video) -> Video:
    """A stitch of two films, sealed through the real permit path without a render."""
    wish = Composition(Kind.STITCH, tuple(Part(film.id, 0, film.duration_ms) for film in parts))
    return factories.video(owner, composition=wish)


def path(film: Video) -> Path:
    """Where its bytes lie."""
    return Path(default_storage.path(film.file))


def sources(film: Video) -> list[tuple[str, Any]]:
    """What it is made of."""
    return list(film.sources.order_by("place").values_list("role", "source_id"))


# Looking and listening


def test_a_trim_is_the_part_that_was_asked_for_with_its_sound_and_its_poster(theirs: Video, stranger: Person) -> None:
    film = made(ask(stranger, theirs, "trims", start_ms=500, end_ms=1500, cover_ms=900))
    assert abs(film.duration_ms - 1000) <= 100
    assert [shown(seen(path(film), at)) for at in (0.1, 0.8)] == [RED, GREEN]
    assert heard(path(film))[440] > 0.1
    poster = encoding.Image.open(default_storage.path(film.poster))
    assert shown(encoding.np.asarray(poster)) == GREEN
    assert (film.origin, film.engine, film.prompt, film.is_preview) == ("composed", "", "", False)
    assert (sources(film), film.remix_of, film.lineage) == ([("original", theirs.id)], theirs, [theirs.id, film.id])


def test_a_stitch_is_a_part_of_the_one_and_then_the_other(theirs: Video, mine: Video, requester: Person) -> None:
    film = made(ask(requester, theirs, "stitches", video=mine, start_ms=1000))
    assert abs(film.duration_ms - 2000) <= 100
    assert [shown(seen(path(film), at)) for at in (0.5, 1.5)] == [GREEN, BLUE]
    tones = heard(path(film)), heard(path(film), 1.2, 1.8)
    assert [max(tone, key=lambda one: tone[one]) for tone in tones] == [440, 880]
    assert sources(film) == [("original", theirs.id), ("second", mine.id)]
    assert (film.owner, film.lineage) == (requester, [theirs.id, mine.id, film.id])


@pytest.mark.parametrize("layout", ["side_by_side", "stacked"])
def test_a_duet_shows_and_plays_both_at_once(theirs: Video, mine: Video, requester: Person, layout: str) -> None:
    film = made(ask(requester, theirs, "duets", video=mine, layout=layout, gain=100, own_gain=100))
    picture = seen(path(film), 0.5)
    height, width, _ = picture.shape
    first, second = (picture[:, : width // 2], picture[:, width // 2 :])
    if layout == "stacked":
        first, second = picture[: height // 2], picture[height // 2 :]
    assert (shown(first), shown(second)) == (RED, BLUE)
    assert (width, height) == (192, 160) if layout == "side_by_side" else (96, 320)
    assert abs(film.duration_ms - 1000) <= 100
    assert min(heard(path(film)).values()) > 0.05


@pytest.mark.parametrize(("own_gain", "own"), [(0, False), (100, True)])
def test_a_sound_is_heard_over_ones_own_pictures(
    theirs: Video, mine: Video, requester: Person, own_gain: int, own: bool
) -> None:
    film = made(ask(requester, theirs, "sounds", video=mine, own_gain=own_gain))
    assert shown(seen(path(film), 0.5)) == BLUE
    assert (heard(path(film))[440] > 0.05, heard(path(film))[880] > 0.05) == (True, own)
    assert sources(film) == [("original", mine.id), ("sound", theirs.id)]


def test_a_film_without_sound_has_none_to_be_reused(mine: Video, stranger: Person, requester: Person) -> None:
    silent = films.footage(stranger, RED)
    factories.post(stranger, silent)
    job = ask(requester, silent, "sounds", video=mine)
    pipeline.run(job.id)
    job.refresh_from_db()
    assert (job.status, job.failure_code, Video.objects.filter(origin="composed").count()) == ("failed", "no_sound", 0)


@pytest.mark.parametrize(
    ("how", "body", "pointer"),
    [
        ("trims", {"start_ms": 0, "end_ms": 2001}, "/end_ms"),
        ("trims", {"start_ms": 1000, "end_ms": 1200}, "/start_ms"),
        ("trims", {"start_ms": 1500, "end_ms": 500}, "/start_ms"),
        ("trims", {"start_ms": 0, "end_ms": 500, "cover_ms": 501}, "/cover_ms"),
    ],
)
def test_a_part_that_is_not_there_is_refused_at_its_place(
    theirs: Video, stranger: Person, how: str, body: dict[str, int], pointer: str
) -> None:
    reply = factories.client(stranger).post(f"/api/v1/videos/{theirs.id}/{how}", body, format="json")
    assert (reply.status_code, reply.json()["errors"][0]["pointer"], Job.objects.count()) == (422, pointer, 0)


def test_nobody_trims_another_persons_film(shows: Video, subject: Person, requester: Person) -> None:
    before = Job.objects.count()
    for someone in (subject, requester):
        body = {"start_ms": 0, "end_ms": 500}
        reply = factories.client(someone).post(f"/api/v1/videos/{shows.id}/trims", body, format="json")
        assert (reply.status_code, Job.objects.count()) == (404, before)


# Whom it shows


def test_a_composition_shows_whomever_its_films_show_and_counts_a_use(
    shows: Video, subject: Person, requester: Person
) -> None:
    ben = factories.enrolled("ben")
    own_grant = factories.grant(ben, requester, may_stitch=True)
    own = films.put(factories.video(requester, ben), films.mp4([BLUE]), 1)
    film = made(ask(requester, shows, "stitches", video=own))
    assert set(film.depictions.values_list("subject", "grant")) == {
        (subject.id, shows.depictions.get().grant_id),
        (ben.id, own_grant.id),
    }
    assert (film.depiction_count, set(Grant.objects.values_list("uses", flat=True))) == (2, {2})
    assert (film.is_preview, Permit.objects.get(video=film).uses_photos) == (True, False)


@pytest.mark.parametrize("without", ["theirs", "own"])
def test_without_the_right_of_everybody_shown_nothing_is_stitched(
    shows: Video, subject: Person, requester: Person, without: str
) -> None:
    ben = factories.enrolled("ben")
    factories.grant(ben, requester, may_stitch=without != "own")
    own = factories.video(requester, ben)
    if without == "theirs":
        Grant.objects.filter(subject=subject).update(may_stitch=False)
    before = Job.objects.count()
    body = {"video": str(own.id), "audience": "public"}
    reply = factories.client(requester).post(f"/api/v1/videos/{shows.id}/stitches", body, format="json")
    assert (reply.status_code, reply.json()["code"]) == (403, "consent_unavailable")
    assert (Job.objects.count(), set(Grant.objects.values_list("uses", flat=True))) == (before, {1})
    denied = Decision.objects.get(verdict="denied")
    assert (denied.reason, denied.subject) == ("right", subject if without == "theirs" else ben)


def test_whoever_asks_needs_no_right_of_themselves(shows: Video, subject: Person) -> None:
    Grant.objects.update(may_stitch=False)
    own = films.footage(subject, BLUE)
    film = made(ask(subject, shows, "stitches", video=own))
    assert list(film.depictions.values_list("subject", flat=True)) == [subject.id]


def test_a_trim_of_ones_own_film_needs_no_right_and_counts_a_use(grant: Grant, video: Video, requester: Person) -> None:
    films.put(video, films.mp4([RED]), 1)
    film = made(ask(requester, video, "trims", start_ms=0, end_ms=500))
    assert (film.claims(), Grant.objects.get().uses, grant.may_stitch) == (video.claims(), 2, False)


def test_the_grant_must_have_a_use_left(video: Video, requester: Person) -> None:
    Grant.objects.update(uses=5)
    body = {"start_ms": 0, "end_ms": 500}
    reply = factories.client(requester).post(f"/api/v1/videos/{video.id}/trims", body, format="json")
    assert (reply.status_code, Job.objects.count()) == (403, 1)


def test_a_new_render_is_reviewed_anew(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, review=True)
    film = films.put(factories.video(requester, subject), films.mp4([RED]), 1)
    factories.client(subject).put(
        f"/api/v1/videos/{film.id}/review",
        {"answer": "accept", "sha256": bytes(film.content_digest).hex()},
        format="json",
    )
    job = ask(requester, film, "trims", start_ms=0, end_ms=500)
    pipeline.run(job.id)
    job.refresh_from_db()
    assert job.status == "awaiting_review"
    refused = factories.client(requester).post(
        "/api/v1/posts", {"video": str(job.video_id), "audience": "private"}, format="json"
    )
    assert refused.status_code == 403


@pytest.mark.parametrize(("verdict", "kept"), [("held", "held"), ("pending", "pending"), ("refused", "refused")])
def test_what_screening_holds_is_not_cleared_by_a_trim(mine: Video, requester: Person, verdict: str, kept: str) -> None:
    job = ask(requester, mine, "trims", start_ms=0, end_ms=500)
    Video.objects.filter(id=mine.id).update(screening=verdict)
    assert made(job).screening == kept


# Photos


def test_a_composition_uses_no_photo_so_another_one_changes_nothing(
    shows: Video, mine: Video, subject: Person, requester: Person
) -> None:
    job = ask(requester, shows, "stitches", video=mine)
    likenesses.enrol(subject=subject, upload=factories.PORTRAIT.read_bytes())
    assert made(job).depiction_count == 1


def test_who_erased_their_likeness_is_in_nothing_new_though_the_grant_stands(
    shows: Video, mine: Video, subject: Person, requester: Person
) -> None:
    waiting = ask(requester, shows, "stitches", video=mine)
    likenesses.erase(subject=subject)
    pipeline.run(waiting.id)
    assert (ended(waiting)[0], Video.objects.filter(origin="composed").count()) == ("cancelled_consent", 0)
    body = {"video": str(mine.id), "audience": "public"}
    reply = factories.client(requester).post(f"/api/v1/videos/{shows.id}/stitches", body, format="json")
    assert (reply.status_code, Grant.objects.get().state) == (403, "given")


# Ending


@pytest.mark.parametrize("how", ["withdrawn", "taken down", "vetoed"])
def test_a_composition_ends_with_each_film_that_it_is_made_of(
    shows: Video, mine: Video, subject: Person, requester: Person, how: str
) -> None:
    film = sealed(requester, shows, mine)
    factories.post(requester, film)
    viewer = factories.client(factories.person())
    address = f"/api/v1/posts/{film.posts.get().id}"
    assert viewer.get(address).status_code == 200
    match how:
        case "withdrawn":
            withdrawal.withdraw(subject=subject, scope=Scope())
        case "taken down":
            videos.take_down(shows.id)
        case _:
            withdrawal.withdraw(subject=subject, scope=Scope(video_id=shows.id))
    assert viewer.get(address).status_code == 410
    assert viewer.get(f"/api/v1/videos/{film.id}/playback").status_code == 410


def test_a_film_of_nobody_is_taken_down_with_its_source(theirs: Video, mine: Video, requester: Person) -> None:
    film = sealed(requester, theirs, mine)
    videos.take_down(theirs.id)
    assert Video.objects.get(id=film.id).taken_down_at
    assert Video.objects.get(id=mine.id).taken_down_at is None


def test_a_withdrawal_while_it_is_composed_leaves_nothing(
    shows: Video,
    mine: Video,
    requester: Person,
    subject: Person,
    media: Listing,
    before_the_seal: Callable[[Happening], None],
) -> None:
    job, files = ask(requester, shows, "stitches", video=mine), media()
    before_the_seal(lambda: withdrawal.withdraw(subject=subject, scope=Scope()))
    pipeline.run(job.id)
    assert ended(job)[0] == "cancelled_consent"
    assert (Video.objects.filter(origin="composed").count(), Source.objects.count(), Unsealed.objects.count()) == (
        0,
    ) * 3
    assert set(media()) <= set(files)


def test_a_withdrawal_on_the_way_stops_the_child(
    shows: Video, mine: Video, requester: Person, subject: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, report, probed = ask(requester, shows, "stitches", video=mine), jobs.report, []

    def reported(claimed: jobs.Claimed, progress: int) -> None:
        report(claimed, progress)
        if progress == 10:
            withdrawal.withdraw(subject=subject, scope=Scope())

    monkeypatch.setattr(jobs, "report", reported)
    monkeypatch.setattr(encoding, "probe", probed.append)
    pipeline.run(job.id)
    assert (ended(job)[0], probed, Depiction.objects.count()) == ("cancelled_consent", [], 1)


def test_a_source_whose_bytes_are_gone_fails_the_job_and_gives_the_use_back(
    shows: Video, mine: Video, requester: Person
) -> None:
    job = ask(requester, shows, "stitches", video=mine)
    default_storage.delete(shows.file)
    pipeline.run(job.id)
    assert ended(job) == ("failed", "source_gone", 1)


def test_a_source_that_is_taken_down_meanwhile_fails_the_job(shows: Video, mine: Video, requester: Person) -> None:
    job = ask(requester, shows, "stitches", video=mine)
    videos.take_down(shows.id)
    pipeline.run(job.id)
    assert ended(job) == ("failed", "original_taken_down", 1)


def test_a_film_that_is_damaged_fails_the_job_with_what_is_wrong(mine: Video, requester: Person) -> None:
    films.put(mine, films.mp4([RED])[:900], 1)
    job = ask(requester, mine, "trims", start_ms=0, end_ms=500)
    pipeline.run(job.id)
    job.refresh_from_db()
    assert (job.status, bool(job.failure_code), bool(job.failure_detail)) == ("failed", True, True)

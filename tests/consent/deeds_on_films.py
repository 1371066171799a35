"""Deeds on jobs and films, each done in the imagined world and by the product: from the request to the last chunk."""

from collections.abc import Callable
from functools import partial
from typing import Any

from consent import permits
from consent.rules import Audience, Purpose
from feed import playback, publishing, remixes
from feed.reuse import Use
from tests import factories
from tests.consent.acting import Run, Stage
from tests.consent.deeds import Deeds, deed
from tests.consent.imagined import Wish
from worker import jobs, reviews, trials
from worker.models import Job
from worker.specs import Spec

ANY = Wish()
# Authors let others do everything here: it is about whom their films show.
ALL = {use.value: True for use in Use}


class FilmDeeds(Deeds):
    """What may happen to jobs and films."""

    # Requests.

    @deed
    def request(self, name: str, subjects: list[str], wish: Wish = ANY) -> None:
        """Ask for a film."""
        expected = self.world.request(name, tuple(subjects), wish)
        submit = partial(jobs.submit, requester=self.stage.people[name], spec=self.spec(subjects, wish))
        self.queued(self.both("request", expected, submit))

    @deed
    def remix(self, name: str, number: int, wish: Wish = ANY) -> None:
        """Ask for a remix of a film."""
        wanted = {"prompt": wish.prompt, "purpose": wish.purpose, "audience": wish.audience, "seed": 7}
        expected = self.world.remix(name, number, wish)
        who, video_id = self.stage.people[name], self.stage.films[number]
        self.queued(self.both("remix", expected, partial(remixes.remix, requester=who, video_id=video_id, **wanted)))

    def spec(self, subjects: list[str], wish: Wish) -> Spec:
        """The frozen wish."""
        return factories.spec(
            *(self.stage.people[name] for name in subjects),
            prompt=wish.prompt,
            purpose=Purpose(wish.purpose),
            audience=Audience(wish.audience),
        )

    def queued(self, job: Job | None) -> None:
        """Learn the ids of a job, and of the grants that were taken up for it."""
        if job:
            number = len(self.world.jobs)
            self.stage.jobs[number] = job.id
            held = [(one.grant, one.epoch) for one in self.world.jobs[number].shown]
            for (grant, epoch), there in zip(held, self.stage.held(number), strict=True):
                assert (self.stage.grants.setdefault(grant or 0, there[0]), epoch) == there

    @deed
    def dry_run(self, name: str, subjects: list[str], wish: Wish = ANY) -> None:
        """Try a wish."""
        expected = self.world.dry_run(name, tuple(subjects), wish)
        said = trials.dry_run(requester=self.stage.people[name], spec=self.spec(subjects, wish))
        self.count("dry run", said)
        assert said is expected

    @deed
    def trial(self, number: int, wish: Wish = ANY) -> None:
        """Try a wish on a grant."""
        expected, grant = self.world.trial(number, wish), self.stage.grant(number)
        verdict = trials.trial(grant=grant, prompt=wish.prompt, purpose=wish.purpose, audience=wish.audience)
        self.count("trial", verdict)
        assert getattr(verdict, "reason", "") == expected

    # Runs, by their place.

    @deed
    def claim(self, number: int) -> None:
        """Begin a run of a job, if it can be had."""
        fence, claimed = self.world.claim(number), jobs.claim(self.stage.jobs[number])
        self.count("claim", claimed)
        assert (claimed.fence if claimed else None) == fence
        if claimed:
            self.stage.runs.append(Run(number, claimed))

    @deed
    def lose_the_lease(self, number: int) -> None:
        """Let the lease of a job run out."""
        self.world.jobs[number].leased = False
        self.both("lose the lease", "ok", lambda: self.stage.lose_lease(number))

    @deed
    def redeem(self, place: int) -> None:
        """Redeem the permit of a run."""
        run = self.stage.runs[place]
        self.both("redeem", self.world.redeem(run.job), lambda: self.stage.redeem(run))

    @deed
    def step(self, place: int) -> None:
        """Recheck before a step of a run."""
        run = self.stage.runs[place]
        assert run.redeemed
        self.both("step", self.world.step(run.job), partial(permits.recheck, run.redeemed))

    @deed
    def seal(self, place: int) -> None:
        """Seal the film of a run."""
        run = self.stage.runs[place]
        expected = self.world.seal(run.job, run.claimed.fence)
        if made := self.both("seal", expected, lambda: self.stage.seal(run)):
            self.stage.films[len(self.world.films)] = made

    @deed
    def stop(self, place: int, how: str) -> None:
        """End a run in one of the ways without a film."""
        run = self.stage.runs[place]
        at = run.job, run.claimed.fence
        world: dict[str, Callable[[], None]] = {
            "fail": lambda: self.world.stop(*at, "failed"),
            "cancel": lambda: self.world.stop(*at, "cancelled_consent"),
            "let go": lambda: self.world.let_go(*at),
            "sweep": self.world.sweep,
        }
        world[how]()
        self.both(how, "ok", STOPS[how](run))

    @deed
    def make(self, name: str, subjects: list[str], wish: Wish = ANY) -> bool:
        """Request a film and run it to its end; tell whether it was sealed."""
        before = len(self.world.jobs), len(self.world.films)
        self.request(name, subjects, wish)
        for number in range(before[0] + 1, len(self.world.jobs) + 1):
            self.run(number)
        return len(self.world.films) > before[1]

    @deed
    def run(self, number: int) -> None:
        """Run a job to its end, as the pipeline does."""
        before = len(self.stage.runs)
        self.claim(number)
        for place in range(before, len(self.stage.runs)):
            self.redeem(place)
            if self.stage.runs[place].redeemed:
                self.seal(place)

    # Reviews, posts, viewers.

    @deed
    def accept(self, name: str, number: int, same: bool = True) -> None:
        """Accept a render, or another one."""
        who, video_id = self.stage.people[name], self.stage.films[number]
        sha256 = Stage.FILM.sha256 if same else "00" * 32
        expected = self.world.accept(name, number, same=same)
        self.both("accept", expected, partial(reviews.accept, subject=who, video_id=video_id, sha256=sha256))

    @deed
    def accept_by_all(self, number: int) -> None:
        """Let everybody depicted accept a film."""
        for one in self.world.films[number].shown:
            self.accept(one.subject, number)

    @deed
    def publish(self, name: str, number: int, audience: str = "public") -> None:
        """Publish a film."""
        expected = self.world.publish(name, number, audience)
        post = {"author": self.stage.people[name], "video_id": self.stage.films[number], "caption": "", "said": ALL}
        if made := self.both("publish", expected, partial(publishing.publish, **post, audience=Audience(audience))):
            self.stage.posts[number] = made.id

    @deed
    def remove(self, number: int) -> None:
        """Take a post away."""
        who, post_id = self.stage.people[self.world.films[number].owner], self.stage.posts[number]
        self.both("remove", self.world.remove(number), partial(publishing.remove, author=who, post_id=post_id))

    @deed
    def open(self, name: str, number: int) -> None:
        """Open a film to be watched."""
        if made := self.both("open", self.world.open(name, number), self._view(playback.open_video, name, number)):
            self.stage.tickets.append((name, number, made))

    @deed
    def download(self, name: str, number: int) -> None:
        """Take a copy of a film."""
        self.both("download", self.world.download(name, number), self._view(playback.open_download, name, number))

    @deed
    def play_on(self, place: int) -> None:
        """Read on in a viewing."""
        name, number, ticket = self.stage.tickets[place]
        self.both("play on", self.world.open(name, number, "chunk"), partial(playback.reopen, ticket))

    def _view(self, call: Callable[..., Any], name: str, number: int) -> Callable[[], Any]:
        who, session = self.stage.people[name], self.stage.sessions[name]
        return partial(call, viewer=who, session=session, video_id=self.stage.films[number])


STOPS: dict[str, Callable[[Run], Callable[[], Any]]] = {
    "fail": lambda run: partial(jobs.fail, run.claimed, "engine_broke", ""),
    "cancel": lambda run: partial(jobs.cancel, run.claimed),
    "let go": lambda run: partial(jobs.let_go, run.claimed),
    "sweep": lambda _: jobs.sweep,
}

"""The small world's jobs and films: requests, runs, seals, reviews, publications and who may see what."""

from tests.consent.imagined import Film, Job, Wish, World
from tests.consent.reference import Shown

ATTEMPTS = 3


class Studio(World):
    """The world with its deeds on jobs and films."""

    # Requests.

    def request(self, person: str, subjects: tuple[str, ...], wish: Wish) -> str:
        """Ask for a film of these people."""
        return self._issue(person, tuple(map(Shown, subjects)), wish, ())

    def remix(self, person: str, number: int, wish: Wish) -> str:
        """Ask for a remix of a film."""
        film = self.films[number]
        opened = self.open(person, number)
        if opened != "ok":
            return opened
        shown = tuple(one._replace(right="remix") for one in film.shown)
        return self._issue(person, shown + self.barred(person, number), wish, film.lineage)

    def _issue(self, person: str, shown: tuple[Shown, ...], wish: Wish, lineage: tuple[int, ...]) -> str:
        grants = self.decide("request", person, shown, wish, lineage)
        if grants is None:
            return "consent_unavailable"
        self.count(grants, 1)
        held = tuple(Shown(self.papers[name].subject, name, self.papers[name].epoch) for name in grants)
        photos = {one.subject: self.photos[one.subject] for one in held}
        self.jobs[len(self.jobs) + 1] = Job(person, held, wish, photos, lineage)
        return "ok"

    def dry_run(self, person: str, subjects: tuple[str, ...], wish: Wish) -> bool:
        """Whether a request would be accepted. Whoever is asked about sees it in their journal."""
        shown = tuple(map(Shown, subjects))
        return self.write("preview", shown, self.would(person, shown, wish)) is not None

    def trial(self, name: int, wish: Wish) -> str:
        """What a grant would say to a wish of its grantee: nothing, or the reason."""
        paper = self.papers[name]
        word, _ = self.would(self.grantee.get(name, paper.subject), (Shown(paper.subject, name),), wish)
        return "" if word == "allowed" else word

    # Runs.

    def claim(self, number: int) -> int | None:
        """Take a job; return the fence of this run."""
        job = self.jobs[number]
        free = job.state == "queued" or (job.state == "in_progress" and not job.leased)
        if not free or job.attempts >= ATTEMPTS:
            return None
        job.state, job.leased, job.attempts, job.fence = "in_progress", True, job.attempts + 1, job.fence + 1
        return job.fence

    def owns(self, number: int, fence: int) -> bool:
        """Whether a run still holds its job."""
        job = self.jobs[number]
        return (job.state, job.fence) == ("in_progress", fence)

    def redeem(self, number: int) -> str:
        """Redeem a job's permit."""
        job = self.jobs[number]
        spendable = job.permit in ("issued", "redeemed")
        before = len(self.journal)
        if self.decide("start", job.requester, job.shown, job.wish, job.lineage, job.photos) is None:
            return "consent_unavailable"
        if not spendable:
            del self.journal[before:]
            return "unusable"
        job.permit = "redeemed"
        return "ok"

    def step(self, number: int) -> str:
        """Recheck before a step of a run."""
        job = self.jobs[number]
        grants = self.decide("step", job.requester, job.shown, None, job.lineage, job.photos)
        return "consent_unavailable" if grants is None else "ok"

    def seal(self, number: int, fence: int) -> str:
        """Seal the film of a run."""
        job, before = self.jobs[number], len(self.journal)
        grants = self.decide("seal", job.requester, job.shown, None, job.lineage, job.photos)
        if grants is None:
            return "consent_unavailable"
        if job.permit != "redeemed" or not self.owns(number, fence):
            del self.journal[before:]
            return "unusable" if job.permit != "redeemed" else "lease_lost"
        job.film = film = len(self.films) + 1
        job.permit = "spent"
        job.state = "awaiting_review" if any(self.papers[name].review for name in grants) else "completed"
        self.films[film] = Film(job.requester, job.shown, (*job.lineage, film), number)
        return "ok"

    def stop(self, number: int, fence: int, state: str) -> None:
        """End a run without a film."""
        if self.owns(number, fence):
            self.jobs[number].state = state
            self.void(self.jobs[number])

    def let_go(self, number: int, fence: int) -> None:
        """Put the job of a run back."""
        if self.owns(number, fence):
            self.jobs[number].state = "queued"
            self.jobs[number].attempts -= 1

    def sweep(self) -> None:
        """End what was tried too often."""
        for job in self.jobs.values():
            if job.state == "in_progress" and not job.leased and job.attempts >= ATTEMPTS:
                job.state = "failed"
                self.void(job)

    # Films.

    def stands(self, number: int) -> bool:
        """Whether everything a film rests on is valid."""
        film = self.films[number]
        papers = [(self.papers[one.grant], one.epoch) for one in film.shown if one.grant]
        valid = all(paper.state == "given" and paper.epoch == epoch and paper.ends > 0 for paper, epoch in papers)
        return valid and not self.is_vetoed(film)

    def accept(self, person: str, number: int, *, same: bool) -> str:
        """Accept a render, or another one."""
        film = self.films[number]
        if person != film.owner and not self.depicts(number, person):
            return "not_found"
        if not self.stands(number):
            return "gone_consent"
        if not same:
            return "render_changed"
        if not self.depicts(number, person):
            return "not_found"
        self.leaves["acceptance"] += (number, person) not in self.accepted
        self.accepted.add((number, person))
        asked = {one.subject for one in film.shown if self.papers[one.grant or 0].review}
        job = self.jobs[film.job]
        if job.state == "awaiting_review" and asked <= {one for at, one in self.accepted if at == number}:
            job.state = "completed"
        return "ok"

    def publish(self, person: str, number: int, audience: str) -> str:
        """Publish a film."""
        film, before = self.films[number], len(self.journal)
        if person != film.owner:
            return "not_found"
        if self.decide("publish", person, film.shown, Wish("", audience, ""), film.lineage) is None:
            return "consent_unavailable"
        if film.audience:
            del self.journal[before:]
            return "already_published"
        film.audience = audience
        return "ok"

    def remove(self, number: int) -> str:
        """Take a post away."""
        film = self.films[number]
        word, film.audience = ("ok" if film.audience else "not_found"), ""
        return word

    def may_watch(self, person: str, number: int) -> bool:
        """Whether a film is for this person, consent apart."""
        film = self.films[number]
        if person == film.owner or self.depicts(number, person):
            return True
        if not all(self.apart(person, one) for one in {film.owner, *(one.subject for one in film.shown)}):
            return False
        return film.audience == "public" or (film.audience == "followers" and (person, film.owner) in self.follows)

    def open(self, person: str, number: int, point: str = "open") -> str:
        """Open a film to be watched; or read on, with point "chunk"."""
        film = self.films[number]
        if not self.may_watch(person, number):
            return "not_found"
        return "ok" if self.decide(point, person, film.shown, None, film.lineage) is not None else "gone_consent"

    def download(self, person: str, number: int) -> str:
        """Take a copy of a film."""
        opened, film = self.open(person, number), self.films[number]
        if opened != "ok":
            return opened
        shown = tuple(one._replace(right="download") for one in film.shown) + self.barred(person, number)
        grants = self.decide("download", person, shown, None, film.lineage)
        return "consent_unavailable" if grants is None else "ok"

    def barred(self, person: str, number: int) -> tuple[Shown, ...]:
        """Nobody, who grants nothing, where the author lets others do nothing: here, with what is not published."""
        film = self.films[number]
        return () if person == film.owner or film.audience else (Shown(""),)

    def visible(self, person: str, author: str) -> set[int]:
        """The films that a person sees among an author's posts."""
        posted = {number for number, film in self.films.items() if film.owner == author and film.audience}
        return {number for number in posted if self.may_watch(person, number) and self.stands(number)}

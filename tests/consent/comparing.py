"""What must be equal after each deed: what stands and is counted, what the journal says, who sees what, the ledger."""

import copy
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

import verify_receipt
from consent import audit, keys
from tests.consent import acting
from tests.consent.acting import Stage
from tests.consent.deeds import REQUESTERS
from tests.consent.deeds_on_films import FilmDeeds
from tests.consent.imagined_films import Studio


class Compared(FilmDeeds):
    """The deeds, and looking whether the two sides agree."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: dict[str, tuple[bool, int]] = {}
        self.leaf = -1

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Do something, and go back to where it began."""
        place, before = transaction.savepoint(), (self.world, self.stage, self.epochs, self.leaf)
        self.world, self.stage = copy.deepcopy(self.world), self.stage.copy()
        yield
        self.world, self.stage, self.epochs, self.leaf = before
        transaction.savepoint_rollback(place)

    def agree(self) -> None:
        """Compare everything but what people see."""
        self.the_database_says_what_the_world_says()
        self.the_journal_says_what_was_decided()

    def the_database_says_what_the_world_says(self) -> None:
        """Grants with their counts, jobs, permits, films, posts, reviews, choices, likenesses, asks."""
        found, expected = acting.stored(), rows_of(self.world, self.stage)
        for table, rows in expected.items():
            assert found[table] == rows, f"{table}: the world says {rows}, the database {found[table]}"
        epochs = {grant: (row[0] != "given", row[1]) for grant, row in found["grants"].items()}
        fallen = {grant for grant, epoch in self.epochs.items() if epochs[grant] < epoch}
        assert not fallen, "no epoch falls, and an end is an end"
        self.epochs = epochs

    def the_journal_says_what_was_decided(self) -> None:
        """One row for every subject of an allowed use, one for a refusal, none for what was undone."""
        # Of nobody is written what an author does not let others do.
        people = {None: "", **{one.id: name for name, one in self.stage.people.items()}}
        numbers = {grant: number for number, grant in self.stage.grants.items()}
        rows = acting.journal(self.leaf)
        said = [(*row[1:4], people[row[4]], numbers.get(row[5]), row[6]) for row in rows]
        assert said == self.world.journal, f"the world says {self.world.journal}, the journal {said}"
        self.world.journal.clear()
        self.leaf = rows[-1][0] if rows else self.leaf

    def look(self, *viewers: str) -> None:
        """Compare what each viewer sees of each author, and in the feed of those they follow."""
        numbers = {post: number for number, post in self.stage.posts.items()}
        for viewer in viewers:
            seen = {author: {numbers[one] for one in self.stage.seen(viewer, author)} for author in REQUESTERS}
            assert seen == {author: self.world.visible(viewer, author) for author in REQUESTERS}, viewer
            followed = {author for author in REQUESTERS if (viewer, author) in self.world.follows}
            feed = {numbers[one] for one in self.stage.followed(viewer)}
            assert feed == {number for author in followed for number in seen[author]}, viewer

    def the_ledger_holds(self) -> None:
        """An auditor finds no use after an end; leaves, nodes, head and journal agree."""
        out = io.StringIO()
        audit.export(out)
        assert "no use after a withdrawal" in verify_receipt.check_log(out.getvalue(), keys.public_pem().encode())
        assert audit.first() == []


def rows_of(world: Studio, stage: Stage) -> dict[str, Any]:
    """Return the rows that must be in the database, as ``acting.stored`` reads them."""
    people = {name: str(one.id) for name, one in stage.people.items()}
    grants, jobs, films = (
        {number: str(one) for number, one in ids.items()} for ids in (stage.grants, stage.jobs, stage.films)
    )
    return {
        "grants": {grants[name]: _grant(world, name, grants, people) for name in world.papers},
        "jobs": {
            jobs[at]: [job.state, job.attempts, job.fence, films.get(job.film or 0)] for at, job in world.jobs.items()
        },
        "permits": {jobs[at]: job.permit for at, job in world.jobs.items()},
        "videos": {
            films[at]: sorted([people[one.subject], grants[one.grant or 0], one.epoch] for one in film.shown)
            for at, film in world.films.items()
        },
        "posts": sorted([films[at], film.audience] for at, film in world.films.items() if film.audience),
        "accepted": sorted([films[at], people[name]] for at, name in world.accepted),
        "vetoed": sorted([films[at], people[name]] for at, name in world.vetoed),
        "said": sorted([people[one], people[other], word] for (one, other), word in world.said.items()),
        "enrolled": sorted(people[name] for name in world.photos),
        "leaves": +world.leaves,
        "asks": {str(stage.asks[at]): state for at, (_, _, state) in world.asks.items()},
    }


def _grant(world: Studio, name: int, grants: dict[int, str], people: dict[str, str]) -> list[Any]:
    paper = world.papers[name]
    counted = [paper.state, paper.epoch, paper.closed, paper.used, paper.most, paper.ends > 0]
    return [*counted, paper.group, grants.get(world.rests_on.get(name, 0)), people.get(world.grantee.get(name, ""))]

"""Trees of remixes, written straight into the tables; the lists that show them; and what a list costs to read."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Follow, Person
from consent import withdrawal
from consent.models import Decision, Grant, LedgerLeaf
from consent.rules import Audience
from consent.withdrawal import Mode, Scope
from socialvideo.lib.ids import new_id
from tests import factories
from tests.feed import shelf
from tests.feed.shelf import Wanted
from worker.models import Video

DEPTH, AUTHORS = 10, 20
TABLES = "worker_video, worker_depiction, feed_post, consent_grant, consent_veto, accounts_follow, accounts_person"


@dataclass(frozen=True)
class Tree:
    """A root and all remixes below it, half of them by the first author, published to a viewer who follows everybody.

    All show ``subject`` by one grant.
    """

    viewer: Person
    authors: Sequence[Person]
    subject: Person
    grant: Grant
    root: Video

    def lists(self) -> dict[str, tuple[APIClient, str]]:
        """Every list that shows some of it: who reads it, and where."""
        viewer, author, subject = map(factories.client, (self.viewer, self.authors[0], self.subject))
        return {
            "following feed": (viewer, "/api/v1/feeds/following"),
            "profile with half of it": (viewer, f"/api/v1/people/{self.authors[0].handle}/posts"),
            "profile with some of it": (viewer, f"/api/v1/people/{self.authors[1].handle}/posts"),
            "videos I made": (author, "/api/v1/videos"),
            "videos that show me": (subject, "/api/v1/me/likeness/videos"),
            "drafts to review": (subject, "/api/v1/me/likeness/drafts"),
        }


ENDS: dict[str, Callable[[Tree], Any]] = {
    "grant": lambda tree: withdrawal.withdraw(subject=tree.subject, scope=Scope(grant_id=tree.grant.id)),
    "unpublish": lambda tree: withdrawal.withdraw(subject=tree.subject, scope=Scope()),
    "erase": lambda tree: withdrawal.withdraw(subject=tree.subject, scope=Scope(), mode=Mode.ERASE),
    "veto": lambda tree: withdrawal.withdraw(subject=tree.subject, scope=Scope(video_id=tree.root.id)),
}


def grown(size: int, *, analysed: bool) -> Tree:
    """Write a tree of ``size`` videos in chains below one root, the longest of ``DEPTH``.

    ``analysed``: whether the planner knows of it, or has statistics of a time when there was almost nothing.
    """
    _chains(shelf.people(AUTHORS), shelf.grant(factories.enrolled(), "stands"), AUTHORS)
    _analyse()
    viewer, *authors = shelf.people(AUTHORS + 1)
    for one in (viewer, authors[0]):
        one.set_password(factories.PASSWORD)
        one.save()
    subject = factories.enrolled()
    grant = shelf.grant(subject, "stands")
    Grant.objects.filter(id=grant.id).update(review=True)
    first = _chains([author for other in authors[1:] for author in (authors[0], other)], grant, size)
    Follow.objects.bulk_create(Follow(follower=viewer, followee=author) for author in authors)
    if analysed:
        _analyse()
    return Tree(viewer, authors, subject, grant, _journaled(Video.objects.get(id=first), grant))


def _chains(authors: Sequence[Person], grant: Grant, size: int) -> UUID:
    """Write the posts of a tree, its authors taking turns; return the root's video."""
    lineages: list[tuple[UUID, ...]] = [(new_id(),)]
    while len(lineages) < size:
        above = lineages[-1] if len(lineages[-1]) < DEPTH else lineages[0]
        lineages.append((*above, new_id()))
    shelf.posts(
        Wanted(author, Audience.PUBLIC, (grant,), lineage=lineage)
        for author, lineage in zip(itertools.cycle(authors), lineages, strict=False)
    )
    return lineages[0][0]


def _journaled(root: Video, grant: Grant) -> Video:
    """Let the journal say that the root was sealed with its subject in it: only such a video can be vetoed."""
    leaf = LedgerLeaf.objects.create(index=10**6, kind="use", body=b"", leaf_hash=bytes(32))
    row = {"point": "seal", "verdict": "allowed", "video_id": root.id, "leaf": leaf}
    Decision.objects.create(**row, grant=grant, subject_id=grant.subject_id, requester=root.owner)
    return root


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLES}")


def with_files(tree: Tree) -> None:
    """Give every video a film and a poster that really lie in the storage."""
    for video_id in Video.objects.filter(lineage__contains=[tree.root.id]).values_list("id", flat=True):
        names = {"file": f"videos/{video_id.hex}.mp4", "poster": f"videos/{video_id.hex}.jpg"}
        for name in names.values():
            default_storage.save(name, ContentFile(b"film"))
        Video.objects.filter(id=video_id).update(**names)


def page(api: APIClient, address: str) -> tuple[list[Any], float]:
    """Read the first page; return its rows and how many milliseconds the whole request took."""
    began = time.perf_counter()
    rows = api.get(address).json()["data"]
    return rows, 1000 * (time.perf_counter() - began)


def visited(api: APIClient, address: str) -> int:
    """Count the rows that the database looks at to answer this request: those of each scan, kept or thrown away."""
    with CaptureQueriesContext(connection) as captured:
        api.get(address)
    asked = [query["sql"] for query in captured if query["sql"].lstrip().startswith(("SELECT", "WITH"))]
    return sum(_scanned(node) for sql in asked for node in _nodes(_explained(sql)["Plan"]))


def _explained(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (told,) = cursor.fetchone()
    plan: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


def _scanned(node: dict[str, Any]) -> int:
    if "Relation Name" not in node:
        return 0
    thrown_away = sum(node.get(f"Rows Removed by {how}", 0) for how in ("Filter", "Index Recheck"))
    return int(node["Actual Loops"] * (node["Actual Rows"] + thrown_away))

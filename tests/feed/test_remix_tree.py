"""One word of the subject empties every list of a tree of remixes at once, and what that costs is bounded.

A withdrawal is one row, so until the purge has caught up a list walks over what fell. The proofs hold it to few rows a
fallen video, counted by the database itself, whether or not the planner's statistics are any good.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import transaction
from pytest_django import Settings

from feed.models import Post
from tests.feed import trees
from tests.feed.player import database_url
from tests.feed.trees import ENDS, Tree
from worker import storage

SMALL, LARGE = 1500, 10_000
# A post, a depiction, its video, its grants and the vetoes; and what a page costs without anything to pass over.
ROWS_A_VIDEO, ROWS_A_PAGE = 8, 1000
LIST_MS, PURGE_S = 100, 60
Tell = Callable[..., None]
KNOWN = {True: "fresh statistics", False: "stale statistics"}
STATISTICS = pytest.mark.parametrize("analysed", KNOWN, ids=KNOWN.get)
full = pytest.mark.skipif(os.environ.get("PROOFS") != "full", reason="a long proof: PROOFS=full runs it")


@pytest.fixture
def media(tmp_path: Path, settings: Settings) -> Callable[[], int]:
    """Store into an empty folder; the function counts the videos' files in it."""
    options = {"OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], **options}}
    return lambda: sum(file.is_file() for file in (tmp_path / "media" / "videos").rglob("*"))


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print lines also where pytest captures them."""

    def write(*lines: str) -> None:
        with capsys.disabled():
            sys.stdout.write("\n" + "\n".join(lines))

    return write


@pytest.fixture
def vacuumed(django_db_setup: None) -> None:
    """Clear away what tests before this one wrote and took back: nothing else does it here, and each walk passes it."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute("VACUUM")


@contextmanager
def undone() -> Iterator[None]:
    """Take back what the block wrote, so that one tree serves for every end."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def shown(tree: Tree) -> dict[str, int]:
    """How many videos the first page of each list has."""
    return {name: len(trees.page(*where)[0]) for name, where in tree.lists().items()}


def too_costly(tree: Tree, bar: int) -> dict[str, int]:
    """The lists for whose first page the database visits more rows than that."""
    visited = {name: trees.visited(*where) for name, where in tree.lists().items()}
    return {name: rows for name, rows in visited.items() if rows > bar}


@STATISTICS
def test_one_word_empties_every_list_of_a_tree_and_each_looks_at_what_fell_once(db: None, analysed: bool) -> None:
    tree = trees.grown(SMALL, analysed=analysed)
    for end in ENDS.values():
        with undone():
            assert 0 not in shown(tree).values()
            end(tree)
            assert set(shown(tree).values()) == {0}
            assert too_costly(tree, ROWS_A_VIDEO * SMALL + ROWS_A_PAGE) == {}


@pytest.mark.parametrize("end", ["unpublish", "veto"])
def test_once_the_purge_has_removed_every_file_the_feed_has_nothing_to_pass_over(
    db: None, media: Callable[[], int], end: str
) -> None:
    tree = trees.grown(300, analysed=True)
    trees.with_files(tree)
    ENDS[end](tree)
    assert (media(), storage.purge_ended(), media()) == (600, 300, 0)
    assert not Post.objects.filter(video__lineage__contains=[tree.root.id], unlisted_at=None).exists()
    assert "following feed" not in too_costly(tree, bar=100)


@full
@pytest.mark.proof
@STATISTICS
def test_ten_thousand_remixes_are_gone_within_100_ms_and_their_files_within_a_minute(
    vacuumed: None, db: None, media: Callable[[], int], tell: Tell, analysed: bool
) -> None:
    tree = trees.grown(LARGE, analysed=analysed)
    trees.with_files(tree)
    where, slow = tree.lists(), []
    for name, end in ENDS.items():
        with undone():
            end(tree)
            took = {place: [trees.page(*one) for _ in range(3)] for place, one in where.items()}
        assert [place for place, pages in took.items() if any(rows for rows, _ in pages)] == []
        # The best of three: this is a bar for the query, not for what else the machine does.
        slow += [(name, place) for place, pages in took.items() if min(ms for _, ms in pages) > LIST_MS]
        lines = [f"  {place:26}" + " ".join(f"{ms:7.1f}" for _, ms in pages) for place, pages in took.items()]
        tell(f"{name}, {KNOWN[analysed]}: first pages over {LARGE:,} fallen videos, ms", *lines)
    ENDS["veto"](tree)
    assert media() == 2 * LARGE
    began = time.perf_counter()
    assert storage.purge_ended() == LARGE
    swept = time.perf_counter() - began
    tell(f"purge of {2 * LARGE:,} files: {swept:.1f} s")
    assert (media(), slow) == (0, [])
    assert swept < PURGE_S

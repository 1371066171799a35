"""A zip archive in bounded memory: whole, named by its hashes, and with nothing secret in a file."""

import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import closing

import pytest

from socialvideo.lib import archive
from socialvideo.lib.archive import Archive, document

SECRET = b"\xff\xd8\xff a face" * 50


Members = tuple[str, list[bytes]]


@pytest.fixture
def whole() -> Iterator[Archive]:
    """An archive, empty."""
    with closing(Archive()) as empty:
        yield empty


def fill(whole: Archive, *members: Members, secret: bytes = b"") -> None:
    """Put members in and seal it."""
    if secret:
        whole.add("secret", [secret], secret=True)
    for name, chunks in members:
        whole.add(name, chunks)
    whole.seal()


def opened(whole: Archive) -> zipfile.ZipFile:
    """The archive as its receiver reads it."""
    return zipfile.ZipFile(io.BytesIO(b"".join(whole)))


def test_what_was_added_is_read_again_in_its_order(whole: Archive) -> None:
    fill(whole, ("a.txt", [b"one ", b"two"]), ("b/c.json", [b"{}"]), ("empty", []), secret=SECRET)
    with opened(whole) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == {
            "secret": SECRET,
            "a.txt": b"one two",
            "b/c.json": b"{}",
            "empty": b"",
        }


def test_each_member_is_named_with_its_size_and_hash(whole: Archive) -> None:
    fill(whole, ("a", [b"one ", b"two"]))
    assert whole.members == [{"name": "a", "size": 7, "sha256": hashlib.sha256(b"one two").hexdigest()}]


def test_its_size_is_that_of_its_bytes_however_often_they_are_read(whole: Archive) -> None:
    fill(whole, ("a", [b"x" * 300_000]), secret=SECRET)
    assert [len(b"".join(whole)) for _ in range(2)] == [whole.size] * 2


def test_what_is_secret_lies_in_no_file(whole: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "IN_MEMORY", 1)
    monkeypatch.setattr(archive, "ZIP_DEFLATED", zipfile.ZIP_STORED)
    fill(whole, ("a", [b"plain" * 50]), secret=SECRET)
    whole._rest.seek(0)
    lying = whole._rest.read()
    assert (SECRET in lying, b"plain" * 50 in lying) == (False, True)
    assert SECRET in b"".join(whole)


def test_what_is_secret_comes_first_or_not_at_all(whole: Archive) -> None:
    whole.add("a", [b"plain"])
    with pytest.raises(ValueError, match="first"):
        whole.add("secret", [SECRET], secret=True)
    assert [member["name"] for member in whole.members] == ["a"]


def test_once_closed_nothing_of_it_can_be_read(whole: Archive) -> None:
    fill(whole, ("a", [b"plain"]), secret=SECRET)
    whole.close()
    with pytest.raises(ValueError, match="closed"):
        next(iter(whole))


def test_a_document_of_many_rows_is_never_whole_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "IN_MEMORY", 1000)

    def rows(count: int) -> Iterator[object]:
        return ({"row": number, "text": str(number) * 20} for number in range(count))

    peaks = []
    for count in (100, 20_000):
        tracemalloc.start()
        with closing(Archive()) as whole:
            whole.add("rows.json", document({"rows": rows(count)}))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert whole.members[0]["size"] > 2_000_000  # type: ignore[operator]
    assert peaks[1] - peaks[0] < 1_000_000


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_document_is_json(rows: int) -> None:
    text = b"".join(document({"who": {"id": 1}, "rows": iter(range(rows)), "none": None}))
    assert json.loads(text) == {"who": {"id": 1}, "rows": list(range(rows)), "none": None}

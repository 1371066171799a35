"""The two logs as the ranking's own columns, and the cuts that they are judged at."""

import csv
import gzip
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feed.ranking.log import COMMENT, FOLLOW, HIDE, LIKE, LONG_VIEW, SHARE, SHOWN, Catalogue, Log, Social
from feed.ranking.types import DAY, Settings

CHINA = timezone(timedelta(hours=8))
ROOT = Path(__file__).resolve().parents[2]
MISSING = """No logs at {folder}: set FEED_LOGS to a folder that holds
  kuairand_pure/   history_0409_0424.csv.gz history_users.csv.gz exposures_0425_0430.csv.gz videos.csv.gz
                   (KuaiRand-Pure, arXiv 2208.08696)
  lastfm_social/   events_200501_201008.csv.gz friends.csv.gz
                   (HetRec-2011 Last.fm-2K)"""


@dataclass(frozen=True)
class Trial:
    """One data set: fit on what was before ``cut``, judged by what was wanted from ``cut`` to ``end``."""

    name: str
    log: Log
    catalogue: Catalogue
    social: Social
    cut: float
    end: float
    settings: Settings


def folder() -> Path:
    """Where the logs are; ends the process with a clear word when they are nowhere."""
    found = Path(os.environ.get("FEED_LOGS") or ROOT.parent / "shared" / "data" / "feed")
    if not (found / "kuairand_pure").is_dir() or not (found / "lastfm_social").is_dir():
        sys.exit(MISSING.format(folder=found))
    return found


def table(path: Path) -> dict[str, NDArray[np.str_]]:
    """The columns of a packed CSV file."""
    with gzip.open(path, "rt", newline="") as lines:
        head, *rows = csv.reader(lines)
    return dict(zip(head, np.array(rows).T, strict=True))


def numbers(path: Path) -> dict[str, NDArray[np.float64]]:
    """The columns of a packed CSV file that holds numbers alone, without a detour over text."""
    with gzip.open(path, "rt") as lines:
        head = lines.readline().strip().split(",")
        return dict(zip(head, np.loadtxt(lines, delimiter=",").T, strict=True))


def kuairand() -> Trial:
    """Fit to 28 April 2022, judged on 29 and 30 April (UTC+8)."""
    home = folder() / "kuairand_pure"
    videos, shown = table(home / "videos.csv.gz"), numbers(home / "exposures_0425_0430.csv.gz")
    cut = datetime(2022, 4, 29, tzinfo=CHINA).timestamp()
    return Trial(
        "kuairand", _in_order(_joined(_history(home), _exposures(shown))), _videos(videos), Social.none(),
        cut, cut + 2 * DAY, Settings(),
    )  # fmt: skip


def _videos(videos: dict[str, NDArray[np.str_]]) -> Catalogue:
    ids = videos["video_id"].astype(np.int64)
    if not np.array_equal(ids, np.arange(len(ids))):
        raise ValueError("the videos are expected in the order of their ids")
    authors, author = np.unique(videos["author_id"].astype(np.bytes_), return_inverse=True)
    days = [datetime.fromisoformat(day).replace(tzinfo=CHINA).timestamp() for day in videos["upload_dt"]]
    terms = [[int(tag) for tag in tags.split(",") if tag.isdigit()] for tags in videos["tag"]]
    return Catalogue(
        ids.astype(np.bytes_), authors, author.astype(np.int32),
        (_number(videos["video_duration"]) / 1000).astype(np.float32),
        np.array(days), _number(videos["music_id"]).astype(np.int64).astype(np.int32),
        np.zeros(len(ids), np.bool_), np.concatenate([[0], np.cumsum([len(each) for each in terms])]),
        np.array([term for each in terms for term in each], np.int32),
    )  # fmt: skip


def _number(column: NDArray[np.str_]) -> NDArray[np.float64]:
    return np.where(column == "", "0", column).astype(np.float64)


def _exposures(shown: dict[str, NDArray[np.float64]]) -> Log:
    bits = {
        "long_view": LONG_VIEW, "is_like": LIKE, "is_follow": FOLLOW, "is_comment": COMMENT, "is_forward": SHARE,
        "is_hate": HIDE,
    }  # fmt: skip
    acts = sum((shown[name] == 1) * bit for name, bit in bits.items()) + SHOWN
    count = len(acts)
    return Log(
        shown["user_id"].astype(np.int32), shown["video_id"].astype(np.int32), shown["time_ms"] / 1000,
        acts.astype(np.uint8), (shown["play_time_ms"] / 1000).astype(np.float32), np.ones(count, np.bool_),
    )  # fmt: skip


def _history(home: Path) -> Log:
    """9-24 April is known in order but without times: each person's rows are spread evenly back from the last one."""
    past, people = numbers(home / "history_0409_0424.csv.gz"), numbers(home / "history_users.csv.gz")
    column = {name: values.astype(np.int64) for name, values in past.items()}
    order = np.lexsort((column["seq"], column["user_id"]))
    column = {name: values[order] for name, values in column.items()}
    person = column["user_id"]
    length, last = np.zeros(person.max() + 1), np.zeros(person.max() + 1)
    length[people["user_id"].astype(np.int64)] = people["history_len"]
    last[people["user_id"].astype(np.int64)] = people["last_time_ms"] / 1000
    begin = datetime(2022, 4, 9, tzinfo=CHINA).timestamp()
    share = _back(person, column["in_window"] == 1, length) / np.maximum(length, 1)[person]
    at = last[person] - np.clip(share, 0, 1) * np.maximum(last[person] - begin, 0)
    acts = (column["in_window"] == 1) * SHOWN + column["long_view"] * LONG_VIEW + column["like"] * LIKE
    count = len(person)
    return Log(
        person.astype(np.int32), column["video_id"].astype(np.int32), at, acts.astype(np.uint8),
        np.full(count, np.nan, np.float32), np.zeros(count, np.bool_),
    )  # fmt: skip


def _back(person: NDArray[np.int64], inside: NDArray[np.bool_], length: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many showings ago each row was; rows older than the last fifty share what is left evenly."""
    people = len(length)
    total, recent = np.bincount(person, minlength=people), np.bincount(person[inside], minlength=people)
    place = np.arange(len(person)) - (np.cumsum(total) - total)[person]
    back = (total[person] - 1 - place).astype(float)
    older = (total - recent)[person]
    left = np.maximum(length - recent, 0)[person]
    spread = recent[person] + (back - recent[person] + 0.5) * left / np.maximum(older, 1)
    return np.where(inside, back, spread)


def lastfm() -> Trial:
    """Fit to February 2010, judged on March to August 2010; times are exact to the month."""
    home = folder() / "lastfm_social"
    events, friends = table(home / "events_200501_201008.csv.gz"), table(home / "friends.csv.gz")
    items, post = np.unique(events["item_id"].astype(np.int64), return_inverse=True)
    at = np.array([_month(text) for text in events["yyyymm"]])
    count = len(at)
    acts = np.full(count, SHOWN | LIKE, np.uint8)
    log = Log(
        events["user_id"].astype(np.int32), post.astype(np.int32), at, acts, np.full(count, np.nan, np.float32),
        np.ones(count, np.bool_),
    )  # fmt: skip
    none = np.empty(0, np.int32)
    month = 30.4 * DAY
    settings = Settings(
        half_life=6 * month, windows=(3 * month, 6 * month), lately=6 * month, memory=24 * month,
        social_half_life=6 * month, label=184 * DAY, ease_l2=70.0,
    )  # fmt: skip
    social = Social(friends["user_id"].astype(np.int32), friends["friend_id"].astype(np.int32), none, none)
    cut = _month("201003")
    return Trial("lastfm", _in_order(log), _artists(items, log, cut), social, cut, _month("201009"), settings)


def _month(text: str) -> float:
    return datetime(int(text[:4]), int(text[4:]), 1, tzinfo=UTC).timestamp()


def _artists(items: NDArray[np.int64], log: Log, cut: float) -> Catalogue:
    """Artists have neither author, length nor words here; one is published when somebody first names it."""
    count = len(items)
    first = np.full(count, log.at.max())
    np.minimum.at(first, log.post, log.at)
    return Catalogue(
        items.astype(np.bytes_), np.empty(0, np.bytes_), np.full(count, -1, np.int32), np.zeros(count, np.float32),
        np.minimum(first, cut), np.full(count, -1, np.int32), np.zeros(count, np.bool_), np.zeros(count + 1, np.int64),
        np.empty(0, np.int32),
    )  # fmt: skip


def _joined(one: Log, other: Log) -> Log:
    return Log(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in Log.__dataclass_fields__))


def _in_order(log: Log) -> Log:
    return log.rows(np.argsort(log.at, kind="stable"))

"""The viewers of a log: what each person met, whom they follow, what their friends did."""

import numpy as np

from feed.ranking.log import Ints, Log, Longs, Social
from feed.ranking.types import Viewer

KEPT = 400  # rows of a viewer's own history, the newest
FRIENDLY = 2_000  # rows of what friends did, the newest


class Crowd:
    """A log and a network, laid out by person."""

    def __init__(self, log: Log, social: Social) -> None:
        people = int(max(log.person.max(initial=-1), social.person.max(initial=-1), social.friend.max(initial=-1))) + 1
        order = np.lexsort((log.at, log.person))
        self._log = log.rows(order)
        self._start = _starts(self._log.person, people)
        self._friends, self._friend_start = _edges(social.person, social.friend, people)
        self._authors, self._author_start = _edges(social.follower, social.author, people)

    def viewer(self, person: int) -> Viewer:
        """All that the ranker may know of one person; nothing where the log does not know them."""
        if person + 1 >= len(self._start):
            return Viewer.nobody()
        own = self._log.rows(np.arange(*self._start[person : person + 2])[-KEPT:])
        friends = self._friends[slice(*self._friend_start[person : person + 2])]
        acts = self._acts(friends)
        follows = np.empty(0, np.int32)
        if person + 1 < len(self._author_start):
            follows = self._authors[slice(*self._author_start[person : person + 2])]
        return Viewer(
            own.post, own.at, own.acts, own.watched, follows,
            acts.post, acts.at, np.ones(len(acts), np.float32),
        )  # fmt: skip

    def _acts(self, friends: Ints) -> Log:
        """What these people wanted, the newest of it in the order of time."""
        rows = [np.arange(*self._start[friend : friend + 2]) for friend in friends]
        acts = self._log.rows(np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64))
        acts = acts.rows(acts.wanted)
        return acts.rows(np.argsort(acts.at, kind="stable")[-FRIENDLY:])


def _starts(person: Ints, people: int) -> Longs:
    return np.concatenate([[0], np.cumsum(np.bincount(person, minlength=people))])


def _edges(source: Ints, target: Ints, people: int) -> tuple[Ints, Longs]:
    return target[np.argsort(source, kind="stable")], _starts(source, people)

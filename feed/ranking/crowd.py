"""The viewers of a log: what each person met, whom they follow, what their friends did."""

import numpy as np

from feed.ranking.log import Floats, Ints, Log, Longs, Social
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
        acts, closeness = self._acts(friends)
        follows = np.empty(0, np.int32)
        if person + 1 < len(self._author_start):
            follows = self._authors[slice(*self._author_start[person : person + 2])]
        return Viewer(
            own.post, own.at, own.acts, own.watched, follows,
            acts.post, acts.at, closeness,
        )  # fmt: skip

    def _acts(self, friends: Ints) -> tuple[Log, Floats]:
        """What these people wanted, the newest of it in the order of time, and how close who did it is."""
        rows = [np.arange(*self._start[friend : friend + 2]) for friend in friends]
        acts = self._log.rows(np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64))
        close = np.repeat(self._closeness(friends), [len(each) for each in rows])
        chosen = np.flatnonzero(acts.wanted)
        chosen = chosen[np.argsort(acts.at[chosen], kind="stable")[-FRIENDLY:]]
        return acts.rows(chosen), close[chosen]

    def _closeness(self, friends: Ints) -> Floats:
        """1 for each friend, and more for those who share friends with the person, who count less the more they have
        (Adamic and Adar)."""
        close = np.ones(len(friends), np.float32)
        for place, friend in enumerate(friends):
            theirs = self._friends[slice(*self._friend_start[friend : friend + 2])]
            common = theirs[np.isin(theirs, friends)]
            degree = self._friend_start[common + 1] - self._friend_start[common]
            close[place] += (1 / np.log(np.maximum(degree, 2))).sum()
        return close


def _starts(person: Ints, people: int) -> Longs:
    return np.concatenate([[0], np.cumsum(np.bincount(person, minlength=people))])


def _edges(source: Ints, target: Ints, people: int) -> tuple[Ints, Longs]:
    return target[np.argsort(source, kind="stable")], _starts(source, people)

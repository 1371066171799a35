"""A small world in memory that says what must be so: who may do what, what stands, what is counted, who sees what.

It knows no database. Decisions are those of ``reference``; people are names, grants, jobs and films are numbers. Each
deed returns "ok", or the word with which it is refused, and then changes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.consent import reference
from tests.consent.reference import Case, Paper, Shown

# Points that repeat what was journaled: only a denial is written.
REPEATED = {"step", "chunk"}
Leaf = tuple[str, str, str, str, int | None, int | None]


@dataclass(frozen=True)
class Wish:
    """What somebody would like to see."""

    purpose: str = "entertainment"
    audience: str = "public"
    prompt: str = "surfing"
    about: frozenset[str] = frozenset()


@dataclass
class Job:
    """A job and its permit."""

    requester: str
    shown: tuple[Shown, ...]
    wish: Wish
    photos: dict[str, int]
    lineage: tuple[int, ...] = ()
    state: str = "queued"
    permit: str = "issued"
    attempts: int = 0
    fence: int = 0
    leased: bool = True
    film: int | None = None


@dataclass
class Film:
    """A sealed video, and for whom it stands published."""

    owner: str
    shown: tuple[Shown, ...]
    lineage: tuple[int, ...]
    job: int
    audience: str = ""


@dataclass
class World:
    """Everything there is."""

    papers: dict[int, Paper] = field(default_factory=dict)
    grantee: dict[int, str] = field(default_factory=dict)
    rests_on: dict[int, int] = field(default_factory=dict)
    photos: dict[str, int] = field(default_factory=dict)
    """The photo that is enrolled of each person, by its number."""
    enrolments: int = 0
    follows: set[tuple[str, str]] = field(default_factory=set)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    asks: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    films: dict[int, Film] = field(default_factory=dict)
    accepted: set[tuple[int, str]] = field(default_factory=set)
    vetoed: set[tuple[int, str]] = field(default_factory=set)
    leaves: Counter[str] = field(default_factory=Counter)
    """How many leaves of each kind the ledger has."""
    journal: list[Leaf] = field(default_factory=list)
    """Point, verdict, reason, subject, grant, epoch of every decision that must stand in the journal."""

    # Who is asked, and what is answered.

    def belongs(self, person: str, paper: Paper) -> bool:
        """Whether an offer is made to this person."""
        subject = paper.subject
        if person == subject or self.said.get((subject, person)) == "excepted":
            return False
        mutual = {(person, subject), (subject, person)} <= self.follows
        chosen = self.said.get((subject, person)) == "chosen"
        return {"everyone": True, "mutuals": mutual, "chosen": chosen}[paper.group]

    def answering(self, person: str, subject: str) -> list[Paper]:
        """The standing grants of a subject that may answer a person who holds none yet."""
        if not self.apart(person, subject):
            return []
        theirs = [paper for name, paper in self.papers.items() if name not in self.rests_on]
        standing = [paper for paper in theirs if paper.subject == subject and paper.state == "given"]
        return [
            paper
            for paper in standing
            if (self.belongs(person, paper) if paper.group else self.grantee[paper.name] == person)
        ]

    def apart(self, one: str, other: str) -> bool:
        """Whether neither blocks the other."""
        return not {(one, other), (other, one)} & self.blocks

    def enrol(self, name: str) -> None:
        """Enrol a photo."""
        self.enrolments += 1
        self.photos[name] = self.enrolments

    def erase(self, name: str) -> None:
        """Erase a photo."""
        self.leaves["erasure"] += name in self.photos
        self.photos.pop(name, None)

    def case(
        self,
        point: str,
        person: str,
        shown: tuple[Shown, ...],
        wish: Wish | None,
        lineage: tuple[int, ...],
        photos: dict[str, int] | None = None,
    ) -> Case:
        """What a decision depends on; a job is for ``photos``, which must still be those that are enrolled."""
        fresh = [paper for one in shown if one.grant is None for paper in self.answering(person, one.subject)]
        near = [one for one in shown if point in reference.LOOKING or self.apart(person, one.subject)]
        held = [self.counted(self.papers[one.grant], point) for one in near if one.grant is not None]
        here = self.photos.items() & photos.items() if photos is not None else self.photos.items()
        asked = Case(point, shown, (*held, *fresh), enrolled=frozenset(name for name, _ in here))
        film = lineage[-1] if lineage else None
        asked = asked._replace(
            accepted=frozenset(person for one, person in self.accepted if one == film),
            vetoed=frozenset(person for one, person in self.vetoed if one in lineage),
        )
        if wish is None:
            return asked
        face = frozenset({"face"} if wish.prompt else ())
        return asked._replace(
            purpose=wish.purpose, audience=wish.audience, modalities=face, about=wish.about, prompt=wish.prompt
        )

    def counted(self, paper: Paper, point: str) -> Paper:
        """A grant with the count that a request looks at: its own, or that of the offer which it rests on."""
        offer = self.papers.get(self.rests_on.get(paper.name, -1))
        return paper._replace(used=offer.used, most=offer.most) if offer and point == "request" else paper

    def decide(
        self,
        point: str,
        person: str,
        shown: tuple[Shown, ...],
        wish: Wish | None = None,
        lineage: tuple[int, ...] = (),
        photos: dict[str, int] | None = None,
    ) -> tuple[int, ...] | None:
        """Decide and write the journal; return the grants it rests on, or None."""
        said = reference.verdict(self.case(point, person, shown, wish, lineage, photos))
        if isinstance(said[1], tuple):
            said = said[0], tuple(self.taken_up(name, person) for name in said[1])
        return self.write(point, shown, said)

    def write(self, point: str, shown: tuple[Shown, ...], said: reference.Verdict) -> tuple[int, ...] | None:
        """Write a verdict into the journal; return the grants it rests on, or None."""
        word, rest = said
        if isinstance(rest, tuple):
            grants = [self.papers[name] for name in rest if point not in REPEATED]
            self.journal += [(point, "allowed", "", one.subject, one.name, one.epoch) for one in grants]
            return rest
        asked = next(one for one in shown if one.subject == rest)
        self.journal.append((point, "denied", word, rest, asked.grant, asked.epoch))
        return None

    def would(self, person: str, shown: tuple[Shown, ...], wish: Wish) -> reference.Verdict:
        """What a request would come to."""
        return reference.verdict(self.case("request", person, shown, wish, ()))

    def taken_up(self, name: int, person: str) -> int:
        """The person's own grant that rests on an offer; any other grant itself."""
        offer = self.papers[name]
        if not offer.group:
            return name
        for own, base in self.rests_on.items():
            paper = self.papers[own]
            if base == name and self.grantee[own] == person and paper.state == "given" and not paper.closed:
                return own
        own = self.new(offer._replace(group="", used=0, epoch=1))
        self.leaves["grant"] += 1
        self.grantee[own], self.rests_on[own] = person, name
        return own

    def new(self, paper: Paper) -> int:
        """Write a grant down; return its number."""
        name = len(self.papers) + 1
        self.papers[name] = paper._replace(name=name)
        return name

    def change(self, names: Iterable[int], **fields: object) -> None:
        """Write something else of some grants."""
        for name in names:
            self.papers[name] = self.papers[name]._replace(**fields)

    # Grants.

    def ask(self, person: str, subject: str) -> str:
        """Ask for a grant."""
        if person == subject:
            return "ask_oneself"
        if not self.apart(person, subject):
            return "person_unknown"
        if any(one[:2] == (person, subject) and one[2] in ("requested", "deferred") for one in self.asks.values()):
            return "ask_stands_open"
        self.asks[len(self.asks) + 1] = (person, subject, "requested")
        self.leaves["ask"] += 1
        return "ok"

    def answer(self, subject: str, number: int, word: str) -> str:
        """Say later or no to an ask."""
        person, asked, state = self.asks[number]
        if asked != subject:
            return "not_found"
        if state not in ("requested", "deferred"):
            return "ask_answered"
        self.asks[number] = (person, asked, word)
        self.leaves["ask"] += 1
        return "ok"

    def give(self, subject: str, whom: str, paper: Paper) -> str:
        """Give a grant to a person or a group."""
        group = whom if whom in reference.PEOPLE_OF else ""
        if not group and not self.apart(subject, whom):
            return "person_unknown"
        if group == "everyone" and not paper.review:
            return "review_needed"
        if subject not in self.photos:
            return "likeness_missing"
        same = {name for name, one in self.papers.items() if self._alike(one, subject, whom, group)}
        over = {name for name in same if self.papers[name].ends <= 0}
        if any(not self.papers[name].closed for name in same - over):
            return "grant_stands"
        self._end(over, "expired")
        self.leaves["expiry"] += len(over)
        name = self.new(paper._replace(subject=subject, group=group))
        if not group:
            self.grantee[name] = whom
        for number, (person, asked, state) in self.asks.items():
            if (person, asked) == (whom, subject) and state in ("requested", "deferred"):
                self.asks[number] = (person, asked, "given")
                self.leaves["ask"] += 1
        self.leaves["grant"] += 1
        return "ok"

    def _alike(self, one: Paper, subject: str, whom: str, group: str) -> bool:
        first_hand = one.name not in self.rests_on and one.subject == subject and one.state == "given"
        return first_hand and (one.group == group if group else self.grantee.get(one.name) == whom)

    def narrow(self, name: int, most: int) -> str:
        """Lower the count of a grant."""
        paper = self.papers[name]
        if name in self.rests_on:
            return "rests_on_group"
        if paper.state != "given":
            return "grant_ended"
        if not paper.used <= most <= paper.most:
            return "would_widen"
        for one in {name} | self.resting(name):
            self.change({one}, most=min(most, self.papers[one].most))
            self.leaves["narrowing"] += 1
        return "ok"

    def renew(self, name: int, more: int) -> str:
        """Affirm a grant anew, with more uses."""
        paper = self.papers[name]
        if name in self.rests_on:
            return "rests_on_group"
        if paper.state != "given" or paper.closed or paper.ends <= 0:
            return "grant_ended"
        stopped = {own for own in self.resting(name) if self.papers[own].closed}
        self.change({name} | self.resting(name) - stopped, most=paper.most + more)
        self.leaves["renewal"] += 1 + len(self.resting(name) - stopped)
        return "ok"

    def lapse(self, name: int) -> None:
        """Let a grant, and what rests on it, come to its end by time."""
        self.change({name} | {own for own, base in self.rests_on.items() if base == name}, ends=0)

    def expire(self) -> None:
        """Write down as expired what is past its time."""
        over = {name for name, paper in self.papers.items() if self.stays(name) and paper.ends <= 0}
        self._end(over, "expired")
        self.leaves["expiry"] += len(over)

    def resting(self, name: int) -> set[int]:
        """What rests on an offer and is not ended."""
        return {own for own, base in self.rests_on.items() if base == name and self.stays(own)}

    # Ends.

    def withdraw(self, subject: str, kind: str, what: Any, mode: str) -> str:
        """Withdraw one grant, all of a grantee, one film or everything."""
        mine = {name for name, paper in self.papers.items() if paper.subject == subject and paper.state == "given"}
        if kind == "film":
            if not self.depicts(what, subject):
                return "not_found"
            self.vetoed.add((what, subject))
        covered = {name for name in mine if self._covers(kind, what, name)}
        if kind == "grant" and not covered:
            return "not_found"
        person = {"grantee": what, "grant": self.grantee.get(what)}.get(kind)
        if person:
            # Kept out of the groups, they lose what they took up of them.
            covered |= self.own(subject, person)
        self._end(covered, "withdrawn", closes=mode == "stop")
        if person not in (None, subject) and any(self.papers[one].group for one in mine if self.stays(one)):
            self.say(subject, person, "excepted")
        self.leaves["withdrawal"] += 1
        if mode == "erase":
            self.photos.pop(subject, None)
        return "ok"

    def _covers(self, kind: str, what: Any, name: int) -> bool:
        by_name = {"grant": what in (name, self.rests_on.get(name)), "grantee": self.grantee.get(name) == what}
        return {"everything": True, "film": False, **by_name}[kind]

    def stays(self, name: int) -> bool:
        """Whether a grant is not ended."""
        return self.papers[name].state == "given"

    def _end(self, names: set[int], state: str, *, closes: bool = False) -> None:
        """End or close grants, with what runs and waits under them."""
        for job in self.jobs.values():
            under = names & {one.grant for one in job.shown if one.grant}
            gone = job.film and self.is_vetoed(self.films[job.film])
            if job.state in ("queued", "in_progress") and under:
                job.state = "cancelled_consent"
                self.void(job)
            elif job.state == "awaiting_review" and (under or gone):
                job.state = "refused"
        for name in names:
            if closes:
                self.change({name}, closed=True)
            else:
                self.change({name}, state=state, epoch=self.papers[name].epoch + 1)

    def is_vetoed(self, film: Film) -> bool:
        """Whether somebody vetoed a film, or one that it is a remix of."""
        return any(one in film.lineage for one, _ in self.vetoed)

    def depicts(self, number: int, person: str) -> bool:
        """Whether a film shows a person."""
        return any(one.subject == person for one in self.films[number].shown)

    def void(self, job: Job) -> None:
        """End the permit of a job that makes no film, and give its uses back."""
        if job.permit in ("issued", "redeemed"):
            job.permit = "void"
            self.count([one.grant for one in job.shown if self.papers[one.grant].epoch == one.epoch], -1)

    def count(self, names: Iterable[int], step: int) -> None:
        """Count a use of grants, and of the offers they rest on."""
        for name in names:
            for one in {name, self.rests_on.get(name, name)}:
                self.change({one}, used=max(self.papers[one].used + step, 0))

    def choose(self, subject: str, person: str, word: str) -> str:
        """Choose a person by hand, or except them."""
        if subject == person:
            return "choose_oneself"
        if word == "excepted":
            self.invalidate(self.own(subject, person))
        self.say(subject, person, word)
        return "ok"

    def say(self, subject: str, person: str, word: str) -> None:
        """Write down a subject's word on a person; saying it again changes nothing."""
        self.leaves["choice"] += self.said.get((subject, person)) != word
        self.said[subject, person] = word

    def invalidate(self, names: set[int]) -> None:
        """End grants whose ground is gone; a leaf a subject."""
        self.leaves["invalidation"] += len({self.papers[name].subject for name in names})
        self._end(names, "invalidated")

    def suspend(self, person: str) -> str:
        """Suspend a person: what they were granted and what they granted ends, but their own to themselves."""
        pairs = {name: (paper.subject, self.grantee.get(name)) for name, paper in self.papers.items()}
        theirs = {name for name, pair in pairs.items() if person in pair and pair != (person, person)}
        self.invalidate({name for name in theirs if self.stays(name)})
        return "ok"

    def unchoose(self, subject: str, person: str) -> str:
        """Take one's word on a person back."""
        if self.said.pop((subject, person), ""):
            lost = {name for name in self.own(subject, person) if self.papers[self.rests_on[name]].group == "chosen"}
            self.invalidate(lost)
            self.leaves["choice"] += 1
        return "ok"

    def follow(self, one: str, other: str) -> str:
        """Begin to follow."""
        if one == other:
            return "follow_oneself"
        if not self.apart(one, other):
            return "person_unknown"
        self.follows.add((one, other))
        return "ok"

    def unfollow(self, one: str, other: str) -> str:
        """Stop following."""
        if (one, other) in self.follows:
            lost = self.own(one, other) | self.own(other, one)
            self.invalidate({name for name in lost if self.papers[self.rests_on[name]].group == "mutuals"})
            self.follows.discard((one, other))
        return "ok"

    def block(self, one: str, other: str) -> str:
        """Block a person: all that is between the two ends, whoever gave or asked it."""
        if one == other:
            return "block_oneself"
        if (one, other) in self.blocks:
            return "ok"
        self.blocks.add((one, other))
        both = {one, other}
        self.follows = {pair for pair in self.follows if set(pair) != both}
        theirs = {name for name, paper in self.papers.items() if {paper.subject, self.grantee.get(name)} == both}
        self.veto_remixes(both)
        self.invalidate({name for name in theirs if self.stays(name)})
        for number, (person, asked, state) in self.asks.items():
            if {person, asked} == both and state in ("requested", "deferred"):
                self.asks[number] = (person, asked, "refused")
                self.leaves["ask"] += 1
        for pair, word in list(self.said.items()):
            if set(pair) == both and word == "chosen":
                del self.said[pair]
                self.leaves["choice"] += 1
        return "ok"

    def veto_remixes(self, both: set[str]) -> None:
        """Veto the films of the one that show the other by a grant which is not the maker's."""
        for number, film in self.films.items():
            for shown in film.shown:
                inherited = self.grantee.get(shown.grant or 0) != film.owner
                if {film.owner, shown.subject} == both and inherited:
                    self.vetoed.add((number, shown.subject))

    def unblock(self, one: str, other: str) -> str:
        """Take a block back: nothing comes again."""
        self.blocks.discard((one, other))
        return "ok"

    def own(self, subject: str, person: str) -> set[int]:
        """What a person took up of a subject's offers and still holds."""
        theirs = {name for name in self.rests_on if self.grantee[name] == person}
        return {name for name in theirs if self.papers[name].subject == subject and self.stays(name)}

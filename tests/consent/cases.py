"""Random cases for the rules: mostly all is well but for one or two things, so that every reason comes up often.

A case is drawn in the words of ``reference`` and translated into the types of ``consent/rules.py``. ``tried`` asks both
and counts. No Django here: processes of their own try a million.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from consent import rules
from consent.rules import (
    Audience,
    Category,
    Claim,
    Facts,
    GrantFact,
    Group,
    Modality,
    Point,
    Purpose,
    Refused,
    Right,
    State,
    Wish,
)
from tests.consent import reference
from tests.consent.reference import Case, Paper, Shown

Draw = random.Random
Draft = dict[str, Any]

PEOPLE = ["ann", "ben", "cyd", "dee"]
IDS = {name: UUID(int=number) for number, name in enumerate(PEOPLE, 1)}
NAMES = {number: name for name, number in IDS.items()}
GRANTS = [UUID(int=100 + number) for number in range(20)]
UNKNOWN = 19
TICKS = {tick: datetime(2026, 7, 1, 12, tzinfo=UTC) + timedelta(microseconds=tick) for tick in range(-9, 10)}
POINTS, AUDIENCES, PURPOSES = [*Point], [*Audience], [*Purpose]
RIGHTS, STATES = [*Right], [*State]
GROUPS = ["", *Group]
PROMPTS = ["", "a walk in rome", "rome by night", "chrome and snow", "straße in köln", "東京 7", "a night in tokyo"]
RULES = ["rome", "in rome", "by night", "Köln", "strasse", "東京", "night in", "snow", "!?", "a walk in rome at night"]
DISGUISES: list[Callable[[str], str]] = [
    str.upper,
    str.title,
    lambda text: text.replace(" ", " -- "),
    lambda text: "\u200b".join(text),
    lambda text: text.replace("o", "ó").replace("e", "e\u0301"),
    lambda text: "".join(chr(ord(letter) + 0xFEE0) if "a" <= letter <= "z" else letter for letter in text),
    lambda text: f"#{text}!",
    lambda text: text.replace(" ", "_"),
    lambda text: f"x{text}",
    lambda text: " ".join(reversed(text.split())),
]


def _pool(words: Iterable[Any]) -> list[frozenset[Any]]:
    """Return what is drawn from: no word, each word thrice, each two words."""
    return [frozenset(), *[frozenset({word}) for word in words] * 3, *map(frozenset, combinations(words, 2))]


SOME = {words: _pool(words) for words in (Purpose, Modality, Right, Category)}


def drawn(draw: Draw) -> Case:
    """Draw a case."""
    people = draw.sample(PEOPLE[:3], draw.choice((1, 1, 2, 3)))
    case: Draft = {"point": draw.choice(POINTS), "now": draw.choice((-1, 0, 0, 1)), "enrolled": set(people)}
    case |= {"accepted": set(people), "vetoed": set(), "prompt": _prompt(draw)}
    case["purpose"], case["audience"] = draw.choice(["", *PURPOSES]), draw.choice(["", *AUDIENCES])
    case["modalities"], case["about"] = draw.choice(SOME[Modality]), draw.choice(SOME[Category])
    case["papers"] = [_fitting(draw, case, name, person) for name, person in enumerate(people)]
    case["shown"] = [_shown(draw, paper) for paper in case["papers"]]
    for _ in range(draw.choice((0, 0, 1, 1, 1, 2, 3))):
        draw.choice(FAULTS)(draw, case, draw.randrange(len(people)))
    for _ in range(draw.choice((0, 0, 1, 2, 4))):
        _add_beside(draw, case, draw.choice(people))
    return _frozen(case)


def _prompt(draw: Draw) -> str:
    prompt = draw.choice(PROMPTS)
    return draw.choice(DISGUISES)(prompt) if draw.random() < 0.3 else prompt


def _fitting(draw: Draw, case: Draft, name: int, person: str) -> Draft:
    """Draw a grant that covers what the case wants."""
    wider = AUDIENCES[AUDIENCES.index(case["audience"]) :] if case["audience"] else AUDIENCES
    most = draw.choice((1, 2, 5))
    return {
        "name": name,
        "subject": person,
        "state": "given",
        "epoch": draw.choice((1, 2, 3)),
        "begins": case["now"] - draw.choice((0, 1, 3)),
        "ends": case["now"] + draw.choice((1, 2, 5)),
        "used": draw.randrange(most),
        "most": most,
        "audience": draw.choice(wider),
        "purposes": draw.choice(SOME[Purpose]) | ({case["purpose"]} - {""}),
        "modalities": draw.choice(SOME[Modality]) | case["modalities"],
        "rights": draw.choice(SOME[Right]),
        "denied": draw.choice(SOME[Category]) - case["about"],
        "forbidden_words": () if draw.random() < 0.5 else ("nobody says this",),
        "review": draw.random() < 0.3,
        "closed": False,
        "waits": False,
        "group": draw.choice(GROUPS) if draw.random() < 0.3 else "",
    }


def _shown(draw: Draw, paper: Draft) -> Draft:
    """Draw a claim on the grant: fresh, on an offer or by name, or one that remembers it."""
    right = draw.choice(sorted(paper["rights"])) if paper["rights"] and draw.random() < 0.4 else ""
    kind = draw.choice(("fresh", "held", "held", "named"))
    grant = None if kind == "fresh" else paper["name"]
    epoch = paper["epoch"] if kind == "held" and not paper["group"] else None
    return {"subject": paper["subject"], "grant": grant, "epoch": epoch, "right": right}


def _add_beside(draw: Draw, case: Draft, person: str) -> None:
    """Add another grant of a person, for others or for more people, perhaps closed or over."""
    paper = _fitting(draw, case, len(case["papers"]), person)
    taken = {one["name"] for one in case["papers"]}
    paper["name"] = draw.choice([name for name in range(UNKNOWN) if name not in taken])
    paper["closed"], paper["group"] = draw.random() < 0.3, draw.choice(GROUPS)
    paper["waits"] = draw.random() < 0.2
    if draw.random() < 0.3:
        paper["ends"] = case["now"] - draw.choice((0, 1))
    case["papers"].append(paper)


# Faults: each breaks one sentence of the law, or comes close to it, for the person at a place.

Fault = Callable[[Draw, Draft, int], None]


def _paper(field: str, value: Callable[[Draw, Draft, Draft], Any]) -> Fault:
    def spoil(draw: Draw, case: Draft, at: int) -> None:
        case["papers"][at][field] = value(draw, case, case["papers"][at])

    return spoil


def _claim(field: str, value: Callable[[Draw, Draft, Draft], Any]) -> Fault:
    def spoil(draw: Draw, case: Draft, at: int) -> None:
        case["shown"][at][field] = value(draw, case, case["papers"][at])

    return spoil


def _forbid(draw: Draw, case: Draft, at: int) -> None:
    rule = draw.choice(RULES)
    disguised = draw.choice(DISGUISES)(rule) if draw.random() < 0.5 else rule
    case["papers"][at]["forbidden_words"] = ("nobody says this", rule)
    if draw.random() < 0.7:
        case["prompt"] = draw.choice((disguised, f"{disguised} and more", f"not {disguised}", f"{disguised}x"))


def _unseen(draw: Draw, case: Draft, at: int) -> None:
    case["papers"][at]["review"] = draw.random() < 0.7
    case["accepted"].discard(case["papers"][at]["subject"])


def _at(point: str, spoil: Fault) -> Fault:
    def there(draw: Draw, case: Draft, at: int) -> None:
        case["point"] = point
        spoil(draw, case, at)

    return there


def _without(field: str) -> Fault:
    return lambda draw, case, at: case[field].discard(case["papers"][at]["subject"])


FAULTS: list[Fault] = [
    _claim("grant", lambda draw, case, paper: draw.choice((UNKNOWN, 0, 1, None))),
    _claim("subject", lambda draw, case, paper: draw.choice(PEOPLE)),
    _claim("epoch", lambda draw, case, paper: paper["epoch"] + draw.choice((-1, 0, 1))),
    _claim("right", lambda draw, case, paper: draw.choice(RIGHTS)),
    _without("enrolled"),
    _at("seal", _without("enrolled")),
    lambda draw, case, at: case["vetoed"].add(draw.choice(PEOPLE)),
    _paper("state", lambda draw, case, paper: draw.choice(STATES)),
    _paper("group", lambda draw, case, paper: draw.choice(GROUPS)),
    _paper("begins", lambda draw, case, paper: case["now"] + draw.choice((0, 1, 2))),
    _paper("ends", lambda draw, case, paper: case["now"] - draw.choice((0, 1))),
    _paper("closed", lambda draw, case, paper: True),
    _paper("waits", lambda draw, case, paper: True),
    _at("request", _paper("used", lambda draw, case, paper: paper["most"] + draw.choice((-1, 0, 0, 1)))),
    _paper("used", lambda draw, case, paper: paper["most"]),
    _at("publish", _unseen),
    _unseen,
    _paper("purposes", lambda draw, case, paper: draw.choice(SOME[Purpose])),
    _paper("audience", lambda draw, case, paper: draw.choice(AUDIENCES[:3])),
    _paper("modalities", lambda draw, case, paper: draw.choice(SOME[Modality])),
    _paper("denied", lambda draw, case, paper: draw.choice(SOME[Category]) | set(sorted(case["about"])[:1])),
    _forbid,
    _forbid,
]


# Into the types of the rules.


def _frozen(case: Draft) -> Case:
    sets = ("purposes", "modalities", "rights", "denied")
    papers = [Paper(**paper | {field: frozenset(paper[field]) for field in sets}) for paper in case.pop("papers")]
    shown = tuple(Shown(**one) for one in case.pop("shown"))
    frozen = {field: frozenset(value) if isinstance(value, set) else value for field, value in case.items()}
    return Case(shown=shown, papers=tuple(papers), **frozen)


def fact(paper: Paper) -> GrantFact:
    """Return the grant as the gate would have read it."""
    return GrantFact(
        id=GRANTS[paper.name],
        subject_id=IDS[paper.subject],
        state=State(paper.state),
        epoch=paper.epoch,
        not_before=TICKS[paper.begins],
        expires_at=TICKS[paper.ends],
        uses=paper.used,
        max_uses=paper.most,
        audience=Audience(paper.audience),
        purposes=frozenset(map(Purpose, paper.purposes)),
        modalities=frozenset(map(Modality, paper.modalities)),
        rights=frozenset(map(Right, paper.rights)),
        denied=frozenset(map(Category, paper.denied)),
        text_rules=paper.forbidden_words,
        review=paper.review,
        closed=paper.closed,
        awaits_guardian=paper.waits,
        group=Group(paper.group) if paper.group else None,
    )


def decided(case: Case) -> reference.Verdict:
    """Return what the rules say to the case, in the words of the reference."""
    claims = [_claimed(one) for one in case.shown]
    verdict = rules.decide(Point(case.point), claims, _wish(case), _facts(case), TICKS[case.now])
    if isinstance(verdict, Refused):
        return str(verdict.reason), NAMES[verdict.subject_id]
    return "allowed", tuple(GRANTS.index(grant.id) for grant in verdict.grants)


def _claimed(one: Shown) -> Claim:
    grant_id = None if one.grant is None else GRANTS[one.grant]
    return Claim(IDS[one.subject], grant_id, one.epoch, Right(one.right) if one.right else None)


def _wish(case: Case) -> Wish:
    return Wish(
        Audience(case.audience) if case.audience else None,
        Purpose(case.purpose) if case.purpose else None,
        frozenset(map(Modality, case.modalities)),
        frozenset(map(Category, case.about)),
        case.prompt,
    )


def _facts(case: Case) -> Facts:
    """Look the grants up as the gate does: by their own ids, and the closest of each subject."""
    grants = [fact(paper) for paper in case.papers]
    subjects = dict.fromkeys(grant.subject_id for grant in grants)
    of = {one: [grant for grant in grants if grant.subject_id == one] for one in subjects}
    closest = {one: rules.closest(theirs, TICKS[case.now]) for one, theirs in of.items()}
    sets = (frozenset(IDS[name] for name in names) for names in (case.enrolled, case.accepted, case.vetoed))
    return Facts({grant.id: grant for grant in grants} | closest, *sets)


# Trying many.


def differences(seed: int, count: int) -> tuple[Counter[str], list[Case]]:
    """Try so many cases from a seed; return how often each verdict came up, and the cases that were told apart.

    Verdicts are counted by reason, and with ``point:``, ``people:`` and ``group:`` before them by what was asked.
    """
    draw, met, apart = random.Random(seed), Counter[str](), list[Case]()
    for _ in range(count):
        case = drawn(draw)
        expected = reference.verdict(case)
        if decided(case) != expected:
            apart.append(case)
        met.update(_kinds(case, expected))
    return met, apart


def closest_differences(seed: int, count: int) -> list[list[Paper]]:
    """Choose so many times among up to six grants of one subject, many of them alike; return what was told apart."""
    draw, apart = random.Random(seed), []
    for _ in range(count):
        papers = [
            paper._replace(name=name, ends=draw.choice((0, 1)), closed=draw.random() < 0.4, group=draw.choice(GROUPS))
            for name in draw.sample(range(UNKNOWN), draw.randint(1, 6))
            for paper in (Paper(0, "ann", waits=draw.random() < 0.3),)
        ]
        chosen = rules.closest([fact(paper) for paper in papers], TICKS[0])
        if chosen != fact(reference.closest(papers, 0)):
            apart.append(papers)
    return apart


def text_differences(seed: int, count: int) -> list[tuple[str, str]]:
    """Look so many times for a rule in a prompt, both often in disguise; return the pairs that were told apart."""
    draw, apart = random.Random(seed), []
    for _ in range(count):
        rule, other = draw.choice(RULES), draw.choice([*PROMPTS, *RULES])
        prompt = draw.choice((rule, other, f"{other} {rule}", f"{rule}, {other}", f"{other}{rule}"))
        rule, prompt = (draw.choice([str, *DISGUISES])(text) for text in (rule, prompt))
        if rules.mentions(prompt, rule) != reference.finds(prompt, rule):
            apart.append((prompt, rule))
    return apart


def _kinds(case: Case, verdict: reference.Verdict) -> list[str]:
    answer = "allowed" if verdict[0] == "allowed" else "refused"
    groups = {paper.group for one in case.shown for paper in reference.answering(case, one)}
    words = [f"point:{case.point}", f"people:{len(case.shown)}", *(f"group:{group or 'named'}" for group in groups)]
    return [verdict[0], *(f"{word} {answer}" for word in words)]


def shares(met: Mapping[str, int], total: int) -> list[str]:
    """Return a line for each kind of case with its number and share, most frequent first."""
    frequent = sorted(met.items(), key=lambda kind: -kind[1])
    return [f"{number:9,}  {number / total:6.2%}  {kind}" for kind, number in frequent]

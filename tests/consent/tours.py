"""Tours: fixed rounds of deeds through the product and the imagined world, compared after each.

Where a probe of a promise looks at one thing, a tour looks at everything: outcome, grants, counts, jobs, permits,
journal, ledger and what people see. Machine-made mutants that no probe notices meet the tours.
"""

from typing import Any

from consent.rules import DENIED_BY_DEFAULT
from tests.consent import acting
from tests.consent.comparing import Compared
from tests.consent.deeds import PEOPLE
from tests.consent.imagined import Wish
from tests.consent.reference import Paper

Deed = tuple[Any, ...]


def paper(**terms: Any) -> Paper:
    """The terms of a grant: wide, unless said otherwise."""
    wide: dict[str, Any] = {
        "most": 4,
        "purposes": frozenset({"entertainment"}),
        "modalities": frozenset({"face"}),
        "rights": frozenset({"remix", "download"}),
        "denied": DENIED_BY_DEFAULT,
    }
    return Paper(0, "", **{**wide, **terms})


WIDE, SEEN, ONCE = paper(), paper(review=True), paper(most=1)
ENROLLED = [("enrol", name) for name in ("ann", "ben", "cyd")]
FRIENDS = [("follow", "ann", "rex"), ("follow", "rex", "ann"), ("follow", "ann", "sue"), ("follow", "sue", "ann")]

# A film of two, one of whom reviews: begun twice, sealed once, seen, and remixed.
A_FILM: list[Deed] = [
    *ENROLLED,
    ("erase", "ben"),
    ("request", "rex", ["ann"]),
    ("give", "ben", "rex", WIDE),
    ("enrol", "ben"),
    ("give", "ann", "rex", WIDE),
    ("give", "ben", "rex", SEEN),
    ("give", "ben", "rex", SEEN),
    ("dry_run", "rex", ["ann", "ben"]),
    ("dry_run", "rex", ["ann", "cyd"]),
    ("dry_run", "sue", ["ann"]),
    ("trial", 1, Wish(prompt="a naked truth", about=frozenset({"sexual"}))),
    ("trial", 2, Wish()),
    ("request", "rex", ["ann", "ben"], Wish(purpose="education")),
    ("request", "rex", ["ann", "ben"]),
    ("request", "rex", ["ben"]),
    ("claim", 1),
    ("claim", 1),
    ("claim", 2),
    ("redeem", 0),
    ("redeem", 0),
    ("step", 0),
    ("lose_the_lease", 1),
    ("claim", 1),
    ("seal", 0),
    ("redeem", 2),
    ("seal", 2),
    ("seal", 2),
    ("redeem", 2),
    ("publish", "rex", 1),
    ("publish", "sue", 1),
    ("accept", "ann", 1),
    ("publish", "rex", 1),
    ("accept", "tom", 1),
    ("accept", "rex", 1),
    ("open", "tom", 1),
    ("open", "ben", 1),
    ("play_on", 0),
]
SEEN_BY_ALL: list[Deed] = [
    *A_FILM,
    ("redeem", 1),
    ("seal", 1),
    ("accept", "ben", 2),
    ("publish", "rex", 1),
    ("accept", "ben", 1),
    ("accept", "ben", 1),
    ("publish", "rex", 1, "followers"),
    ("publish", "rex", 1),
    ("open", "tom", 1),
    ("follow", "tom", "rex"),
    ("open", "tom", 1),
    ("download", "tom", 1),
    ("remix", "tom", 1),
    ("run", 3),
    ("accept_by_all", 3),
    ("publish", "tom", 3),
    ("remove", 1),
    ("remove", 1),
    ("publish", "rex", 1),
]
# Uses are counted, given back, and run out; jobs end in every way.
USES: list[Deed] = [
    *ENROLLED,
    ("give", "ann", "rex", paper(most=2)),
    ("give", "cyd", "rex", ONCE),
    ("request", "rex", ["ann"]),
    ("request", "rex", ["ann", "cyd"]),
    ("request", "rex", ["ann"]),
    ("request", "rex", ["cyd"]),
    ("claim", 2),
    ("stop", 0, "fail"),
    ("stop", 0, "fail"),
    ("redeem", 0),
    ("request", "rex", ["cyd"]),
    ("claim", 3),
    ("stop", 1, "let go"),
    ("claim", 3),
    ("stop", 1, "cancel"),
    ("redeem", 2),
    ("stop", 2, "cancel"),
    ("narrow", 1, 1),
    ("narrow", 1, 2),
    ("request", "rex", ["ann"]),
    ("renew", 1, 1),
    ("request", "rex", ["ann"]),
    *[("claim", 1), ("lose_the_lease", 1)] * 3,
    ("claim", 1),
    ("stop", 3, "sweep"),
    ("redeem", 3),
    ("claim", 4),
    ("withdraw", "ann", "grant", 1, "stop"),
    ("renew", 1, 1),
    ("give", "ann", "rex", WIDE),
    ("lapse", 3),
    ("request", "rex", ["ann"]),
    ("renew", 3, 1),
    ("give", "ann", "rex", WIDE),
    ("ask", "rex", "cyd"),
    ("ask", "rex", "cyd"),
    ("answer", "ann", 1, "refused"),
    ("answer", "cyd", 1, "deferred"),
    ("withdraw", "cyd", "grantee", "rex", "unpublish"),
    ("give", "cyd", "rex", WIDE),
    ("narrow", 2, 1),
    ("answer", "cyd", 1, "refused"),
]
# Offers: who belongs, what each takes up, and how they lose it.
OFFERS: list[Deed] = [
    *ENROLLED,
    *FRIENDS,
    ("give", "ann", "everyone", WIDE),
    ("give", "ann", "mutuals", paper(most=3)),
    ("give", "ann", "mutuals", WIDE),
    ("give", "ben", "mutuals", WIDE),
    ("give", "ben", "chosen", WIDE),
    ("make", "rex", ["ann"]),
    ("make", "sue", ["ann"]),
    ("make", "rex", ["ben"]),
    ("choose", "ben", "rex", "chosen"),
    ("choose", "ben", "rex", "chosen"),
    ("make", "rex", ["ben"]),
    ("publish", "rex", 1),
    ("publish", "sue", 2),
    ("publish", "rex", 3),
    ("trial", 1, Wish()),
    ("request", "rex", ["ann"]),
    ("dry_run", "sue", ["ann"]),
    ("request", "sue", ["ann"]),
    ("claim", 4),
    ("stop", 3, "fail"),
    ("request", "sue", ["ann"]),
    ("remix", "tom", 1),
    ("renew", 1, 3),
    ("remix", "tom", 1),
    ("renew", 4, 1),
    ("narrow", 4, 1),
]
PARTING: list[Deed] = [
    ("choose", "ann", "rex", "chosen"),
    ("choose", "ann", "rex", "nothing"),
    ("unfollow", "rex", "ann"),
    ("unfollow", "rex", "ann"),
    ("make", "rex", ["ann"]),
    ("follow", "rex", "ann"),
    ("make", "rex", ["ann"]),
    ("choose", "ben", "rex", "nothing"),
    ("choose", "ben", "rex", "nothing"),
    ("make", "rex", ["ben"]),
    ("choose", "ann", "sue", "chosen"),
    ("choose", "ann", "sue", "excepted"),
    ("make", "sue", ["ann"]),
    ("open", "tom", 2),
    ("choose", "ann", "ann", "chosen"),
    ("follow", "ann", "ann"),
]
LAPSING: list[Deed] = [
    ("request", "rex", ["ann"]),
    ("lapse", 1),
    ("open", "tom", 2),
    ("expire",),
    ("give", "ann", "everyone", SEEN),
    ("make", "tom", ["ann"]),
    ("publish", "tom", 4),
]
OFFERS_END: list[list[Deed]] = [
    [("withdraw", "ann", kind, what, mode), ("make", "rex", ["ann"]), ("publish", "rex", 1), ("open", "tom", 2)]
    for kind, what, mode in (
        ("grant", 1, "unpublish"),
        ("grant", 1, "stop"),
        ("grant", 4, "unpublish"),
        ("grantee", "sue", "stop"),
        ("everything", None, "erase"),
    )
]
# Two who follow each other, one of whom is chosen besides; words on others change nothing of theirs.
CHOSEN: list[Deed] = [
    *ENROLLED,
    *[("follow", one, other) for one in ("ann", "ben", "cyd") for other in ("ann", "ben", "cyd")],
    ("give", "ann", "mutuals", WIDE),
    ("give", "ben", "mutuals", WIDE),
    ("make", "ben", ["ann"]),
    ("make", "ann", ["ben"]),
    ("make", "cyd", ["ann"]),
    ("give", "ann", "chosen", WIDE),
    ("make", "ben", ["ann"]),
    ("choose", "ann", "ben", "chosen"),
    ("choose", "cyd", "ben", "chosen"),
    ("choose", "ann", "cyd", "excepted"),
    ("choose", "ann", "cyd", "chosen"),
    ("choose", "cyd", "rex", "excepted"),
    ("make", "ben", ["ann"]),
    ("make", "cyd", ["ann"]),
    ("make", "rex", ["cyd"]),
    ("give", "cyd", "chosen", WIDE),
    ("make", "rex", ["cyd"]),
    ("make", "ben", ["cyd"]),
    ("request", "ben", ["ann"]),
]
CHOSEN_END: list[list[Deed]] = [
    [("choose", "ann", "ben", "nothing"), ("make", "ben", ["ann"]), ("request", "ben", ["cyd"])],
    [("choose", "ann", "ben", "excepted"), ("make", "ben", ["ann"]), ("make", "cyd", ["ann"])],
    [("unfollow", "ann", "ben"), ("make", "ben", ["ann"]), ("make", "ann", ["ben"])],
    [
        ("withdraw", "ann", "grantee", "ben", "stop"),
        ("make", "ben", ["ann"]),
        ("choose", "ann", "ben", "chosen"),
        ("make", "ben", ["ann"]),
        ("renew", 1, 2),
        ("narrow", 1, 5),
    ],
    [
        ("withdraw", "cyd", "grant", 9, "unpublish"),
        ("give", "cyd", "rex", WIDE),
        ("withdraw", "cyd", "grantee", "rex", "unpublish"),
        ("give", "rex", "ann", WIDE),
        ("enrol", "rex"),
        ("give", "rex", "ann", WIDE),
        ("withdraw", "rex", "grantee", "ann", "unpublish"),
    ],
]
# A person's own grant and one that they took up, and nobody else's.
BOTH: list[Deed] = [
    *ENROLLED,
    *FRIENDS,
    ("give", "ann", "mutuals", WIDE),
    ("give", "ben", "rex", SEEN),
    ("give", "ann", "ann", WIDE),
    ("make", "rex", ["ann"]),
    ("make", "sue", ["ann"]),
    ("give", "ann", "rex", SEEN),
    ("make", "rex", ["ann", "ben"]),
    ("make", "ann", ["ann"]),
    ("request", "rex", ["ann"]),
    ("publish", "rex", 1),
    ("publish", "ann", 4),
]
LATE: list[Deed] = [
    ("make", "rex", ["ann"]),
    ("accept", "ann", 3),
    ("publish", "rex", 3),
    ("withdraw", "ben", "film", 3, "stop"),
]
BOTH_END: list[list[Deed]] = [
    [("withdraw", person, kind, what, mode), *LATE]
    for person, kind, what, mode in (
        ("ann", "grant", 6, "unpublish"),
        ("ann", "grant", 6, "stop"),
        ("ann", "grantee", "rex", "erase"),
        ("ann", "grant", 3, "stop"),
        ("ann", "grantee", "ann", "unpublish"),
        ("ann", "film", 3, "stop"),
        ("ann", "film", 1, "erase"),
        ("ben", "film", 1, "unpublish"),
        ("ben", "grant", 1, "unpublish"),
        ("ben", "everything", None, "unpublish"),
    )
]
# A veto ends a film, what was and what is being made from it, and nothing else.
VETO: list[Deed] = [
    *SEEN_BY_ALL,
    ("make", "rex", ["ann"]),
    ("publish", "rex", 4),
    ("remix", "rex", 3),
    ("claim", 5),
    ("redeem", 4),
    ("remix", "rex", 1),
    ("withdraw", "ann", "film", 1, "unpublish"),
    ("withdraw", "ann", "film", 1, "unpublish"),
    ("step", 4),
    ("seal", 4),
    ("open", "rex", 3),
    ("open", "tom", 4),
    ("accept", "ben", 3),
    ("accept", "ann", 4),
    ("publish", "tom", 3),
]
TOURS: dict[str, tuple[list[Deed], list[list[Deed]]]] = {
    "a film, and its end": (VETO, []),
    "uses and runs": (USES, []),
    "offers": (OFFERS, [PARTING, LAPSING, *OFFERS_END]),
    "the chosen": (CHOSEN, CHOSEN_END),
    "two grants of one person": (BOTH, BOTH_END),
}


def toured(stem: list[Deed], branches: list[list[Deed]]) -> bool:
    """Walk the stem of a tour, and from its end each branch; True if both sides agree after each deed."""
    Compared.people = acting.stage(PEOPLE)
    walk = Compared()
    _walk(walk, stem)
    for branch in branches:
        with walk.aside():
            _walk(walk, branch)
    return True


def _walk(walk: Compared, deeds: list[Deed]) -> None:
    for deed, *given in deeds:
        getattr(walk, deed)(*given)
        walk.agree()
    walk.look(*PEOPLE)
    walk.the_ledger_holds()

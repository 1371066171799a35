"""Wishes in words: "more cooking, less politics, nothing with Tobias" becomes three wishes. Pure.

A clause is read from its left: cues of direction, of measure and of negation are taken off until none is left, and what
remains is what the wish is about. A clause without a cue goes on in the direction of the one before. What cannot be
understood is given back, never guessed: a wish that is turned around is worse than none. English.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

MOST_WISHES, MOST_WORDS, LONGEST = 12, 6, 300
KEPT = timedelta(days=30)
A_BIT, CLEARLY, WHOLLY = 1, 2, 3
# Holds together what is one thing (private use; never typed).
JOINT = "\ue000"


@dataclass(frozen=True)
class Wish:
    """One direction: ``sign`` +1 for more, -1 for less; of ``strength`` 3 "only" and "nothing", which are filters."""

    said: str
    term: str
    sign: int
    strength: int
    lasts: timedelta = KEPT

    @property
    def forbids(self) -> bool:
        """Whether nothing of it may come at all."""
        return self.sign < 0 and self.strength == WHOLLY


@dataclass(frozen=True)
class Unclear:
    """What was not understood, and what to ask."""

    said: str
    ask: str


@dataclass(frozen=True)
class Reading:
    """What a sentence came to."""

    wishes: tuple[Wish, ...]
    unclear: tuple[Unclear, ...]


@dataclass
class _Course:
    """Where a clause goes, as far as it is read."""

    sign: int = 0
    strength: int = CLEARLY
    negated: bool = False
    shown: bool = True
    """Whether its negation forbids: not to be shown; what one does not like may come, less."""


# In the order in which they are tried: the longer ones first. Sign and strength.
_CUES: tuple[tuple[str, int, int], ...] = (
    (r"(?:can ?not|can't|cant|could not|couldn't|never) get enough(?: of)?", 1, CLEARLY),
    (r"(?:there(?:'s| is)|i see|i get) (?:way |far )?(?:too much|too many)", -1, CLEARLY),
    (r"(?:there(?:'s| is)|i see|i get) (?:too little|too few|not enough|never enough)", 1, CLEARLY),
    (r"(?:way |far )?(?:too much|too many)", -1, CLEARLY),
    (r"(?:too little|too few|not enough|never enough)", 1, CLEARLY),
    (r"(?:i(?:'ve| have) (?:seen|had) |that's |that is )?enough(?: of| with| about)?", -1, CLEARLY),
    (r"not (?:so|that|too|as) (?:much|many)", -1, A_BIT),
    (r"(?:nothing|no thing) (?:but|except|other than)", 1, WHOLLY),
    (r"(?:anything|everything|all) (?:but|except|other than)", -1, WHOLLY),
    (r"not (?:only|just)", 1, A_BIT),
    (r"(?:nothing|none) (?:more )?(?:with|about|of|from|by|on|to do with|related to|like)?", -1, WHOLLY),
    (r"no (?:less|fewer)", 1, A_BIT),
    (r"no (?:more|longer)|not any ?more|not one more", -1, WHOLLY),
    (r"(?:stop|quit|cease) (?:showing|giving|sending|pushing|recommending|suggesting)(?: me| us)?", -1, WHOLLY),
    (r"(?:get rid of|keep (?:me )?away from|spare me|leave out|take out|filter out|cut out|down with)", -1, WHOLLY),
    (r"(?:hide|block|ban|remove|mute|avoid|exclude|stop|drop|zero|delete|kill|without|minus)", -1, WHOLLY),
    (r"(?:except|excluding|but not|not)(?: for)?(?= (?:a|an|the|any)\b)", -1, WHOLLY),
    (r"(?:except|excluding)(?: for)?", -1, WHOLLY),
    (r"(?:sick|tired|bored|weary|fed up|done|over it) (?:of|with|by)", -1, CLEARLY),
    (r"(?:hate|loathe|detest|despise|can ?not stand|can't stand|cant stand|can't bear|dislike)", -1, CLEARLY),
    (r"(?:don't|do not|dont|wouldn't) mind", 1, A_BIT),
    (r"(?:cut down on|cut back on|cool it with|ease off|go easy on|tone down|turn down|dial down|lower)", -1, CLEARLY),
    (r"(?:reduce|decrease|limit|skip|less of|fewer of|less|fewer|rarely|seldom)", -1, CLEARLY),
    (r"(?:turn up|dial up|increase|boost|raise|bring back|bring on|crank up)", 1, CLEARLY),
    (
        r"(?:love|adore|enjoy|like|miss|crave|prefer|fancy|into|fan of|in the mood for|interested in|curious about)",
        1,
        CLEARLY,
    ),
    (r"(?:would rather|rather)(?: see| have| watch)?", 1, CLEARLY),
    (r"(?:only|just|solely|exclusively)", 1, WHOLLY),
    (r"(?:lots|loads|tons|plenty|heaps) (?:more )?(?:of)?", 1, CLEARLY),
    (r"(?:more of|more often|more)", 1, CLEARLY),
    (
        r"(?:see|watch|have|get|show|give|feed|send|bring|recommend|suggest|wants?|needs?|wish for|hear)(?: me| us)?",
        1,
        CLEARLY,
    ),
    (r"no(?! )|no(?= \S)", -1, WHOLLY),
)
_COMPILED = tuple((re.compile(rf"(?:{cue})(?:\s+|$)"), sign, strength) for cue, sign, strength in _CUES)
_LIKED = re.compile(r"(?:love|adore|enjoy|like|miss|crave|prefer|fancy|more|into|much|many)\b")
_NEGATION = re.compile(
    r"(?:(?:do|does|did|would|could|should|will) ?n[o']t|don't|dont|won't|wont|shouldn't|never|not)(?:\s+|$)"
)
_MEASURES = (
    (re.compile(r"(?:a (?:little )?bit|a little|slightly|somewhat|a touch)(?:\s+|$)"), A_BIT),
    (re.compile(r"(?:(?:a lot|much|way|far|lots|loads|many)(?= (?:more|less|fewer)))(?:\s+|$)"), CLEARLY),
)
_FILLERS = re.compile(
    r"(?:please|pls|kindly|hey|hi|ok|okay|so|well|maybe|perhaps|really|truly|totally|actually|also|too|now|just now|"
    r"i(?:'m| am)(?: not)?(?= into)|i(?:'m| am)|i'd|i would|i(?:'ve| have)|i|we'd|we|me|my feed|you|can|could|should|"
    r"would|let's|let me|let|to|a fan of|any|some|the|an|a|again|there|be|that|for me)(?:\s+|$)"
)
_TRAILING: tuple[tuple[re.Pattern[str], int, int], ...] = tuple(
    (re.compile(rf"[\s?:]+(?:{cue})$"), sign, strength)
    for cue, sign, strength in (
        (r"no thank(?:s| you)|no|never(?: again)?|not|nope", -1, WHOLLY),
        (r"less(?: often)?|not so often|(?:is|are) (?:boring|awful|annoying|bad)|bores? me|annoys? me", -1, CLEARLY),
        (r"more(?: often)?|yes|(?:is|are) (?:great|fun|cool|lovely|good)|yes please", 1, CLEARLY),
    )
)
_ABOUT = re.compile(
    r"(?:(?:video|clip|post|film|stuff|content|thing|material|topic|song|picture)s? "
    r"(?:with|about|of|from|by|on|that show)|"
    r"(?:of|with|about|from|by|on|for|in|anything|everything|something|the|a|an|any|some|my|your|more|all)(?= ))\s+"
)
_KINDS = re.compile(r"\s+(?:video|clip|post|film|stuff|content|thing|material|feed)s?$")
_AFTER = re.compile(
    r"\s+(?:please|pls|thanks|thank you|at all|any ?more|again|for me|in my feed|too|either|now|here|ever|as well)$"
)
_TIMES: tuple[tuple[re.Pattern[str], timedelta], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b"), lasts)
    for words, lasts in (
        (r"for (?:an|one|the next) hour", timedelta(hours=1)),
        (
            r"(?:for )?(?:today|tonight|this evening|this morning)|for (?:a|one) day|for now|right now",
            timedelta(days=1),
        ),
        (r"(?:for )?(?:this|a|one|the) week|until (?:next week|sunday|monday)|this weekend", timedelta(days=7)),
        (r"for (?:this|a|one) month", timedelta(days=30)),
        (r"for ?ever|always|for good|permanently", timedelta(days=365)),
    )
)
# Two things of which one is wanted and the other not; the first group is wanted.
_PAIRS = (
    re.compile(r"(?P<up>.+?) (?:instead of|rather than|over) (?P<down>.+)"),
    re.compile(r"(?:i )?prefer (?P<up>.+?) to (?P<down>.+)"),
    re.compile(r"(?:(?:i )?would |i'd )?rather (?:see |have |watch )?(?P<up>.+?) than (?P<down>.+)"),
    re.compile(r"more (?P<up>.+?) than (?P<down>.+)"),
    re.compile(r"(?P<most>less|fewer) (?P<down>.+?) than (?P<up>.+)"),
    re.compile(r"(?:swap|trade|exchange) (?P<down>.+?) for (?P<up>.+)"),
    re.compile(r"(?:replace|substitute) (?P<down>.+?) (?:with|by) (?P<up>.+)"),
)
# What one says with "and" and means as one thing.
_JOINED = re.compile(
    r"\b(rock|drum|mac|black|arts|r|bed|mix|hide|salt|fish) (?:and|&|n) "
    r"(roll|bass|cheese|white|crafts|b|breakfast|match|seek|pepper|chips)\b"
)
_CLAUSES = re.compile(
    r"\s*[;.!\n]+\s*|\s*,\s*(?:and |but |or )?|\s+(?:and|or|plus|nor|&|\+|while|then)\s+|"
    r"(?<!nothing)(?<!anything)(?<!everything)(?<!all)\s+but\s+(?:also\s+)?|\s+(?=(?:without|except|minus|excluding) )"
)
_PRONOUNS = frozenset({
    "this", "that", "it", "him", "her", "them", "these", "those", "he", "she", "they", "anyone", "someone",
    "something", "anything", "everything", "everyone", "all", "same", "nothing", "one", "ones", "me", "you",
    "us", "surprise"
})  # fmt: skip
_NAMELESS = re.compile(
    r"^(?:my|the) (?:ex|boyfriend|girlfriend|husband|wife|boss|sister|brother|mother|mom|father|dad|friend|neighbou?r)"
    r"s?(?:'s?)?(?: name| face| (?:video|post|clip)s?)?$"
)
_LEADING = re.compile(r"^(?:with|about|of|from|by|on|anything|to do with|related to)\s+")


def read(said: str) -> Reading:
    """Return the wishes in a sentence, at most MOST_WISHES, and what of it was not understood."""
    text = normal(said)[:LONGEST]
    text, lasts = _lasting(text)
    wishes: list[Wish] = []
    unclear: list[Unclear] = []
    course = _Course()
    for clause, fixed in _clauses(text):
        course, found = _read_clause(clause, fixed or course, lasts)
        for each in found:
            if isinstance(each, Wish):
                wishes.append(each)
            else:
                unclear.append(each)
    return Reading(tuple(_last_word(wishes))[:MOST_WISHES], tuple(unclear))


def normal(text: str) -> str:
    """Return ``text`` in one spelling: NFKC, folded, straight quotes, single spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("\u2018", "'")
    plain = re.sub(r"[\"\u201c\u201d()\[\]]", " ", plain)
    return re.sub(r"[ \t]+", " ", plain).strip()


def _lasting(text: str) -> tuple[str, timedelta]:
    for pattern, lasts in _TIMES:
        if pattern.search(text):
            return re.sub(r"\s+", " ", pattern.sub(" ", text)).strip(), lasts
    return text, KEPT


def _clauses(text: str) -> list[tuple[str, _Course | None]]:
    """Return the clauses, each with the course that a pair gives it, or none."""
    found: list[tuple[str, _Course | None]] = []
    text = _JOINED.sub(lambda match: f"{match[1]}{JOINT}and{JOINT}{match[2]}", text)
    for sentence in re.split(r"\s*[;.!,\n]+\s*", text):
        pair = next((match for pattern in _PAIRS if (match := pattern.fullmatch(sentence))), None)
        if pair:
            found += [(each, _Course(1)) for each in _split(pair["up"])]
            found += [(each, _Course(-1)) for each in _split(pair["down"])]
        else:
            found += [(each, None) for each in _split(sentence)]
    return found


def _split(text: str) -> list[str]:
    return [each.replace(JOINT, " ").strip() for each in _CLAUSES.split(text) if each and each.strip()]


def _read_clause(clause: str, before: _Course, lasts: timedelta) -> tuple[_Course, list[Wish | Unclear]]:
    rest, course = _taken(clause)
    rest, course = _trailing(rest, course)
    if not course.sign and not course.negated:
        course = _Course(before.sign or 1, before.strength)
    elif course.negated:
        course = _turned(course)
    if not rest:
        return course, []
    term = _about(rest)
    if _NAMELESS.fullmatch(rest) or _NAMELESS.fullmatch(_LEADING.sub("", rest)):
        return course, [Unclear(clause, "Whose name is it? Write it, or their @handle.")]
    if not term or term in _PRONOUNS or len(term.split()) > MOST_WORDS:
        return course, [Unclear(clause, "Name it in a word or two, as in: more cooking, less politics.")]
    return course, [Wish(clause, term, course.sign, course.strength, lasts)]


def _taken(clause: str) -> tuple[str, _Course]:
    """Take the cues off the left of a clause."""
    rest, course, measure = clause.strip(" ?:-"), _Course(), 0
    while rest:
        before = rest
        for pattern, strength in _MEASURES:
            if match := pattern.match(rest):
                rest, measure = rest[match.end() :], strength
        if cue := next(((p, s, n) for p, s, n in _COMPILED if p.match(rest)), None):
            pattern, sign, strength = cue
            rest = rest[pattern.match(rest).end() :]  # type: ignore[union-attr]
            _join(course, sign, strength)
            course.shown = course.shown and not _LIKED.match(before)
        elif match := _NEGATION.match(rest):
            rest, course.negated = rest[match.end() :], not course.negated
        elif match := _FILLERS.match(rest):
            rest = rest[match.end() :]
        if rest == before:
            break
    if measure and course.strength != WHOLLY:
        course.strength = measure
    return rest, course


def _join(course: _Course, sign: int, strength: int) -> None:
    """Let one more cue speak: "show me less" is less, "love to see more" is more, "stop showing more" is nothing."""
    if not course.sign or (sign < 0 <= course.sign) or (sign == course.sign and strength > course.strength):
        course.sign, course.strength = sign, strength


def _turned(course: _Course) -> _Course:
    """Turn a course around: do not show is nothing, do not hide is a bit more, not at all is nothing."""
    if course.sign < 0:
        return _Course(1, A_BIT)
    return _Course(-1, WHOLLY if course.shown else CLEARLY)


def _trailing(rest: str, course: _Course) -> tuple[str, _Course]:
    rest = _stripped(rest, _AFTER)
    for pattern, sign, strength in _TRAILING:
        if match := pattern.search(rest):
            negated = course.negated and not course.sign
            return _stripped(rest[: match.start()], _AFTER), _Course(sign, strength, negated)
    return rest, course


def _about(rest: str) -> str:
    """Return what a wish is about, without the words around it."""
    if rest[:1] in "@#" and " " not in rest:
        return rest
    term = _stripped(rest.strip(" ?:-"), _AFTER)
    while (match := _ABOUT.match(term)) and match.end() < len(term):
        term = term[match.end() :]
    term = _stripped(term, _KINDS)
    term = re.sub(r"'s\b", "", term)
    return re.sub(r"[^\w@#&+' -]", "", term).strip(" '-")


def _stripped(text: str, pattern: re.Pattern[str]) -> str:
    while match := pattern.search(text):
        text = text[: match.start()]
    return text


def _last_word(wishes: list[Wish]) -> list[Wish]:
    """Keep of several wishes about one thing the last."""
    by_term = {wish.term: wish for wish in wishes}
    return [wish for wish in wishes if by_term[wish.term] is wish]

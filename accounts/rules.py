"""Pure rules of accounts: what a name may look like, and what age changes."""

import re
import unicodedata
from calendar import isleap
from datetime import date

HANDLE = re.compile(r"[a-z][a-z0-9_]{2,29}")
RESERVED = frozenset(
    {
        *("abuse", "account", "admin", "administrator", "anonymous", "api", "assistant", "billing", "bot", "contact"),
        *("copyright", "deleted", "everyone", "guardian", "help", "helpdesk", "hostmaster", "info", "legal", "login"),
        *("me", "mod", "moderation", "moderator", "moderators", "nobody", "noreply", "null", "official", "owner"),
        *("password", "postmaster", "press", "privacy", "root", "safety", "security", "settings", "signup"),
        *("socialvideo", "staff", "support", "sysadmin", "system", "team", "trust", "undefined", "verified"),
        *("webmaster", "you"),
    }
)
NAME_LENGTH = 60
YOUNGEST, ADULT, OLDEST = 13, 18, 120
# What can be read as another letter: digits for letters, one letter for another, and the Cyrillic and Greek letters
# that look like ours (a part of Unicode's confusables, TR 39).
ALIKE = str.maketrans(
    "0123456789i|!$@" + "авеікмнорстухѕјԁһԛԝ" + "αβεηικνορτυχω",
    "olzeasgtbgll" + "lsa" + "abelkmhopctyxsjdhqw" + "abenlkvoptyxw",
)
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
# Bidirectional overrides and joiners let one name pass for another (Unicode TR 36): control and format characters.
UNSEEN = frozenset({"Cc", "Cf"})
# Letters and signs that look like nothing: Hangul fillers and the empty Braille cell.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def handle_fault(handle: str) -> str | None:
    """Return why ``handle`` cannot be taken, or None when it can."""
    if not HANDLE.fullmatch(handle):
        return "A handle is 3 to 30 of a-z, 0-9 and _, and begins with a letter."
    if skeleton(handle) in RESERVED_LOOKS:
        return "This handle is reserved. Choose another."
    return None


def clean_name(name: str) -> str:
    """Return ``name`` in NFC without control, unseen and direction-changing characters; a line break is a space."""
    composed = unicodedata.normalize("NFC", name)
    kept = (c for c in composed if c.isspace() or (unicodedata.category(c) not in UNSEEN and c not in BLANK))
    return " ".join("".join(kept).split())


def skeleton(name: str) -> str:
    """Return what ``name`` looks like: two names that could be mistaken for one another have the same skeleton."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = "".join(c for c in plain.translate(ALIKE) if c.isalnum())
    for pair, one in PAIRS:
        letters = letters.replace(pair, one)
    return letters


RESERVED_LOOKS = frozenset(map(skeleton, RESERVED))


def age(birth_date: date, today: date) -> int:
    """Return the age in whole years; who was born on 29 February is a year older on 1 March."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def birth_date_fault(birth_date: date, today: date) -> tuple[str, str] | None:
    """Return code and words of why nobody signs up with this date of birth, or None when somebody may."""
    if birth_date > today or age(birth_date, today) > OLDEST:
        return "birth_date_wrong", "This is not a date of birth. Write it as YYYY-MM-DD."
    if age(birth_date, today) < YOUNGEST:
        return "too_young", f"You must be at least {YOUNGEST} to have an account. Nothing that you sent was kept."
    return None


def is_teen(birth_date: date | None, today: date) -> bool:
    """Tell whether somebody is under age; an account that an operator made has no birth date and is an adult's."""
    return birth_date is not None and age(birth_date, today) < ADULT


def adults_born_by(today: date) -> date:
    """Return the last date of birth of who is of age: the same rule, for asking about many people at once."""
    year = today.year - ADULT
    leap_day = (today.month, today.day) == (2, 29) and not isleap(year)
    return date(year, 2, 28) if leap_day else today.replace(year=year)


def comes_of_age(birth_date: date) -> date:
    """Return the first day on which somebody is an adult."""
    year = birth_date.year + ADULT
    leapling = (birth_date.month, birth_date.day) == (2, 29)
    return date(year, 3, 1) if leapling and not isleap(year) else birth_date.replace(year=year)


def may_write_to(*, recipient_is_private: bool, recipient_follows: bool, both_are_teens: bool) -> bool:
    """Tell whether a message, or an ask with one, may reach its recipient.

    Teenagers are private, so no adult stranger writes to one; and the refusal is that of every private account, so that
    it tells nobody's age.
    """
    return recipient_follows or both_are_teens or not recipient_is_private

"""Pure rules of accounts: what a handle may look like."""

import re
import unicodedata

HANDLE = re.compile(r"[a-z][a-z0-9_]{2,29}")
RESERVED = frozenset({"admin", "api", "me", "moderator", "root", "socialvideo", "support", "system"})
NAME_LENGTH = 60
# Bidirectional overrides and joiners let one name pass for another (Unicode TR 36): control and format characters.
UNSEEN = frozenset({"Cc", "Cf"})
# Letters and signs that look like nothing: Hangul fillers and the empty Braille cell.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def handle_fault(handle: str) -> str | None:
    """Return why ``handle`` cannot be taken, or None when it can."""
    if not HANDLE.fullmatch(handle):
        return "A handle is 3 to 30 of a-z, 0-9 and _, and begins with a letter."
    if handle in RESERVED:
        return "This handle is reserved. Choose another."
    return None


def clean_name(name: str) -> str:
    """Return ``name`` in NFC without control, unseen and direction-changing characters; a line break is a space."""
    composed = unicodedata.normalize("NFC", name)
    kept = (c for c in composed if c.isspace() or (unicodedata.category(c) not in UNSEEN and c not in BLANK))
    return " ".join("".join(kept).split())

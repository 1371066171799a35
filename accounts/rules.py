"""Pure rules of accounts: what a handle may look like."""

import re
import unicodedata

HANDLE = re.compile(r"[a-z][a-z0-9_]{2,29}")
RESERVED = frozenset({"admin", "api", "me", "moderator", "root", "socialvideo", "support", "system"})
# Bidirectional overrides and joiners let one name pass for another (Unicode TR 36).
HIDDEN = frozenset(range(0x200B, 0x2010)) | frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2060, 0x206A))


def handle_fault(handle: str) -> str | None:
    """Return why ``handle`` cannot be taken, or None when it can."""
    if not HANDLE.fullmatch(handle):
        return "A handle is 3 to 30 of a-z, 0-9 and _, and begins with a letter."
    if handle in RESERVED:
        return "This handle is reserved. Choose another."
    return None


def clean_name(name: str) -> str:
    """Return ``name`` in NFC without control, hidden and direction-changing characters."""
    kept = (c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) != "Cc" and ord(c) not in HIDDEN)
    return " ".join("".join(kept).split())

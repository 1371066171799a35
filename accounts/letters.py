"""The words of our mail. Plain text, ASCII, and never more about a person than their handle."""

from enum import StrEnum

from accounts.notices.kinds import TABLE, Group, Kind

APP = "socialvideo"


class Event(StrEnum):
    """What a letter tells that is in no inbox: about the account itself."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a word, no password)
    EMAIL_CHANGED = "email_changed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_CLONED = "passkey_cloned"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    RECOVERY_CODES = "recovery_codes"
    SUSPENDED = "suspended"


NOTICES = {
    Event.PASSWORD_CHANGED: "Your password was changed, and all other devices were signed out.",
    Event.EMAIL_CHANGED: "The e-mail address of your account was changed. This address is no longer its own.",
    Event.PASSKEY_ADDED: "A passkey was added to your account.",
    Event.PASSKEY_REMOVED: "A passkey was removed from your account.",
    Event.PASSKEY_CLONED: "Somebody tried to log in with what looks like a copy of one of your passkeys. We refused.",
    Event.SECOND_FACTOR_ON: "Logging in with your password now takes a code from your authenticator app.",
    Event.SECOND_FACTOR_OFF: "Logging in with your password no longer takes a second factor.",
    Event.RECOVERY_CODES: "New recovery codes were made. The old ones are void.",
    Event.SUSPENDED: "Your account is suspended. Log in to read why.",
}
ALARM = "If that was not you, reset your password now and look through your devices and passkeys."
SUBJECTS = {
    "verify": f"Confirm your address for {APP}",
    "change": f"Confirm your new address for {APP}",
    "reset": f"Reset your {APP} password",
    "keep": f"Your {APP} account will be erased",
    "notice": f"About your {APP} account",
    "summary": f"What is new for you on {APP}",
}
TOKENS = {
    "verify": "confirm that this address is yours",
    "change": "make this the address of your account",
    "reset": "choose a new password",
    "keep": "keep your account, which is closed and will be erased as you asked",
}


def letter(
    *, kind: str, event: str, handle: str, token: str, app_url: str, news: str = "", stop: str = ""
) -> tuple[str, str]:
    """Return subject and text of one letter. ``token`` is empty for a notice and a summary, whose text is ``news``.

    ``stop``: the address at which these mails are stopped, where they may be.
    """
    greeting, farewell = f"Hello @{handle},\n\n", f"\nTo stop these mails: {stop}\n" if stop else ""
    if kind == "summary":
        return SUBJECTS[kind], f"{greeting}{news}\n{farewell}"
    if kind == "notice":
        return SUBJECTS[kind], f"{greeting}{_notice(event)}\n{farewell}"
    link = f"Open {app_url}/{kind}#token={token}\n\nor enter" if app_url else "Enter"
    ends = "It can be used once and ends soon. If you did not ask for it, do nothing."
    return SUBJECTS[kind], f"{greeting}To {TOKENS[kind]}:\n\n{link} this token:\n\n    {token}\n\n{ends}\n"


def farewell(handle: str, left_at: str, removed: list[str], kept: list[str]) -> tuple[str, str]:
    """Return subject and text of the last letter: what was erased, and what stays and why."""
    gone = "\n".join(f"  {line}" for line in removed)
    stays = "\n".join(f"  {line}" for line in kept)
    begins = f"Hello @{handle},\n\nyou left on {left_at}. This was erased:\n\n{gone}\n\n"
    ends = "Your name and address go with this letter, which is the last."
    return f"Your {APP} account is erased", f"{begins}This stays, without your name:\n\n{stays}\n\n{ends}\n"


def _notice(event: str) -> str:
    if event in Kind.values:
        entry = TABLE[Kind(event)]
        return f"{entry.discreet}\n\n{ALARM}" if entry.group is Group.SECURITY else entry.discreet
    return f"{NOTICES[Event(event)]}\n\n{ALARM}"

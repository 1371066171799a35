"""The four people of the demo, and how they come to have accounts."""

import os
from dataclasses import dataclass
from pathlib import Path

from demo import mailbox
from demo.client import Caller
from socialvideo.lib import env

PORTRAIT = Path(__file__).resolve().parent / "portraits" / "collins.png"
NAMES = {"eileen": "Eileen", "sam": "Sam", "kim": "Kim"}
MODERATOR = "mona"


@dataclass(frozen=True)
class Cast:
    """Who plays: the subject, the requester, the stranger, the moderator."""

    eileen: Caller
    sam: Caller
    kim: Caller
    mona: Caller

    def close(self) -> None:
        """Hang up."""
        for caller in (self.eileen, self.sam, self.kim, self.mona):
            caller.pool.clear()


def var() -> Path:
    """Return the folder where the system keeps its state."""
    return Path(os.environ.get("VAR", "var"))


def password() -> str:
    """Return the demo's password: made at the first start, kept beside the keys, the same for all four."""
    return env.secret("DEMO_PASSWORD", var() / "keys" / "demo_password")[:16]


def gather(base: str, mail: Path | None = None) -> Cast:
    """Sign up whoever has no account yet, log everybody in, and confirm addresses by what came into the mail folder."""
    callers = {handle: Caller(base, handle) for handle in (*NAMES, MODERATOR)}
    for handle, name in NAMES.items():
        account = {
            "handle": handle,
            "email": f"{handle}@example.org",
            "birth_date": "1990-07-20",
            "password": password(),
            "display_name": name,
        }
        callers[handle].send("POST", "/people", 201, 409, json=account)
    for caller in callers.values():
        caller.log_in(password())
        if not caller.send("GET", "/me", 200).json()["email_verified"]:
            mailbox.verify(caller, mail or var() / "mail")
    return Cast(**callers)

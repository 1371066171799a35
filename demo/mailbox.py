"""Reading one's mail in the folder into which the embedded system puts it, as a person would in their inbox."""

import re
import time
from pathlib import Path

from demo.client import Caller, StepFailed

PATIENCE_S = 20
TOKEN = re.compile(r"confirm that this address.*?^    (\S+)$", re.DOTALL | re.MULTILINE)


def verify(caller: Caller, folder: Path) -> None:
    """Confirm the caller's address with the newest token that came by mail; have it sent again if none came."""
    token = _newest(caller.handle, folder)
    if token is None or caller.call("PUT", "/email-verifications", json={"token": token}).status != 204:
        caller.send("PUT", "/me/email-verifications", 202, 429)
        token = _waited(caller.handle, folder, other_than=token)
        caller.send("PUT", "/email-verifications", 204, json={"token": token})


def _waited(handle: str, folder: Path, other_than: str | None) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while (token := _newest(handle, folder)) in (None, other_than):
        if time.monotonic() > deadline:
            raise StepFailed(f"No mail for {handle} came into {folder} within {PATIENCE_S} seconds.")
        time.sleep(0.1)
    assert token
    return token


def _newest(handle: str, folder: Path) -> str | None:
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)
    # Two letters of one second may lie in one file, with a line between them.
    letters = [letter for file in files for letter in file.read_text(errors="replace").split("-" * 79)]
    found = [match.group(1) for one in letters if f"To: {handle}@" in one and (match := TOKEN.search(one))]
    return found[-1] if found else None

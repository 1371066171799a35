"""PostgreSQL refuses to run as root: find a way to run it as someone else, without making a user."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from socialvideo.embedded.errors import ClusterError

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
STAND_INS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """How to run an unprivileged command: what stands before it, and who must own its folders."""

    prefix: tuple[str, ...]
    uid: int
    gid: int


@cache
def account() -> Account:
    """Return the account that PostgreSQL runs under; raises ClusterError when root finds no way."""
    if os.geteuid() != 0:
        return Account((), os.geteuid(), os.getegid())
    # In a user namespace the files stay root's own, so nothing must be given away.
    if _works(NAMESPACE):
        return Account(NAMESPACE, 0, os.getegid())
    for name in STAND_INS:
        found = _stand_in(name)
        if found and _works(found.prefix):
            return found
    raise ClusterError(
        "PostgreSQL does not run as root, and neither `unshare --user` nor `setpriv` works here; "
        "run as an ordinary user, or set DATABASE_URL to a server of your own"
    )


def _stand_in(name: str) -> Account | None:
    """Return the account that runs as the existing user `name`."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    prefix = ("setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups")
    return Account(prefix, entry.pw_uid, entry.pw_gid)


def _works(prefix: tuple[str, ...]) -> bool:
    """Say whether a command behind `prefix` runs at all."""
    try:
        return subprocess.run([*prefix, "true"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def give(folder: Path) -> None:
    """Make the account own `folder` and all in it; raises ClusterError when that takes root and we are not root."""
    who = account()
    if folder.stat().st_uid == who.uid:
        return
    if os.geteuid() != 0:
        raise ClusterError(
            f"{folder} belongs to user {folder.stat().st_uid}; run as that user, or chown it to yourself"
        )
    for place, _, files in os.walk(folder):
        for path in (Path(place), *(Path(place) / name for name in files)):
            os.chown(path, who.uid, who.gid, follow_symlinks=False)


def check_reach(folder: Path) -> None:
    """Raise ClusterError when the account cannot enter and write `folder`, as below a private home."""
    who = account()
    if who.prefix and subprocess.run([*who.prefix, "test", "-w", folder], timeout=20).returncode != 0:
        raise ClusterError(
            f"the user that PostgreSQL runs as (id {who.uid}) cannot reach {folder}; "
            "move it out of the private folder, or run as an ordinary user"
        )

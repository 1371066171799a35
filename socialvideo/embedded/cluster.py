"""An embedded PostgreSQL cluster: where it lies, its URL, how it is made, and the command that serves it.

Settings import this module, so it stays cheap: nothing here connects, and no driver is imported.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from socialvideo.embedded import binaries, locks, unprivileged
from socialvideo.embedded.errors import ClusterError

USER = "socialvideo"
DATABASE = "socialvideo"
PORT = 5432
# sun_path holds 104 bytes on macOS and 108 on Linux; the rest is for `/sv-<16>/.s.PGSQL.5432.lock`.
LONGEST_BASE = 60
LOCALES = ("C.UTF-8", "C")
INITDB_TIMEOUT_S = 180

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL data folder, reached only through a private socket folder.

    `fast` gives up durability for speed and is for tests; `shared_buffers` is in PostgreSQL's own notation.
    """

    folder: Path
    fast: bool = False
    shared_buffers: str = "128MB"
    max_connections: int = 100

    def cluster_folder(self) -> Path:
        """Return the data folder as an absolute path without links."""
        return self.folder.resolve()

    def socket_folder(self) -> Path:
        """Return the folder of the socket: the same for the same data folder and user, and short."""
        name = hashlib.sha256(f"{os.geteuid()}:{self.cluster_folder()}".encode()).hexdigest()[:16]
        base = tempfile.gettempdir()
        # URL parsers put the host into lower case, so a base with capitals (macOS) would be lost in `url`.
        if len(base) > LONGEST_BASE or base != base.lower():
            base = "/tmp"  # noqa: S108 - the folder below it is private and its owner is checked
        return Path(base) / f"sv-{name}"

    def url(self, database: str = DATABASE) -> str:
        """Return the URL of `database`; the socket folder stands percent-encoded in the place of the host.

        libpq documents this form, and it is the only one that kombu takes (it refuses `?host=`).
        """
        return f"postgresql://{USER}@{quote(str(self.socket_folder()), safe='')}:{PORT}/{quote(database, safe='')}"

    def initialise(self) -> None:
        """Make the data folder when it is missing, and the socket folder; safe to call at each start.

        A kill at any moment leaves either no data folder or a complete one. Raises ClusterError.
        """
        self._make_socket_folder()
        target = self.cluster_folder()
        target.parent.mkdir(parents=True, exist_ok=True)
        # initdb inherits the lock, so one that outlives its killed parent is waited for, not overwritten.
        with locks.held(target.with_name(f"{target.name}.lock")) as lock:
            if not (target / "PG_VERSION").exists():
                self._make_cluster_folder(target, lock)
        unprivileged.give(target)
        unprivileged.check_reach(target)

    def command(self) -> list[str]:
        """Return the foreground server command: SIGINT is its fast shutdown. Call `initialise` first.

        Raises ClusterError when no PostgreSQL of the data folder's version is found.
        """
        programs = binaries.find(self._major())
        options = {
            "shared_buffers": self.shared_buffers,
            "max_connections": str(self.max_connections),
            "jit": "off",
            "unix_socket_permissions": "0700",
            **(FAST if self.fast else DURABLE),
        }
        command = [*unprivileged.account().prefix, programs.path("postgres"), "-D", str(self.cluster_folder())]
        command += ["-h", "", "-k", str(self.socket_folder()), "-p", str(PORT)]
        return command + [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    def _major(self) -> int:
        """Return the major version that made the data folder."""
        try:
            return int((self.cluster_folder() / "PG_VERSION").read_text())
        except FileNotFoundError:
            raise ClusterError(f"{self.folder} holds no PostgreSQL data yet: call initialise() first") from None

    def _make_cluster_folder(self, target: Path, lock: int) -> None:
        """Run initdb beside `target` and put the complete folder in its place."""
        if target.exists() and any(target.iterdir()):
            raise ClusterError(f"{target} is not empty and holds no PostgreSQL data; move it away")
        fresh = target.with_name(f"{target.name}.new")
        output = ""
        for locale in LOCALES:
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700)
            unprivileged.give(fresh)
            unprivileged.check_reach(fresh)
            finished = self._initdb(fresh, locale, lock)
            if finished.returncode == 0:
                fresh.rename(target)
                return
            output = finished.stdout
        shutil.rmtree(fresh, ignore_errors=True)
        raise ClusterError(f"initdb failed for {target}:\n{output.strip()}")

    def _initdb(self, fresh: Path, locale: str, lock: int) -> subprocess.CompletedProcess[str]:
        """Run initdb into the empty folder `fresh`."""
        programs = binaries.find()
        command = [*unprivileged.account().prefix, programs.path("initdb"), "-D", str(fresh)]
        command += ["-N", f"--locale={locale}", "-E", "UTF8", "-U", USER, "-A", "trust"]
        try:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=INITDB_TIMEOUT_S,
                pass_fds=(lock,),
                cwd="/",
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(f"initdb for {fresh} did not finish in {INITDB_TIMEOUT_S} s") from None

    def _make_socket_folder(self) -> None:
        """Make the private socket folder; raises ClusterError when another user got there first."""
        folder = self.socket_folder()
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        who = unprivileged.account()
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), who.uid):
            raise ClusterError(f"{folder} belongs to another user (id {found.st_uid}); remove it, or set TMPDIR")
        folder.chmod(0o700)
        unprivileged.give(folder)


def embedded_url(var: Path) -> str:
    """Return the URL of the default database of the cluster under `var`, without starting or making anything."""
    return Cluster(var / "pg").url(DATABASE)

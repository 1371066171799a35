"""``python -m socialvideo.embedded run|demo``: the whole system on this machine, started and stopped as one.

``run`` listens on PORT (8000) and the two ports after it, seeds the demo's people and stays up until Ctrl-C. ``demo``
listens on free ports, walks the main job and stops. Both keep their state in the folder VAR (``var/``).
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from socialvideo.embedded.cluster import Cluster
from socialvideo.embedded.console import say
from socialvideo.embedded.control import Server
from socialvideo.embedded.errors import EmbeddedError
from socialvideo.embedded.ports import free_port, is_free
from socialvideo.embedded.processes import House
from socialvideo.embedded.supervisor import Supervisor
from socialvideo.lib import env

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Run one command; return the exit status."""
    if arguments not in (["run"], ["demo"]):
        say("usage: python -m socialvideo.embedded run|demo")
        return 2
    os.chdir(ROOT)
    var = Path(os.environ.get("VAR", ROOT / "var")).resolve()
    try:
        return _demo(var) if arguments == ["demo"] else _run(var)
    except EmbeddedError as error:
        say(f"\n{error}")
        return 1


def _run(var: Path) -> int:
    port = int(os.environ.get("PORT", "8000"))
    for wanted in (port, port + 1, port + 2):
        if not is_free(wanted):
            say(f"Port {wanted} is taken. Stop what listens there, or choose another: PORT=9000 make run")
            return 1
    house = House(var, port, port + 1, port + 2)
    with Supervisor(var) as supervisor:
        _start(supervisor, house)
        supervisor.check()
        if _walk(supervisor, house, "demo.seed") != 0:
            return 1
        say("Ctrl-C stops everything.")
        supervisor.wait()
    return 0


def _demo(var: Path) -> int:
    house = House(var, free_port(), free_port(), free_port())
    with Supervisor(var) as supervisor:
        _start(supervisor, house)
        return _walk(supervisor, house, "demo.walk")
    return 130


def _start(supervisor: Supervisor, house: House) -> None:
    """Start everything in order, saying what starts and how long it took."""
    if "DATABASE_URL" not in os.environ:
        server = Server(Cluster(house.var / "pg"))
        server.prepare()
        with _timed("PostgreSQL"):
            supervisor.start(server.process())
        server.ensure_database()
    with _timed("database and broker"):
        supervisor.run(house.prepare())
    own_signer = [] if "DISCOVERY_SIGNER_URL" in os.environ else [house.signer()]
    for process in (*own_signer, house.generation(), house.media(), house.worker()):
        supervisor.start(process)
    supervisor.run(house.moderator(env.secret("DEMO_PASSWORD", house.var / "keys" / "demo_password")[:16]))
    for process in (house.api(), house.stream()):
        with _timed(f"{process.name} server"):
            supervisor.start(process)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"  started {what} in {time.monotonic() - began:.1f} s")


def _walk(supervisor: Supervisor, house: House, module: str) -> int:
    """Run a module of the demo on this terminal while the house is watched; return its exit status."""
    walk = subprocess.Popen([sys.executable, "-m", module, house.api_url], env={**os.environ, **house.environment})
    try:
        while walk.poll() is None:
            supervisor.check()
            time.sleep(0.05)
        return walk.returncode
    finally:
        walk.kill()
        walk.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

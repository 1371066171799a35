"""A small house to be killed by tests: PostgreSQL and two processes, one of them stubborn. Arguments: var, scenario."""

import sys
from pathlib import Path

from socialvideo.embedded.cluster import Cluster
from socialvideo.embedded.console import say
from socialvideo.embedded.control import Server
from socialvideo.embedded.errors import EmbeddedError
from socialvideo.embedded.supervisor import Process, Supervisor

IDLE = "import time\ntime.sleep(600)"
STUBBORN = f"""
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, '-c', {IDLE!r}])
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
CRASHING = "import sys, time\ntime.sleep(0.5)\nsys.stderr.write('the roof fell in\\n')\nsys.exit(3)"


def keep(var: Path, scenario: str) -> None:
    """Run the house until it is stopped."""
    with Supervisor(var) as house:
        server = Server(Cluster(var / "pg", fast=True))
        server.prepare()
        house.start(server.process())
        house.start(Process("idle", [sys.executable, "-c", IDLE]))
        if scenario == "stubborn":
            mark = var / "stubborn"
            command = [sys.executable, "-c", STUBBORN, str(mark)]
            house.start(Process("stubborn", command, ready=mark.exists, stop_timeout_s=0.3))
        if scenario == "crash":
            house.start(Process("crashing", [sys.executable, "-c", CRASHING]))
        say("ready")
        house.wait()
    say("stopped")


def main() -> None:
    """End with status 1 and a message when the house cannot be kept."""
    try:
        keep(Path(sys.argv[1]), sys.argv[2])
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

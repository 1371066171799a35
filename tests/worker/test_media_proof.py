"""The proof for strangers' files: watched by strace, no trap opens another file or speaks to anybody; all end soon."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.worker import clips, traps

FULL = os.environ.get("PROOFS") == "full"
ROOT = Path(__file__).resolve().parents[2]
# What is refused; and the largest film that is taken, whose sizes are being encoded at the same time.
MOST_SECONDS, MOST_MIB, MOST_MIB_TAKEN = 30, 512, 640
SMALL = ("hls named mp4", "external data", "cut in half")
OPENED = re.compile(r'open(?:at)?\((?:[^"]*)"([^"]*)"')

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed: nothing watched what is opened"),
]


def bombs() -> dict[str, tuple[str, traps.Trap]]:
    """Honest by form and heavy by content; made at full size alone."""

    def vast(folder: Path, stored: Path) -> Path:
        return clips.film(folder / "vast.mp4", size=(8192, 8192), seconds=0.1, picture=black)

    def largest(folder: Path, stored: Path) -> Path:
        size = (3840, 2160)
        return clips.film(folder / "4k.mp4", size=size, codec="libx265", pixels="yuv420p10le", seconds=0.5, tone=0.1)

    return {"pixel bomb": ("too_large_pixels", vast), "the largest that is taken": ("taken", largest)}


def black(number: int, width: int, height: int) -> clips.Pixels:
    return np.zeros((height, width, 3), np.uint8)


CASES = {**traps.corpus(), **bombs()} if FULL else {name: traps.corpus()[name] for name in SMALL}


@pytest.mark.parametrize("name", CASES)
def test_a_trap_opens_nothing_else_speaks_to_nobody_and_ends_soon(tmp_path: Path, name: str) -> None:
    code, trap = CASES[name]
    beside, out = tmp_path / "beside", tmp_path / "out"
    beside.mkdir()
    out.mkdir()
    stored = clips.film(beside / "stored.mp4", seconds=1, tone=0.1)
    source = trap(beside, stored)
    log = tmp_path / "calls"
    watch = ["strace", "-f", "-e", "trace=open,openat,connect,socket", "-o", str(log)]
    take = [sys.executable, "-m", "tests.worker.trapped", str(source), str(out)]
    said = subprocess.run([*watch, *take], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300).stdout
    found, seconds, mib = said.split()
    assert found == code
    calls = log.read_text()
    opened = {Path(path).name for path in OPENED.findall(calls) if Path(path).is_relative_to(beside)}
    assert opened == {source.name}
    assert not re.search(r"connect\(|socket\(AF_INET", calls)
    if FULL:
        sys.stdout.write(f"\n{name}: {found}, {seconds} s, {mib} MiB")
        assert float(seconds) <= MOST_SECONDS
        assert int(mib) <= (MOST_MIB_TAKEN if found == "taken" else MOST_MIB)

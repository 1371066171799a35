"""The direction of the house: every contract of `.importlinter` is kept, and each one catches a planted violation."""

import configparser
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo"]

# (contract, file that gets one more line, that line, the module it reaches)
PLANTED = [
    ("rooms", "accounts/graph.py", "import consent.grants", "consent.grants"),
    ("rooms", "consent/withdrawal.py", "from worker import jobs", "worker.jobs"),
    ("rooms", "worker/jobs.py", "from feed.publishing import publish", "feed.publishing"),
    ("rooms", "feed/publishing.py", "import moderation.cases", "moderation.cases"),
    ("rooms", "accounts/models.py", "import socialvideo.settings", "socialvideo.settings"),
    ("rooms", "moderation/cases.py", "import socialvideo.urls", "socialvideo.urls"),
    ("permits", "feed/publishing.py", "from consent import permits", "consent.permits"),
    ("permits", "consent/views.py", "from consent import permits", "consent.permits"),
    ("permits", "worker/views.py", "from consent.permits import redeem", "consent.permits"),
    ("gate", "feed/views.py", "from consent import gate", "consent.gate"),
    ("gate", "worker/storage.py", "import consent.gate", "consent.gate"),
    ("gate", "moderation/cases.py", "import consent.gate", "consent.gate"),
    ("engines", "worker/jobs.py", "from worker.engines.base import Engine", "worker.engines.base"),
    ("engines", "feed/playback.py", "import worker.engines", "worker.engines"),
    ("decoding", "worker/jobs.py", "from worker.media.inside import film", "worker.media.inside.film"),
    ("media", "worker/media/rendering.py", "from django.conf import settings", "django"),
    ("weights", "worker/engines/base.py", "import torch", "torch"),
    ("weights", "worker/pipeline.py", "from diffusers import DiffusionPipeline", "diffusers"),
    ("weights", "socialvideo/lib/ids.py", "def late():\n    import transformers", "transformers"),
    ("diffusion", "worker/pipeline.py", "import worker.engines.diffusion", "worker.engines.diffusion"),
    ("pure", "consent/rules.py", "from django.utils import timezone", "django"),
    ("pure", "worker/rules.py", "from worker.models import Job", "worker.models"),
    ("pure", "accounts/rules.py", "from rest_framework import status", "rest_framework"),
    ("pure", "moderation/rules.py", "import celery", "celery"),
    ("pure", "feed/ranking/scoring.py", "from django.db.models import Q", "django"),
    ("pure", "feed/ranking/filters.py", "from feed.models import Post", "feed.models"),
    ("trees", "feed/ranking/scoring.py", "import lightgbm", "lightgbm"),
    ("edges", "feed/publishing.py", "from feed import views", "feed.views"),
    ("shapes", "consent/grants.py", "from consent.serializers import GrantOut", "consent.serializers"),
    ("edges", "moderation/cases.py", "import moderation.admin", "moderation.admin"),
    ("edges", "worker/jobs.py", "from worker import tasks", "worker.tasks"),
    ("edges", "accounts/graph.py", "import accounts.urls", "accounts.urls"),
    ("demo", "demo/walk.py", "from consent import grants", "consent.grants"),
    ("demo", "demo/walk.py", "import django", "django"),
    ("embedded", "socialvideo/embedded/cluster.py", "from django.conf import settings", "django"),
    ("embedded", "socialvideo/embedded/cluster.py", "import accounts.models", "accounts.models"),
    ("edges", "accounts/discovery/contacts.py", "from accounts.discovery import tasks", "accounts.discovery.tasks"),
    ("shapes", "accounts/discovery/codes.py", "import accounts.serializers", "accounts.serializers"),
    ("signer", "accounts/discovery/signer.py", "from django.conf import settings", "django"),
    ("signer", "accounts/discovery/voprf.py", "import psycopg", "psycopg"),
    ("lib", "socialvideo/lib/errors.py", "from consent.rules import Denied", "consent.rules"),
]


def contracts() -> configparser.ConfigParser:
    """The parsed `.importlinter`."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return parser


def contract_ids() -> set[str]:
    """The short names of all contracts."""
    return {name.rpartition(":")[2] for name in contracts().sections() if ":contract:" in name}


def rooms() -> list[str]:
    """The root packages that the contracts speak about."""
    return contracts()["importlinter"]["root_packages"].split()


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter in `folder`; a fresh process, so that it reads the packages of that folder and no others."""
    return subprocess.run(
        [*LINTER, "--no-cache", *arguments],
        cwd=folder,
        env={"COLUMNS": "300", "PATH": "", "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def module_path(tree: Path, module: str) -> Path:
    """The file of `module` in `tree`, made empty (with its packages) where it does not exist yet."""
    base = tree.joinpath(*module.split("."))
    if base.is_dir():
        return base / "__init__.py"
    for folder in reversed(base.relative_to(tree).parents[:-1]):
        (tree / folder).mkdir(exist_ok=True)
        (tree / folder / "__init__.py").touch()
    base.with_suffix(".py").touch()
    return base.with_suffix(".py")


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python files of all rooms and the contracts, in a folder of their own."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / ".importlinter", tree)
    for room in rooms():
        for file in (ROOT / room).rglob("*.py"):
            copy = tree / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    for section in contracts().values():
        for key in ("protected_modules", "allowed_importers"):
            for module in section.get(key, "").split():
                if "*" not in module:
                    module_path(tree, module)
    return tree


@pytest.fixture(scope="module")
def untouched(copied_tree: Path) -> str:
    """What the linter says of the copied tree before anything is planted."""
    return lint(copied_tree).stdout


@pytest.fixture
def tree(copied_tree: Path) -> Iterator[Path]:
    """The copied tree, put back as it was after the test."""
    before = {file: file.read_bytes() for file in copied_tree.rglob("*.py")}
    yield copied_tree
    for file in copied_tree.rglob("*.py"):
        if file in before:
            file.write_bytes(before[file])
        else:
            file.unlink()


def test_every_contract_is_kept() -> None:
    outcome = lint(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert f"{len(contract_ids())} kept, 0 broken" in outcome.stdout


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, *_ in PLANTED} == contract_ids()


def test_every_room_is_under_contract() -> None:
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "benchmarks"} == set(rooms())


@pytest.mark.parametrize(("contract", "file", "line", "reached"), PLANTED)
def test_a_planted_import_breaks_its_contract(
    untouched: str, tree: Path, contract: str, file: str, line: str, reached: str
) -> None:
    importer = file.removesuffix(".py").replace("/", ".")
    planted = module_path(tree, importer)
    if reached.partition(".")[0] in rooms():
        module_path(tree, reached)
    assert f"{importer} -> {reached} (l." not in untouched
    planted.write_text(f"{planted.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")

    outcome = lint(tree, "--contract", contract)

    assert outcome.returncode == 1
    assert f"{importer} -> {reached} (l." in outcome.stdout, outcome.stdout + outcome.stderr


def test_the_diffusion_engine_may_import_its_model_libraries(tree: Path) -> None:
    module_path(tree, "worker.engines.diffusion").write_text("import torch, diffusers, transformers\n")
    assert "worker.engines.diffusion -> " not in lint(tree, "--contract", "weights").stdout

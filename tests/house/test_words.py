"""One word, one meaning: the glossary is complete, names avoid empty words, files name no machine, links resolve."""

import ast
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house import shape
from tests.house.shape import Finding, Source

ROOT = shape.ROOT
WORDS = (
    *("subject", "requester", "likeness", "enrolment", "ask", "grant", "receipt", "permit", "spec", "digest"),
    *("depiction", "job", "engine", "screening", "rendition", "manifest", "assertion", "ingredient", "action"),
    *("video", "post", "candidate", "source", "hydrator", "filter", "scorer", "selector", "view", "seen"),
    *("follow", "mutual", "block", "mute", "discovery", "match", "withdrawal", "revocation", "takedown"),
    *("tombstone", "purge", "report", "case", "appeal", "statement of reasons", "turn", "silence"),
)
AVOIDED = ("approve", "allow", "permission", "delete", "manager", "helper", "util", "data", "info", "object")

# `object` is Django's own word, so it is only asked for in the glossary.
EMPTY_WORDS = {"manager", "managers", "helper", "helpers", "util", "utils", "info", "infos", "data"}
# For a grant these have a better word; views answer to the HTTP method `delete`, and DRF asks for permission classes.
CONSENT_WORDS = {"approve", "allow", "permission", "permissions", "delete"}
# Names that a framework prescribes, and classes that derive from one.
PRESCRIBED_NAMES = {
    *("delete", "permissions", "get_permissions", "check_permissions", "has_permission", "has_object_permission"),
    *("has_add_permission", "has_change_permission", "has_delete_permission", "has_view_permission"),
    *("has_module_permission", "process_view", "process_exception", "process_template_response"),
    *("get_context_data", "to_internal_value", "delete_model", "delete_queryset"),
}
PRESCRIBED_BASES = {"BaseUserManager", "UserManager", "BasePermission"}

FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
# Folders that every machine has say nothing about one machine.
COMMON_FOLDERS = {"", "app", "code", "data", "home", "mnt", "opt", "repo", "root", "src", "srv", "tmp", "usr", "var"}


def machine_paths(checkout: Path) -> list[str]:
    """Beginnings of paths that exist on one machine only; joined here, so that this file does not hold them."""
    parts = checkout.parent.parts[1:]
    own = [] if len(parts) == 1 and parts[0] in COMMON_FOLDERS else ["/".join(("", *parts, ""))] * bool(parts)
    return ["/".join(("", name, "")) for name in ("home", "root")] + own


def registry_hosts() -> list[str]:
    """Hosts that packages are fetched from; which one to use is the machine's business."""
    pairs = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "com"), ("debian", "org"))
    return [".".join(pair) for pair in pairs]


def tracked_files(root: Path) -> list[Path]:
    """All files under version control or ready for the next `git add`; where there is no git, all visible files."""
    if not (root / ".git").exists():
        inner = (
            file for file in root.rglob("*") if not any(part.startswith(".") for part in file.relative_to(root).parts)
        )
        return sorted(file for file in inner if file.is_file() and "var" not in file.relative_to(root).parts)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in sorted(set(listing.split("\0"))) if name and (root / name).is_file()]


def texts(files: Iterable[Path]) -> dict[str, str]:
    """The text of each file that is text, by its path from the root."""
    found = {}
    for file in files:
        raw = file.read_bytes()
        if b"\0" not in raw:
            found[file.relative_to(ROOT).as_posix()] = raw.decode("utf-8", errors="replace")
    return found


def mentions(path: str, text: str, needles: Iterable[str]) -> list[Finding]:
    """The lines of a text that hold one of the needles, not as a piece of a longer path or name."""
    pattern = re.compile("|".join(map(_whole, needles)))
    found = ((number, pattern.search(line)) for number, line in enumerate(text.splitlines(), 1))
    return [Finding(path, number, f"names {hit.group()}") for number, hit in found if hit]


def dead_links(file: Path) -> list[Finding]:
    """Relative links of a Markdown file that lead nowhere; fenced code is not read."""
    text = FENCE.sub(lambda block: "\n" * block.group().count("\n"), file.read_text(encoding="utf-8"))
    found = []
    for link in LINK.finditer(text):
        target = (link.group(1) or link.group(2)).partition("#")[0]
        if target and not re.match(r"[a-z][a-z0-9+.-]*:", target) and not (file.parent / target).exists():
            found.append(Finding(str(file), text.count("\n", 0, link.start()) + 1, f"no file {target}"))
    return found


def defined_words(glossary: str) -> list[str]:
    """The words that the glossary defines, in its order."""
    return re.findall(r"^- \*\*([^*]+)\*\*: \S", glossary, re.MULTILINE)


def parts(name: str) -> set[str]:
    """The words of a name, of snake_case and CamelCase alike."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def named(source: Source) -> list[tuple[int, str]]:
    """Line and name of the module itself and of every class and function that the house is free to name."""
    chosen = [
        (placed.node.lineno, placed.node.name)
        for placed in source.placed
        if placed.node.name not in PRESCRIBED_NAMES
        and not (
            isinstance(placed.node, ast.ClassDef) and {_last(base) for base in placed.node.bases} & PRESCRIBED_BASES
        )
    ]
    stem = Path(source.path).stem
    return [*chosen, *([] if stem in PRESCRIBED_NAMES else [(1, stem)])]


def empty_names(source: Source) -> list[Finding]:
    """Modules, classes and functions with a word in their name that says nothing, or the wrong thing for a grant."""
    avoided = EMPTY_WORDS | (CONSENT_WORDS if source.path.startswith("consent/") else set())
    found = []
    for line, name in named(source):
        if name.lstrip("_").startswith("process_"):
            found.append(Finding(source.path, line, f"{name}: say what is done, not process"))
        found += [Finding(source.path, line, f"{name}: avoid {word}") for word in sorted(parts(name) & avoided)]
    return found


def _whole(needle: str) -> str:
    """A pattern for a path that begins at the root, or for a host and those below it."""
    if needle.startswith("/"):
        return rf"(?<![\w.~}})>-]){re.escape(needle)}"
    return rf"(?<![\w-]){re.escape(needle)}(?!\w)"


def _last(base: ast.expr) -> str:
    return ast.unparse(base).partition("[")[0].rpartition(".")[2]


def test_the_glossary_defines_every_word_of_the_design_once() -> None:
    defined = defined_words((ROOT / "docs/glossary.md").read_text(encoding="utf-8"))
    assert set(WORDS) - set(defined) == set()
    assert len(defined) == len(set(defined))


def test_the_glossary_says_what_to_avoid() -> None:
    avoid = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").partition("## Avoid")[2]
    assert [word for word in AVOIDED if not re.search(rf"\b{word}\b", avoid)] == []


def test_names_avoid_empty_words() -> None:
    found = [finding for source in shape.sources(ROOT, *shape.ROOMS) for finding in empty_names(source)]
    assert not found, "\n".join(map(str, found))


def test_no_file_names_a_machine_or_a_registry() -> None:
    needles = machine_paths(ROOT) + registry_hosts()
    found = [finding for path, text in texts(tracked_files(ROOT)).items() for finding in mentions(path, text, needles)]
    assert not found, "\n".join(map(str, found))


def test_every_relative_link_resolves() -> None:
    pages = [file for file in tracked_files(ROOT) if file.suffix == ".md"]
    assert pages
    found = [finding for page in pages for finding in dead_links(page)]
    assert not found, "\n".join(map(str, found))


# The measures themselves, on planted samples.


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("feed/posts.py", "class PostManager: ..."),
        ("feed/posts.py", "def get_info(): ..."),
        ("feed/posts.py", "def _process_clip(): ..."),
        ("feed/posts.py", "class A:\n    def load_data(self): ..."),
        ("feed/text_utils.py", ""),
        ("consent/grants.py", "def approve_grant(): ..."),
        ("consent/grants.py", "class GrantPermission: ..."),
    ],
)
def test_an_empty_word_in_a_name_is_caught(path: str, text: str) -> None:
    assert len(empty_names(Source(path, text))) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("accounts/models.py", "class People(BaseUserManager['Person']): ..."),
        ("consent/views.py", "class GrantView:\n    def delete(self): ..."),
        ("consent/rules.py", "class Allowed: ..."),
        ("feed/posts.py", "@dataclass\nclass Metadata:\n    def process(self): ...\n"),
        ("feed/views.py", "def delete_post(): ..."),
    ],
)
def test_a_prescribed_or_longer_word_is_not_caught(path: str, text: str) -> None:
    assert empty_names(Source(path, text)) == []


def test_a_machine_path_and_a_registry_host_are_caught() -> None:
    needles = machine_paths(Path("/volumes/b7/checkout")) + registry_hosts()
    text = "\n".join(
        ["key=" + "/".join(("", "home", "ada", "x")), "x", "/volumes/b7/y", "https://files." + registry_hosts()[1]]
    )
    assert [finding.line for finding in mentions("a.txt", text, needles)] == [1, 3, 4]


def test_a_route_or_a_longer_name_is_no_machine_path() -> None:
    needles = machine_paths(Path("/volumes/b7/checkout")) + registry_hosts()
    assert (
        mentions(
            "a.txt",
            "api/home/feed\n../home/x\n${HOME}/"
            + "root/\nnot"
            + registry_hosts()[0]
            + "\n"
            + registry_hosts()[0]
            + "anic\nsrc/volumes/b7/y",
            needles,
        )
        == []
    )


def test_a_checkout_in_a_common_folder_adds_no_path_of_its_own() -> None:
    assert machine_paths(Path("/srv/socialvideo")) == machine_paths(Path("/socialvideo"))


def test_a_dead_link_is_caught(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "[a](page.md#top) [b](https://a.example) [c](#here)\n\n```\n[d](gone.md)\n```\n[e](gone.md)\n[f]: gone/too.md\n"
    )
    assert [(finding.line, finding.what) for finding in dead_links(page)] == [
        (6, "no file gone.md"),
        (7, "no file gone/too.md"),
    ]


def test_a_word_without_a_meaning_is_not_defined() -> None:
    assert defined_words("- **grant**: a permission.\n- **permit**:\n**spec**: x\n") == ["grant"]

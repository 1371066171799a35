"""The page that the ``type`` of a problem document leads to (RFC 9457 §3.1.1): every code, and what it says.

It is read from the code itself, once a process: so it lists what can be answered, in the words that are answered.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from socialvideo.lib.errors import ADVICE, CODES

MAKES = re.compile(r"\b(Problem|plain_problem|invalid|Rejected|PictureRejected|Refused|super\(\)\.__init__)\(")
VALUE, PLACE = "…", re.compile(r"{\w+}")


@dataclass(frozen=True)
class Kind:
    """One code: the statuses that it comes with (none for why a file was rejected), and all that it says."""

    code: str
    statuses: list[int]
    details: list[str]


def page(request: HttpRequest) -> HttpResponse:
    """Answer the page, each code with an anchor of its own."""
    return render(request, "lib/problems.html", {"kinds": kinds()})


@cache
def kinds() -> list[Kind]:
    """Return every code that is answered anywhere, in order."""
    statuses: dict[str, set[int]] = {}
    details: dict[str, dict[str, None]] = {}
    for code, status, detail in [*_translated(), *_raised()]:
        statuses.setdefault(code, set()).update([status] if status else [])
        details.setdefault(code, {}).update({detail: None} if detail else {})
    return [Kind(code, sorted(statuses[code]), list(details[code])) for code in sorted(statuses)]


def _translated() -> Iterator[tuple[str, int, str]]:
    for kind, code in CODES.items():
        status = 422 if code == "invalid_request" else kind.status_code
        yield code, status, ADVICE.get(code, PLACE.sub(VALUE, str(kind.default_detail)))


def _raised() -> Iterator[tuple[str, int, str]]:
    rooms = [Path(config.path) for config in apps.get_app_configs()]
    for room in rooms:
        for file in sorted(room.rglob("*.py")) if room.is_relative_to(settings.ROOT) else []:
            source = file.read_text(encoding="utf-8")
            if MAKES.search(source):
                yield from found(ast.parse(source))


def found(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """Yield the code, status (0 for none) and words of each problem that a module makes."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                ast.Name("Problem" | "plain_problem") | ast.Attribute(attr="__init__"),
                [ast.Constant(int(status)), code, said, *_],
            ):
                pass
            case ast.Call(ast.Name("invalid"), [_, code, said]):
                status = 422
            # Of a picture that is sent: images.py, image_child.py.
            case ast.Call(ast.Name("PictureRejected" | "Refused"), [ast.Constant() as code, said]):
                status = 422
            case ast.Call(ast.Name("Rejected"), [code, said]):
                status = 0
            case _:
                continue
        if VALUE not in (name := _words(code, tree)):
            yield name, status, _words(said, tree)


def _words(node: ast.expr, tree: ast.Module) -> str:
    """Return the text that an expression stands for, with ``VALUE`` for what is known only when it is said."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(_words(part, tree) for part in parts)
        case ast.Name(name):
            return next((_words(value, tree) for value in _assigned(name, node.lineno, tree)), VALUE)
    return VALUE


def _assigned(name: str, line: int, tree: ast.Module) -> list[ast.expr]:
    """Return what is assigned to a name above a line, the nearest first."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and node.lineno < line and ast.unparse(node.targets[0]) == name
    ]
    return [node.value for node in sorted(found, key=lambda node: -node.lineno)]

"""Measures the shape of the code with `ast`: nothing is imported or run. The bars stand in `test_shape.py`.

Lengths are in lines. `length` of a function or class leaves out its decorators and its docstring; `sloc` are the
lines of a file that carry code: no blank lines, no comments, no docstrings.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("socialvideo", "accounts", "consent", "worker", "feed", "chat", "moderation", "demo")

FORBIDDEN_MODULES = {"services", "utils", "helpers", "managers", "signals", "exceptions"}
CONSTRAINTS = {"CheckConstraint", "UniqueConstraint", "ExclusionConstraint"}
UNDOCUMENTED_FILES = {"views", "serializers", "admin", "urls", "apps"}  # they translate; the domain call is documented
FRAMEWORK_HOOKS = {"handle", "add_arguments", "ready"}  # a command's module docstring says what it does
NAKED_MARK = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(\S)")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(frozen=True, order=True)
class Finding:
    """One place that a bar speaks about, with its figure in words."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True)
class Placed:
    """A function or class with the definitions around it, outermost first."""

    node: Definition
    around: tuple[Definition, ...]

    @property
    def in_function(self) -> bool:
        """Whether it is defined inside a function."""
        return any(not isinstance(node, ast.ClassDef) for node in self.around)

    @property
    def owner(self) -> ast.ClassDef | None:
        """The class whose method it is."""
        inner = self.around[-1] if self.around else None
        return inner if isinstance(inner, ast.ClassDef) else None


@dataclass(frozen=True)
class Source:
    """One parsed file; `path` is relative to the root of the repository, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises SyntaxError where the file is not Python."""
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def placed(self) -> list[Placed]:
        """Every function and class, nested ones too."""
        return list(_placed(self.tree, ()))

    @property
    def lines(self) -> int:
        """Lines of the file as an editor counts them."""
        return len(self.text.splitlines())

    @property
    def sloc(self) -> int:
        """Lines that carry code."""
        layout = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.COMMENT}
        code: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type not in layout:
                code.update(range(token.start[0], token.end[0] + 1))
        for node in (self.tree, *(placed.node for placed in self.placed)):
            if doc := docstring(node):
                code.difference_update(range(doc.lineno, _end(doc) + 1))
        return len(code)


def sources(root: Path, *folders: str) -> list[Source]:
    """All Python files below `folders` of `root`, without migrations."""
    files = (file for folder in folders for file in sorted((root / folder).rglob("*.py")))
    kept = (file for file in files if not {"migrations", "__pycache__"} & set(file.parts))
    return [Source(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")) for file in kept]


def docstring(node: ast.AST) -> ast.Expr | None:
    """The docstring of a module, class or function, as a node."""
    match getattr(node, "body", None):
        case [ast.Expr(value=ast.Constant(value=str())) as first, *_]:
            return first
    return None


def length(node: Definition) -> int:
    """Lines of a definition without its decorators and its docstring."""
    doc = docstring(node)
    return _end(node) - node.lineno + 1 - (_end(doc) - doc.lineno + 1 if doc else 0)


def functions(source: Source) -> list[Finding]:
    """Every function with its length, as `name: N lines`."""
    return [
        Finding(source.path, placed.node.lineno, f"{placed.node.name}: {length(placed.node)} lines")
        for placed in source.placed
        if not isinstance(placed.node, ast.ClassDef)
    ]


def long_definitions(source: Source, *, function_limit: int, class_limit: int) -> list[Finding]:
    """Functions and classes over their limit."""
    return [
        Finding(source.path, node.lineno, f"{node.name} has {length(node)} lines")
        for node in (placed.node for placed in source.placed)
        if length(node) > (class_limit if isinstance(node, ast.ClassDef) else function_limit)
    ]


def missing_hints(source: Source) -> list[Finding]:
    """Functions with a parameter or a return without a type; `self` and `cls` need none."""
    found = []
    for placed in source.placed:
        if isinstance(placed.node, ast.ClassDef):
            continue
        names = [a.arg for a in _parameters(placed) if a.annotation is None]
        names += ["return"] if placed.node.returns is None else []
        if names:
            found.append(
                Finding(source.path, placed.node.lineno, f"{placed.node.name}: no type for {', '.join(names)}")
            )
    return found


def missing_module_docstring(source: Source) -> list[Finding]:
    """The file itself, where it does not begin with a docstring."""
    return [] if docstring(source.tree) else [Finding(source.path, 1, "module without a docstring")]


def missing_docstrings(source: Source) -> list[Finding]:
    """Public functions of the module and public methods of public classes that say nothing.

    Left out: files that only translate, nested functions, dunders, setters, `@override`, framework hooks, and the
    one-statement property of a subclass.
    """
    if Path(source.path).stem in UNDOCUMENTED_FILES:
        return []
    return [
        Finding(source.path, placed.node.lineno, f"{placed.node.name} without a docstring")
        for placed in source.placed
        if not _speaks_for_itself(placed) and docstring(placed.node) is None
    ]


def constraints(source: Source) -> list[Finding]:
    """Every database constraint that is declared."""
    return [
        Finding(source.path, node.lineno, _name(node.func))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _name(node.func) in CONSTRAINTS
    ]


def signal_receivers(source: Source) -> list[Finding]:
    """`@receiver` and `.connect` on anything that comes from a module named `signals` or `dispatch`."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2] in ("signals", "dispatch")
        for alias in node.names
    }
    found = []
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(attr="connect", value=signal):
                if _name(signal) in imported or "signals." in ast.unparse(signal):
                    found.append(Finding(source.path, node.lineno, f"{ast.unparse(signal)}.connect"))
            case ast.Call(func=ast.Name(id="receiver") | ast.Attribute(attr="receiver")):
                found.append(Finding(source.path, node.lineno, "receiver"))
    return found


def naked_marks(source: Source) -> list[Finding]:
    """Comments that promise work without naming where it is recorded: `TODO`, not `TODO(decision 7)`."""
    return [
        Finding(source.path, token.start[0], token.string.strip())
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline)
        if token.type == tokenize.COMMENT and NAKED_MARK.search(token.string)
    ]


def broad_excepts(source: Source) -> list[Finding]:
    """Handlers that catch everything."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or _name(kind) in ("Exception", "BaseException") for kind in caught):
                found.append(Finding(source.path, node.lineno, "catches everything"))
    return found


def local_imports(source: Source) -> list[Finding]:
    """Imports inside functions: they hide a cycle or a cost."""
    found = {
        Finding(source.path, node.lineno, ast.unparse(node))
        for placed in source.placed
        if not isinstance(placed.node, ast.ClassDef)
        for node in ast.walk(placed.node)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return sorted(found)


def forbidden_names(source: Source) -> list[Finding]:
    """A module or package named after its kind and not after its thing."""
    parts = Path(source.path).with_suffix("").parts
    return [Finding(source.path, 1, f"a module named {part}") for part in parts if part in FORBIDDEN_MODULES]


def misplaced_tests(root: Path, folders: set[str]) -> list[Finding]:
    """Test files that do not stand in `tests/<folder>/`."""
    found = (file.relative_to(root) for file in sorted((root / "tests").rglob("test_*.py")))
    return [
        Finding(file.as_posix(), 1, "mirrors no room")
        for file in found
        if len(file.parts) != 3 or file.parts[1] not in folders
    ]


def _placed(node: ast.AST, around: tuple[Definition, ...]) -> Iterator[Placed]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield Placed(child, around)
            yield from _placed(child, (*around, child))
        else:
            yield from _placed(child, around)


def _parameters(placed: Placed) -> list[ast.arg]:
    """The parameters that need a type: all but the first of a method that is not static."""
    assert not isinstance(placed.node, ast.ClassDef)
    arguments = placed.node.args
    named = arguments.posonlyargs + arguments.args
    if placed.owner is not None and "staticmethod" not in _decorators(placed.node):
        named = named[1:]
    return [*named, *arguments.kwonlyargs, *(a for a in (arguments.vararg, arguments.kwarg) if a is not None)]


def _speaks_for_itself(placed: Placed) -> bool:
    """Whether a definition needs no docstring, by the rule of `missing_docstrings`."""
    node, owner = placed.node, placed.owner
    if isinstance(node, ast.ClassDef) or placed.in_function or any(d.name.startswith("_") for d in placed.around):
        return True
    decorators = _decorators(node)
    if node.name.startswith("_") or node.name in FRAMEWORK_HOOKS or decorators & {"setter", "override", "overload"}:
        return True
    trivial = "property" in decorators and len(node.body) == 1
    return owner is not None and (owner.name == "Meta" or (trivial and bool(owner.bases)))


def _decorators(node: Definition) -> set[str]:
    return {_name(item.func if isinstance(item, ast.Call) else item) for item in node.decorator_list}


def _name(node: ast.AST) -> str:
    """The last part of a dotted name."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno

"""Mutants made by machine: each comparison, condition, filter, raise and return of a module is changed once.

``mutants`` reads a module's source and yields the changes; ``planted`` puts one into the functions of the running
module, so that whoever imported them before runs the changed code, and takes it out again.
"""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

NEGATED: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.Lt: [ast.GtE, ast.LtE],
    ast.LtE: [ast.Gt, ast.Lt],
    ast.Gt: [ast.LtE, ast.GtE],
    ast.GtE: [ast.Lt, ast.Gt],
}
# What narrows a query: a whole call of these is taken out, and each of their arguments.
NARROWING = {"filter", "exclude", "select_for_update", "order_by"}
NAMING = {*NARROWING, "update", "get", "Q", "get_or_create"}
PLAIN = (dict, frozenset, set, tuple, str, int, timedelta)
Place = tuple[ast.AST, str, int | None]


@dataclass(frozen=True)
class Mutant:
    """One change of one place of a module."""

    module: str
    line: int
    was: str
    now: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}: {self.was} → {self.now}"


def mutants(name: str) -> Iterator[Mutant]:
    """Yield the mutants of the module of this dotted name, from its first line to its last."""
    tree = ast.parse(inspect.getsource(importlib.import_module(name)))
    for at, node in _places(tree):
        for other in () if _status(at[0], node) else changes(at[1], node):
            ast.copy_location(other, node)
            yield _mutant(name, tree, at, node, other)


def _places(parent: ast.AST) -> Iterator[tuple[Place, ast.AST]]:
    """Yield every node below with its place, but for types, decorators and the fields of classes."""
    for field, value in ast.iter_fields(parent):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for number, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            of_class = isinstance(parent, ast.ClassDef) and not isinstance(node, ast.FunctionDef)
            if isinstance(node, ast.AST) and not of_class:
                yield (parent, field, number), node
                yield from _places(node)


def _status(parent: ast.AST, node: ast.AST) -> bool:
    """Whether this is the number of an HTTP problem, which the tests of the contract look at."""
    if not isinstance(parent, ast.Call) or not isinstance(node, ast.Constant):
        return False
    return ast.unparse(parent.func) in ("Problem", "super().__init__")


def _mutant(name: str, tree: ast.Module, at: Place, node: Any, other: Any) -> Mutant:
    """Compile the tree with ``other`` at a place, and put ``node`` back."""
    parent, field, place = at
    was = _said(parent if isinstance(node, ast.expr) and isinstance(parent, ast.Call | ast.keyword) else node)

    def put(one: Any) -> None:
        if place is None:
            setattr(parent, field, one)
        else:
            getattr(parent, field)[place] = one

    put(other)
    now = _said(parent if isinstance(node, ast.expr) and isinstance(parent, ast.Call | ast.keyword) else other)
    code = compile(ast.fix_missing_locations(tree), f"<mutant of {name}>", "exec")
    put(node)
    return Mutant(name, node.lineno, was, now, code)


def _said(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:60]} … {text[-25:]}"


# The changes.


def changes(field: str, node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in a node's place."""
    if field in ("test", "ifs"):
        yield from (ast.Constant(True), ast.Constant(False))
    for kind, change in CHANGES.items():
        if isinstance(node, kind):
            yield from change(node)
    if isinstance(node, ast.Return) and node.value is not None and not _constant(node.value, None):
        yield ast.Return(ast.Constant(None))
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.Pass()


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for at, operator in enumerate(node.ops):
        for other in NEGATED[type(operator)]:
            yield ast.Compare(node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators)


def _either(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    for dropped in node.values:
        left = [value for value in node.values if value is not dropped]
        yield ast.BoolOp(node.op, left) if len(left) > 1 else left[0]


def _not(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not | ast.Invert):
        yield node.operand


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    yield node.left
    if isinstance(node.op, ast.BitOr | ast.BitAnd):
        yield node.right


def _literal(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)


def _members(node: ast.Set | ast.Tuple) -> Iterator[ast.AST]:
    if len(node.elts) > 1 and all(isinstance(one, ast.Attribute | ast.Constant) for one in node.elts):
        for dropped in node.elts:
            yield type(node)(elts=[one for one in node.elts if one is not dropped], **_context(node))


def _context(node: ast.Set | ast.Tuple) -> dict[str, Any]:
    return {"ctx": node.ctx} if isinstance(node, ast.Tuple) else {}


def _call(node: ast.Call) -> Iterator[ast.AST]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in NARROWING and isinstance(node.func, ast.Attribute):
        yield node.func.value
    if name in NAMING and len(node.keywords) + len(node.args) > 1:
        for dropped in node.keywords:
            yield ast.Call(node.func, node.args, [one for one in node.keywords if one is not dropped])
        for argument in node.args:
            yield ast.Call(node.func, [one for one in node.args if one is not argument], node.keywords)
    if name in ("any", "all"):
        yield ast.Call(ast.Name("all" if name == "any" else "any", ast.Load()), node.args, node.keywords)


def _constant(node: ast.AST, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


CHANGES: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _either,
    ast.UnaryOp: _not,
    ast.BinOp: _binary,
    ast.Constant: _literal,
    ast.Set: _members,
    ast.Tuple: _members,
    ast.Call: _call,
}


# Planting.


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """Let the running module behave as the mutant while the block runs."""
    module = importlib.import_module(mutant.module)
    changed = {"__name__": mutant.module, "__file__": module.__file__, "__builtins__": __builtins__}
    exec(mutant.code, changed)
    back = [*_swapped_functions(module, changed), *_swapped_values(module, changed)]
    _forget(module)
    try:
        yield
    finally:
        for undo in back:
            undo()
        _forget(module)


def _forget(module: ModuleType) -> None:
    """Empty what the module's functions remember of former calls."""
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def _swapped_functions(module: ModuleType, changed: dict[str, Any]) -> Iterator[Callable[[], None]]:
    mine, theirs = dict(_functions(vars(module), module.__name__)), dict(_functions(changed, module.__name__))
    for name, function in mine.items():
        before = {part: getattr(function, part) for part in ("__code__", "__defaults__", "__kwdefaults__")}
        after = {part: getattr(theirs[name], part) for part in before}
        # A method that no longer calls super() has no cell for its class.
        after["__code__"] = after["__code__"].replace(co_freevars=function.__code__.co_freevars)
        _set(function, after)
        yield partial(_set, function, before)


def _set(function: FunctionType, parts: dict[str, Any]) -> None:
    for part, value in parts.items():
        setattr(function, part, value)


def _swapped_values(module: ModuleType, changed: dict[str, Any]) -> Iterator[Callable[[], None]]:
    for name, value in list(vars(module).items()):
        if not name.startswith("__") and isinstance(value, PLAIN) and changed[name] != value:
            setattr(module, name, changed[name])
            yield partial(setattr, module, name, value)


def _functions(names: dict[str, Any], module: str) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions of a module and the methods of its classes, below whatever decorates them."""
    for name, value in names.items():
        if getattr(value, "__module__", None) != module:
            continue
        if inspect.isclass(value):
            found = ((f"{name}.{own}", getattr(one, "fget", one)) for own, one in vars(value).items())
        else:
            found = iter([(name, inspect.unwrap(value) if callable(value) else value)])
        # What a dataclass writes for itself has no file.
        yield from (
            (at, one) for at, one in found if inspect.isfunction(one) and one.__code__.co_filename != "<string>"
        )

"""Plant a defect in the process of the tests and take it out again. Nothing here is imported by the house itself.

A defect of code exchanges one text in the source of one function; of a value, one constant; of the database, a statement
that runs as superuser on every clone of the tests' world.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType
from typing import Any

from tests import databases


@dataclass(frozen=True, kw_only=True)
class Defect:
    """What somebody might get wrong, where, and the tests that ought to notice."""

    words: str
    tests: tuple[str, ...]
    where: str = ""
    old: str = ""
    new: str = ""
    value: Any = None
    sql: str = ""


@contextmanager
def planted(defect: Defect) -> Iterator[None]:
    """Plant, and put back whatever happens."""
    if defect.sql:
        with _in_every_clone(defect.sql):
            yield
    elif defect.old:
        with _other_code(function(defect.where), defect):
            yield
    else:
        module, _, name = defect.where.partition(":")
        house = import_module(module)
        before = getattr(house, name)
        setattr(house, name, defect.value)
        try:
            yield
        finally:
            setattr(house, name, before)


def function(where: str) -> FunctionType:
    """Return the innermost function that a name such as ``room.module:Class.method`` stands for."""
    module, _, path = where.partition(":")
    found: Any = import_module(module)
    for part in path.split("."):
        found = inspect.getattr_static(found, part) if inspect.isclass(found) else getattr(found, part)
    found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
    return inspect.unwrap(found)


@contextmanager
def _other_code(target: FunctionType, defect: Defect) -> Iterator[None]:
    before = target.__code__
    target.__code__ = changed(target, old=defect.old, new=defect.new)
    try:
        yield
    finally:
        target.__code__ = before


def changed(target: FunctionType, *, old: str, new: str) -> Any:
    """Compile the function with one text exchanged; raises ValueError when the text is not there exactly once."""
    source = textwrap.dedent(inspect.getsource(target))
    if source.count(old) != 1:
        raise ValueError(f"{target.__qualname__} holds “{old}” {source.count(old)} times; a defect needs it once.")
    tree = ast.parse(source.replace(old, new))
    tree.body[0].decorator_list = []  # type: ignore[attr-defined]
    made: dict[str, Any] = {}
    exec(compile(tree, inspect.getsourcefile(target) or "", "exec"), dict(target.__globals__), made)
    return made[target.__name__].__code__


@contextmanager
def _in_every_clone(sql: str) -> Iterator[None]:
    before: Callable = databases._copy

    def copy(source: databases.World, *, to: databases.World) -> None:
        before(source, to=to)
        with databases.plugin.joined().superuser.connection(to.registry) as connection:
            connection.execute(sql)

    databases._copy = copy
    try:
        yield
    finally:
        databases._copy = before

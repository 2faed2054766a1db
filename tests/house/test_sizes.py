"""No module is longer than 400 lines, no function than 60: what is longer is two things."""

import ast
from pathlib import Path

import pytest

from config.embedded.places import PROJECT

FLOORS = ("config", "sites", "registry", "feedback", "interventions")
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60


def modules():
    return [
        path for floor in FLOORS for path in sorted((PROJECT / floor).rglob("*.py")) if "migrations" not in path.parts
    ]


def too_long(source, name):
    """Return what is too long in one module."""
    lines = source.count("\n")
    faults = [f"{name}: {lines} lines"] if lines > LONGEST_MODULE else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            faults += [f"{name}: {node.name} has {length} lines"] if length > LONGEST_FUNCTION else []
    return faults


def test_nothing_is_too_long():
    assert [fault for path in modules() for fault in too_long(path.read_text(), path.relative_to(PROJECT))] == []


def test_every_module_says_what_lives_in_it():
    silent = [
        path for path in modules() if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("source", "words"),
    [("x = 1\n" * 401, "401 lines"), ("def f():\n" + "    x = 1\n" * 60, "f has 61 lines")],
)
def test_something_too_long_is_noticed(source, words):
    assert words in too_long(source, Path("planted.py"))[0]

"""The shipped JavaScript gives what Python gives, in real Chromium; planted divergences are caught."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.dictionary.expression import parse
from tests.plugin.browser import FLAGS, find
from tests.registry.dictionary.expression_samples import CASES, TABLE, TODAY, TYPES, expressions, scalar_results

pytestmark = pytest.mark.journey

SOURCE = (Path(__file__).resolve().parents[3] / "static" / "expression.js").read_text(encoding="utf-8")
CONTEXT = {"types": TYPES.as_json(), "today": TODAY.strftime("%Y-%m-%d %H:%M:%S")}
PREPARE = "text => { window.prepared = JSON.parse(text); }"
COMPARE = """() => {
  const { trees, cases, expected, context } = window.prepared;
  const found = [];
  trees.forEach((tree, place) => {
    const wrong = cases.findIndex((answers, row) => {
      const [value, truth] = expected[place][row];
      return CairnExpression.evaluate(tree, answers, context) !== value || CairnExpression.holds(tree, answers, context) !== truth;
    });
    if (wrong >= 0) found.push([place, wrong, CairnExpression.evaluate(tree, cases[wrong], context)]);
  });
  return JSON.stringify(found);
}"""
DIFFERS = """() => {
  const { trees, cases, expected, context } = window.prepared;
  return trees.some((tree, place) => cases.some((answers, row) =>
    CairnExpression.evaluate(tree, answers, context) !== expected[place][row][0]
    || CairnExpression.holds(tree, answers, context) !== expected[place][row][1]));
}"""
PLANTED = {
    "ties towards zero": ("size - whole >= 0.5", "size - whole > 0.5"),
    "modulo with the divisor's sign": ("first % second", "first - second * Math.floor(first / second)"),
    "division by zero as nought": ("if (second === 0) return null;", "if (second === 0) return 0;"),
    "a century as a leap year": ("(year % 100 !== 0 || year % 400 === 0)", "true"),
    "a missing state as true": (
        "value === null || value instanceof Missing) return false",
        "value === null) return false",
    ),
    "search that minds capitals": (
        "const [whole, part] = values.map((value) => textOf(value).toLowerCase())",
        "const [whole, part] = values.map(textOf)",
    ),
    "an unticked box as blank": ('(ticks ? "1" : code) ? "1" : "0"', '(ticks ? "1" : code) ? "1" : null'),
    "large numbers cut short": ('digits.padEnd(place, "0")', 'digits.padEnd(place - 1, "0")'),
    "blank below a number": ("if (left === null || right === null || left instanceof", "if (left instanceof"),
    "a leap-day birthday in February": ("daysSince1970(year, 3, 1)", "daysSince1970(year, 2, 28)"),
    "text compared by UTF-16 units": (
        "return codePointOrder(textOf(left), textOf(right))",
        "return textOf(left) < textOf(right) ? -1 : 1",
    ),
    "a blank summand as nought": (
        'if (first === null || second === null) return null;\n    if (operator === "+")',
        'if (operator === "+")',
    ),
    "own choice codes as missing": ("&& !(own(types.own_codes, column) || []).includes(text)", ""),
    "the sign of a difference kept": ("Math.abs(end - start)", "(end - start)"),
}


@pytest.fixture(scope="module")
def page(playwright):
    """One page for the whole module, with the shipped script."""
    browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
    page = browser.new_page()
    page.add_script_tag(content=SOURCE)
    yield page
    browser.close()


def _prepared(page, texts: list[str]) -> None:
    content = {
        "trees": [parse(text).tree for text in texts],
        "cases": CASES,
        "expected": [scalar_results(text) for text in texts],
        "context": CONTEXT,
    }
    page.evaluate(PREPARE, json.dumps(content))


def _differences(page, texts: list[str]) -> dict[str, tuple]:
    found = json.loads(page.evaluate(COMPARE))
    return {texts[place]: (CASES[row], value, scalar_results(texts[place])[row]) for place, row, value in found}


def test_the_browser_gives_what_python_gives_and_every_planted_divergence_is_caught(page):
    _prepared(page, TABLE)
    assert _differences(page, TABLE) == {}
    uncaught = []
    for name, (old, new) in PLANTED.items():
        assert SOURCE.count(old) == 1, name
        page.add_script_tag(content=SOURCE.replace(old, new))
        if not page.evaluate(DIFFERS):
            uncaught.append(name)
    page.add_script_tag(content=SOURCE)
    assert uncaught == []
    assert len(PLANTED) >= 10


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(expressions(), min_size=10, max_size=10))
def test_the_browser_gives_what_python_gives_for_any_expression(page, texts):
    _prepared(page, texts)
    assert _differences(page, texts) == {}


def test_the_script_builds_no_code_from_text():
    assert re.findall(r"\beval\s*\(|new Function|\bFunction\s*\(|setTimeout|innerHTML|import\s*\(", SOURCE) == []

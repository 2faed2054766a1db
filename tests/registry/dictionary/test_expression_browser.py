"""The shipped JavaScript gives what Python gives, in real Chromium; planted divergences are caught."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.dictionary.calculations import calculate
from registry.dictionary.expression import parse
from registry.dictionary.form_schema import form_schema
from registry.dictionary.functions import FUNCTIONS
from tests.plugin.browser import FLAGS, find
from tests.registry.dictionary.expression_samples import CASES, TABLE, TODAY, TYPES, expressions, scalar_results
from tests.registry.dictionary.test_calculations import TAGGED, TAGGED_CASES
from tests.registry.dictionary.test_calculations import TODAY as DAY

pytestmark = pytest.mark.journey

SOURCE = (Path(__file__).resolve().parents[3] / "static" / "expression.js").read_text(encoding="utf-8")
CONTEXT = {"types": TYPES.as_json(), "today": TODAY.strftime("%Y-%m-%d %H:%M:%S")}
PREPARE = "text => { const content = JSON.parse(text); window[content.name] = content; }"
COMPARE = """name => {
  const { trees, cases, expected, context } = window[name];
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
DIFFERS = """places => {
  const { trees, cases, expected, context } = window.table;
  return places.some((place) => cases.some((answers, row) =>
    CairnExpression.evaluate(trees[place], answers, context) !== expected[place][row][0]
    || CairnExpression.holds(trees[place], answers, context) !== expected[place][row][1]));
}"""
CALCULATE = """() => {
  const { elements, order, cases, context } = window.calculations;
  return JSON.stringify(cases.map((answers) => {
    const held = { ...answers };
    for (const name of order) delete held[name];
    for (const name of order) {
      const text = CairnExpression.calculated(elements.find((element) => element.name === name), held, context);
      if (text) held[name] = text;
    }
    return held;
  }));
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
    """One page for the whole module, with the shipped script and the table with what Python makes of it."""
    browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
    page = browser.new_page()
    page.add_script_tag(content=SOURCE)
    _prepare(page, "table", TABLE)
    yield page
    browser.close()


def _prepare(page, name: str, texts: list[str]) -> None:
    content = {
        "name": name,
        "trees": [parse(text).tree for text in texts],
        "cases": CASES,
        "expected": [scalar_results(text) for text in texts],
        "context": CONTEXT,
    }
    page.evaluate(PREPARE, json.dumps(content))


def _differences(page, name: str, texts: list[str]) -> dict[str, tuple]:
    found = json.loads(page.evaluate(COMPARE, name))
    return {texts[place]: (CASES[row], value, scalar_results(texts[place])[row]) for place, row, value in found}


def test_the_browser_gives_what_python_gives_and_every_planted_divergence_is_caught(page):
    assert _differences(page, "table", TABLE) == {}
    uncaught = []
    for name, (old, new) in PLANTED.items():
        assert SOURCE.count(old) == 1, name
        page.add_script_tag(content=SOURCE.replace(old, new))
        if not page.evaluate(DIFFERS, list(range(len(TABLE)))):
            uncaught.append(name)
    page.add_script_tag(content=SOURCE)
    assert uncaught == []
    assert len(PLANTED) >= 10


def test_every_function_and_operator_is_reached_in_the_browser(page):
    """Spoil one at a time: a table that does not notice does not test it."""
    trees = [json.dumps(parse(text).tree) for text in TABLE]
    call, operator = "FUNCTIONS.get(node[1])(values, context.today)", "const kind = node[0];"
    assert SOURCE.count(call) == SOURCE.count(operator) == 1
    spoilt = {name: (call, f'(node[1] === "{name}" ? 12345 : {call})') for name in FUNCTIONS}
    for sign in ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "and", "or", "not", "ref", "blank"):
        spoilt[sign] = (operator, f'{operator} if (kind === "{sign}") return 12345;')
    unnoticed = []
    for name, (old, new) in spoilt.items():
        page.add_script_tag(content=SOURCE.replace(old, new))
        places = [place for place, tree in enumerate(trees) if f'"{name}"' in tree]
        if not page.evaluate(DIFFERS, places[:12]):
            unnoticed.append(name)
    page.add_script_tag(content=SOURCE)
    assert unnoticed == []


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(expressions(), min_size=10, max_size=10))
def test_the_browser_gives_what_python_gives_for_any_expression(page, texts):
    _prepare(page, "any", texts)
    assert _differences(page, "any", texts) == {}


def test_the_browser_calculates_what_python_calculates(page):
    """The same elements, tagged and of type calc, in the order of need."""
    schema = form_schema(TAGGED)
    content = {
        "name": "calculations",
        "elements": [element for section in schema["sections"] for element in section["elements"]],
        "order": schema["calculation_order"],
        "cases": TAGGED_CASES,
        "context": {"types": schema["types"], "today": DAY.isoformat()},
    }
    page.evaluate(PREPARE, json.dumps(content))
    found = json.loads(page.evaluate(CALCULATE))
    assert found == [calculate(TAGGED, case, today=DAY) for case in TAGGED_CASES]


def test_the_script_builds_no_code_from_text():
    assert re.findall(r"\beval\s*\(|new Function|\bFunction\s*\(|setTimeout|innerHTML|import\s*\(", SOURCE) == []

"""A dictionary describes its own form and its own printed documentation."""

import json

from registry.dictionary.annotation import tags_in
from registry.dictionary.documentation import document
from registry.dictionary.form_schema import form_schema
from tests.registry.dictionary.samples import dictionary, row

DICTIONARY = dictionary(
    row("sex", "radio", label="<b>Sex</b>&nbsp;of the patient:", choices="1, Male | 2, <i>Female</i>", required="y"),
    row("box", "checkbox", choices="1, A | -4, B", branching="[sex] = '1'"),
    row(
        "weight",
        validation="number_1dp",
        minimum="20",
        maximum="300",
        annotation="@CHARLIMIT=5 @PLACEHOLDER='kg, one decimal'",
    ),
    row("upper", validation="number", maximum="9"),
    row("lower", validation="number", minimum="1"),
    row("scale", "slider", choices="none | some | worst"),
    row("total", "calc", choices="[weight] * 2"),
    row("told", "descriptive", label="Read <u>this</u> first", section_header="<h1>Part two</h1>", form="second"),
    row("hidden", form="second", annotation="@HIDDEN @DEFAULT=7 @READONLY", note="A note"),
    row("odd", form="second", label="", annotation="@CHARLIMIT"),
    row("long", form="second", label="word " * 40),
    companion="""
[element.weight]
unit = "kg"
range = "hard"
soft_max = 200
required_when = "[sex] = '1'"
required = "soft"
examples = ["70.5"]
definition = "On admission"
why = "For body mass"
source = "Chart"
[[check]]
code = "c"
when = "[weight] > 100"
message = "Heavy."
remedy = "Check."
from = 2024-01-01
until = 2025-01-01
[[check]]
code = "d"
when = "[weight] > 100"
message = "Heavy."
""",
)


def elements() -> dict[str, dict]:
    return {
        element["name"]: element for section in form_schema(DICTIONARY)["sections"] for element in section["elements"]
    }


def test_the_form_is_json_and_names_its_sections_in_order():
    schema = form_schema(DICTIONARY)
    assert json.loads(json.dumps(schema)) == schema
    assert [section["name"] for section in schema["sections"]] == ["visit", "second"]
    assert schema["digest"] == DICTIONARY.digest
    assert schema["types"] == DICTIONARY.types.as_json()
    assert [state["code"] for state in schema["missing_states"]] == ["ND", "UNK", "NDOC", "NAP", "NC"]
    assert schema["calculation_order"] == ["total"]
    assert [(check["code"], check["from"], check["until"]) for check in schema["checks"]] == [
        ("c", "2024-01-01", "2025-01-01"),
        ("d", None, None),
    ]
    assert schema["checks"][0]["when"] == [">", ["ref", "weight", None, None, None, None], ["number", 100.0]]


def test_elements_are_described_in_plain_text():
    found = elements()
    assert found["sex"]["label"] == "Sex of the patient"
    assert found["sex"]["choices"][1] == {"code": "2", "label": "Female", "column": "sex"}
    assert found["box"]["choices"][1]["column"] == "box____4"
    assert found["box"]["branching"][0] == "="
    assert found["told"]["label"] == "Read this first"
    assert found["told"]["heading"] == "Part two"
    assert found["scale"]["slider"] == ["none", "some", "worst"]
    assert found["odd"]["label"] == "Odd"
    assert found["long"]["label"].endswith("…")
    assert len(found["long"]["label"]) <= 90


def test_limits_units_and_tags_stand_beside_their_element():
    found = elements()
    weight = found["weight"]
    assert (weight["unit"], weight["minimum"], weight["soft_maximum"], weight["most_characters"]) == (
        "kg",
        "20",
        "200",
        5,
    )
    assert [(limit["code"], limit["severity"]) for limit in weight["limits"]] == [
        ("range.below", "hard"),
        ("range.above", "hard"),
        ("range.above_usual", "soft"),
    ]
    assert weight["placeholder"] == "kg, one decimal"
    assert weight["expected"] == "a number with at most 1 decimal"
    assert (found["hidden"]["hidden"], found["hidden"]["default"], found["hidden"]["read_only"]) == (True, "7", True)
    assert found["total"]["read_only"]
    assert found["total"]["calculation"][0] == "*"
    assert found["odd"]["most_characters"] is None


def test_action_tags_are_read_with_their_values():
    assert tags_in("free words @HIDDEN @DEFAULT=\"a b\" @X='' @CALCTEXT(1)") == {
        "HIDDEN": "",
        "DEFAULT": "a b",
        "X": "",
        "CALCTEXT": "",
    }


def test_the_documentation_says_everything_in_words():
    first, second = document(DICTIONARY)
    entries = {entry.name: dict(entry.facts) for entry in (*first.entries, *second.entries)}
    assert (first.title, second.title) == ("Visit", "Second")
    assert entries["weight"]["Kind"] == "a number with at most 1 decimal"
    assert entries["weight"]["Range"] == "20 kg to 300 kg (else refused); at most 200 kg (usually)"
    assert entries["weight"]["Required"] == "when [sex] = '1'; blank a reason is asked for"
    assert entries["upper"]["Range"] == "at most 9 (else a reason is asked for)"
    assert entries["lower"]["Range"] == "at least 1 (else a reason is asked for)"
    assert entries["sex"]["Required"] == "always while shown; blank blocks submission"
    assert entries["box"]["Shown when"] == "[sex] = '1'"
    assert entries["box"]["Columns"] == "box___1, box____4"
    assert entries["total"]["Calculated as"] == "[weight] * 2"
    assert entries["sex"]["Kind"] == "one choice"
    assert first.entries[1].choices == (("1", "Male"), ("2", "Female"))
    assert first.checks == (("c", "hard", "Heavy. Check."), ("d", "hard", "Heavy."))
    assert second.checks == ()
    assert second.entries[0].heading == "Part two"

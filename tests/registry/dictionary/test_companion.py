"""The companion adds what the columns cannot say, and names all its own faults at once."""

from datetime import date

import pytest

from registry.dictionary import redcap
from registry.dictionary.elements import MISSING_STATES, Role, Severity
from registry.dictionary.faults import DictionaryFaults
from tests.registry.dictionary.samples import dictionary, dictionary_file, row

ROWS = [
    row("admitted", validation="date_ymd"),
    row("operated", validation="datetime_ymd"),
    row("weight", validation="number", minimum="1", maximum="400"),
    row("sex", "radio", choices="1, Male | 2, Female | UNK, Not recorded"),
    row("box", "checkbox", choices="1, A | 2, B"),
    row("notes", "notes"),
    row("name", identifier="y"),
    row("bmi", "calc", choices="[weight] / 2"),
    row("words", "descriptive"),
    row("scan", "file"),
]
FULL = """
[dictionary]
title = "Colorectal surgery"

[roles]
case_key = "case_id"
occurred_on = "operated"

[element.weight]
unit = "kg"
definition = "On admission."
why = "For body mass index."
source = "Anaesthetic chart"
examples = ["72.5", 80]
identifiability = "limited"
range = "hard"
required = "soft"
required_when = "[sex] = '1' and [visit_complete] = 2"
soft_min = 30
soft_max = 200.5
missing = ["ND"]

[element.admitted]
soft_min = 2020-01-01
soft_max = "today"

[[order]]
elements = ["admitted", "operated"]

[[check]]
code = "heavy"
severity = "soft"
when = "[weight] > 300 and [box(1)] = '1'"
elements = ["weight", "box"]
message = "Weight is {weight}."
remedy = "Check the unit."
from = 2024-01-01
until = 2025-01-01

[[check]]
code = "bare"
when = "[sex] = '2'"
message = "No."
"""


def faults(companion: str) -> list[str]:
    with pytest.raises(DictionaryFaults) as refused:
        redcap.read(dictionary_file([row("case_id"), *ROWS]), companion=companion.encode())
    assert all(fault.row is None for fault in refused.value.faults)
    return [f"{fault.element}: {fault.message}" for fault in refused.value.faults]


def test_a_companion_says_what_the_columns_cannot():
    read = dictionary(*ROWS, companion=FULL)
    weight = read.element("weight")
    assert (weight.unit, weight.definition, weight.why, weight.source) == (
        "kg",
        "On admission.",
        "For body mass index.",
        "Anaesthetic chart",
    )
    assert weight.examples == ("72.5", "80")
    assert (weight.range_severity, weight.required_severity) == (Severity.HARD, Severity.SOFT)
    assert (weight.soft_minimum, weight.soft_maximum) == ("30", "200.5")
    assert weight.required_when.text.startswith("[sex]")
    assert weight.missing_states == ("ND",)
    assert weight.identifiability == "limited"
    assert read.element("admitted").soft_minimum == "2020-01-01"
    assert read.title == "Colorectal surgery"
    assert read.role("occurred_on").name == "operated"
    assert read.role(Role.SURGEON) is None
    assert [check.code for check in read.checks] == ["order.admitted.operated", "heavy", "bare"]
    heavy, bare = read.checks[1:]
    assert (heavy.severity, heavy.elements, heavy.starts_on, heavy.ends_before) == (
        Severity.SOFT,
        ("weight", "box"),
        date(2024, 1, 1),
        date(2025, 1, 1),
    )
    assert (bare.severity, bare.elements) == (Severity.HARD, ("sex",))


def test_without_a_companion_the_usual_holds():
    read = dictionary(*ROWS)
    assert read.missing_states == MISSING_STATES
    assert read.checks == ()
    codes = tuple(state.code for state in MISSING_STATES)
    states = {element.name: element.missing_states for element in read.elements}
    assert states["weight"] == codes
    assert states["sex"] == ("ND", "NDOC", "NAP", "NC")
    assert all(states[name] == () for name in ("case_id", "box", "bmi", "words", "scan"))
    spread = {element.name: element.identifiability for element in read.elements}
    assert spread["name"] == "identifying"
    assert [name for name, kind in spread.items() if kind == "limited"] == ["admitted", "operated", "notes", "scan"]
    assert read.element("weight").range_severity is Severity.SOFT
    assert read.element("weight").required_severity is Severity.HARD
    assert read.types.own_codes == {"sex": frozenset({"UNK"})}


def test_a_companion_may_declare_its_own_missing_states_or_none():
    read = dictionary(*ROWS, companion='[missing_states]\n"-9" = "Refused"\n')
    assert read.missing_labels == {"-9": "Refused"}
    assert read.element("weight").missing_states == ("-9",)
    assert dictionary(*ROWS, companion="[missing_states]\n").missing_states == ()


def test_the_key_and_the_hospital_hold_no_missing_state():
    read = dictionary(*ROWS, companion='[roles]\nhospital = "name"\ncase_key = "notes"\n')
    assert read.element("name").missing_states == read.element("notes").missing_states == ()


def test_the_digest_follows_the_content_of_the_companion_not_its_layout():
    read = dictionary(*ROWS, companion=FULL)
    assert dictionary(*ROWS, companion="# a remark\n" + FULL).digest == read.digest
    assert dictionary(*ROWS, companion=FULL.replace("300", "301")).digest != read.digest
    assert dictionary(*ROWS, companion=FULL.replace("2024-01-01", "2024-01-02")).digest != read.digest


@pytest.mark.parametrize(
    ("companion", "words"),
    [
        ("[oops", "cannot be read"),
        ("[colour]\n", "no entry “colour”"),
        ("dictionary = 5", "“dictionary” is not a table"),
        ("[dictionary]\ntitle = 5", "“title” is not text"),
        ("[missing_states]\n'A,B' = 'x'", "needs a code without a comma"),
        ("[missing_states]\nA = ''", "and words"),
        ("[roles]\nsurgeon = 'nobody'", "“nobody” is no element"),
        ("[roles]\nking = 'sex'", "no entry “king”"),
        ("[roles]\noccurred_on = 'sex'", "it holds no date"),
        ("[element.nobody]\nunit = 'kg'", "“nobody” is no element"),
        ("[element]\nsex = 5", "not a table"),
        ("[element.sex]\nunit = 5", "“unit” is not text"),
        ("[element.sex]\nidentifiability = 'secret'", "“identifiability” is “secret”"),
        ("[element.sex]\nrange = 'firm'", "“range” is “firm”"),
        ("[element.sex]\nrequired_when = '[nobody]'", "“nobody”, which is no element"),
        ("[element.sex]\nrequired_when = '1 +'", "Expected a value"),
        ("[element.sex]\nmissing = ['XX']", "“XX” is not among"),
        ("[element.sex]\nsoft_min = 5", "no limit for an element that holds code"),
        ("[element.weight]\nsoft_min = 'low'", "soft_min = low is no limit"),
        ("[element.weight]\nsoft_min = true", "“soft_min” is not a number or a date"),
        ("order = [5]", "not a table"),
        ("[[order]]\nelements = ['admitted']", "at least two"),
        ("[[order]]\nelements = ['admitted', 'weight']", "“weight” holds no date"),
        ("[[order]]\nelements = ['admitted', 'nobody']", "“nobody” is no element"),
        ("[[check]]\ncode = 'a'\nmessage = 'm'", "“when” is missing"),
        (
            "[[check]]\ncode = 'a'\nwhen = '[nobody]'\nmessage = 'm'\nelements = ['sex']",
            "“nobody”, which is no element",
        ),
        ("[[check]]\ncode = 'a'\nwhen = '[sex(7)]'\nmessage = 'm'", "no such choice"),
        ("[[check]]\ncode = 'a'\nwhen = '1'\nmessage = 'm'", "names no element"),
        ("[[check]]\ncode = 'a'\nwhen = '[sex]'\nmessage = 'm'\nelements = ['nobody']", "“nobody” is no element"),
        (
            "[[check]]\ncode = 'a'\nwhen = '[sex]'\nmessage = 'm'\nfrom = 2024-01-02\nuntil = 2024-01-02",
            "before it starts",
        ),
        ("[[check]]\ncode = 'a'\nwhen = '[sex]'\nmessage = 'm'\nfrom = 5", "“from” is not a date"),
        ("[[check]]\ncode = 'a'\nwhen = '[sex]'\nmessage = 'm'\n" * 2, "more than once"),
    ],
)
def test_a_fault_of_the_companion_is_named(companion, words):
    assert [fault for fault in faults(companion) if words in fault], faults(companion)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(DictionaryFaults, match="cannot be read"):
        redcap.read(dictionary_file([row("case_id")]), companion=b"\xff\xfe")


def test_all_faults_come_at_once():
    companion = "[roles]\nsurgeon = 'nobody'\n[element.sex]\nrange = 'firm'\nunit = 5\n[[check]]\ncode = 'a'\nwhen = '1 +'\nmessage = 'm'\n"
    assert len(faults(companion)) == 4


def test_elements_on_unreadable_rows_are_not_called_unknown():
    companion = b"[element.a]\nsoft_min = 5\n[[order]]\nelements = ['a', 'b']\n"
    with pytest.raises(DictionaryFaults) as refused:
        redcap.read(
            dictionary_file([row("case_id"), row("a", "colour"), row("b", validation="date_ymd")]), companion=companion
        )
    assert [fault.row for fault in refused.value.faults] == [3]

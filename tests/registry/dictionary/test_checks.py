"""Edit checks say what is wrong in plain words, and say the same of one case and of a whole frame."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from registry.dictionary.checks import check_case, check_frame
from registry.dictionary.elements import Severity
from registry.dictionary.findings import Finding
from registry.dictionary.frame import TypedFrame
from tests.registry.dictionary.samples import dictionary, row

TODAY = date(2024, 6, 1)
DICTIONARY = dictionary(
    row("admitted", label="Admission date", validation="date_ymd", minimum="2010-01-01", maximum="today", required="y"),
    row("operated", label="Operation", validation="datetime_ymd", maximum="now"),
    row("discharged", label="Discharge", validation="date_ymd", minimum="[admitted]"),
    row("left_at", validation="datetime_ymd"),
    row("sex", "radio", label="Sex", choices="1, Male | 2, Female", required="y"),
    row("pregnant", "yesno", branching="[sex] = '2'", required="y"),
    row(
        "weeks",
        label="Weeks of pregnancy",
        validation="integer",
        minimum="1",
        maximum="45",
        branching="[pregnant] = '1'",
    ),
    row("weight", label="Weight:", validation="number", minimum="20", maximum="300"),
    row("height", label="<b>Height</b>", validation="number"),
    row("comma", validation="number_comma_decimal", minimum="0,5", maximum="2"),
    row("clock", label="Start", validation="time", minimum="08:00", maximum="18:00"),
    row("pain", "slider", label="Pain", minimum="0", maximum="10"),
    row(
        "box",
        "checkbox",
        label="Comorbidity",
        choices="1, COPD | -4, Heart failure",
        branching="[sex] <> ''",
        required="y",
    ),
    row("many", "dropdown", label="Code", choices=" | ".join(f"{number}, {number}" for number in range(12))),
    row("mail", label="Mail", validation="email"),
    row("remark", "notes", label="Remark"),
    row("bmi", "calc", label="BMI", choices="round([weight] / ([height] / 100) ^ (2), 1)"),
    companion="""
[roles]
occurred_on = "operated"
[element.weight]
unit = "kg"
range = "hard"
soft_max = 200
soft_min = 40
required_when = "[sex] = '1'"
examples = ["72.5"]
[element.admitted]
missing = ["UNK"]
soft_min = 2020-01-01
[element.remark]
missing = []
[[order]]
elements = ["admitted", "discharged"]
[[order]]
elements = ["admitted", "operated"]
severity = "soft"
remedy = "Ask the ward."
[[order]]
elements = ["operated", "left_at"]
[[check]]
code = "obese"
severity = "soft"
when = "[bmi] > 50"
elements = ["bmi", "weight"]
message = "BMI is {bmi} at {weight} and {height} ({nothing})."
remedy = "Check {height}."
[[check]]
code = "old_rule"
when = "[sex] = '2' and [weight] > 250"
message = "No {sex} weighs that."
until = 2020-01-01
[[check]]
code = "new_rule"
when = "[sex] = '2' and [weight] > 250"
message = "Rule of 2024."
from = 2024-01-01
""",
)
GOOD = {"case_id": "1", "admitted": "2024-03-01", "sex": "1", "weight": "72", "box___1": "1"}


def found(code: str, **answers: str) -> Finding:
    """Give the one finding of a code for the good case with other answers; "" takes an answer out."""
    case = {column: text for column, text in {**GOOD, **answers}.items() if text}
    matching = [finding for finding in check_case(DICTIONARY, case, today=TODAY) if finding.code == code]
    assert len(matching) == 1, check_case(DICTIONARY, case, today=TODAY)
    return matching[0]


def test_a_good_case_has_no_findings():
    assert check_case(DICTIONARY, GOOD, today=TODAY) == ()


@pytest.mark.parametrize(
    ("code", "answers", "severity", "message", "remedy"),
    [
        (
            "type", {"weight": "heavy"}, "hard",
            "Weight: “heavy” is not a number.",
            "Enter a number, for example 72.5. If there is none, choose why (such as not done).",
        ),
        ("type", {"discharged": "2023-02-29"}, "hard", "Discharge: “2023-02-29” is not a date written YYYY-MM-DD.", "Enter a date written"),
        ("type", {"mail": "me"}, "hard", "Mail: “me” is not an e-mail address.", "Enter an e-mail address."),
        ("type", {"pain": "much"}, "hard", "Pain: “much” is not a number.", "Enter a number."),
        ("choice", {"sex": "7"}, "hard", "Sex: “7” is not one of the choices.", "Choose one of 1 (Male), 2 (Female)."),
        ("choice", {"many": "x"}, "hard", "Code: “x” is not one of the choices.", "Choose one of 0, 1, 2, 3, 4, 5, 6, 7 … (12 in all)."),
        ("choice", {"box____4": "x"}, "hard", "Comorbidity: “x” is neither ticked (1) nor not ticked (0).", "Write 1 or 0 in box____4."),
        ("range.above", {"weight": "301"}, "hard", "Weight: 301 kg is above the highest allowed value, 300 kg.", "Correct the value."),
        ("range.below", {"weight": "2"}, "hard", "Weight: 2 kg is below the lowest allowed value, 20 kg.", "Correct the value."),
        (
            "range.above_usual", {"weight": "250"}, "soft",
            "Weight: 250 kg is above the highest usual value, 200 kg.",
            "Check the chart: correct the value, or keep it and say why.",
        ),
        ("range.below_usual", {"weight": "30"}, "soft", "Weight: 30 kg is below the lowest usual value, 40 kg.", "Check the chart"),
        ("range.above", {"admitted": "2024-06-02"}, "soft", "Admission date: 2 June 2024 is after today.", "Check the chart"),
        (
            "range.below", {"admitted": "2009-12-31"}, "soft",
            "Admission date: 31 December 2009 is before the earliest allowed date, 1 January 2010.",
            "Check the chart",
        ),
        (
            "range.below_usual", {"admitted": "2019-12-31"}, "soft",
            "Admission date: 31 December 2019 is before the earliest usual date, 1 January 2020.",
            "Check",
        ),
        ("range.above", {"operated": "2024-06-01 00:01"}, "soft", "Operation: 1 June 2024 00:01 is after now.", "Check the chart"),
        (
            "range.below", {"discharged": "2024-02-01"}, "soft",
            "Discharge: 1 February 2024 is before admission date, 1 March 2024.",
            "Check the chart",
        ),
        ("range.below", {"comma": "0,4"}, "soft", "Comma: 0,4 is below the lowest allowed value, 0,5.", "Check the chart"),
        ("range.above", {"clock": "18:30"}, "soft", "Start: 18:30 is after the latest allowed time, 18:00.", "Check the chart"),
        ("range.above", {"pain": "11"}, "soft", "Pain: 11 is above the highest allowed value, 10.", "Check the chart"),
        ("required", {"admitted": ""}, "hard", "Admission date is blank.", "Enter it, or choose why there is none (such as unknown)."),
        ("required", {"case_id": "1", "box___1": "0"}, "hard", "Comorbidity is blank.", "Tick at least one."),
        ("required_when", {"weight": ""}, "hard", "Weight is blank, but is needed because of sex.", "Enter it, or choose why"),
        ("missing_state", {"admitted": "ND"}, "hard", "Admission date: “Not done” is not accepted here.", "Enter the value, or one of: Unknown."),
        ("missing_state", {"remark": "UNK"}, "hard", "Remark: “Unknown” is not accepted here.", "Enter the value."),
        ("branching", {"pregnant": "1"}, "soft", "Pregnant holds “Yes” but does not apply, because of sex.", "Clear it, or correct sex."),
        (
            "order.admitted.discharged", {"admitted": "2024-03-12", "discharged": "2024-03-09"}, "hard",
            "Discharge is before admission date (9 < 12 March).",
            "Check both dates.",
        ),
        (
            "order.admitted.discharged", {"admitted": "2024-03-01", "discharged": "2024-02-09"}, "hard",
            "Discharge is before admission date (9 February < 1 March).",
            "Check both dates.",
        ),
        (
            "order.admitted.discharged", {"admitted": "2024-03-01", "discharged": "2023-12-09"}, "hard",
            "Discharge is before admission date (9 December 2023 < 1 March 2024).",
            "Check",
        ),
        (
            "order.admitted.operated", {"operated": "2024-02-29 23:59"}, "soft",
            "Operation is before admission date (29 February < 1 March).",
            "Ask the ward.",
        ),
        (
            "order.operated.left_at", {"operated": "2024-03-02 10:00", "left_at": "2024-03-02 09:30"}, "hard",
            "Left at is before operation (2 March, 09:30 < 10:00).",
            "Check both dates.",
        ),
        ("obese", {"bmi": "51", "weight": "130"}, "soft", "BMI is 51 at 130 kg and {height} ({nothing}).", "Check {height}."),
        (
            "unknown_column", {"colour": "red"}, "hard",
            "There is no element for the column “colour”.",
            "Map it to an element, or leave it out of the file.",
        ),
    ],
)  # fmt: skip
def test_a_finding_says_what_is_wrong_and_what_to_do(code, answers, severity, message, remedy):
    finding = found(code, **answers)
    assert finding.message == message
    assert finding.remedy.startswith(remedy)
    assert finding.severity == severity


def test_a_hidden_box_names_what_is_ticked():
    finding = found("branching", sex="", box___1="1", box____4="1")
    assert finding.message == "Comorbidity holds “COPD, Heart failure” but does not apply, because of sex."


def test_the_words_of_a_check_may_name_missing_states_blanks_and_the_status_of_a_form():
    check = "[[check]]\ncode = 'c'\nwhen = \"[visit_complete] = '2'\"\nelements = ['a']\nmessage = '{a} {b} {visit_complete}'\n"
    read = dictionary(row("a"), row("b"), companion=check.replace("'2'", "'2' and [b] = ''"))
    (finding,) = check_case(read, {"a": "UNK", "visit_complete": "2"}, today=TODAY)
    assert finding.message == "Unknown blank {visit_complete}"


def test_a_date_that_reads_today_is_shown_as_it_stands():
    finding = found("order.admitted.discharged", admitted="2024-06-02", discharged="today")
    assert finding.message == "Discharge is before admission date (today < 2024-06-02)."


def test_hidden_elements_are_not_needed():
    assert not [finding for finding in check_case(DICTIONARY, GOOD, today=TODAY) if finding.element == "pregnant"]
    assert found("required", sex="2").element == "pregnant"


def test_an_admission_later_on_the_day_of_a_dated_operation_is_in_order():
    case = {**GOOD, "operated": "2024-03-01 00:00", "left_at": "2024-03-01 10:00"}
    assert check_case(DICTIONARY, case, today=TODAY) == ()


def test_missing_states_are_answers_to_required_elements_and_break_no_other_rule():
    case = {**GOOD, "admitted": "UNK", "weight": "ND", "discharged": "NAP", "sex": "UNK", "pregnant": "NAP"}
    assert check_case(DICTIONARY, case, today=TODAY) == ()


@pytest.mark.parametrize(
    ("operated", "codes"),
    [
        ("2019-06-01 10:00", {"old_rule"}),
        ("2020-01-01 00:00", set()),
        ("2024-01-01 00:00", {"new_rule"}),
        ("", {"new_rule"}),
        ("UNK", {"new_rule"}),
    ],
)
def test_a_check_is_in_force_between_its_days(operated, codes):
    case = {**GOOD, "sex": "2", "pregnant": "0", "weight": "260", "operated": operated}
    found_codes = {finding.code for finding in check_case(DICTIONARY, case, today=TODAY)}
    assert found_codes & {"old_rule", "new_rule"} == codes
    assert set(check_frame(DICTIONARY, pd.DataFrame([case]), today=TODAY).hits[-1].rows) == {0}


def test_a_check_without_an_index_date_goes_by_today():
    read = dictionary(
        row("a"), companion="[[check]]\ncode = 'c'\nwhen = \"[a] = 'x'\"\nmessage = 'm'\nfrom = 2024-01-01\n"
    )
    assert len(check_case(read, {"a": "x"}, today=TODAY)) == 1
    assert check_case(read, {"a": "x"}, today=date(2023, 1, 1)) == ()
    assert len(check_frame(read, pd.DataFrame({"a": ["x", "y"]}), today=TODAY)) == 1


def test_the_columns_of_a_redcap_export_are_known():
    assert check_case(DICTIONARY, {**GOOD, "visit_complete": "2", "redcap_event_name": "e"}, today=TODAY) == ()


def test_a_frame_says_which_rows_are_blocked_and_counts_its_findings():
    frame = pd.DataFrame([GOOD, {**GOOD, "weight": "301", "colour": "red"}, {**GOOD, "weight": "250"}])
    findings = check_frame(DICTIONARY, frame, today=TODAY)
    assert findings.hard_rows.tolist() == [False, True, False]
    assert findings.soft_rows.tolist() == [False, False, True]
    assert findings.rows.tolist() == [1, 1, 2]
    assert len(findings) == 3
    assert findings.counts()[0] == ("range.above", "weight", Severity.HARD, 1)
    assert [(number, finding.code) for number, finding in findings.findings(limit=2)] == [
        (1, "range.above"),
        (1, "unknown_column"),
    ]
    assert findings.of_row(0) == ()
    nothing = check_frame(DICTIONARY, pd.DataFrame([GOOD, GOOD]), today=TODAY)
    assert nothing.rows.tolist() == []
    assert not nothing.hard_rows.any()
    assert list(nothing.findings()) == []


def test_an_unknown_column_without_a_value_is_let_pass():
    assert len(check_frame(DICTIONARY, pd.DataFrame([{**GOOD, "colour": None}]), today=TODAY)) == 0


def test_columns_that_are_absent_are_blank():
    findings = check_frame(DICTIONARY, pd.DataFrame({"case_id": ["1", "2"]}), today=TODAY)
    assert [finding.code for _, finding in findings.findings()] == ["required", "required"] * 2


TEXTS = (
    "1",
    "0",
    "2",
    "UNK",
    "ND",
    "NAP",
    "72",
    "301",
    "-1",
    "x",
    "2024-03-01",
    "2024-02-29 10:00",
    "2025-01-01",
    "2019-01-01",
    "10:00",
    "0,4",
    "",
    "19:00",
)
CELLS = st.sampled_from([*TEXTS, None])
FRAMES = st.lists(
    st.fixed_dictionaries(dict.fromkeys((*DICTIONARY.columns, "visit_complete", "colour"), CELLS)),
    min_size=1,
    max_size=8,
)


def same_findings(rows: list[dict]) -> None:
    findings = check_frame(DICTIONARY, pd.DataFrame(rows).astype(object), today=TODAY)
    by_row: dict[int, list[Finding]] = {number: [] for number in range(len(rows))}
    for number, finding in findings.findings():
        by_row[number].append(finding)
    for number, cells in enumerate(rows):
        case = {column: text for column, text in cells.items() if text}
        expected = check_case(DICTIONARY, case, today=TODAY)
        assert tuple(by_row[number]) == findings.of_row(number) == expected
        assert findings.hard_rows[number] == any(finding.severity is Severity.HARD for finding in expected)


@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(rows=FRAMES)
def test_a_frame_and_its_cases_have_the_same_findings(rows):
    same_findings(rows)


def test_a_long_frame_and_its_cases_have_the_same_findings():
    """Beyond a few hundred distinct values dates are read as arrays; the findings stay the same."""
    random = np.random.default_rng(7)
    days = pd.date_range("2009-06-01", periods=300, freq="9D").strftime("%Y-%m-%d").tolist()
    times = [f"{day} {position % 24:02d}:{position % 60:02d}" for position, day in enumerate(days)]
    odd = ["2023-02-29", "2024-01-01T10:00", "2024-01-01 10:00:00", "UNK", "x", ""]
    rows = [
        {
            "case_id": str(number),
            "admitted": days[number] if number % 7 else random.choice(odd),
            "operated": times[-number] if number % 5 else random.choice(odd),
            "discharged": days[(number * 3) % 300],
            "weight": str(random.integers(10, 320)),
            "sex": random.choice(["1", "2", "", "3"]),
        }
        for number in range(300)
    ]
    same_findings(rows)


def test_a_typed_frame_can_be_checked_again():
    typed = TypedFrame(pd.DataFrame([GOOD]), types=DICTIONARY.types)
    assert len(check_frame(DICTIONARY, typed, today=TODAY)) == 0

"""A measure file is read whole, or refused with every fault of it."""

from datetime import date

import pytest

from feedback.measures.definition import Coding, Kind, MissingRule
from feedback.measures.load import MeasureFaults, faults_against, load

GOOD = """
code = "LEAK"
version = "1.1"
title = "Leak"
registry = "colorectal"
why = "It matters."
kind = "outcome"
adverse = true
unit = "case"
population = "[joined] = '1'"
outcome = "[leak] = '1'"
missing_when = "[lost] = '1'"
denominator_words = "joins"
numerator_words = "leaks"
authors = ["Ada"]
checker = "Bram"
review_date = 2027-01-31

[[exclusions]]
code = "PATOS"
when = "[before] = '1'"
words = "it leaked before"

[[adjusters]]
element = "age"
label = "Age"
coding = "spline4"
centre = 65
scale = 10.0

[[adjusters]]
element = "asa"
label = "ASA"
coding = "categorical"
reference = "2"

[[change_log]]
version = "1.0"
on = 2026-01-31
by = "Ada"
words = "First."

[[change_log]]
version = "1.1"
on = 2026-02-28
by = "Ada"
words = "Second."
"""


def faults(text: str) -> dict[str, str]:
    """Return key → message of a file that must be refused."""
    with pytest.raises(MeasureFaults) as caught:
        load(text.encode())
    return {fault.key: fault.message for fault in caught.value.faults}


def without(key: str) -> str:
    return "\n".join(line for line in GOOD.splitlines() if not line.startswith(f"{key} ="))


def test_a_sound_file_is_read_with_every_key():
    measure = load(GOOD.encode())
    assert (measure.code, measure.version, measure.kind, measure.adverse) == ("LEAK", "1.1", Kind.OUTCOME, True)
    assert measure.population.text == "[joined] = '1'"
    assert [rule.code for rule in measure.exclusions] == ["PATOS"]
    age, asa = measure.adjusters
    assert (age.coding, age.missing, age.centre, age.scale, age.reference) == (
        Coding.SPLINE4,
        MissingRule.MEAN_INDICATOR,
        65.0,
        10.0,
        None,
    )
    assert (asa.coding, asa.missing, asa.reference) == (Coding.CATEGORICAL, MissingRule.CATEGORY, "2")
    assert measure.review_date == date(2027, 1, 31)
    assert [change.version for change in measure.change_log] == ["1.0", "1.1"]
    assert [key for key, _ in measure.expressions] == ["population", "outcome", "missing_when", "exclusions[1].when"]


def test_the_digest_is_of_the_words_not_of_the_line_ends():
    assert load(GOOD.encode()).digest == load(GOOD.replace("\n", "\r\n").encode()).digest
    assert load(GOOD.encode()).digest == load(b"\xef\xbb\xbf" + GOOD.encode()).digest
    assert load(GOOD.encode()).digest != load(GOOD.replace("Second.", "Other.").encode()).digest


def test_a_measure_without_adjusters_exclusions_or_missing_when_is_sound():
    start = GOOD[: GOOD.index("[[exclusions]]")].replace("missing_when", "# missing_when")
    measure = load((start + GOOD[GOOD.index("[[change_log]]") :]).encode())
    assert (measure.exclusions, measure.adjusters, measure.missing_when) == ((), (), None)
    assert [key for key, _ in measure.expressions] == ["population", "outcome"]


@pytest.mark.parametrize("key", ["code", "version", "title", "population", "adverse", "review_date", "authors", "kind"])
def test_a_missing_key_is_named(key):
    assert faults(without(key))[key] == "This key is missing."


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('code = "LEAK"', 'code = "leak!"', "code", "is not a code"),
        ('title = "Leak"', 'title = "  "', "title", "empty"),
        ('title = "Leak"', "title = 3", "title", "int, not a text"),
        ('kind = "outcome"', 'kind = "result"', "kind", "“result” is not known"),
        ("adverse = true", 'adverse = "yes"', "adverse", "not true or false"),
        ("adverse = true", "adverse = 1", "adverse", "not true or false"),
        ('unit = "case"', 'unit = "day"', "unit", "not counted"),
        ("[joined] = '1'", "[joined] = ", "population", "cannot be read"),
        ("[lost] = '1'", "(", "missing_when", "cannot be read"),
        ('authors = ["Ada"]', "authors = []", "authors", "Nobody"),
        ('authors = ["Ada"]', 'authors = ["Ada", 3]', "authors", "not a name"),
        ('authors = ["Ada"]', 'authors = "Ada"', "authors", "not a list"),
        ('checker = "Bram"', 'checker = "Ada"', "checker", "one of the authors"),
        ("2027-01-31", "2026-02-28", "review_date", "not after"),
        ("2027-01-31", "2027-01-31T10:00:00", "review_date", "datetime"),
        ("on = 2026-01-31", 'on = "soon"', "change_log[1].on", "not a date"),
        ('version = "1.1"\ntitle', 'version = "1.2"\ntitle', "change_log", "Version 1.2"),
        ('code = "PATOS"', 'code = "patos"', "exclusions[1].code", "is not a code"),
        ("when = \"[before] = '1'\"", 'when = ")"', "exclusions[1].when", "cannot be read"),
        ('words = "it leaked before"', 'word = "x"', "exclusions[1].word", "not known"),
        ('coding = "spline4"', 'coding = "spline9"', "adjusters[1].coding", "“spline9” is not known"),
        (
            'coding = "spline4"',
            'coding = "linear"\nmissing = "category"',
            "adjusters[1].missing",
            "does not go with linear",
        ),
        ('coding = "spline4"', 'coding = "linear"\nmissing = "guess"', "adjusters[1].missing", "“guess”"),
        ('coding = "spline4"', 'coding = "linear"\nreference = "1"', "adjusters[1].reference", "no reference"),
        ("scale = 10.0", "scale = 0", "adjusters[1].scale", "not above zero"),
        ("centre = 65", 'centre = "65"', "adjusters[1].centre", "not a number"),
        ("centre = 65", "centre = true", "adjusters[1].centre", "not a number"),
        ('reference = "2"', "", "adjusters[2].reference", "missing"),
        ('reference = "2"', 'reference = "2"\ncentre = 1', "adjusters[2].centre", "not centred"),
        ('element = "asa"', 'element = "age"', "adjusters", "“age” stands here more than once"),
        ('element = "asa"', 'element = "leak"', "adjusters", "part of the outcome"),
        ('element = "asa"', 'element = "leak___1"', "adjusters", "part of the outcome"),
        ('why = "It matters."', 'why = "It matters."\ncolour = "red"', "colour", "not known"),
        ("[[change_log]]", "[[changes]]", "change_log", "no change log"),
    ],
)
def test_each_fault_is_told_with_its_key(old, new, key, words):
    assert old in GOOD
    assert words in faults(GOOD.replace(old, new))[key]


def test_lists_must_hold_tables():
    start = GOOD[: GOOD.index("[[exclusions]]")]
    rest = GOOD[GOOD.index("[[change_log]]") :]
    found = faults(f'exclusions = ["x"]\nadjusters = 3\n{start}{rest}')
    assert "other than tables" in found["exclusions"]
    assert "int" in found["adjusters"]


def test_all_faults_of_a_file_are_told_at_once():
    text = (
        GOOD.replace('code = "LEAK"', 'code = "leak"')
        .replace("[leak] = '1'", "(")
        .replace('by = "Ada"', "")
        .replace("scale = 10.0", "scale = -1")
    )
    assert set(faults(text)) == {"code", "outcome", "adjusters[1].scale", "change_log[1].by", "change_log[2].by"}


def test_a_file_that_is_no_toml_or_no_text_is_refused():
    assert "not TOML" in faults("code = ")["file"]
    with pytest.raises(MeasureFaults, match="not UTF-8"):
        load(b"code = \xff")


def test_the_refusal_reads_as_sentences():
    with pytest.raises(MeasureFaults) as caught:
        load(without("title").encode())
    assert str(caught.value) == "title: This key is missing. Give a text."


def test_names_the_dictionary_does_not_have_are_told():
    measure = load(GOOD.replace("[before] = '1'", "[history(3)] = '1'").encode())
    columns = ("joined", "leak", "lost", "history___3", "age", "asa")
    assert faults_against(measure, columns=columns) == ()
    found = faults_against(measure, columns=("joined", "leak", "lost", "asa"))
    assert [fault.key for fault in found] == ["exclusions[1].when", "adjusters[1].element"]
    assert "“history”" in found[0].message

"""The final report: the headline speaks of chance alone, what was adjudicated counts, and each split adds up to the whole."""

import pytest

from registry.auditing.report import Audited, report
from tests.registry.auditing.charts import chart, dictionary

BOOK = dictionary()


def audited(second, *, stratum="RANDOM", abstractor="Nora", **more):
    return Audited(stratum=stratum, abstractor=abstractor, dictionary=BOOK, first=chart(), second=second, **more)


def one(found, split, name):
    return next(row for row in found[split] if row["name"] == name)


def test_the_headline_is_of_the_charts_drawn_at_random():
    found = report(
        charts=[audited(chart()), audited(chart(grade="3", leak="1"), stratum="HIGH_YIELD", abstractor="Nick")]
    )
    assert found["headline_is_random"]
    assert (found["headline"]["n_cases"], found["headline"]["n_differing"]) == (1, 0)
    assert (found["all"]["n_cases"], found["all"]["n_differing"]) == (2, 2)
    assert one(found, "abstractors", "Nick")["n_differing"] == 2
    assert one(found, "strata", "RANDOM")["n_differing"] == 0
    assert sum(row["n_values"] for row in found["sections"]) == found["all"]["n_values"]
    assert found["readers"] is None


def test_without_one_at_random_all_speak():
    found = report(charts=[audited(chart(), stratum="ZERO")])
    assert not found["headline_is_random"]
    assert found["headline"]["n_values"] == found["all"]["n_values"]


def test_adjudication_changes_what_stands_and_not_what_was_read():
    given = audited(chart(grade="3", leak="1"), upheld=frozenset({"grade"}), overruled=frozenset({"smoker"}))
    row = report(charts=[given])["all"]
    assert (row["n_before"], row["n_differing"]) == (2, 2)
    assert row["kinds"] == {"UNDER": 1, "INACCURATE": 0, "OVER": 0}
    assert row["before"][0] == row["after"][0]
    assert row["is_flagged"]


def test_an_element_is_flagged_from_two_charts_on_and_has_figures_of_its_own_categories():
    single = report(charts=[audited(chart(grade="3")), *[audited(chart())] * 9])
    assert not one(single, "elements", "grade")["is_flagged"]
    found = report(charts=[audited(chart(grade="3"))] * 2 + [audited(chart())] * 8)
    grade, albumin = (one(found, "elements", name) for name in ("grade", "albumin"))
    assert grade["is_flagged"]
    assert grade["n_differing"] == 2
    assert grade["ac1"][0] is not None
    # Two of ten first readings "two" were read "three"; over both readings "two" stands in 18 of 20.
    assert grade["prevalence"] == pytest.approx(0.9)
    assert albumin["kappa"] == [None] * 3
    assert albumin["prevalence"] is None
    # No box was ever ticked, so there is nothing of it to compare.
    assert "problems" not in {row["name"] for row in found["elements"]}


def test_ticks_keep_the_figures_of_found_and_not_found():
    found = report(charts=[audited(chart(problems___1="1")), audited(chart())])
    row = one(found, "elements", "problems")
    assert row["kinds"]["UNDER"] == 1
    assert row["n_values"] == 1


def test_two_reviewers_are_compared_with_each_other():
    found = report(charts=[audited(chart(grade="3"), other=chart(grade="1"))])
    assert found["readers"]["n_before"] == 1
    assert found["readers"]["kinds"]["INACCURATE"] == 1


def test_an_audit_without_a_chart_has_no_report():
    with pytest.raises(ValueError, match="without a chart"):
        report(charts=[])

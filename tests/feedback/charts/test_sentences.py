"""The sentence before the picture: the verdict alone chooses the words; numbers are written as people read them."""

from datetime import date

import pytest

from feedback.believed import for_all, pooled
from feedback.charts import priorities, review, sentences, surgeons

THIN = "\u202f"
RESULT = {
    "n": 412,
    "observed": 12,
    "expected": 18.4,
    "oe": 0.652,
    "oe_lower": 0.34,
    "oe_upper": 1.14,
    "adjusted_rate": 0.022,
    "adjusted_rate_lower": 0.011,
    "adjusted_rate_upper": 0.039,
    "shrunken_rate": 0.031,
    "shrunken_rate_lower": 0.022,
    "shrunken_rate_upper": 0.043,
    "probability_below": 0.71,
    "reliability": 0.71,
    "rank_lower": 2.0,
    "rank_upper": 15.0,
    "verdict": "NOT_DISTINGUISHABLE",
    "outside": "none",
    "trend": [],
    "credibility": {
        "n_cases": 412,
        "n_eligible": 1084,
        "n_followed": 408,
        "n_follow_up_due": 412,
        "completeness": 0.98,
    },
}
WINDOW = {"label": "Jan – Dec 2025", "final_from": "2026-01-30", "starts_on": "2025-01-01"}


def said(**changed):
    options = {"title": "Mortality within 30 days", "collaborative": 0.034}
    options |= {key: changed.pop(key) for key in ("title", "collaborative", "whose") if key in changed}
    return sentences.headline(RESULT | changed, **options)


def test_the_sentence_of_the_agreement():
    assert said(title="Mortality") == (
        f"Your mortality is **not distinguishable** from the collaborative’s 3.4{THIN}%: **3.1{THIN}%** after adjustment, "
        f"likely between 2.2 and 4.3{THIN}%."
    )


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("LIKELY_BETTER", "is **likely better** than the collaborative’s"),
        ("LIKELY_HIGHER", "is **likely higher** than the collaborative’s"),
        ("LIKELY_LOWER", "is **likely lower** than the collaborative’s"),
        ("NOT_DISTINGUISHABLE", "is **not distinguishable** from the collaborative’s"),
    ],
)
def test_the_verdict_alone_chooses_the_words(verdict, words):
    assert words in said(verdict=verdict)
    assert words in said(verdict=verdict, outside="99.8", q_value=0.0001, probability_below=0.5)


def test_too_few_cases_are_said_so():
    assert said(verdict="TOO_FEW").startswith("There are **too few cases to tell** whether your mortality")
    named = said(verdict="TOO_FEW", whose="Dunmore County Hospital’s")
    assert "whether Dunmore County Hospital’s mortality" in named


def test_without_enough_others_there_is_no_rate_to_compare_with():
    assert said(collaborative=None).endswith("too few other hospitals take part to compare.")


@pytest.mark.parametrize("own", [None, RESULT | {"n": 0}])
def test_without_a_counted_case_the_sentence_says_that(own):
    text = sentences.headline(own, title="SSI within 30 days", collaborative=0.1)
    assert text == "Your hospital has no case that counts for SSI within 30 days in this period."


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, f">99{THIN}%"), (0.9999, f">99{THIN}%"), (0.98, f"98{THIN}%"), (0.0, f"<1{THIN}%")]
)
def test_nothing_is_certain(value, text):
    assert sentences.probability(value) == text


def test_a_small_risk_is_not_nought():
    assert sentences.risk(0.0004) == f"<0.1{THIN}%"
    assert sentences.risk(0.051) == f"5.1{THIN}%"
    assert sentences.risk(None) == "–"


def test_the_credibility_line_says_what_a_figure_rests_on():
    line = sentences.credibility(RESULT, window=WINDOW, provisional=False)
    assert line == [
        "12 of 412 cases",
        "Jan – Dec 2025",
        f"38{THIN}% of operations sampled",
        f"99{THIN}% followed up",
        f"98{THIN}% complete",
        "reliability 0.71",
        "not yet audited",
    ]
    assert "Jan – Dec 2025, provisional" in sentences.credibility(RESULT, window=WINDOW, provisional=True)
    assert sentences.credibility(None, window=WINDOW, provisional=False) == ["Jan – Dec 2025"]
    bare = RESULT | {"credibility": {}, "reliability": None}
    assert sentences.credibility(bare, window=WINDOW, provisional=False)[2:] == [sentences.NOT_KEPT]
    audited = RESULT | {"credibility": {"agreement": 0.968, "audited_on": "2026-05-04"}}
    assert sentences.credibility(audited, window=WINDOW, provisional=False)[-1] == "97\u202f% agreement in the audit of May 2026"
    empty = {"n": 0, "credibility": {}}
    assert sentences.credibility(empty, window=WINDOW, provisional=False) == ["Jan – Dec 2025", sentences.NOT_KEPT]
    nothing_due = RESULT | {"credibility": {"n_cases": 3, "n_follow_up_due": 0, "completeness": None, "agreement": None}}
    assert sentences.credibility(nothing_due, window=WINDOW, provisional=False)[-1] == "not yet audited"
    assert "no follow-up due" in sentences.credibility(nothing_due, window=WINDOW, provisional=False)


def believed(*, agreement, n=100, followed=(90, 100), completeness=0.9):
    due = {"n_cases": n, "n_followed": followed[0], "n_follow_up_due": followed[1], "completeness": completeness}
    return due | {"agreement": agreement, "audited_on": "2026-05-04" if agreement else None}


def test_what_several_hospitals_contributed_is_added_up_and_said_without_their_names():
    three = pooled([believed(agreement=0.9), believed(agreement=0.996, n=300, completeness=1.0), believed(agreement=0.97), {}])
    assert (three["n_cases"], three["completeness"], three["agreement"], three["n_audited"], three["n_hospitals"]) == (500, 0.96, 0.97, 3, 3)
    assert sentences.rests(three) == [
        f"90{THIN}% followed up", f"96{THIN}% complete", f"97{THIN}% agreement, the middle of 3 audited hospitals, the last in May 2026",
    ]  # fmt: skip
    one = pooled([believed(agreement=0.996), believed(agreement=None)])
    assert sentences.rests(one)[-1] == f"99.6{THIN}% agreement in the audit of May 2026, of one of 2 hospitals"
    assert sentences.credibility_of_all(None) == []


def test_what_was_never_kept_is_not_called_none():
    """A figure stored before these were kept with it says so, and nothing else."""
    assert pooled([]) == pooled([{}, {}]) == {}
    summary = {"observed": 3, "n": 100, "window": WINDOW}
    assert sentences.credibility_of_all(summary)[2:] == [sentences.NOT_KEPT]


def test_pages_that_hospitals_read_whatever_their_share_have_the_line_without_the_exact_count():
    summary = {"observed": 3, "n": 1234, "window": WINDOW, "believed": pooled([believed(agreement=None)])}
    whole, bare = sentences.credibility_of_all(summary), sentences.believed_of_all(summary)
    assert whole == ["3 of 1,234 cases", *bare]
    assert sentences.believed_of_all(None) == []


@pytest.mark.parametrize("n_audited", range(1, 8))
def test_agreement_of_all_hospitals_is_said_from_six_audited_ones_on(n_audited):
    """With fewer a reader who knows the own one could work out another hospital's (five others at least, rule B11)."""
    rows = [believed(agreement=0.9 + 0.01 * at if at < n_audited else None) for at in range(12)]
    for kept in (pooled(rows), for_all(pooled(rows))):
        said = sentences.credibility_of_all({"observed": 3, "n": 100, "window": WINDOW, "believed": kept})[-1]
        if n_audited < 6:
            assert said == f"{n_audited} of 12 hospitals audited"
        else:
            assert said.endswith(f"agreement, the middle of {n_audited} audited hospitals, the last in May 2026")


def test_a_window_is_provisional_until_the_last_cases_day_thirty():
    assert priorities.provisional(WINDOW, today=date(2026, 1, 29))
    assert not priorities.provisional(WINDOW, today=date(2026, 1, 30))
    assert not priorities.provisional(WINDOW | {"final_from": None}, today=date(2026, 1, 1))


def test_the_details_hold_the_probability_the_rank_and_what_is_not_shrunken():
    rows = dict(sentences.details(RESULT, collaborative=0.034, adverse=True))
    assert rows[f"Probability of lying below 3.4{THIN}%"] == f"71{THIN}%"
    assert rows["Rank, 1 the lowest rate"] == "likely between 2 and 15"
    assert rows["O/E, unshrunken"] == "0.65 (0.34 to 1.14)"
    mirrored = dict(sentences.details(RESULT, collaborative=0.034, adverse=False))
    assert mirrored[f"Probability of lying above 3.4{THIN}%"] == f"29{THIN}%"
    alone = dict(sentences.details(RESULT | {"oe": None}, collaborative=None, adverse=True))
    assert alone["O/E, unshrunken"] == "cannot be computed"
    assert "Rank, 1 the lowest rate" not in alone


@pytest.mark.parametrize(
    ("changed", "signal"),
    [
        ({}, False),
        ({"outside": "95"}, True),
        ({"outside": "95", "verdict": "LIKELY_HIGHER"}, False),
        ({"watch": {"latest": "2026-06-30", "signals": ["2025-10-01"]}}, True),
        ({"watch": {"latest": "2026-06-30", "signals": ["2024-10-01"]}}, False),
        ({"watch": None}, False),
    ],
)
def test_an_early_signal_is_a_second_line_and_only_while_the_words_are_undecided(changed, signal):
    assert bool(sentences.early_signal(RESULT | changed)) == signal
    if signal:
        assert "Look at the cases." in sentences.early_signal(RESULT | changed)


def own(**changed):
    document = {
        "n": 112,
        "observed": 15,
        "expected": 13.4,
        "needed": 267,
        "reliability": 0.22,
        "enough_others": True,
        "compared": None,
        "trend": [],
        "cases": [],
    }
    return document | changed


def test_a_surgeon_is_told_how_many_cases_would_be_needed():
    assert surgeons.headline(own(), title="SSI") == (
        "15 of 112 cases, 13.4 expected: **too few cases to tell**; about 267 cases would be needed."
    )
    assert "cannot distinguish surgeons" in surgeons.headline(own(needed=None), title="SSI")
    few = surgeons.headline(own(enough_others=False), title="SSI")
    assert few.endswith("Too few other surgeons take part to compare.")


def test_a_surgeon_is_compared_in_the_same_words():
    compared = {key: RESULT[key] for key in ("shrunken_rate", "shrunken_rate_lower", "shrunken_rate_upper", "verdict")}
    text = surgeons.headline(own(compared=compared | {"rate": 0.034}), title="SSI within 30 days")
    assert text.startswith("Your SSI within 30 days is **not distinguishable** from all surgeons’ 3.4")


def row(title, *, verdict, probability, rate, worse):
    result = RESULT | {"verdict": verdict, "probability_below": probability, "shrunken_rate": rate}
    return priorities.Row(
        registry="r",
        code=title,
        title=title,
        shape="same",
        sentence="",
        credibility=(),
        spark=None,
        weight=priorities.weight(result, collaborative=0.034),
        worse=worse,
    )


def test_at_most_three_priorities_worse_before_better_heavier_first():
    rows = [
        row("a", verdict="LIKELY_BETTER", probability=0.99, rate=0.01, worse=False),
        row("b", verdict="LIKELY_HIGHER", probability=0.01, rate=0.05, worse=True),
        row("c", verdict="LIKELY_HIGHER", probability=0.01, rate=0.09, worse=True),
        row("d", verdict="NOT_DISTINGUISHABLE", probability=0.5, rate=0.2, worse=False),
        row("e", verdict="LIKELY_BETTER", probability=0.98, rate=0.03, worse=False),
    ]
    assert [found.title for found in priorities.first(rows)] == ["c", "b", "a"]
    assert priorities.weight(RESULT, collaborative=None) == 0.0


def field(**peers):
    usual = {"shown": "points", "values": [0.03, 0.04], "low": {"n": 2, "bound": 0.03}, "high": {"n": 2, "bound": 0.04}}
    return {"collaborative": 0.035, "achievable": 0.02, "peers": usual | {"pooled": None, "because": "few"} | peers}


def test_the_field_is_said_and_listed_without_anybody_in_it():
    assert sentences.Verdict
    words = priorities.field_words(field())
    assert f"lie between 3.0 and 4.0{THIN}%" in words
    table = priorities.field_table(field())
    assert [cells[0] for cells in table.rows][2:] == ["2 hospitals", "One hospital", "One hospital", "2 hospitals"]
    assert priorities.field_words(field(shown="none")) == "few"
    assert priorities.field_table(field(shown="none")) is None


class Run:
    """A stored run as the review reads it."""

    def __init__(self, *, code="ssi", number=1, n=100, rate=0.05, refusal=()):
        self.measure = type("M", (), {"title": code.upper(), "code": code, "number": number})
        self.refusal = list(refusal)
        self.summary = {"n": n, "rate": rate, "verdicts": {"TOO_FEW": 2, "LIKELY_BETTER": 1}}
        fit = {"sigma": 0.3, "c_statistic": 0.7, "calibration_slope": 1.0}
        self.model = {"fit": fit, "reliability": {"median": 0.6}}


def test_differences_from_the_last_one_stand_in_the_cells_that_changed():
    earlier = {"ssi": Run(n=90, rate=0.04), "same": Run(code="same"), "gone": Run(code="gone")}
    runs = [Run(number=2), Run(code="same"), Run(code="new"), Run(code="gone", refusal=["Too few events."])]
    table = review.differences(runs, earlier=earlier, since="2024")
    assert table.rows[0][:3] == ("SSI, definition 1 → 2", "90 → 100", f"4.0{THIN}% → 5.0{THIN}%")
    assert table.rows[1][1:] == ("100", f"5.0{THIN}%", "0.30", "0.70", "1 likely better, 2 too few cases to tell")
    assert table.rows[2][0] == "NEW, new"
    assert table.rows[3][1] == "100 → refused"
    assert review.differences([], earlier={}, since="2024") is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("FAILED", "could not be made"),
        ("FINISHED", "No hospital sees any of it"),
        ("PUBLISHING", "standing is being written"),
        ("DISCARDED", "never reached a hospital"),
        ("PUBLISHED", "1 refused"),
    ],
)
def test_a_review_says_where_a_comparison_stands(status, words):
    comparison = type("C", (), {"status": status, "settings": {"refused": ["No case was frozen."]}})
    rows = [review.row(Run(), earlier=Run()), review.row(Run(refusal=["x"]), earlier=None)]
    assert words in review.sentence(comparison, rows)
    assert review.sentence(type("C", (), {"status": "QUEUED"}), []).startswith("The comparison is being computed")


def test_a_change_stands_only_beside_an_earlier_run_that_was_compared():
    compared, refused = Run(), Run(refusal=["x"])
    assert review.row(compared, earlier=refused)["cells"] == review.row(compared, earlier=None)["cells"]

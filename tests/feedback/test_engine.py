"""One measure over one window: every case is judged, the ledger adds up, equal inputs give equal bytes."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from feedback import carding, engine, surgeon_results
from feedback.actions.comparisons import canonical, digest_of
from feedback.movement import Earlier, KnownThen
from feedback.statistics.risk_model import RiskModelFit
from tests.feedback import little_frames as little


def run(*, frame=None, history=None, measure=None, reference=None, **options):
    past = little.history() if history is None else history
    inside = past[past["period"].isin(little.window().inside)] if frame is None else frame
    return engine.run_measure(
        measure=measure or little.measure(),
        number=1,
        frame=inside,
        history=past,
        types=little.TYPES,
        window=little.window(),
        credibility={1: {"n_cases": 80}},
        reference=reference,
        seed=1,
        labels=little.LABELS,
        **options,
    )


@cache
def usual():
    return run()


def test_every_case_is_judged_once_and_in_its_own_hospitals_ledger():
    past = little.history()
    inside = past[past["period"].isin((2, 3))]
    outcome = usual()
    for hospital, rows in inside.groupby("hospital_id"):
        ledger = outcome.ledgers[hospital]
        assert ledger.case_codes == tuple(sorted(rows["case_code"]))
        assert len(ledger.status) == len(ledger.reasons) == len(ledger.expected) == len(rows)


def test_the_ledger_adds_up_to_the_result():
    outcome = usual()
    for hospital, result in outcome.results.items():
        ledger = outcome.ledgers[hospital]
        counted = [status for status in ledger.status if status <= 1]
        assert result["n"] == len(counted)
        assert result["observed"] == sum(counted)
        assert result["expected"] == pytest.approx(sum(risk for risk in ledger.expected if risk is not None))
        assert sum(line["n"] for line in result["tally"]) == len(ledger.case_codes)
    assert outcome.summary["n"] == sum(result["n"] for result in outcome.results.values())
    total = sum(result["expected"] for result in outcome.results.values())
    assert total == pytest.approx(outcome.summary["observed"])


def test_a_case_that_does_not_count_says_why_and_has_no_expected_risk():
    outcome = run(frame=little.history().query("period in (2, 3)"))
    words = {
        reason: risk
        for ledger in outcome.ledgers.values()
        for status, reason, risk in zip(ledger.status, ledger.reasons, ledger.expected, strict=True)
        if status > 1
    }
    assert words == {
        "not in the population": None,
        "it leaked before": None,
        "“Anastomotic leak” is not known": None,
    }


def test_an_element_without_a_label_keeps_its_name():
    outcome = engine.run_measure(
        measure=little.measure(),
        number=1,
        frame=little.history(),
        history=little.history(),
        types=little.TYPES,
        window=little.window(inside=(1, 2, 3)),
        credibility={},
        reference=None,
        seed=1,
    )
    assert any("“leak” is not known" in ledger.reasons for ledger in outcome.ledgers.values())


def test_equal_inputs_give_equal_bytes_whatever_the_order_of_rows():
    shuffled = little.history().sample(frac=1, random_state=3)
    assert digest_of(run(history=shuffled)) == digest_of(usual())


def test_another_answer_gives_other_bytes():
    past = little.history()
    past.loc[5, "leak"] = "1" if past.loc[5, "leak"] == "0" else "0"
    assert digest_of(run(history=past)) != digest_of(usual())


def test_a_document_holds_no_number_that_json_cannot():
    assert canonical(usual().to_document())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda frame: frame[frame["hospital_id"] == 1], "ONE_SITE"),
        (lambda frame: frame.assign(leak="0"), "ALL_EQUAL"),
        (lambda frame: frame.assign(leak=np.where(np.arange(len(frame)) % 400 == 1, "1", "0")), "TOO_FEW_EVENTS"),
        (lambda frame: frame.assign(leak=frame["old"]), "SEPARATED"),
    ],
)
def test_a_refusal_is_kept_with_its_code_and_the_ledger_of_every_case(change, code):
    past = little.history()
    frame = change(past[past["period"].isin((2, 3))])
    outcome = run(frame=frame)
    assert outcome.summary["refusal_code"] == code
    assert outcome.refusal
    assert outcome.results == outcome.surgeons == outcome.model == {}
    assert sum(len(ledger.case_codes) for ledger in outcome.ledgers.values()) == len(frame)


def test_a_hospital_whose_cases_do_not_count_has_a_ledger_and_no_result():
    past = little.history()
    frame = past[past["period"].isin((2, 3))].copy()
    frame.loc[frame["hospital_id"] == 12, "kind"] = "rectum"
    outcome = run(frame=frame)
    assert 12 in outcome.ledgers
    assert 12 not in outcome.results
    assert outcome.summary["sites"] == 11


def test_the_model_card_says_nothing_about_a_single_site():
    card = usual().model
    assert set(card) == {
        "risk_model",
        "fit",
        "settings",
        "excluded",
        "labels",
        "codings",
        "aliased",
        "groups",
        "curve",
        "optimism",
        "brier_scaled",
        "sites",
        "reliability",
        "missing",
        "dispersion",
        "change_log",
        "rate",
    }
    assert set(card["sites"]) == {"ratio", "apart", "of"}
    assert set(card["sites"]["ratio"]) == {"lower_quarter", "median", "upper_quarter"}
    assert set(card["missing"][0]) == {"adjuster", "label", "share", "sites"}
    assert card["optimism"]["corrected"] < card["optimism"]["apparent"] + 0.02
    assert card["optimism"]["draws"] == carding.OPTIMISM_DRAWS


def test_quartiles_over_few_sites_are_not_told():
    assert carding.spread([1.0] * (carding.SPREAD_FROM - 1)) is None
    assert carding.spread(range(9)) == {"lower_quarter": 2.0, "median": 4.0, "upper_quarter": 6.0}


def test_each_site_keeps_its_own_share_of_unknown_values():
    for result in usual().results.values():
        assert result["unknown"].keys() == {"old"}
        assert 0 <= result["unknown"]["old"] <= 1


def test_own_funnel_holds_limits_on_a_grid_and_no_peer():
    funnel = usual().results[1]["funnel"]
    assert set(funnel) == {"size", "value", "grid", "own_95", "limits_95", "own_998", "limits_998"}
    assert len(funnel["grid"]) == len(funnel["limits_95"]) == engine.FUNNEL_POINTS


def test_a_measure_of_what_was_done_is_not_followed_case_by_case():
    source = little.SOURCE.replace(b'kind = "outcome"', b'kind = "process"').replace(
        b"adverse = true", b"adverse = false"
    )
    outcome = run(measure=little.measure(source))
    assert all(result["watch"] is None for result in outcome.results.values())
    assert {result["verdict"] for result in outcome.results.values()} <= {
        "LIKELY_BETTER",
        "LIKELY_LOWER",
        "NOT_DISTINGUISHABLE",
        "TOO_FEW",
    }


def test_a_number_can_adjust_too():
    source = little.SOURCE.replace(b'coding = "categorical"\nreference = "0"', b'coding = "linear"')
    past = little.history()
    typed = replace(little.TYPES, kinds={"old": "number"})
    outcome = engine.run_measure(
        measure=little.measure(source),
        number=1,
        frame=past,
        history=past,
        types=typed,
        window=little.window(inside=(1, 2, 3)),
        credibility={},
        reference=None,
        seed=1,
    )
    assert [term["name"] for term in outcome.model["fit"]["terms"]] == ["(Intercept)", "old"]


def test_a_result_says_why_it_moved_since_the_comparison_before():
    then = usual()
    earlier = Earlier(
        label="Q1 – Q2",
        inside=(1, 2),
        model=RiskModelFit.from_document(then.model["risk_model"]),
        sites={
            hospital: KnownThen(case_codes=ledger.case_codes, status=ledger.status, expected=ledger.expected)
            for hospital, ledger in then.ledgers.items()
        },
    )
    moved = run(earlier=earlier).results[1]["movement"]
    assert moved["since"] == "Q1 – Q2"
    assert sum(bar["value"] for bar in moved["bars"]) == pytest.approx(moved["change"])


def test_statuses_have_names():
    assert engine.statuses() == {0: "NOT_MET", 1: "MET", 2: "EXCLUDED", 3: "MISSING"}


def test_a_surgeons_result_counts_own_cases_at_all_hospitals():
    past = little.history()
    past.loc[(past["hospital_id"] == 2) & (past["surgeon_id"] == 200), "surgeon_id"] = 100
    own = run(history=past).surgeons[100]
    mine = past[past["period"].isin((2, 3)) & (past["surgeon_id"] == 100).fillna(False)]
    counted = mine.query("kind == 'colon' and before == '0' and leak != 'UNK'")
    assert [case["code"] for case in own["cases"]] == sorted(counted["case_code"])
    assert own["n"] == len(counted)
    assert own["observed"] == (counted["leak"] == "1").sum() == sum(case["met"] for case in own["cases"])
    assert own["expected"] == pytest.approx(sum(case["expected"] for case in own["cases"]))
    assert [point["period"] for point in own["trend"]] == ["Q1", "Q2", "Q3"]


def test_surgeons_are_compared_only_with_ten_others_from_five_hospitals():
    few = little.history(sites=4, surgeons=3)
    assert {own["enough_others"] for own in run(history=few).surgeons.values()} == {False}
    assert {own["compared"] for own in run(history=few).surgeons.values()} == {None}
    assert {own["enough_others"] for own in usual().surgeons.values()} == {True}


def test_a_surgeon_is_compared_from_reliability_four_tenths_on_and_told_the_number_needed():
    surgeons = usual().surgeons.values()
    assert any(own["compared"] for own in surgeons)
    for own in surgeons:
        assert (own["compared"] is not None) == (own["reliability"] >= surgeon_results.COMPARABLE)
        assert own["needed"] > 0


def test_without_surgeons_there_are_no_surgeons_results():
    past = little.history().assign(surgeon_id=None)
    assert run(history=past).surgeons == {}


def test_a_refused_comparison_of_surgeons_still_shows_own_counts(monkeypatch):
    def refuse(cohort, *, settings):
        raise surgeon_results.ComparisonRefusal("NOT_CONVERGED", ("It did not converge.",))

    monkeypatch.setattr(surgeon_results, "compare", refuse)
    surgeons = run().surgeons
    assert {own["compared"] for own in surgeons.values()} == {None}
    assert all(own["n"] > 0 for own in surgeons.values())


def test_a_window_is_plain_data():
    window = little.window()
    assert window.to_document()["starts_on"] == "2026-04-01"
    bare = replace(window, starts_on=None, ends_before=None, final_from=None).to_document()
    assert (bare["starts_on"], bare["ends_before"], bare["final_from"]) == (None, None, None)
    assert bare["digests"] == list(window.digests)

import numpy as np
import pytest

from interventions.impact import callaway
from interventions.impact.assess import assess, comparing, placebo, prevented
from interventions.impact.imputation import effects, estimate, permutation_p
from interventions.impact.jackknife import Interval, covariance, interval
from interventions.impact.panel import NEVER, Panel, cells, from_points
from interventions.impact.pretrend import pretrend
from interventions.impact.refusal import ImpactRefusal
from interventions.impact.twoway import predict
from interventions.impact.verdict import Verdict, Why, decide, per_hundred
from tests.interventions.recovery import adoption


def tables(*, sites=14, periods=14, adopters=7, effect=0.0, seed=1, **changes):
    random = np.random.default_rng(seed)
    size = np.full((sites, periods), 200)
    start = np.full(sites, NEVER)
    start[:adopters] = 7 + np.arange(adopters) % 4
    under = (start >= 0)[:, None] & (np.arange(periods) >= start[:, None])
    observed = random.binomial(size, 0.10 + 0.01 * (np.arange(sites) % 3)[:, None] + effect * under)
    return Panel(**{"cases": size, "observed": observed, "expected": size * 0.1, "start": start, **changes})


def exact(*, effect=-0.03, **changes):
    """A panel without noise: site and period effects and one effect of the change."""
    start = np.array([4, 5, 6, NEVER, NEVER])
    under = (start >= 0)[:, None] & (np.arange(8) >= start[:, None])
    excess = np.array([0.0, 0.02, -0.01, 0.03, 0.01])[:, None] + 0.002 * np.arange(8) + effect * under
    weight = np.arange(40.0).reshape(5, 8) + 50
    return from_points(**{"excess": excess, "weight": weight, "start": start, "left_out": 2, "window": None, **changes})


def code(call, *args, **data):
    with pytest.raises(ImpactRefusal) as refused:
        call(*args, **data)
    assert refused.value.reasons
    return refused.value.code


def test_two_by_two_by_hand():
    """Two sites, two periods: (5 − 3) − (4 − 1) = −1."""
    cell = from_points(
        excess=np.array([[3.0, 5.0], [1.0, 4.0]]),
        weight=np.ones((2, 2)),
        start=np.array([1, NEVER]),
        left_out=0,
        window=None,
    )
    assert effects(cell, start=cell.start[None], kept=np.ones((1, 2))).mean[0] == pytest.approx(-1)
    assert callaway.simple(callaway.group_times(cell)) == pytest.approx(-1)


def test_without_noise_the_effect_is_exact_whatever_is_left_out():
    for left_out in (0, 1, 2, 3):
        for offered in (None, 2, 3):
            counted = exact(left_out=left_out, offered=offered)
            mean, by_time, _, _ = estimate(counted)
            assert mean.value == pytest.approx(-0.03, abs=1e-12)
            assert [row.effect.value for row in by_time] == pytest.approx([-0.03] * len(by_time), abs=1e-12)
    assert callaway.by_time(callaway.group_times(exact())) == pytest.approx(dict.fromkeys(range(4), -0.03), abs=1e-12)


def test_the_imputation_is_the_weighted_regression_on_untreated_cells():
    counted = cells(tables(effect=-0.02))
    when = np.arange(14)
    free = when < (counted.start - 2)[:, None]
    free[counted.start >= 14] = True
    rows = np.argwhere(free)
    design = np.zeros((len(rows), 28))
    design[np.arange(len(rows)), rows[:, 0]] = 1
    design[np.arange(len(rows)), 14 + rows[:, 1]] = 1
    root = np.sqrt(counted.weight[free])
    beta = np.linalg.lstsq(design * root[:, None], counted.excess[free] * root, rcond=None)[0]
    treated = (when >= counted.start[:, None]) & (counted.start < 14)[:, None]
    away = counted.excess - beta[:14, None] - beta[None, 14:]
    expected = (away * counted.weight)[treated].sum() / counted.weight[treated].sum()
    assert estimate(counted)[0].value == pytest.approx(expected, abs=1e-10)


def test_only_linked_cells_are_predicted():
    weight = np.array([[[1.0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0]]])
    found = predict(outcome=np.arange(12.0).reshape(3, 4), weight=weight)
    assert found.known[0].tolist() == [[True, True, False, False], [False, False, True, True], [False] * 4]
    assert np.allclose(found.predicted[0, 0, :2], [0, 1])


def test_a_window_bounds_the_effect():
    counted = cells(tables(window=2))
    assert {row.time for row in estimate(counted)[1]} == {0, 1}
    assert all(row.time - row.group < 2 for row in callaway.group_times(counted))


def test_order_of_sites_and_splitting_of_weights_are_irrelevant():
    panel = tables(effect=-0.02)
    turned = Panel(
        cases=panel.cases[::-1], observed=panel.observed[::-1], expected=panel.expected[::-1], start=panel.start[::-1]
    )
    assert estimate(cells(panel))[0].value == pytest.approx(estimate(cells(turned))[0].value)
    assert estimate(cells(panel))[0].error == pytest.approx(estimate(cells(turned))[0].error)


def test_a_start_after_the_latest_period_is_no_start():
    panel = tables()
    later = np.where(panel.start == NEVER, 20, panel.start)
    moved = Panel(cases=panel.cases, observed=panel.observed, expected=panel.expected, start=later)
    assert estimate(cells(moved))[0] == estimate(cells(panel))[0]


def test_degenerate_panels_are_refused_in_words():
    assert (
        code(cells, tables(cases=np.zeros((14, 14)), observed=np.zeros((14, 14)), expected=np.zeros((14, 14))))
        == "NO_CASES"
    )
    assert code(cells, tables(start=np.full(14, NEVER))) == "NO_ADOPTERS"
    assert code(cells, tables(start=np.where(np.arange(14) < 5, 1, NEVER))) == "NO_BASELINE"
    assert code(assess, tables(start=np.full(14, 7)), adverse=True, seed=1) == "NO_COMPARISON"


@pytest.mark.parametrize(
    "changes",
    [
        {"cases": np.zeros(14)},
        {"observed": np.zeros((14, 3))},
        {"start": np.zeros(3, dtype=int)},
        {"observed": np.full((14, 14), 201)},
        {"expected": np.full((14, 14), -1.0)},
        {"left_out": -1},
        {"window": 0},
        {"offered": 0},
        {"start": np.full(14, -2)},
    ],
)
def test_impossible_panels_are_errors(changes):
    with pytest.raises(ValueError):
        cells(tables(**changes))


def test_the_jackknife_by_hand():
    group = np.array([True, True, False, False])
    found = interval(2.0, np.array([1.0, 3.0, 2.5, 1.5]), group=group, used=np.ones(4, dtype=bool))
    assert found.error == pytest.approx(np.sqrt(0.5 * 2 + 0.5 * 0.5))
    assert found.freedom == pytest.approx(1.25**2 / (1 + 0.0625))
    assert found.lower < 2 < found.upper
    assert covariance(np.array([[1.0], [3.0], [2.5], [1.5]]), group=group, used=np.ones(4, dtype=bool))[
        0, 0
    ] == pytest.approx(1.25)
    assert covariance(np.array([[1.0], [3.0], [2.5], [1.5]]), group=group, used=np.array([True, True, True, False]))[
        0, 0
    ] == pytest.approx(1)


def test_where_one_site_carries_an_effect_nothing_is_said_of_its_uncertainty():
    used = np.ones(3, dtype=bool)
    assert interval(1.0, np.array([np.nan, 1, 1]), group=np.array([True, True, False]), used=used).lower is None
    assert interval(1.0, np.array([1.0, 1, 1]), group=np.array([True, False, False]), used=used).error is None
    assert interval(1.0, np.array([1.0, 1, 1]), group=np.array([True, True, False]), used=used).p is None


def test_permutation_tells_an_effect_from_none():
    counted, none = cells(tables(effect=-0.05)), cells(tables())
    strong = permutation_p(counted, value=estimate(counted)[0].value, draws=199, seed=3)
    weak = permutation_p(none, value=estimate(none)[0].value, draws=199, seed=3)
    assert strong <= 0.02
    assert weak > 0.05
    assert strong == permutation_p(counted, value=estimate(counted)[0].value, draws=199, seed=3)
    with pytest.raises(ValueError):
        permutation_p(counted, value=0.0, draws=98, seed=1)


def test_a_course_of_their_own_before_the_start_is_noticed():
    panel = tables(left_out=0)
    drift = np.where(panel.start[:, None] >= 0, np.arange(14) * 4, 0)
    moving = Panel(
        cases=panel.cases,
        observed=np.minimum(panel.observed + drift, 200),
        expected=panel.expected,
        start=panel.start,
        left_out=0,
    )
    assert pretrend(cells(moving)).p < 0.05
    assert pretrend(cells(panel)).p > 0.05
    assert [lead.time for lead in pretrend(cells(panel)).leads] == [-3, -2, -1]
    assert assess(moving, adverse=True, seed=1, draws=99).said.verdict is Verdict.NO_SIGN


def test_short_baselines_allow_fewer_leads_or_none():
    panel = tables(left_out=0, offered=3)
    assert len(pretrend(cells(panel)).leads) == 2
    assert pretrend(cells(tables(left_out=0, offered=1))) is None
    few = pretrend(cells(tables(adopters=3, left_out=0)))
    assert few.p is None


def test_without_difference_between_adopters_the_leads_cannot_be_tested():
    counted = exact(left_out=0, start=np.array([4, 5, 6, 6, NEVER]))
    flat = pretrend(counted)
    assert flat.p is None or 0 <= flat.p <= 1
    assert all(abs(lead.effect.value) < 0.06 for lead in flat.leads)


def test_group_times_need_a_base_and_a_comparison():
    assert callaway.group_times(exact(start=np.array([4, 5, 6, 6, 7]), left_out=0))
    early = exact(start=np.array([1, 5, 6, NEVER, NEVER]))
    assert {row.group for row in callaway.group_times(early)} == {5, 6}
    assert callaway.sensitivity(exact(start=np.array([4, 4, 4, 4, 4]), left_out=0)) is None
    assert np.isnan(callaway.simple(()))


def test_an_assessment_holds_everything_that_was_looked_at():
    found = assess(tables(effect=-0.05, sites=20, adopters=8, offered=6), adverse=True, seed=4, draws=199)
    assert found.said.verdict is Verdict.HELPED
    assert "fewer per 100 cases" in found.said.sentences[0]
    assert found.effect.lower < -0.05 < found.effect.upper
    assert found.adopters == tuple(range(8))
    assert len(found.comparators) >= 12
    assert len(found.without) == 20
    assert found.events.prevented > 0
    assert found.events.lower < found.events.prevented < found.events.upper
    assert found.second.value < 0
    assert found.p <= 0.05


def test_the_same_numbers_are_worse_where_the_event_is_welcome():
    found = assess(tables(effect=-0.05, sites=20, adopters=8, offered=6), adverse=False, seed=4, draws=199)
    assert found.said.verdict is Verdict.WORSE
    assert found.events.prevented < 0


def test_few_adopters_or_comparators_are_too_early():
    early = assess(tables(adopters=4), adverse=True, seed=1)
    assert early.said.verdict is Verdict.TOO_EARLY
    assert early.p is None
    assert Why.FEW_ADOPTERS in early.said.why
    crowded = assess(tables(adopters=13), adverse=True, seed=1)
    assert crowded.said.why == (Why.FEW_COMPARATORS,) or crowded.said.verdict is not Verdict.TOO_EARLY
    assert (
        Why.FEW_COMPARATORS
        in assess(tables(sites=9, adopters=7, start=np.array([7] * 7 + [NEVER] * 2)), adverse=True, seed=1).said.why
    )


def test_a_single_adopter_has_no_interval():
    alone = assess(tables(adopters=1), adverse=True, seed=1)
    assert alone.effect.lower is None
    assert alone.events.lower is None
    assert alone.said.verdict is Verdict.TOO_EARLY


def test_comparators_are_those_who_had_not_started_while_others_had():
    counted = exact(left_out=0)
    whole = estimate(counted)[2]
    assert comparing(counted, whole=whole).tolist() == [1, 2, 3, 4]


def test_a_placebo_start_shows_nothing_where_nothing_was():
    found = placebo(cells(tables(effect=-0.05, left_out=0)))
    assert found.lower < 0 < found.upper
    assert placebo(cells(tables(adopters=4))) is None


def an(value, half=0.01):
    return Interval(value=value, lower=value - half, upper=value + half, error=half / 2, freedom=20.0, p=0.01)


def said(**changes):
    base = {
        "effect": an(-0.03), "p": 0.01, "adverse": True, "adopters": 9, "comparators": 9, "before_p": 0.5, "placebo": an(0.0),
        "fragile": False, "offer_known": True, "other": an(-0.02),
    }  # fmt: skip
    return decide(**{**base, **changes})


@pytest.mark.parametrize(
    ("changes", "verdict", "why"),
    [
        ({}, Verdict.HELPED, ()),
        ({"effect": an(0.03), "other": None}, Verdict.WORSE, ()),
        ({"effect": an(0.03), "adverse": False, "other": None}, Verdict.HELPED, ()),
        ({"adopters": 4, "comparators": 4}, Verdict.TOO_EARLY, (Why.FEW_ADOPTERS, Why.FEW_COMPARATORS)),
        ({"effect": an(-0.005)}, Verdict.NO_SIGN, (Why.CHANCE,)),
        ({"p": 0.06}, Verdict.NO_SIGN, (Why.CHANCE,)),
        ({"before_p": 0.01}, Verdict.NO_SIGN, (Why.MOVING_BEFORE,)),
        ({"before_p": None, "placebo": an(-0.02)}, Verdict.NO_SIGN, (Why.PLACEBO,)),
        ({"placebo": None, "offer_known": False}, Verdict.HELPED, (Why.OFFER_UNKNOWN,)),
        ({"fragile": True, "other": an(0.01)}, Verdict.HELPED, (Why.ONE_SITE, Why.OTHER_ROAD)),
    ],
)
def test_the_verdict_follows_its_rule(changes, verdict, why):
    found = said(**changes)
    assert found.verdict is verdict
    assert found.why == why
    assert len(found.sentences) == 1 + len(why)


def test_a_verdict_needs_an_interval_and_a_p():
    for wrong in (
        {"p": None},
        {"effect": Interval(value=1.0, lower=None, upper=None, error=None, freedom=None, p=None)},
    ):
        with pytest.raises(ValueError):
            said(**wrong)


def test_effects_read_as_events_per_hundred_cases():
    assert per_hundred(an(-0.03)) == "3.0 fewer per 100 cases (95 % interval 2.0 to 4.0 fewer)"
    assert per_hundred(an(0.005)) == "0.5 more per 100 cases (95 % interval 0.5 fewer to 1.5 more)"


def test_events_prevented_follow_the_direction():
    assert prevented(an(-0.03), cases=1000, adverse=True).prevented == pytest.approx(30)
    assert prevented(an(-0.03), cases=1000, adverse=True).lower == pytest.approx(20)
    assert prevented(an(-0.03), cases=1000, adverse=False).upper == pytest.approx(-20)


def test_one_site_that_carries_the_effect_is_named():
    panel = tables(sites=20, adopters=6, effect=-0.02, offered=6)
    found = assess(panel, adverse=True, seed=1, draws=99)
    from interventions.impact.assess import _fragile

    assert _fragile(an(-0.03), np.array([-0.03, -0.005]))
    assert _fragile(an(-0.03), np.array([-0.03, 0.02]))
    assert not _fragile(an(-0.03), np.array([-0.03, -0.02]))
    assert not _fragile(an(0.0), np.array([0.0, 0.1]))
    assert found.effect.value < 0


def test_the_truth_is_recovered_without_bias_also_after_bad_quarters():
    for setting in (
        adoption.Setting(),
        adoption.Setting(trigger="BAD_QUARTER", offer=True),
        adoption.Setting(trigger="WORST", offer=True),
    ):
        found = adoption.runs(setting, replicates=60, seed=7)
        mean, error = adoption.bias(found)
        assert abs(mean) < 3.5 * error
        assert 0.86 <= adoption.coverage(found) <= 1.0


def test_without_effect_few_are_called_one():
    found = adoption.runs(adoption.Setting(effect=0.0, adopters=5), replicates=60, seed=8, draws=99)
    assert adoption.false_positives(found)[2] <= 0.12


def test_leaving_the_bad_quarter_in_would_feign_an_effect():
    feigned = adoption.runs(adoption.Setting(trigger="BAD_QUARTER", effect=0.0, left_out=0), replicates=60, seed=9)
    mean, error = adoption.bias(feigned)
    assert mean < -2.5 * error

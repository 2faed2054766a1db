import numpy as np
import pytest

from interventions.deviance.comparator import comparator, distances
from interventions.deviance.confirmation import Confirmation
from interventions.deviance.finder import Reason, Settings, find
from interventions.deviance.gates import Credibility, Gate, Gates, closed
from interventions.deviance.series import Kind
from tests.interventions.test_series import series

GOOD = Credibility(agreement=0.97, follow_up=0.95, completeness=0.99)


def story(sites=24, **changes):
    observed = np.full((sites, 3), 30)
    observed[:3] = 10
    cases = np.full((sites, 3), 500)
    expected = np.full((sites, 3), 29.0)
    return series(cases=cases, observed=observed, expected=expected, variance=expected * 0.94, **changes)


def found(*measures, credibility=None, sites=24, **settings):
    known = credibility or (GOOD,) * sites
    mix = np.column_stack([np.arange(sites) % 7, np.arange(sites)]).astype(float)
    return find(
        measures or (story(),), credibility=known, case_mix=mix, settings=Settings(**settings) if settings else None
    )


def test_three_planted_bright_spots_are_found_and_no_other():
    result = found()
    assert sorted(item.site for item in result.nominations) == [0, 1, 2]
    assert len(result.passed) == 21
    assert result.expected_false_share < 0.1
    assert all(item.latest.says is Confirmation.CONFIRMS for item in result.nominations)
    assert all(item.comparator.site > 2 for item in result.nominations)
    assert all(item.estimate.upper < 1 for item in result.nominations)
    assert result.spreads[0].sigma > 0


def test_the_latest_period_never_selects():
    late = story()
    late.observed[3] = (30, 30, 0)
    late.observed[0, 2] = 60
    result = found(late)
    assert sorted(item.site for item in result.nominations) == [0, 1, 2]
    assert next(item for item in result.nominations if item.site == 0).latest.says is Confirmation.CONTRADICTS


def test_the_gates_come_first_and_say_why():
    doubtful = Credibility(agreement=None, follow_up=0.5, completeness=None)
    result = found(credibility=(doubtful, *(GOOD,) * 23))
    assert sorted(item.site for item in result.nominations) == [1, 2]
    passed = next(item for item in result.passed if item.site == 0)
    assert passed.gates == (Gate.NOT_AUDITED, Gate.POOR_FOLLOW_UP, Gate.COMPLETENESS_UNKNOWN)
    assert len(passed.words) == 4
    assert all(item.comparator.site != 0 for item in result.nominations)


def test_everyone_else_is_told_why_not():
    measure = story()
    for name in ("cases", "observed", "expected", "variance"):
        getattr(measure, name)[5, 0] = 0
    measure.observed[6] = 22
    result = found(measure, share=0.001)
    passed = {item.site: item for item in result.passed}
    assert passed[5].reasons == (Reason.NO_CASES,)
    assert passed[6].estimate.probability_false < 0.5
    assert passed[6].reasons == (Reason.NOT_CERTAIN,)
    assert passed[7].reasons == (Reason.NOT_BETTER,)


def test_process_measures_need_the_achievable_benchmark_too():
    done = np.full((24, 3), 300)
    done[:6] = 450
    done[6] = (450, 300, 300)
    measure = story(code="ANTIBIOTIC", kind=Kind.PROCESS, adverse=False)
    measure.observed[:] = done
    result = found(measure)
    assert {item.site for item in result.nominations} == set(range(6))
    assert Reason.OUTSIDE_BENCHMARK in next(item for item in result.passed if item.site == 6).reasons


def test_sites_and_measures_are_chosen_together():
    result = found(story(), story(code="DEATH"))
    assert {(item.measure, item.site) for item in result.nominations} == {
        (code, j) for code in ("SSI", "DEATH") for j in range(3)
    }


def test_stricter_settings_name_fewer():
    nobody = found(share=1e-9)
    assert nobody.nominations == ()
    assert nobody.expected_false_share is None
    assert len(found(gates=Gates(agreement=0.99)).nominations) == 0


def test_tables_that_do_not_fit_together_are_errors():
    with pytest.raises(ValueError, match="at least one"):
        find((), credibility=(GOOD,), case_mix=np.ones((1, 1)))
    with pytest.raises(ValueError, match="none twice"):
        found(story(), story())
    with pytest.raises(ValueError, match="one entry per site"):
        found(story(sites=10))


def test_a_gate_is_shut_below_its_share_and_open_at_it():
    assert closed(Credibility(agreement=0.9, follow_up=0.9, completeness=0.95), gates=Gates()) == ()
    below = Credibility(agreement=0.89, follow_up=0.89, completeness=0.94)
    assert closed(below, gates=Gates()) == (Gate.POOR_AGREEMENT, Gate.POOR_FOLLOW_UP, Gate.INCOMPLETE)
    assert closed(Credibility(None, None, None), gates=Gates()) == (
        Gate.NOT_AUDITED,
        Gate.FOLLOW_UP_UNKNOWN,
        Gate.COMPLETENESS_UNKNOWN,
    )
    with pytest.raises(ValueError):
        closed(Credibility(agreement=97, follow_up=1, completeness=1), gates=Gates())


def test_the_comparator_is_the_nearest_middling_site():
    mix = np.array([[0.0], [1.0], [2.0], [0.1], [0.5]])
    ratio = [0.5, 1.0, 1.0, 0.7, 1.0]
    pick = comparator(site=0, odds_ratio=ratio, allowed=[True] * 5, case_mix=mix)
    assert pick.site == 4
    assert pick.distance == pytest.approx(0.5 / mix.std())
    assert comparator(site=0, odds_ratio=ratio, allowed=[True] * 4 + [False], case_mix=mix).site == 1
    assert comparator(site=0, odds_ratio=ratio, allowed=[True] * 5, case_mix=mix, farthest=0.1) is None
    assert comparator(site=1, odds_ratio=[0.5, 1, 0.5, 0.5, 0.5], allowed=[True] * 5, case_mix=mix) is None


def test_distances_are_in_standard_deviations_and_ignore_what_is_the_same_everywhere():
    mix = np.array([[0.0, 7.0], [2.0, 7.0]])
    assert np.allclose(distances(mix), [[0, np.sqrt(2)], [np.sqrt(2), 0]])
    for wrong in (np.zeros(3), np.zeros((3, 0)), np.full((3, 1), np.nan)):
        with pytest.raises(ValueError):
            distances(wrong)

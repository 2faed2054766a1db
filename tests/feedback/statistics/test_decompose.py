"""Why O/E moved: terms add up, each term answers only for its own change, order does not matter, degenerate windows."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.statistics.decompose import Cases, Term, Undefined, decompose


def cases(keys, outcome, earlier, later=None):
    earlier = np.array(earlier, dtype=float)
    return Cases(
        key=np.array(keys),
        outcome=np.array(outcome),
        earlier_risk=earlier,
        later_risk=earlier if later is None else np.array(later, dtype=float),
    )


THEN = cases([1, 2, 3, 4], [1, 0, 0, 0], [0.2, 0.1, 0.1, 0.1])
NOW = cases([5, 6, 7, 8], [1, 1, 0, 0], [0.2, 0.1, 0.1, 0.1])


def terms(found):
    return {name: getattr(found, name) for name in ("late", "revised", "case_mix", "outcomes", "model")}


def others_zero(found, *names):
    return all(value == 0.0 for name, value in terms(found).items() if name not in names)


def test_nothing_changed_nothing_moved():
    found = decompose(before=THEN, restated=THEN, after=THEN)
    assert found.change == 0.0
    assert others_zero(found)
    assert found.outcomes_standard_error == 0.0
    assert found.counts.in_both_windows == 4


def test_one_more_event_at_the_same_risks_is_all_outcomes():
    found = decompose(before=THEN, restated=THEN, after=NOW)
    assert found.outcomes == pytest.approx(1 / 0.5)
    assert others_zero(found, "outcomes")
    variance = 2 * (0.16 + 3 * 0.09) / 16
    assert found.outcomes_standard_error == pytest.approx(variance**0.5 / 0.125)


def test_sicker_cases_with_the_same_events_are_all_case_mix():
    found = decompose(before=THEN, restated=THEN, after=cases([5, 6, 7, 8], [0, 1, 0, 0], [0.4, 0.2, 0.2, 0.2]))
    assert found.case_mix == pytest.approx(1.0 - 2.0)
    assert others_zero(found, "case_mix")


def test_a_refitted_model_on_the_same_cases_is_all_model():
    rescored = cases([1, 2, 3, 4], [1, 0, 0, 0], [0.2, 0.1, 0.1, 0.1], [0.1, 0.05, 0.05, 0.05])
    found = decompose(before=THEN, restated=rescored, after=rescored)
    assert found.model == pytest.approx(2.0)
    assert others_zero(found, "model")


def test_a_late_case_is_all_late_and_a_corrected_outcome_all_revised():
    with_late = cases([1, 2, 3, 4, 9], [1, 0, 0, 0, 1], [0.2, 0.1, 0.1, 0.1, 0.1])
    late = decompose(before=THEN, restated=with_late, after=with_late)
    assert late.late == pytest.approx(2 / 0.6 - 2.0)
    assert others_zero(late, "late")
    assert (late.counts.late, late.counts.withdrawn) == (1, 0)
    corrected = cases([4, 3, 2, 1], [0, 0, 1, 1], [0.1, 0.1, 0.1, 0.2])
    revised = decompose(before=THEN, restated=corrected, after=corrected)
    assert revised.revised == pytest.approx(2.0)
    assert others_zero(revised, "revised")
    assert (revised.counts.revised_outcome, revised.counts.revised_risk) == (1, 0)
    recoded = decompose(before=THEN, restated=cases([1, 2, 3, 4], [1, 0, 0, 0], [0.2, 0.1, 0.1, 0.6]), after=NOW)
    assert recoded.counts.revised_risk == 1
    withdrawn = decompose(before=THEN, restated=cases([1, 2], [1, 0], [0.2, 0.1]), after=NOW)
    assert withdrawn.counts.withdrawn == 2
    assert withdrawn.late == pytest.approx(1 / 0.3 - 2.0)


def test_a_worked_change_of_everything_adds_up_and_draws_a_waterfall():
    restated = cases([1, 2, 3, 9], [1, 1, 0, 1], [0.2, 0.15, 0.1, 0.3], [0.25, 0.1, 0.1, 0.3])
    after = cases([2, 3, 10, 11], [1, 0, 0, 0], [0.15, 0.1, 0.2, 0.4], [0.1, 0.1, 0.3, 0.35])
    found = decompose(before=THEN, restated=restated, after=after)
    assert found.before == pytest.approx(2.0)
    assert found.restated == pytest.approx(3 / 0.75)
    assert found.after == pytest.approx(1 / 0.85)
    assert sum(terms(found).values()) == pytest.approx(found.change, abs=1e-12)
    assert found.revised_or_late == pytest.approx(found.restated - found.before, abs=1e-12)
    bars = found.bars
    assert [bar.term for bar in bars] == list(Term)
    assert sum(bar.value for bar in bars) == pytest.approx(found.change, abs=1e-12)
    assert bars[0].start == found.before
    assert bars[-1].stop == pytest.approx(found.after, abs=1e-12)
    assert all(left.stop == right.start for left, right in pairwise(bars))
    # the definition written out: rates .75 and .25; expected rates by window and model
    e = {(0, 0): 0.1875, (0, 1): 0.1875, (1, 0): 0.2125, (1, 1): 0.2125}
    outcomes = (0.25 - 0.75) * (2 / e[0, 0] + 1 / e[0, 1] + 1 / e[1, 0] + 2 / e[1, 1]) / 6
    assert found.outcomes == pytest.approx(outcomes)
    assert found.model == pytest.approx(0.0, abs=1e-12)
    assert found.counts.in_both_windows == 2


def test_the_standard_error_of_outcomes_is_what_chance_gives():
    random = np.random.default_rng(3)
    keys = np.arange(60)
    risk = random.uniform(0.05, 0.3, 60)
    drawn = []
    for _ in range(600):
        y = (random.random(60) < risk).astype(int)
        old, new = cases(keys[:40], y[:40], risk[:40]), cases(keys[20:], y[20:], risk[20:])
        found = decompose(before=old, restated=old, after=new)
        drawn.append(found.outcomes)
    assert np.std(drawn) == pytest.approx(found.outcomes_standard_error, rel=0.12)


def test_a_vanishing_expectation_counts_as_none():
    found = decompose(before=cases([1], [1], [1e-300]), restated=THEN, after=NOW)
    assert found.reason is Undefined.NOTHING_EXPECTED_BEFORE


EMPTY = cases(np.empty(0, dtype=int), np.empty(0, dtype=int), np.empty(0))
NO_RISK = cases([5, 6], [0, 0], [0.0, 0.0])


@pytest.mark.parametrize(
    ("before", "restated", "after", "reason"),
    [
        (EMPTY, THEN, NOW, Undefined.NOTHING_EXPECTED_BEFORE),
        (NO_RISK, THEN, NOW, Undefined.NOTHING_EXPECTED_BEFORE),
        (THEN, THEN, EMPTY, Undefined.NOTHING_EXPECTED_AFTER),
        (THEN, THEN, NO_RISK, Undefined.NOTHING_EXPECTED_AFTER),
        (THEN, EMPTY, NOW, Undefined.EARLIER_CASES_GONE),
        (THEN, cases([1], [0], [0.2], [0.0]), NOW, Undefined.NOTHING_EXPECTED_BY_OTHER_MODEL),
        (THEN, THEN, cases([5], [0], [0.0], [0.2]), Undefined.NOTHING_EXPECTED_BY_OTHER_MODEL),
    ],
)
def test_a_window_without_expected_events_has_a_reason_and_no_terms(before, restated, after, reason):
    found = decompose(before=before, restated=restated, after=after)
    assert found.reason is reason
    assert set(terms(found).values()) == {None}
    assert (found.bars, found.revised_or_late) == ((), None)
    assert (found.change is None) == reason.startswith(("NOTHING_EXPECTED_BEFORE", "NOTHING_EXPECTED_AFTER"))


def test_no_events_in_either_window_is_no_change():
    quiet = cases([1, 2], [0, 0], [0.1, 0.2])
    found = decompose(before=quiet, restated=quiet, after=cases([3], [0], [0.4]))
    assert found.change == 0.0
    assert others_zero(found)


def test_where_only_one_order_of_the_data_exists_that_one_is_taken():
    before = cases([1], [1], [0.5])
    by_arrival_only = decompose(before=before, restated=cases([1, 2], [0, 1], [0.0, 0.4]), after=NOW)
    assert by_arrival_only.late == pytest.approx(2 / 0.9 - 2.0)
    by_revision_only = decompose(before=cases([1, 2], [0, 1], [0.0, 0.5]), restated=cases([1], [0], [0.4]), after=NOW)
    assert by_revision_only.late == pytest.approx(0.0 - 1 / 0.9)
    neither = decompose(before=cases([1, 2], [1, 1], [0.0, 0.5]), restated=cases([1, 2], [0, 1], [0.4, 0.0]), after=NOW)
    assert sum(terms(neither).values()) == pytest.approx(neither.change, abs=1e-12)
    swapped = decompose(before=cases([1, 2], [1, 0], [0.5, 0.0]), restated=cases([2, 3], [1, 0], [0.0, 0.5]), after=NOW)
    assert sum(terms(swapped).values()) == pytest.approx(swapped.change, abs=1e-12)


def test_with_no_order_of_the_data_at_all_the_whole_is_late():
    before, restated = cases([1, 2], [1, 0], [0.0, 0.5]), cases([1, 3], [1, 0], [0.5, 0.0])
    found = decompose(before=before, restated=restated, after=NOW)
    assert found.late + found.revised == pytest.approx(found.restated - found.before)
    both_gone = decompose(before=cases([1], [1], [0.5]), restated=cases([2], [1], [0.25]), after=NOW)
    assert both_gone.late == pytest.approx(2.0)
    nothing_between = decompose(
        before=cases([1, 2], [1, 0], [0.5, 0.0]), restated=cases([1, 2], [1, 0], [0.5, 0.0]), after=NOW
    )
    assert nothing_between.revised_or_late == 0.0


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (cases([1, 1], [0, 0], [0.1, 0.1]), "occurs twice"),
        (cases([1, 2], [0, 2], [0.1, 0.1]), "neither 0 nor 1"),
        (cases([1, 2], [0, 1], [0.1, np.nan]), "missing"),
        (cases([1, 2], [0, 1], [0.1, 0.1], [0.1, 1.1]), "outside 0 to 1"),
        (cases([1, 2], [0], [0.1, 0.1]), "one entry per case"),
        (cases([[1, 2]], [[0, 1]], [[0.1, 0.1]]), "one entry per case"),
    ],
)
def test_bad_input_is_refused_in_words(part, words):
    with pytest.raises(ValueError, match=words):
        decompose(before=THEN, restated=part, after=NOW)


def windows():
    """Three windows of cases with shared keys, any outcomes and any risks."""
    case = st.tuples(st.integers(0, 1), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
    window = st.dictionaries(st.integers(0, 12), case, max_size=10)
    return st.tuples(window, window, window)


def window_of(found):
    rows = list(found.values())
    return Cases(
        key=np.array(list(found), dtype=int), outcome=np.array([r[0] for r in rows], dtype=int),
        earlier_risk=np.array([r[1] for r in rows], dtype=float), later_risk=np.array([r[2] for r in rows], dtype=float),
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(windows(), st.randoms())
def test_terms_always_add_up_and_the_order_of_cases_does_not_matter(three, random):
    before, restated, after = (window_of(w) for w in three)
    found = decompose(before=before, restated=restated, after=after)
    if found.reason is None:
        scale = max(1.0, *(abs(v) for v in terms(found).values()))
        assert abs(sum(terms(found).values()) - found.change) <= 1e-12 * scale
        assert found.outcomes_standard_error >= 0
    mixed = []
    for w in three:
        items = list(w.items())
        random.shuffle(items)
        mixed.append(window_of(dict(items)))
    again = decompose(before=mixed[0], restated=mixed[1], after=mixed[2])
    assert again.counts == found.counts
    for name, value in terms(found).items():
        other = getattr(again, name)
        assert (value is None) == (other is None)
        assert value is None or other == pytest.approx(value, rel=1e-9, abs=1e-9)

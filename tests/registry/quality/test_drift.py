"""Sentinels: loud for a planted change, quiet for chance and for what the whole collaborative did."""

import numpy as np
import pytest

from registry.quality.drift import FEWEST_CASES, WATCHES, Moments, changed, differs, quiet


def moments(values) -> Moments:
    values = np.asarray(values, dtype=float)
    return Moments(n=len(values), total=float(values.sum()), squares=float((values**2).sum()))


def recorded(rng, *, n, mean):
    return moments(rng.poisson(mean, n))


def test_moments_add_up():
    rng = np.random.default_rng(1)
    values = rng.normal(size=90)
    whole = moments(values[:40]).plus(moments(values[40:]))
    assert whole.mean == pytest.approx(values.mean())
    assert whole.n == 90
    assert Moments().mean == 0
    assert Moments().error == 0


def test_a_planted_rise_speaks_and_a_fall_does_not():
    rng = np.random.default_rng(2)
    others = {"others_now": recorded(rng, n=4000, mean=1.2), "others_before": recorded(rng, n=16000, mean=1.2)}
    risen = changed("comorbidity", now=recorded(rng, n=200, mean=1.9), before=recorded(rng, n=800, mean=1.2), **others)
    assert risen.speaks
    assert risen.z > 3
    assert "other hospitals do not" in risen.words
    fallen = changed("comorbidity", now=recorded(rng, n=200, mean=0.7), before=recorded(rng, n=800, mean=1.2), **others)
    assert not fallen.speaks
    assert fallen.words == "Nothing unusual."


def test_what_everybody_does_is_nothing_unusual():
    rng = np.random.default_rng(3)
    found = changed(
        "comorbidity",
        now=recorded(rng, n=300, mean=1.9),
        before=recorded(rng, n=900, mean=1.2),
        others_now=recorded(rng, n=5000, mean=1.9),
        others_before=recorded(rng, n=15000, mean=1.2),
    )
    assert not found.speaks


def test_a_change_that_is_certain_but_small_is_quiet():
    now, before = moments([1] * 50300 + [0] * 49700), moments([1] * 49000 + [0] * 51000)
    others = moments([1] * 49000 + [0] * 51000)
    found = changed("present", now=now, before=before, others_now=others, others_before=others)
    assert found.z > 3
    assert not found.speaks


def test_false_alarms_are_rare():
    """Without any change a sentinel speaks in well under one of a hundred looks."""
    rng = np.random.default_rng(4)
    spoke = sum(
        changed(
            "present",
            now=moments(rng.random(150) < 0.03),
            before=moments(rng.random(600) < 0.03),
            others_now=moments(rng.random(3000) < 0.03),
            others_before=moments(rng.random(12000) < 0.03),
        ).speaks
        for _ in range(2000)
    )
    assert spoke <= 20


def test_too_few_cases_are_said():
    few, many = moments([1] * (FEWEST_CASES - 1)), moments([0] * 500)
    assert "Too few" in changed("present", now=few, before=many, others_now=many, others_before=many).words
    assert "Too few" in differs("late_edits", own=few, others=many).words
    assert differs("late_edits", own=Moments(), others=many).now is None


def test_late_edits_and_unseen_events_compare_with_the_others():
    others = moments([1] * 50 + [0] * 950)
    loud = differs("late_edits", own=moments([1] * 40 + [0] * 60), others=others)
    assert loud.speaks
    assert loud.before is None
    assert differs("unseen", own=moments([0] * 200), others=others).speaks
    assert not differs("unseen", own=moments([1] * 60 + [0] * 140), others=others).speaks


def test_a_quieted_sentinel_keeps_its_figures():
    others = moments([1] * 50 + [0] * 950)
    loud = differs("unseen", own=moments([0] * 200), others=others)
    hushed = quiet(loud, words="Follow-up is not weak.")
    assert not hushed.speaks
    assert (hushed.z, hushed.words) == (loud.z, "Follow-up is not weak.")


def test_no_sentinel_accuses():
    for watch in WATCHES:
        assert watch.words.endswith(".")
        assert not {"gaming", "fraud", "cheat"} & set(watch.words.lower().split())


def test_what_a_sentinel_saw_is_stored_as_plain_data():
    same = {"others_now": Moments(), "others_before": Moments()}
    seen = changed("comorbidity", now=Moments(), before=Moments(), **same)
    assert seen.to_document()["words"] == seen.words
    assert seen.to_document()["speaks"] is False

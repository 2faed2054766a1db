"""Ticks, dots and labels find places where nothing stands on anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.charts import place


@given(st.floats(0.001, 1e6), st.integers(1, 12))
def test_ticks_are_never_more_than_asked_for(span, at_most):
    distance = place.step(span=span, at_most=at_most)
    assert span / distance <= at_most + 1e-6
    assert span / distance > at_most / 2.6


def test_ticks_are_round_and_inside():
    assert place.ticks(low=0.017, high=0.063, at_most=5) == (0.02, 0.03, 0.04, 0.05, 0.06)
    assert place.ticks(low=0, high=1, at_most=4) == (0.0, 0.5, 1.0)


@pytest.mark.parametrize(("span", "at_most"), [(0, 4), (-1, 4), (1, 0)])
def test_ticks_without_room_are_refused(span, at_most):
    with pytest.raises(ValueError, match="ticks"):
        place.step(span=span, at_most=at_most)


def test_an_axis_starts_at_zero_when_the_values_come_near_it():
    assert place.bounds([0.017, 0.061])[0] == 0.0
    low, high = place.bounds([0.55, 0.84], ceiling=1.0)
    assert 0.5 < low < 0.55
    assert 0.84 < high <= 1.0


def test_an_axis_stays_between_what_makes_sense():
    assert place.bounds([0.97, 0.999], ceiling=1.0)[1] == 1.0
    assert place.bounds([1.2], ceiling=1.0) == (pytest.approx(1.152), pytest.approx(1.2))
    assert place.bounds([0.0]) == (0.0, pytest.approx(0.04))
    assert place.bounds([-1.0, 1.0], floor=None) == (pytest.approx(-1.08), pytest.approx(1.08))
    with pytest.raises(ValueError, match="value"):
        place.bounds([])


@given(st.lists(st.floats(0, 900), min_size=1, max_size=80), st.sampled_from([5, 8, 10]))
def test_dots_never_overlap(positions, diameter):
    positions = sorted(positions)
    rows = place.swarm(positions, diameter=diameter)
    seen: dict[int, float] = {}
    for position, row in zip(positions, rows, strict=True):
        assert row not in seen or position - seen[row] >= diameter - 1e-5
        seen[row] = position


def test_dots_out_of_order_are_refused():
    with pytest.raises(ValueError, match="ascend"):
        place.swarm([2.0, 1.0], diameter=5)


def test_many_hospitals_get_smaller_dots():
    assert place.dot_size([]) == 10
    assert place.dot_size([10.0 * index for index in range(5)]) == 10
    assert place.dot_size([1.0] * 50) == 5


def test_words_stand_on_the_preferred_side_of_a_line_when_they_fit():
    assert place.beside(pixel=400, words="achievable", width=900, prefer="left").across == "right"
    assert place.beside(pixel=400, words="achievable", width=900, prefer="right").across == "left"
    assert place.beside(pixel=5, words="achievable", width=900, prefer="left").across == "left"
    assert place.beside(pixel=895, words="achievable", width=900, prefer="right").across == "right"


@given(st.floats(0, 200), st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
def test_words_stay_inside_the_figure_when_they_are_narrower_than_it(pixel, words):
    if place.text_width(words) + 6 > 200:
        words = place.shortened(words, width=190)
    where = place.beside(pixel=pixel, words=words, width=200, prefer="right")
    assert where.left >= -1e-6
    assert where.right <= 200 + 1e-6


def test_words_that_do_not_fit_are_cut_and_say_so():
    assert place.shortened("short", width=100) == "short"
    cut = place.shortened("Oral antibiotic preparation adopted", width=100)
    assert cut.endswith("…")
    assert place.text_width(cut) <= 100


def test_labels_know_whether_they_meet():
    one = place.Words(across="left", at=5, left=0, right=100)
    assert one.meets(place.Words(across="left", at=105, left=104, right=200))
    assert not one.meets(place.Words(across="left", at=115, left=110, right=200))


def test_a_name_above_a_mark_is_kept_inside():
    assert place.centred(pixel=0, words="you 2.9 %", width=300) > 20
    assert place.centred(pixel=300, words="you 2.9 %", width=300) < 280
    assert place.centred(pixel=150, words="you 2.9 %", width=300) == 150


def test_a_scale_goes_both_ways():
    scale = place.Scale(low=0.0, high=0.06, width=600)
    assert scale.pixel(0.03) == 300
    assert scale.value(300) == pytest.approx(0.03)

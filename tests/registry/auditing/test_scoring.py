"""A training attempt against the agreed answers: right, near enough, wrong, given beforehand, and nothing to score."""

import pytest

from registry.auditing.scoring import score
from tests.registry.auditing.charts import chart, dictionary

BOOK = dictionary()


def attempt(own, *, gold=None, given=None, weights=None, tolerances=None):
    return score(
        dictionary=BOOK,
        own=own,
        gold=gold or chart(),
        given=given or {},
        weights=weights or {},
        tolerances=tolerances or {},
    )


def right(own, name, **more):
    return {row.element: row.is_right for row in attempt(own, **more).elements}[name]


def test_all_right_and_one_wrong_by_weight():
    assert attempt(chart()).score == 1
    # Six elements answer; the ticks are none and do not count.
    found = attempt(chart(grade="3"), weights={"grade": 3})
    assert found.n_right == 5
    assert found.score == pytest.approx(5 / 8)
    row = next(one for one in found.elements if one.element == "grade")
    assert (row.own, row.agreed, row.weight) == ("three", "two", 3)


@pytest.mark.parametrize(
    ("name", "own", "tolerance", "is_right"),
    [
        ("albumin", "4.0", 0.1, True), ("albumin", "4.1", 0.1, False), ("albumin", "much", 0.1, False),
        ("seen_on", "2026-03-02", 1, True), ("seen_on", "2026-03-03", 1, False),
        ("seen_at", "2026-03-01 10:15", 15, True), ("seen_at", "2026-03-01 10:16", 15, False), ("albumin", "", 9, False),
    ],
)  # fmt: skip
def test_near_enough_is_right_where_it_is_declared(name, own, tolerance, is_right):
    assert right(chart(**{name: own}), name, tolerances={name: tolerance}) is is_right
    assert right(chart(**{name: own}), name) is False


def test_what_was_given_is_not_scored():
    assert "grade" not in {row.element for row in attempt(chart(grade="3"), given={"grade": "2"}).elements}


@pytest.mark.parametrize("more", [{"gold": {"case_id": "A"}, "own": {}}, {"own": chart(), "weights": {"grade": 0}}])
def test_nothing_to_score_and_no_weight_are_refused(more):
    with pytest.raises(ValueError, match="something to score"):
        attempt(more.pop("own"), **more)

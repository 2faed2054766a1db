"""The others' data quality: values only, rounded, in order, the ends hidden, nothing when there are few."""

from hypothesis import given
from hypothesis import strategies as st

from registry.quality.peers import IN_END, POINTS_FROM, blinded

SHARES = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=40)


@given(SHARES)
def test_only_rounded_values_in_order_leave(values):
    found = blinded(values)
    measured = [value for value in values if value is not None]
    assert set(found) == {"values", "low", "high", "middle"}
    if len(measured) < POINTS_FROM:
        assert found == {"values": [], "low": None, "high": None, "middle": None}
        return
    assert len(found["values"]) == len(measured) - 2 * IN_END
    assert found["values"] == sorted(found["values"])
    assert all(isinstance(value, int) for value in found["values"])
    assert found["low"] <= found["middle"] <= found["high"]


@given(st.permutations([0.1 * n for n in range(10)]))
def test_the_order_of_hospitals_does_not_survive(values):
    assert blinded(values) == blinded(sorted(values))


def test_extremes_are_not_shown():
    assert blinded([0.0, 0.01] + [0.9] * 8 + [0.99, 1.0])["low"] == 90

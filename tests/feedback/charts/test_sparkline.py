"""A sparkline is coordinates inside its box."""

import pytest

from feedback.charts.sparkline import sparkline


def places(spark):
    return [tuple(float(part) for part in pair.split(",")) for run in spark.runs for pair in run.split(" ")]


def test_every_point_stays_inside_the_box():
    spark = sparkline(values=(3.0, 9.0, 1.0, 5.0), reference=12.0, mark=2, words="rising")
    assert all(0 <= x <= 140 and 0 <= y <= 34 for x, y in places(spark))
    assert spark.reference == 4.0
    assert 0 < spark.mark < 140
    assert spark.end == places(spark)[-1]


def test_higher_values_stand_higher():
    (_, first), (_, second) = places(sparkline(values=(1.0, 2.0), words="rising"))
    assert second < first


def test_a_missing_period_breaks_the_line_and_the_end_is_the_latest_known():
    spark = sparkline(values=(1.0, 2.0, None, 3.0, 4.0, None), words="with gaps")
    assert len(spark.runs) == 2
    assert spark.end == places(spark)[-1]


def test_a_flat_line_and_a_single_value_are_drawn():
    assert {y for _, y in places(sparkline(values=(2.0, 2.0), words="flat"))} == {17.0}
    alone = sparkline(values=(2.0,), words="one")
    assert alone.runs == ()
    assert alone.end == (4.0, 17.0)


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="needs a value"):
        sparkline(values=(None,), words="none")
    with pytest.raises(ValueError, match="outside"):
        sparkline(values=(1.0, 2.0), mark=2, words="none")

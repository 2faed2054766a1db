"""Every figure is plotly's own language in the theme's tokens, and carries its table."""

import json

import plotly.graph_objects as go
import pytest

from feedback.charts import pages, priorities, theme
from feedback.charts.calibration import calibration
from feedback.charts.caterpillar import Line, caterpillar
from feedback.charts.funnel import funnel
from feedback.charts.numbers import EMPTY, THIN
from feedback.charts.run_chart import Point, run_chart
from feedback.charts.table import Table
from tests.feedback.charts.universe import a_standing, cells, labels, variants

GRID = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0)
NEAR = tuple((max(0.0, 1 - 1.96 / size**0.5), 1 + 1.96 / size**0.5) for size in GRID)
FAR = tuple((max(0.0, 1 - 3.09 / size**0.5), 1 + 3.09 / size**0.5) for size in GRID)
QUARTERS = ("Q1 24", "Q2 24", "Q3 24", "Q4 24", "Q1 25", "Q2 25", "Q3 25", "Q4 25")
VALUES = (0.052, 0.049, 0.058, None, 0.041, 0.035, 0.031, 0.027)


def a_funnel(**changed):
    usual = {
        "size": 18.4,
        "value": 0.49,
        "target": 1.0,
        "own_95": (0.57, 1.5),
        "own_998": (0.36, 1.8),
        "grid": GRID,
        "limits_95": NEAR,
        "limits_998": FAR,
        "sentence": "s",
        "title": "t",
    }
    return funnel(**(usual | changed))


def a_trend(**changed):
    points = [
        Point(period=quarter, value=value, limits=(0.015, 0.078))
        for quarter, value in zip(QUARTERS, VALUES, strict=True)
    ]
    usual = {"points": points, "centre": 0.046, "centre_words": "4.6 %, frozen in 2023", "sentence": "s", "title": "t"}
    return run_chart(**(usual | changed))


def a_calibration(**changed):
    usual = {
        "predicted": (0.01, 0.05, 0.2),
        "observed": (0.012, 0.047, 0.21),
        "intervals": ((0.005, 0.02), (0.04, 0.055), (0.19, 0.23)),
        "counts": (1000, 1000, 999),
        "sentence": "s",
        "title": "t",
        "predictions": "Without the hospital’s effect.",
    }
    return calibration(**(usual | changed))


def a_caterpillar(**changed):
    usual = {
        "lines": [
            Line(label="A", value=0.029, interval=(0.017, 0.045), n_cases=412, verdict="likely better", kind="better"),
            Line(
                label="A hospital with a name far longer than anybody would like",
                value=0.05,
                interval=(0.03, 0.07),
                n_cases=61,
            ),
            Line(label="C", value=0.071, interval=(0.058, 0.086), n_cases=1204, verdict="likely higher", kind="worse"),
        ],
        "reference": 0.046,
        "reference_words": "collaborative",
        "sentence": "s",
        "title": "t",
    }
    return caterpillar(**(usual | changed))


ALL = [a_standing, a_funnel, a_trend, a_calibration, a_caterpillar]


@pytest.mark.parametrize("draw", ALL)
def test_plotly_understands_every_layout(draw):
    for variant in variants(draw()):
        painted = theme.painted({"data": variant["data"], "layout": variant["layout"]})
        go.Figure(painted)
        assert "var(" not in json.dumps(painted)


@pytest.mark.parametrize("draw", ALL)
def test_layouts_go_from_narrow_to_wide(draw):
    widths = [variant["min_width"] for variant in variants(draw())]
    assert widths[0] == 0
    assert widths == sorted(set(widths))


@pytest.mark.parametrize("draw", ALL)
def test_no_colour_is_written_but_by_its_token(draw):
    words = json.dumps(draw().figure)
    assert "#" not in words
    assert "rgb(" not in words


@pytest.mark.parametrize("draw", ALL)
def test_no_title_stands_inside_and_no_legend(draw):
    for variant in variants(draw()):
        assert "title" not in variant["layout"]
        assert variant["layout"]["showlegend"] is False


@pytest.mark.parametrize("draw", ALL)
def test_no_text_needs_inline_style(draw):
    for variant in variants(draw()):
        assert not any("<" in words for words in labels(variant)), "markup in a label becomes a style attribute"


@pytest.mark.parametrize("draw", ALL)
def test_the_same_input_gives_the_same_bytes(draw):
    assert json.dumps(draw().figure) == json.dumps(draw().figure)


def test_an_unknown_token_is_not_painted_over():
    with pytest.raises(KeyError):
        theme.painted("var(--no-such-token)")


def test_a_table_is_as_wide_as_its_heading():
    with pytest.raises(ValueError, match="row of 1"):
        Table(columns=("a", "b"), rows=(("1",),), caption="c")


def test_the_funnel_shows_one_dot():
    for variant in variants(a_funnel()):
        dots = [trace for trace in variant["data"] if trace["mode"] == "markers"]
        assert len(dots) == 1
        assert dots[0]["x"] == [18.4]


def test_the_funnel_gives_the_limits_at_the_own_size_exactly():
    table = cells(a_funnel())
    assert table[f"95{THIN}% limits at your size"] == "0.57 to 1.50"
    assert table[f"99.8{THIN}% limits at your size"] == "0.36 to 1.80"
    assert table["Expected cases"] == "18.4"


def test_a_funnel_of_rates_stays_below_one():
    chart = a_funnel(
        kind="rate",
        size=412,
        value=0.03,
        target=0.046,
        own_95=(0.03, 0.07),
        own_998=(0.02, 0.08),
        grid=(50.0, 500.0),
        limits_95=((0.0, 0.12), (0.03, 0.065)),
        limits_998=((0.0, 0.2), (0.02, 0.08)),
        size_words="Cases",
    )
    assert cells(chart)["Cases"] == "412"
    for variant in variants(chart):
        assert variant["layout"]["yaxis"]["range"][1] <= 1
        assert variant["layout"]["yaxis"]["range"][0] == 0


def test_a_value_at_the_top_of_the_funnel_is_named_below_its_dot():
    for variant in variants(a_funnel(value=4.0, size=3.0)):
        own = next(note for note in variant["layout"]["annotations"] if note["text"].startswith("you"))
        assert own["yanchor"] in ("bottom", "top")
        assert variant["layout"]["yaxis"]["range"][1] > 4.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"grid": GRID[:-1]}, "every size"),
        ({"grid": (2.0,), "limits_95": NEAR[:1], "limits_998": FAR[:1]}, "two sizes"),
        ({"grid": GRID[::-1]}, "ascend"),
        ({"kind": "count"}, "ratio or rate"),
    ],
)
def test_an_impossible_funnel_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        a_funnel(**changed)


def test_a_signal_is_a_shape_and_words():
    points = [
        Point(period="Q1", value=0.05, limits=(0.01, 0.08)),
        Point(
            period="Q2", value=0.09, limits=(0.01, 0.08), signal="outside the limits of chance", note="Bundle adopted"
        ),
        Point(period="Q3", value=0.02, provisional=True),
    ]
    chart = a_trend(points=points)
    for variant in variants(chart):
        assert variant["data"][-1]["marker"]["symbol"] == ["circle", "diamond", "circle-open"]
        assert "Bundle adopted" in labels(variant)
    assert chart.table.rows[1][-1] == "outside the limits of chance; Bundle adopted"
    assert chart.table.rows[2][0] == "Q3 (provisional)"
    assert chart.table.rows[2][3] == EMPTY
    assert "diamond" in chart.caption
    assert "provisional" in chart.caption


def test_a_period_with_too_few_cases_breaks_the_line():
    for variant in variants(a_trend()):
        assert variant["data"][-2]["y"][3] is None
    assert a_trend().table.rows[3][1] == EMPTY


def test_limits_that_stop_and_start_again_are_not_joined():
    points = [Point(period=str(index), value=0.05, limits=None if index == 1 else (0.01, 0.08)) for index in range(3)]
    for variant in variants(a_trend(points=points)):
        assert None in variant["data"][0]["x"]


def test_a_trend_of_ratios_without_any_case_is_drawn():
    chart = a_trend(points=[Point(period="Q1", value=None)], kind="ratio", centre=1.0)
    for variant in variants(chart):
        assert not any(words.startswith("you") for words in labels(variant))


def test_twelve_quarters_are_not_all_named_on_a_phone():
    points = [Point(period=f"Q{index % 4 + 1} 20{23 + index // 4}", value=0.05) for index in range(12)]
    narrow, *_, wide = variants(a_trend(points=points))
    assert len(narrow["layout"]["xaxis"]["tickvals"]) < 12
    assert len(wide["layout"]["xaxis"]["tickvals"]) > len(narrow["layout"]["xaxis"]["tickvals"])


def test_all_hospitals_together_are_a_line_without_marks_with_a_name_and_a_column():
    together = (0.05, 0.048, 0.047, 0.046, None, 0.04, 0.038, 0.036)
    chart = a_trend(common=together)
    assert chart.table.columns[2] == "All hospitals"
    assert chart.table.rows[4][2] == EMPTY
    assert "all hospitals together" in chart.caption
    for variant in variants(chart):
        assert "all hospitals" in labels(variant)
        lines = [trace for trace in variant["data"] if trace["mode"] == "lines" and list(trace["y"]) == list(together)]
        assert len(lines) == 1
    for nothing in ((), (None,) * 8):
        assert a_trend(common=nothing).table.columns == a_trend().table.columns
    with pytest.raises(ValueError, match="each period"):
        a_trend(common=(0.1,))


def test_a_trend_names_its_frozen_model_and_what_all_hospitals_did():
    points = [
        {"period": f"Q{at}", "n": 40, "observed": 4, "expected": 4.5, "oe": 0.89, "chance": [0.2, 2.0]} for at in (1, 2)
    ]
    reference = {
        "model": {"label": "2025", "frozen_on": "2026-03-01"},
        "points": [{"period": "Q1", "oe": 1.02}, {"period": "Q2", "oe": 0.91}],
    }
    chart = pages.trend_chart(points, title="Leak", reference=reference)
    assert "fitted to 2025 and frozen on 1 March 2026" in chart.caption
    assert "O/E of 1.02 in Q1 and of **0.91** in Q2" in chart.sentence
    table = priorities.field_trend({"reference": reference})
    assert table.rows == (("Q1", "1.02"), ("Q2", "0.91"))
    assert table.caption.endswith("frozen on 1 March 2026")
    assert priorities.field_trend({}) is None
    assert priorities.field_trend({"reference": reference | {"points": [{"period": "Q1", "oe": None}]}}) is None
    reference["model"]["frozen_on"] = None
    hidden = pages.trend_chart(points, title="Leak", reference=reference | {"points": [{"period": "Q1", "oe": None}]})
    assert "fitted to 2025, expects" in hidden.caption
    assert "All hospitals" not in hidden.sentence
    assert "the frozen reference model expects" in pages.trend_chart(points, title="Leak").caption


@pytest.mark.parametrize(("changed", "words"), [({"points": []}, "period"), ({"kind": "count"}, "ratio or rate")])
def test_an_impossible_trend_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        a_trend(**changed)


def test_calibration_names_which_predictions_it_describes():
    chart = a_calibration()
    assert "Without the hospital’s effect." in chart.caption
    assert chart.table.rows[0] == ("1", "1,000", f"1.0{THIN}%", f"1.2{THIN}%", f"0.5 to 2.0{THIN}%")
    with pytest.raises(ValueError, match="each group"):
        a_calibration(counts=(1,))
    with pytest.raises(ValueError, match="each group"):
        a_calibration(predicted=(), observed=(), intervals=(), counts=())


def test_the_caterpillar_says_its_judgement_by_shape_and_word():
    chart = a_caterpillar()
    for variant in variants(chart):
        assert variant["data"][-1]["marker"]["symbol"] == ["circle", "circle-open", "diamond"]
    assert [row[-1] for row in chart.table.rows] == ["likely better", EMPTY, "likely higher"]
    narrow = next(variants(chart))
    assert narrow["layout"]["yaxis"]["ticktext"][1].endswith("…")
    with pytest.raises(ValueError, match="no site"):
        a_caterpillar(lines=[])
    with pytest.raises(ValueError, match="ratio or rate"):
        a_caterpillar(kind="count")
    assert a_caterpillar(kind="ratio").table.rows[0][2] == "0.03"

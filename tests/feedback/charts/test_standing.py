"""The standing chart shows own in ink, peers as rounded values, and the same numbers as its table."""

import json
from itertools import combinations

import pytest

from feedback.charts import place, theme
from feedback.charts.numbers import THIN, words_rate
from feedback.charts.standing import standing
from tests.feedback.charts.universe import PEERS, a_standing, cells, labels, variants


def test_every_dot_is_a_value_and_nothing_else():
    for variant in variants(a_standing()):
        peers = variant["data"][0]
        assert peers["marker"]["color"] == theme.PEER
        assert [x for x, s in zip(peers["x"], peers["marker"]["symbol"], strict=True) if s == "circle"] == list(PEERS)
        assert isinstance(peers["marker"]["size"], int), "a size per peer would tell volumes apart"
        assert set(peers) == {"type", "mode", "x", "y", "cliponaxis", "marker", "hovertext", "hoverinfo"}


def test_peers_cannot_be_given_a_name_a_count_or_an_interval():
    for forbidden in ("names", "ids", "n", "intervals", "counts"):
        with pytest.raises(TypeError):
            a_standing(**{forbidden: PEERS})


def test_the_most_extreme_are_bins_that_point_outwards():
    peers = next(variants(a_standing()))["data"][0]
    symbols = peers["marker"]["symbol"]
    assert symbols.count("triangle-left") == symbols.count("triangle-right") == 2
    for variant in variants(a_standing()):
        assert f"2 at or below 3.3{THIN}%" in labels(variant)
        assert f"2 at or above 5.3{THIN}%" in labels(variant)


def test_own_is_the_only_mark_in_ink():
    for variant in variants(a_standing()):
        own = variant["data"][-1]
        assert own["x"] == [0.029]
        inked = [trace for trace in variant["data"] if theme.ACCENT in json.dumps(trace)]
        assert len(inked) == 2, "the own dot and its interval"
        assert variant["data"][-2]["x"] == [0.017, 0.045]


def test_table_and_figure_say_the_same_numbers():
    chart = a_standing(details=(("Observed", "9"), ("Expected", "18.4")))
    table = cells(chart)
    assert table["You, after adjustment"] == words_rate(0.029)
    assert table["Likely between"] == f"1.7 to 4.5{THIN}%"
    assert table["Where chance alone would put 412 cases"] == f"3.3 to 6.1{THIN}%"
    assert table["The collaborative, you included"] == words_rate(0.046)
    assert table["Achievable"] == words_rate(0.026)
    assert table["Observed"] == "9"
    for value in set(PEERS):
        assert words_rate(value) in table["Other hospitals, rounded"]
    assert f"{words_rate(0.042)} × 3" in table["Other hospitals, rounded"]
    for variant in variants(chart):
        assert f"you {words_rate(0.029)}" in labels(variant)
        assert any(label.startswith(f"collaborative {words_rate(0.046)}") for label in labels(variant))


def test_low_reliability_greys_the_estimate_and_says_why():
    chart = a_standing(reliable=False, reason="reliability 0.22, and 0.40 is needed")
    assert "Your estimate is grey: reliability 0.22, and 0.40 is needed." in chart.caption
    for variant in variants(chart):
        assert theme.ACCENT not in json.dumps(variant)
        assert variant["data"][-1]["marker"]["symbol"] == "circle-open"
    assert "too few cases to rely on it" in a_standing(reliable=False).caption


def test_without_peers_nothing_is_drawn_for_them_and_the_reason_is_given():
    note = "Other hospitals are shown from 5 on."
    chart = a_standing(peers=(), below=None, above=None, peer_note=note)
    assert note in chart.caption
    assert cells(chart)["Other hospitals, rounded"] == note
    assert cells(a_standing(peers=(), below=None, above=None))["Other hospitals, rounded"] == "not shown"
    for variant in variants(chart):
        assert theme.PEER not in json.dumps(variant["data"])


def test_one_end_may_have_no_bin():
    for variant in variants(a_standing(below=None)):
        assert "triangle-left" not in variant["data"][0]["marker"]["symbol"]
        assert not any("at or below" in words for words in labels(variant))


def test_between_five_and_seven_others_are_one_mark():
    chart = a_standing(peers=(), below=None, above=None, pooled=0.044)
    assert cells(chart)["Other hospitals together"] == words_rate(0.044)
    for variant in variants(chart):
        assert variant["data"][0]["x"] == [0.044]
        assert f"others together {words_rate(0.044)}" in labels(variant)


def test_a_collaborative_that_may_not_be_shown_is_absent_everywhere():
    chart = a_standing(collaborative=None, achievable=None, band=None, peers=(), below=None, above=None)
    assert "collaborative" not in json.dumps([chart.figure, chart.table.rows]).lower()
    for variant in variants(chart):
        assert variant["layout"]["shapes"] == []


def test_an_axis_that_does_not_start_at_zero_says_so():
    assert "The axis starts at" not in a_standing().caption
    chart = a_standing(
        own=0.61,
        interval=(0.55, 0.67),
        collaborative=0.72,
        achievable=0.84,
        band=(0.66, 0.78),
        peers=(),
        below=None,
        above=None,
    )
    assert "The axis starts at" in chart.caption


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"own": 0.05}, "hold the estimate"),
        ({"band": (0.06, 0.03)}, "upside down"),
        ({"peers": (0.05, 0.04)}, "ascend"),
    ],
)
def test_impossible_input_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        a_standing(**changed)


CROWDED = {
    "own": 0.0462,
    "interval": (0.031, 0.064),
    "n_cases": 38,
    "achievable": 0.0445,
    "band": (0.012, 0.093),
    "peers": tuple(round(0.04 + 0.0002 * index, 3) for index in range(60)),
    "below": (2, 0.04),
    "above": (2, 0.052),
}
WIDE_BAND = {"own": 0.002, "interval": (0.0, 0.006), "band": (0.02, 0.06), "achievable": 0.001}
HIGH = {"own": 0.06, "interval": (0.05, 0.07), "band": (0.03, 0.062), "collaborative": 0.07, "achievable": None}
UPPER = {
    "own": 0.9,
    "interval": (0.85, 0.94),
    "collaborative": 0.8,
    "achievable": 0.93,
    "band": (0.74, 0.86),
    "peers": (),
    "below": None,
    "above": None,
}


@pytest.mark.parametrize(
    "changed",
    [{}, CROWDED, WIDE_BAND, HIGH, UPPER, {"n_cases": 123_456}],
    ids=["usual", "crowded", "band", "high", "upper", "large"],
)
def test_labels_do_not_touch_at_any_width(changed):
    for variant, (_, width) in zip(variants(a_standing(**changed)), theme.WIDTHS, strict=True):
        boxes = [box(note, variant=variant, width=width) for note in variant["layout"]["annotations"]]
        for one, other in combinations(boxes, 2):
            apart = one[1] <= other[0] + 1 or other[1] <= one[0] + 1 or one[3] <= other[2] + 1 or other[3] <= one[2] + 1
            assert apart, (width, one, other)
        for left, right, _, _, words in boxes:
            assert left >= -6, (width, words)
            assert right <= width + 12, (width, words)


def box(note, *, variant, width):
    low, high = variant["layout"]["xaxis"]["range"]
    at = place.Scale(low=low, high=high, width=width).pixel(note["x"]) + note["xshift"]
    wide = place.text_width(note["text"], strong=note["font"]["weight"] > 400)
    left = {"left": at, "center": at - wide / 2, "right": at - wide}[note["xanchor"]]
    bottom = {"bottom": note["y"], "middle": note["y"] - 8, "top": note["y"] - 16}[note["yanchor"]] + note["yshift"]
    return left, left + wide, bottom, bottom + 15, note["text"]


def test_a_surgeon_without_achievable_or_band_is_drawn_too():
    chart = standing(own=0.03, interval=(0.02, 0.05), n_cases=61, collaborative=0.046, sentence="s", title="t")
    assert len(list(variants(chart))) == 3

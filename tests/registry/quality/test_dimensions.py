"""The lights: earned by the figure, red only beyond doubt, grey where nothing was measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.quality.dimensions import BY_CODE, DIMENSIONS, Light, judge, worst


@pytest.mark.parametrize(
    ("code", "numerator", "denominator", "light"),
    [
        ("completeness", 970, 1000, Light.GREEN),
        ("completeness", 969, 1000, Light.YELLOW),
        ("completeness", 800, 1000, Light.RED),
        ("completeness", 0, 1, Light.RED),
        ("follow_up", 8, 10, Light.YELLOW),
        ("follow_up", 80, 100, Light.RED),
        ("audit", 94, 100, Light.YELLOW),
        ("audit", 85, 100, Light.YELLOW),
        ("audit", 80, 100, Light.RED),
        ("queries", 10, 10, Light.GREEN),
    ],
)
def test_a_light_follows_the_share_and_its_interval(code, numerator, denominator, light):
    assert judge(code, numerator=numerator, denominator=denominator).light is light


@pytest.mark.parametrize("counts", [(None, None), (0, 0), (None, 5)])
def test_what_was_not_measured_is_grey_and_says_why(counts):
    figure = judge("frame", numerator=counts[0], denominator=counts[1], note="No list.")
    assert (figure.light, figure.value, figure.note) == (Light.GREY, None, "No list.")


@given(st.sampled_from([d.code for d in DIMENSIONS]), st.integers(1, 5000), st.data())
def test_red_is_certain_and_green_is_earned(code, denominator, data):
    numerator = data.draw(st.integers(0, denominator))
    figure, dimension = judge(code, numerator=numerator, denominator=denominator), BY_CODE[code]
    assert figure.lower <= figure.value <= figure.upper
    assert (figure.light is Light.GREEN) == (figure.value >= dimension.green)
    if figure.light is Light.RED:
        assert figure.upper < dimension.yellow < dimension.green


@pytest.mark.parametrize("counts", [(6, 5), (-1, 5)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(ValueError, match="impossible"):
        judge("audit", numerator=counts[0], denominator=counts[1])


def test_the_worst_light_that_was_measured_counts():
    grey = judge("frame", numerator=None, denominator=None)
    green, yellow, red = (judge("completeness", numerator=n, denominator=1000) for n in (1000, 960, 500))
    assert worst((grey,)) is Light.GREY
    assert worst((grey, green)) is Light.GREEN
    assert worst((yellow, green)) is Light.YELLOW
    assert worst((green, red, yellow)) is Light.RED


def test_every_dimension_says_why_and_what_to_do():
    assert len({dimension.code for dimension in DIMENSIONS}) == 7
    for dimension in DIMENSIONS:
        assert dimension.green > dimension.yellow
        assert dimension.why.endswith(".")
        assert dimension.remedy.endswith(".")


def test_a_light_has_words_of_its_own():
    assert len({light.words for light in Light}) == 4


def test_a_figure_is_stored_as_plain_data():
    document = judge(DIMENSIONS[0].code, numerator=9, denominator=10).to_document()
    assert (document["value"], document["light"], document["numerator"]) == (0.9, "YELLOW", 9)

"""What was found is set beside what was planted, in words."""

import pytest

from config.example import generate, recovery, truths
from interventions.deviance.finder import Settings

LAST = (9, 10, 11, 12)


@pytest.fixture(scope="module")
def collaborative():
    return generate.small(seed=1, hospitals=19, cases=60)


def result(estimate: float, *, half: float) -> dict[str, float]:
    return {"estimate": estimate, "lower": estimate - half, "upper": estimate + half}


def test_each_story_is_told_with_its_interval(collaborative):
    truth = collaborative.true_ratio(measure="SSI30", hospital="H04", quarters=LAST)
    found = {"SSI30": {"H04": result(truth, half=0.1), "H12": result(2.0, half=0.1)}}
    first, second, third, whole = recovery.lines(found, collaborative=collaborative, quarters=LAST)
    assert first == (
        f"SSI30 Dunmore County Hospital (bright spot), quarters 9 to 12: planted {truth:.2f}; recovered {truth:.2f} "
        f"({truth - 0.1:.2f} to {truth + 0.1:.2f}); the interval covers it and lies below the collaborative"
    )
    assert second.endswith("the interval misses it and lies above the collaborative")
    assert third.endswith("there is no result")
    assert whole == "SSI30, quarters 9 to 12: 1 of 2 intervals cover the planted value"


def test_an_interval_across_one_tells_nothing(collaborative):
    lines = recovery.lines({"SERIOUS30": {"H17": result(1.2, half=0.9)}}, collaborative=collaborative, quarters=LAST)
    assert "drifts worse from quarter 9 on" in lines[0]
    assert lines[0].endswith("covers it and does not tell it from the collaborative")


def test_the_stories_are_three_bright_spots_a_drift_and_an_improvement(collaborative):
    told = recovery.stories(collaborative)
    assert [story.measure for story in told] == ["SSI30", "SSI30", "SSI30", "SERIOUS30", "READM30"]
    assert told[-1].words == "improves after a change from quarter 7 on"


def test_a_measure_nothing_was_planted_on_is_not_spoken_of(collaborative):
    found = {"BOWEL_PREP": {"H04": result(1.0, half=0.1)}}
    assert recovery.lines(found, collaborative=collaborative, quarters=LAST) == ()


def test_nominations_are_set_beside_what_was_planted():
    whole = generate.Collaborative(truths=truths.load(), files={}, results=())
    pairs = [("SSI30", "H04"), ("SSI30", "H05"), ("BOWEL_PREP", "H04"), ("GLUCOSE48", "H05")]
    first, second, third, fourth, last = recovery.nominated(pairs, collaborative=whole, quarters=tuple(range(1, 9)))
    assert first.startswith("SSI30 Dunmore County Hospital is nominated; planted odds ratio 0.")
    assert [line.rsplit(": ", 1)[1] for line in (first, second, third, fourth)] == ["true", "false", "true", "false"]
    assert last == "2 of 4 nominations are false (planted odds ratio 0.9 or more)"
    assert recovery.nominated([], collaborative=whole, quarters=(1,)) == ("Nobody is nominated",)


def test_every_planted_bright_spot_is_one_by_the_finders_bound_in_the_quarters_that_nominate():
    planted = truths.load()
    found = {
        hospital.code
        for hospital in planted.hospitals
        if recovery.persistent(planted, measure="SSI30", hospital=hospital.code, quarters=tuple(range(1, 9)))
        < recovery.BOUND
    }
    assert set(planted.bright_spots) <= found
    assert Settings().bound == recovery.BOUND

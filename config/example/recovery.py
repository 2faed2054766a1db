"""Sets what a comparison found beside what was planted, in lines for people; pure, it fits and reads nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from config.example.generate import Collaborative
from config.example.truths import Hospital, Truths, logit

BOUND = 0.9
PROCESSES = {"BOWEL_PREP": "oral_antibiotics", "GLUCOSE48": "glucose"}
Found = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Story:
    """One thing planted: on which measure, in which hospital, in words."""

    measure: str
    hospital: str
    words: str


def lines(found: Mapping[str, Found], *, collaborative: Collaborative, quarters: tuple[int, ...]) -> tuple[str, ...]:
    """Return one line for each planted story of the measures found, then one for each measure as a whole.

    found: measure code → hospital code → {"estimate", "lower", "upper"}, each a shrunken rate over the collaborative's rate
    of the same cases (1 is average), the interval at 95 %. quarters: the quarters (1-based) the comparison speaks about.
    A hospital without a result says so. Measures for which nothing was planted hospital by hospital are not spoken of.
    """
    planted = frozenset(result.measure for result in collaborative.results)
    told = [
        _told(story, found[story.measure], collaborative=collaborative, quarters=quarters)
        for story in stories(collaborative)
        if story.measure in found
    ]
    whole = [
        _whole(measure, results, collaborative=collaborative, quarters=quarters)
        for measure, results in found.items()
        if measure in planted
    ]
    return (*told, *whole)


def nominated(
    pairs: Iterable[tuple[str, str]], *, collaborative: Collaborative, quarters: tuple[int, ...]
) -> tuple[str, ...]:
    """Return one line for each nomination (measure, hospital) with what was planted, and one that counts the false ones.

    quarters: those that nominate (1-based). A nomination is false where the planted odds ratio is not below `BOUND`.
    """
    told, n_false = [], 0
    for measure, hospital in pairs:
        truth = persistent(collaborative.truths, measure=measure, hospital=hospital, quarters=quarters)
        n_false += truth >= BOUND
        name = collaborative.truths.hospital(hospital).name
        verdict = "false" if truth >= BOUND else "true"
        told.append(
            f"{measure} {name} is nominated; planted odds ratio {truth:.2f} against a middling hospital: {verdict}"
        )
    last = f"{n_false} of {len(told)} nominations are false (planted odds ratio {BOUND} or more)"
    return (*told, last) if told else ("Nobody is nominated",)


def persistent(truths: Truths, *, measure: str, hospital: str, quarters: tuple[int, ...]) -> float:
    """Return the planted odds ratio of the adverse result over some quarters, against the mean hospital's log odds.

    Of a process measure the adverse result is that the element was not given.
    """
    which = np.asarray(quarters)

    def log_odds(one: Hospital) -> float:
        if measure not in PROCESSES:
            return float(truths.effect(measure, one, which).mean())
        element = next(element for element in truths.bundle if element.code == PROCESSES[measure])
        return -float(logit(truths.uptake(element, one, which)).mean())

    middling = np.mean([log_odds(one) for one in truths.hospitals])
    return float(np.exp(log_odds(truths.hospital(hospital)) - middling))


def stories(collaborative: Collaborative) -> tuple[Story, ...]:
    """List the planted stories: the bright spots, the drift and the improvement."""
    bright = [Story(measure="SSI30", hospital=code, words="bright spot") for code in collaborative.truths.bright_spots]
    courses = [
        Story(measure=course.measure, hospital=course.hospital, words=f"{words} from quarter {course.from_quarter} on")
        for course in collaborative.truths.courses
        for words in ["drifts worse" if course.grows else "improves after a change"]
    ]
    return (*bright, *courses)


def covers(result: Mapping[str, float], *, truth: float) -> bool:
    """Say whether the interval holds the planted value."""
    return result["lower"] <= truth <= result["upper"]


def _told(story: Story, results: Found, *, collaborative: Collaborative, quarters: tuple[int, ...]) -> str:
    truth = collaborative.true_ratio(measure=story.measure, hospital=story.hospital, quarters=quarters)
    name = collaborative.truths.hospital(story.hospital).name
    head = f"{story.measure} {name} ({story.words}), quarters {min(quarters)} to {max(quarters)}: planted {truth:.2f}"
    result = results.get(story.hospital)
    if result is None:
        return f"{head}; there is no result"
    interval = f"{result['estimate']:.2f} ({result['lower']:.2f} to {result['upper']:.2f})"
    verdict = "covers it" if covers(result, truth=truth) else "misses it"
    return f"{head}; recovered {interval}; the interval {verdict} and {_side(result)}"


def _side(result: Mapping[str, float]) -> str:
    """Say on which side of the collaborative the whole interval lies."""
    if result["upper"] < 1:
        return "lies below the collaborative"
    return "lies above the collaborative" if result["lower"] > 1 else "does not tell it from the collaborative"


def _whole(measure: str, results: Found, *, collaborative: Collaborative, quarters: tuple[int, ...]) -> str:
    held = sum(
        covers(result, truth=collaborative.true_ratio(measure=measure, hospital=code, quarters=quarters))
        for code, result in results.items()
    )
    return f"{measure}, quarters {min(quarters)} to {max(quarters)}: {held} of {len(results)} intervals cover the planted value"

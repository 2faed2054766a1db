"""Sets what a comparison found beside what was planted, in lines for people; pure, it fits and reads nothing."""

from collections.abc import Mapping

from config.example.generate import Collaborative

Found = Mapping[str, Mapping[str, float]]


def lines(found: Mapping[str, Found], *, collaborative: Collaborative, quarters: tuple[int, ...]) -> tuple[str, ...]:
    """Return one line for each planted story and one for each measure.

    found: measure code → hospital code → {"estimate", "lower", "upper"}, each a rate over the collaborative's rate of the
    same cases (so 1 is average), the interval at 95 %. quarters: the quarters (1-based) the comparison speaks about.
    A hospital or measure without a result says so; nothing is left out silently.
    """
    told = [
        _story(found, collaborative=collaborative, quarters=quarters, measure=measure, hospital=hospital, words=words)
        for measure, hospital, words in stories(collaborative)
    ]
    return (
        *told,
        *(
            _coverage(results, collaborative=collaborative, quarters=quarters, measure=measure)
            for measure, results in found.items()
            if measure in _known(collaborative)
        ),
    )


def stories(collaborative: Collaborative) -> tuple[tuple[str, str, str], ...]:
    """List the planted stories: (measure, hospital, words)."""
    bright = [("SSI30", code, "bright spot") for code in collaborative.truths.bright_spots]
    courses = [
        (
            course.measure,
            course.hospital,
            f"{'drifts worse' if course.grows else 'improves after a change'} from quarter {course.from_quarter} on",
        )
        for course in collaborative.truths.courses
    ]
    return (*bright, *courses)


def covers(result: Mapping[str, float], *, truth: float) -> bool:
    """Say whether the interval holds the planted value."""
    return result["lower"] <= truth <= result["upper"]


def _story(
    found: Mapping[str, Found],
    *,
    collaborative: Collaborative,
    quarters: tuple[int, ...],
    measure: str,
    hospital: str,
    words: str,
) -> str:
    truth = collaborative.true_ratio(measure=measure, hospital=hospital, quarters=quarters)
    head = f"{measure} {hospital} {collaborative.truths.hospital(hospital).name} ({words}): planted {truth:.2f}"
    result = found.get(measure, {}).get(hospital)
    if result is None:
        return f"{head}; there is no result"
    interval = f"{result['estimate']:.2f} ({result['lower']:.2f} to {result['upper']:.2f})"
    verdict = "covers it" if covers(result, truth=truth) else "misses it"
    return f"{head}; recovered {interval}; the interval {verdict}{_side(result)}"


def _side(result: Mapping[str, float]) -> str:
    """Say on which side of the collaborative the whole interval lies."""
    if result["upper"] < 1:
        return " and lies below the collaborative"
    return (
        " and lies above the collaborative" if result["lower"] > 1 else ", and does not tell it from the collaborative"
    )


def _coverage(results: Found, *, collaborative: Collaborative, quarters: tuple[int, ...], measure: str) -> str:
    truths = {code: collaborative.true_ratio(measure=measure, hospital=code, quarters=quarters) for code in results}
    held = sum(covers(result, truth=truths[code]) for code, result in results.items())
    return f"{measure}: {held} of {len(results)} intervals cover the planted value"


def _known(collaborative: Collaborative) -> frozenset[str]:
    """Return the measures for which a truth was planted hospital by hospital."""
    return frozenset(result.measure for result in collaborative.results)

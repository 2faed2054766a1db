"""Charts that the tests draw, and a reader of them; no test stands here."""

from collections.abc import Iterator
from typing import Any

from feedback.charts.standing import standing
from feedback.charts.table import Chart

PEERS = (0.033, 0.036, 0.038, 0.038, 0.04, 0.042, 0.042, 0.042, 0.044, 0.046, 0.046, 0.048, 0.05, 0.05, 0.053)


def a_standing(**changed: Any) -> Chart:
    """Draw the usual standing, with whatever the test changes."""
    usual: dict[str, Any] = {
        "own": 0.029,
        "interval": (0.017, 0.045),
        "n_cases": 412,
        "collaborative": 0.046,
        "achievable": 0.026,
        "band": (0.033, 0.061),
        "peers": PEERS,
        "below": (2, 0.033),
        "above": (2, 0.053),
        "n_hospitals": 20,
        "title": "Surgical-site infection",
        "sentence": "You are **likely better**.",
    }
    return standing(**(usual | changed))


def variants(chart: Chart) -> Iterator[dict[str, Any]]:
    """Give each layout of a chart."""
    yield from chart.figure["variants"]


def labels(variant: dict[str, Any]) -> list[str]:
    """Read every word written into a layout."""
    return [note["text"] for note in variant["layout"]["annotations"]]


def cells(chart: Chart) -> dict[str, str]:
    """Read a table of two columns as pairs."""
    return {row[0]: row[1] for row in chart.table.rows}

"""The other hospitals' data quality as one hospital may see it: rounded values without a name, a count or an interval. Pure."""

from collections.abc import Sequence

# One more than for results: somebody at two hospitals knows one of the others.
POINTS_FROM = 9
IN_END = 2


def blinded(values: Sequence[float | None]) -> dict[str, object]:
    """Blind the others' shares.

    values : shares 0–1 of the other hospitals, None where not measured.
    Returns whole per cents in order, the two at each end only as "at or beyond" the next; nothing with fewer than nine.
    """
    shown = sorted(round(100 * value) for value in values if value is not None)
    if len(shown) < POINTS_FROM:
        return {"values": [], "low": None, "high": None, "middle": None}
    inner = shown[IN_END:-IN_END]
    return {"values": inner, "low": inner[0], "high": inner[-1], "middle": inner[len(inner) // 2]}

"""What one set of own hospitals may see of a measure: own results in full, peers as rounded values and nothing else.

Pure. Rules B1–B8, B10 and B11 (docs/trust.md). The types have no field for a peer's name, id, count or interval, so that a
template cannot show what is not there.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any

POINTS_FROM = 8
POOLED_FROM = 5
IN_END_BIN = 2
MOVE_FROM = 3
LARGEST_SHARE = 0.5
DECIMALS = 3
RATIO_DECIMALS = 2


TOO_FEW = f"Single dots are drawn from {POINTS_FROM} other hospitals on; this is their rate together."
FEW_LEFT = "Few hospitals have left since the results before, so the others are not drawn singly this time; this is their rate together."


@dataclass(frozen=True)
class PeerPoint:
    """What is known of one other site before blinding: its shrunken rate and, for the rules only, its size."""

    rate: float
    n: int
    observed: int


@dataclass(frozen=True)
class EndBin:
    """The most extreme peers at one end, without their values: how many lie at or beyond ``bound``."""

    n: int
    bound: float


@dataclass(frozen=True)
class Peers:
    """The others, blinded. ``shown`` is "points", "pooled" or "none"; ``because`` says why when it is not points.

    ``values`` are rates 0–1 rounded to a tenth of a per cent, sorted; the ends are bins.
    """

    shown: str
    values: tuple[float, ...] = ()
    low: EndBin | None = None
    high: EndBin | None = None
    pooled: float | None = None
    because: str = ""


@dataclass(frozen=True)
class Moved:
    """Who came and went since the release before: ``waiting`` joiners are drawn later; ``few_left`` leavers were few."""

    waiting: frozenset[int] = frozenset()
    few_left: bool = False


NOBODY_MOVED = Moved()


def moved(releases: Sequence[Set[int]]) -> Moved:
    """Tell what the newest release may not show, from who contributed to each release so far, oldest first (B10).

    One or two joiners wait until at least three can come in together: alone they would be the difference between two
    lists. One or two leavers cannot be called back, so the others are not drawn singly in that release.
    """
    shown: frozenset[int] = frozenset(releases[0])
    found = Moved()
    for contributing in releases[1:]:
        joined, left = contributing - shown, shown - contributing
        waiting = frozenset(joined) if len(joined) < MOVE_FROM else frozenset()
        found = Moved(waiting=waiting, few_left=0 < len(left) < MOVE_FROM)
        shown = frozenset(contributing) - waiting
    return found


def blind(peers: Sequence[PeerPoint], *, singly: bool = True) -> Peers:
    """Blind the sites that are not the viewer's own.

    singly : False draws no single site, whatever their number (B10).

    peers : sites with at least one counted case, the viewer's own already removed (B1).
    Order, size and identity do not survive: values are rounded, then sorted by the rounded value (B3), the two at
    each end become open-ended bins (B8). With five to seven others only their pooled rate is given, and that only
    when no single one makes up more than half of them (B11); with fewer, nothing.
    """
    counted = [peer for peer in peers if peer.n > 0]
    if singly and len(counted) >= POINTS_FROM:
        values = sorted(round(peer.rate, DECIMALS) for peer in counted)
        return Peers(
            shown="points",
            values=tuple(values[IN_END_BIN:-IN_END_BIN]),
            low=EndBin(n=IN_END_BIN, bound=values[IN_END_BIN]),
            high=EndBin(n=IN_END_BIN, bound=values[-IN_END_BIN - 1]),
        )
    if len(counted) >= POOLED_FROM and _nobody_dominates(counted):
        n = sum(peer.n for peer in counted)
        return Peers(
            shown="pooled",
            pooled=round(sum(peer.observed for peer in counted) / n, DECIMALS),
            because=TOO_FEW if singly else FEW_LEFT,
        )
    return Peers(shown="none", because=f"Other hospitals are shown from {POOLED_FROM} on, so that none can be guessed.")


def may_show_collaborative(peers: Sequence[PeerPoint]) -> bool:
    """Tell whether a rate that includes the viewer may be shown: subtraction must not give away few others (B11)."""
    counted = [peer for peer in peers if peer.n > 0]
    return len(counted) >= POOLED_FROM and _nobody_dominates(counted)


def _nobody_dominates(peers: Sequence[PeerPoint]) -> bool:
    total = sum(peer.n for peer in peers)
    return max(peer.n for peer in peers) <= LARGEST_SHARE * total


@dataclass(frozen=True)
class StandingDocument:
    """One standing as it is stored: everything a page may show, nothing else.

    measure, window : words and codes of what was compared. own : full results of the viewer's own hospitals, keyed by
    hospital id as text. collaborative : the common rate (None when B11 forbids it). achievable : the best-tenth point
    of the fitted distribution of effects. reference : the frozen model behind the trends, in words, and all hospitals
    together against it by period.
    """

    measure: Mapping[str, Any]
    window: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]]
    peers: Peers
    collaborative: float | None
    achievable: float | None
    reference: Mapping[str, Any] | None = None

    def to_document(self) -> dict[str, Any]:
        """Return plain data for storage as JSON."""
        return dict(vars(self)) | {"peers": asdict(self.peers)}


def own_sets(memberships: Mapping[int, Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the distinct sets of own hospitals that people have, each sorted, in order; ``{person: hospitals}``."""
    return tuple(sorted({tuple(sorted(set(hospitals))) for hospitals in memberships.values() if hospitals}))


def standing(
    *,
    own_set: Sequence[int],
    results: Mapping[int, Mapping[str, Any]],
    measure: Mapping[str, Any],
    window: Mapping[str, Any],
    collaborative: float,
    achievable: float | None,
    change: Moved = NOBODY_MOVED,
    reference: Mapping[str, Any] | None = None,
) -> StandingDocument:
    """Build the standing of one own-hospital set from the full results of all hospitals.

    results : hospital id → full result with at least ``shrunken_rate``, ``n`` and ``observed``. change : who came and
    went since the release before; joiners that wait are no peers yet. reference : ``model`` (words) and ``points`` of all
    hospitals together by period (``period``, ``oe``).
    """
    own = {str(h): results[h] for h in sorted(own_set) if h in results}
    points = {
        h: PeerPoint(rate=result["shrunken_rate"], n=result["n"], observed=result["observed"])
        for h, result in sorted(results.items())
        if h not in set(own_set)
    }
    others, drawn = list(points.values()), [point for h, point in points.items() if h not in change.waiting]
    open_enough = may_show_collaborative(others)
    return StandingDocument(
        measure=measure,
        window=window,
        own=own,
        peers=blind(drawn, singly=not change.few_left),
        collaborative=collaborative if open_enough else None,
        achievable=achievable if open_enough else None,
        reference=None if reference is None else _common(reference, others=[results[h]["trend"] for h in points]),
    )


def _common(reference: Mapping[str, Any], *, others: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Keep the O/E of all hospitals together in those periods in which B11 lets it be seen, rounded."""
    shown = []
    for point in reference["points"]:
        there = [period for trend in others for period in trend if period["period"] == point["period"]]
        peers = [PeerPoint(rate=0.0, n=period["n"], observed=period["observed"]) for period in there]
        open_enough = point["oe"] is not None and may_show_collaborative(peers)
        shown.append({"period": point["period"], "oe": round(point["oe"], RATIO_DECIMALS) if open_enough else None})
    return {"model": dict(reference["model"]), "points": shown}

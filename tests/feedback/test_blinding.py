"""Peers leave as rounded values only."""

import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback import blinding
from feedback.blinding import PeerPoint, blind, may_show_collaborative, own_sets, standing

ALLOWED = {"shown", "values", "low", "high", "pooled", "because"}


def points(count: int, *, n: int = 100) -> list[PeerPoint]:
    return [PeerPoint(rate=0.01 + 0.0031 * k, n=n + k, observed=k) for k in range(count)]


def test_eight_peers_are_shown_as_points_with_open_ends():
    peers = blind(points(8))
    assert peers.shown == "points"
    assert peers.values == (0.016, 0.019, 0.022, 0.026)
    assert (peers.low.n, peers.low.bound) == (2, 0.016)
    assert (peers.high.n, peers.high.bound) == (2, 0.026)


@pytest.mark.parametrize("count", [5, 6, 7])
def test_five_to_seven_peers_are_pooled(count):
    peers = blind(points(count))
    assert peers.shown == "pooled"
    assert peers.values == ()
    assert peers.pooled == round(sum(range(count)) / sum(p.n for p in points(count)), 3)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_fewer_than_five_peers_are_not_shown(count):
    peers = blind(points(count))
    assert (peers.shown, peers.values, peers.pooled) == ("none", (), None)
    assert "from 5 on" in peers.because


def test_a_peer_that_dominates_keeps_the_pool_shut():
    many = [*points(5), PeerPoint(rate=0.02, n=10_000, observed=200)]
    assert blind(many).shown == "none"
    assert not may_show_collaborative(many)


def test_a_peer_without_cases_does_not_count():
    assert blind([*points(7), PeerPoint(rate=0.5, n=0, observed=0)]).shown == "pooled"


@given(st.lists(st.floats(0, 1), min_size=8, max_size=40), st.randoms())
def test_order_size_and_identity_do_not_survive(rates, random):
    peers = [PeerPoint(rate=rate, n=random.randint(1, 9999), observed=0) for rate in rates]
    shuffled = random.sample(peers, len(peers))
    resized = [PeerPoint(rate=peer.rate, n=random.randint(1, 9999), observed=3) for peer in shuffled]
    assert blind(peers) == blind(resized)
    assert list(blind(peers).values) == sorted(blind(peers).values)


def test_exchanging_two_peers_changes_nothing():
    base = {h: {"shrunken_rate": 0.02 + h / 1000, "n": 100 + h, "observed": h} for h in range(1, 11)}
    seen = set()
    for a, b in permutations((7, 8, 9), 2):
        swapped = dict(base) | {a: base[b], b: base[a]}
        document = standing(
            own_set=(1,), results=swapped, measure={}, window={}, collaborative=0.03, achievable=0.02
        ).to_document()
        seen.add(json.dumps(document, sort_keys=True))
    assert len(seen) == 1


def test_the_peers_of_a_document_have_no_other_field():
    results = {h: {"shrunken_rate": 0.02, "n": 100, "observed": 2, "name": "CANARY"} for h in range(1, 12)}
    document = standing(
        own_set=(2, 1), results=results, measure={}, window={}, collaborative=0.03, achievable=0.02
    ).to_document()
    assert set(document["peers"]) == ALLOWED
    assert list(document["own"]) == ["1", "2"]
    assert "CANARY" not in json.dumps(document["peers"])
    assert document["collaborative"] == 0.03


def test_the_collaborative_rate_is_kept_back_when_subtraction_would_tell():
    results = {h: {"shrunken_rate": 0.02, "n": 100, "observed": 2} for h in range(1, 5)}
    document = standing(own_set=(1,), results=results, measure={}, window={}, collaborative=0.03, achievable=0.02)
    assert document.collaborative is None
    assert document.achievable is None


def test_own_sets_are_unions_without_order_or_repetition():
    assert own_sets({1: [3, 2], 2: [2, 3, 3], 3: [2], 4: []}) == ((2,), (2, 3))


ALL = frozenset(range(1, 13))


@pytest.mark.parametrize(
    ("releases", "waiting", "few_left"),
    [
        ([ALL], set(), False),
        ([ALL, ALL], set(), False),
        ([ALL, ALL | {13}], {13}, False),
        ([ALL, ALL | {13}, ALL | {13}], {13}, False),
        ([ALL, ALL | {13}, ALL | {13, 14}], {13, 14}, False),
        ([ALL, ALL | {13}, ALL | {13, 14, 15}], set(), False),
        ([ALL, ALL | {13, 14, 15}, ALL | {13, 14, 15, 16}], {16}, False),
        ([ALL, ALL | {13}, ALL], set(), False),
        ([ALL, ALL - {1}], set(), True),
        ([ALL, ALL - {1, 2}, ALL - {1, 2}], set(), False),
        ([ALL, ALL - {1, 2, 3}], set(), False),
        ([ALL, (ALL - {1}) | {13}], {13}, True),
    ],
)
def test_hospitals_come_and_go_in_threes_or_not_visibly(releases, waiting, few_left):
    """B10: two lists one after the other never differ by one or two hospitals that somebody could name."""
    assert blinding.moved(releases) == blinding.Moved(waiting=frozenset(waiting), few_left=few_left)


def test_a_joiner_that_waits_is_no_peer_and_few_leavers_leave_no_single_dots():
    results = {h: {"shrunken_rate": h / 100, "n": 100, "observed": h} for h in range(1, 14)}

    def peers(change):
        return blinding.standing(
            own_set=(1,), results=results, measure={}, window={}, collaborative=0.05, achievable=0.01, change=change
        ).peers

    assert len(peers(blinding.NOBODY_MOVED).values) == 8
    assert len(peers(blinding.Moved(waiting=frozenset({13}))).values) == 7
    assert peers(blinding.Moved(waiting=frozenset({13}))).high.bound == 0.1
    gone = peers(blinding.Moved(few_left=True))
    assert (gone.shown, gone.values, gone.pooled) == ("pooled", (), round(sum(range(2, 14)) / 1200, 3))
    assert "have left" in gone.because


def test_all_hospitals_together_are_drawn_only_in_periods_in_which_subtraction_tells_nothing():
    def trend(*sizes):
        return [{"period": f"Q{at}", "n": n, "observed": n // 10} for at, n in enumerate(sizes, 1)]

    results = {h: {"shrunken_rate": 0.02, "n": 100, "observed": 2, "trend": trend(50, 50, 50, 0)} for h in range(1, 8)}
    results[7]["trend"] = trend(50, 300, 50, 0)
    for h in (2, 3):
        results[h]["trend"] = trend(50, 50, 0, 0)
    points = [{"period": f"Q{at}", "oe": oe} for at, oe in enumerate((1.00449, 0.9, 0.8, None), 1)]
    document = blinding.standing(
        own_set=(1,), results=results, measure={}, window={}, collaborative=0.03, achievable=0.02,
        reference={"model": {"label": "2025", "frozen_on": "2026-03-01"}, "points": points},
    ).to_document()  # fmt: skip
    assert [point["oe"] for point in document["reference"]["points"]] == [1.0, None, None, None]
    assert all(set(point) == {"period", "oe"} for point in document["reference"]["points"])
    assert document["reference"]["model"] == {"label": "2025", "frozen_on": "2026-03-01"}

"""The auditor of all releases together: planted bad ones are refused, honest ones pass, and its intervals are true."""

import itertools

import numpy as np
import pytest

from feedback.joint_disclosure import Atom, Statement, audit

SITES = tuple(f"S{number:02}" for number in range(12))
QUARTERS = ("Q1", "Q2", "Q3", "Q4", "Q5")
RNG = np.random.default_rng(41)
CASES = {Atom(site=s, part=q): int(RNG.integers(60, 400)) for s in (*SITES, "late", "tiny") for q in QUARTERS}
OUTCOMES = {atom: int(RNG.binomial(cases, 0.08)) for atom, cases in CASES.items()}


def five(count):
    return 5 * ((count + 2) // 5)


def cell(sites=SITES, quarters=QUARTERS[:4], *, measure="ssi30", cases=CASES, outcomes=OUTCOMES):
    """Release a cell honestly: the true sums, rounded to five."""
    atoms = frozenset(Atom(site=s, part=q) for s, q in itertools.product(sites, quarters))
    return Statement(
        measure=measure,
        atoms=atoms,
        denominator=five(sum(cases[a] for a in atoms)),
        numerator=five(sum(outcomes[a] for a in atoms)),
    )


def minus(*gone):
    return tuple(site for site in SITES if site not in gone)


GOOD = {
    "nothing": [],
    "the whole collaborative once": [cell()],
    "the same again": [cell(), cell()],
    "disjoint years": [cell(quarters=QUARTERS[:2]), cell(quarters=QUARTERS[2:4])],
    "a rolling year": [cell(), cell(quarters=QUARTERS[1:5])],
    "two measures": [cell(), cell(measure="mort30")],
    "two large groups": [cell(SITES[:6]), cell(SITES[6:])],
    "three joined": [cell(SITES[:9]), cell(SITES)],
}
BAD = {
    "one hospital alone": [cell(("S03",))],
    "two hospitals, one may tell": [cell(("S03", "S04"))],
    "one joined": [cell(), cell((*SITES, "late"))],
    "one left": [cell(), cell(minus("S05"))],
    "two left": [cell(), cell(minus("S05", "S06"))],
    "one swapped for another": [cell(minus("S01")), cell(minus("S02")), cell()],
    "the complement of a group": [cell(), cell(SITES[1:])],
    "one quarter without one": [cell(quarters=("Q1",)), cell(minus("S07"), quarters=("Q1",))],
    "overlapping groups that isolate one": [cell(SITES[:6]), cell(SITES[5:]), cell()],
    "one joined, hidden behind quarters": [
        cell(quarters=QUARTERS[:2]),
        cell(quarters=QUARTERS[2:4]),
        cell((*SITES, "late")),
    ],
    "one joined in the last quarter only": [
        cell(),
        Statement(
            measure="ssi30",
            atoms=cell().atoms | {Atom(site="late", part="Q4")},
            denominator=five(sum(CASES[a] for a in cell().atoms) + CASES[Atom(site="late", part="Q4")]),
            numerator=five(sum(OUTCOMES[a] for a in cell().atoms) + OUTCOMES[Atom(site="late", part="Q4")]),
        ),
    ],
    "three subsets that add up": [cell(SITES[:4]), cell(SITES[4:8]), cell(SITES[8:11]), cell()],
    "bad in the other measure": [cell(), cell(measure="mort30"), cell(minus("S09"), measure="mort30")],
}


@pytest.mark.parametrize("name", GOOD)
def test_honest_releases_pass(name):
    assert audit(GOOD[name]) == ()


@pytest.mark.parametrize("name", BAD)
def test_planted_bad_releases_are_refused(name):
    found = audit(BAD[name])
    assert found
    assert all(exposure.lower <= exposure.upper for exposure in found)
    assert "one hospital" in found[0].words


def test_there_are_enough_planted_bad_releases():
    assert len(BAD) >= 10


def test_the_intervals_hold_the_truth():
    for exposure in audit(BAD["one joined"]):
        assert exposure.sites == ("late",)
        atoms = [Atom(site="late", part=q) for q in QUARTERS[:4]]
        cases, outcomes = sum(CASES[a] for a in atoms), sum(OUTCOMES[a] for a in atoms)
        truth = {"cases": cases, "outcomes": outcomes, "others": cases - outcomes}[exposure.what]
        assert exposure.lower - 1e-6 <= truth <= exposure.upper + 1e-6


def test_the_interval_of_a_difference_is_its_rounding():
    found = {exposure.what: exposure for exposure in audit(BAD["one joined"])}
    assert found["cases"].upper - found["cases"].lower == pytest.approx(8)


def test_intervals_equal_those_of_trying_every_answer():
    """Three small sites, two statements: all whole answers are tried by hand."""
    one, two = Atom(site="a", part="p"), Atom(site="b", part="p")
    statements = [
        Statement(measure="m", atoms=frozenset({one, two}), denominator=20, numerator=5, slack=2),
        Statement(measure="m", atoms=frozenset({two}), denominator=10, numerator=5, slack=2),
    ]
    fits = [
        (d1, d2, x1, x2)
        for d1, d2 in itertools.product(range(25), repeat=2)
        for x1, x2 in itertools.product(range(min(d1, 9) + 1), range(min(d2, 9) + 1))
        if abs(d1 + d2 - 20) <= 2 and abs(x1 + x2 - 5) <= 2 and abs(d2 - 10) <= 2 and abs(x2 - 5) <= 2
    ]
    found = {(exposure.sites[0], exposure.what): exposure for exposure in audit(statements)}
    for site, n, x in (("a", 0, 2), ("b", 1, 3)):
        for what, values in (("cases", [f[n] for f in fits]), ("outcomes", [f[x] for f in fits])):
            assert (found[site, what].lower, found[site, what].upper) == pytest.approx((min(values), max(values)))


def test_what_the_payer_knows_of_volumes_narrows_the_answer():
    """A site that the payer knows to be tiny cannot hide many outcomes behind the others."""
    sites = (*SITES, "tiny")
    tiny = {a: (4.0, 6.0) for a in CASES if a.site == "tiny"}
    cases = CASES | dict.fromkeys(tiny, 5)
    outcomes = OUTCOMES | dict.fromkeys(tiny, 0)
    statement = cell(sites, cases=cases, outcomes=outcomes)
    assert audit([statement]) == ()
    found = audit([statement], volumes=tiny)
    assert {exposure.sites for exposure in found} == {("tiny",)}
    assert {exposure.what for exposure in found} >= {"cases"}


def test_three_alike_hide_each_other_with_volumes_known_roughly():
    volumes = {a: (0.85 * n, 1.15 * n) for a, n in CASES.items()}
    assert audit([cell()], volumes=volumes) == ()


def test_contradicting_statements_are_refused():
    atoms = cell().atoms
    with pytest.raises(ValueError, match="contradict"):
        audit([cell(), Statement(measure="ssi30", atoms=atoms, denominator=5000, numerator=0)])


def test_order_and_names_do_not_matter():
    found = audit(BAD["one left"])
    assert audit(BAD["one left"][::-1]) == found
    assert [e.what for e in found] == ["cases", "outcomes", "others"]


def test_an_audit_that_does_not_finish_lets_nothing_pass(monkeypatch):
    unfinished = type("Answer", (), {"status": 1, "message": "iteration limit reached"})
    monkeypatch.setattr("scipy.optimize.linprog", lambda *words, **more: unfinished)
    with pytest.raises(ValueError, match="did not finish"):
        audit([cell(), cell(sites=minus("S00"))])

"""What the payer could work out about one site from all releases ever made, taken together. Pure; rule P6 (docs/trust.md).

A release says of a set of atoms (a site's cases of one part: a period, a group) how many cases there were and how many had
the outcome, each rounded. Everything the payer knows is a linear programme: each site's counts are at least nothing, the
outcomes no more than the cases, and every released sum lies within its rounding. A site is safe when, over all answers
that fit, its number still ranges widely. The rule holds also when one site tells the payer its own numbers.

Source: Cox & Sande 1979; Fischetti & Salazar 2000, *J Off Stat* 16:303 (audit by linear programming); Sweeney 2015 on
differencing of releases. Thresholds: docs/trust.md.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feedback.disclosure import SMALLEST_COUNT

NARROWEST_SHARE = 0.2
# Sites that stand alike in every release hide behind each other, one of them perhaps telling on the rest.
ENOUGH_ALIKE = 3
WORDS = {
    "cases": "number of cases",
    "outcomes": "number of cases with the outcome",
    "others": "number of cases without the outcome",
}


@dataclass(frozen=True, kw_only=True)
class Atom:
    """A site's cases of one part, the smallest thing that any release counts."""

    site: Hashable
    part: Hashable


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One released cell: the atoms it adds up, the two counts as released, and how far rounding may have moved them."""

    measure: str
    atoms: frozenset[Atom]
    denominator: float
    numerator: float
    slack: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """A number of one site (or of few alike) that the releases pin down too closely."""

    measure: str
    sites: tuple[Hashable, ...]
    parts: tuple[Hashable, ...]
    what: str
    lower: float
    upper: float

    @property
    def words(self) -> str:
        """Say it without naming the site."""
        return (
            f"Together with earlier releases this would pin one hospital's {WORDS[self.what]} down to between "
            f"{self.lower:.0f} and {self.upper:.0f}."
        )


def audit(
    statements: Sequence[Statement], *, volumes: Mapping[Atom, tuple[float, float]] | None = None
) -> tuple[Exposure, ...]:
    """Return every number of a site that all statements together pin down too closely.

    Parameters
    ----------
    statements
        Every cell ever released, and those proposed.
    volumes
        What the payer is assumed to know of the number of cases of an atom, as (at least, at most); unknown otherwise.

    Returns
    -------
    Exposures in the order of measures; none means that each site's counts keep a range at least 11 wide and at least a
    fifth of its upper end.

    Raises
    ------
    ValueError
        When the statements contradict each other: then they cannot all be true, and none may leave.
    """
    found: list[Exposure] = []
    for measure in sorted({statement.measure for statement in statements}):
        of_measure = [statement for statement in statements if statement.measure == measure]
        found += _audit_measure(measure, of_measure, volumes or {})
    return tuple(found)


@dataclass(frozen=True)
class _Kind:
    """Sites that stand alike: the same signatures, the same assumed volumes; one variable a signature for all together.

    Of three or more alike, one is looked at and the others only stand beside it; two are looked at together, because one
    of them may tell.
    """

    looked_at: bool
    sites: tuple[Hashable, ...]
    signatures: tuple[frozenset[int], ...]
    parts: tuple[tuple[Hashable, ...], ...]
    least: tuple[float, ...]
    most: tuple[float, ...]


def _kinds(statements: Sequence[Statement], volumes: Mapping[Atom, tuple[float, float]]) -> list[_Kind]:
    memberships: dict[Atom, set[int]] = defaultdict(set)
    for number, statement in enumerate(statements):
        for atom in statement.atoms:
            memberships[atom].add(number)
    by_site: dict[Hashable, dict[frozenset[int], list[Atom]]] = defaultdict(lambda: defaultdict(list))
    for atom, numbers in memberships.items():
        by_site[atom.site][frozenset(numbers)].append(atom)
    alike: dict[tuple, list[Hashable]] = defaultdict(list)
    for site, blocks in by_site.items():
        shape = sorted(
            (tuple(sorted(signature)), *_known(atoms, volumes), tuple(sorted({str(atom.part) for atom in atoms})))
            for signature, atoms in blocks.items()
        )
        alike[tuple(shape)].append(site)
    return [kind for shape, sites in sorted(alike.items(), key=str) for kind in _split(shape, sorted(sites, key=str))]


def _split(shape: tuple, sites: list[Hashable]) -> list[_Kind]:
    groups = [(True, sites)] if len(sites) < ENOUGH_ALIKE else [(True, sites[:1]), (False, sites[1:])]
    return [
        _Kind(
            looked_at=looked_at,
            sites=tuple(members),
            signatures=tuple(frozenset(signature) for signature, *_ in shape),
            parts=tuple(parts for *_, parts in shape),
            least=tuple(low * len(members) for _, low, _, _ in shape),
            most=tuple(high * len(members) for _, _, high, _ in shape),
        )
        for looked_at, members in groups
    ]


def _known(atoms: Iterable[Atom], volumes: Mapping[Atom, tuple[float, float]]) -> tuple[float, float]:
    bounds = [volumes.get(atom, (0.0, np.inf)) for atom in atoms]
    return sum(low for low, _ in bounds), sum(high for _, high in bounds)


def _audit_measure(
    measure: str, statements: Sequence[Statement], volumes: Mapping[Atom, tuple[float, float]]
) -> list[Exposure]:
    programme = _Programme(statements, _kinds(statements, volumes))
    found = []
    for kind, columns in programme.columns():
        for which, parts in _blocks(kind, columns) if kind.looked_at else ():
            for what in WORDS:
                lower, upper = programme.interval(which, what)
                if upper - lower < max(SMALLEST_COUNT, NARROWEST_SHARE * upper) and upper > 0:
                    found.append(
                        Exposure(measure=measure, sites=kind.sites, parts=parts, what=what, lower=lower, upper=upper)
                    )
    return found


def _blocks(kind: _Kind, columns: range) -> list[tuple[list[int], tuple[Hashable, ...]]]:
    """Each block of parts a site shows, and all of them together: a sum may be exposed where its parts are not."""
    single = [([column], parts) for column, parts in zip(columns, kind.parts, strict=True)]
    if len(single) == 1:
        return single
    every = tuple(part for parts in kind.parts for part in parts)
    return [*single, (list(columns), every)]


class _Programme:
    """The linear programme of one measure: first all case counts, then all outcome counts, one a kind and signature."""

    def __init__(self, statements: Sequence[Statement], kinds: Sequence[_Kind]) -> None:
        self.kinds = kinds
        signatures = [signature for kind in kinds for signature in kind.signatures]
        self.width = len(signatures)
        inside = np.array(
            [[number in signature for signature in signatures] for number in range(len(statements))], float
        )
        none = np.zeros_like(inside)
        upper, limits = [], []
        for block, values in (
            (np.hstack([inside, none]), [statement.denominator for statement in statements]),
            (np.hstack([none, inside]), [statement.numerator for statement in statements]),
        ):
            slack = np.array([statement.slack for statement in statements])
            upper += [block, -block]
            limits += [np.array(values) + slack, -(np.array(values) - slack)]
        upper.append(np.hstack([-np.eye(self.width), np.eye(self.width)]))
        limits.append(np.zeros(self.width))
        self.upper, self.limits = np.vstack(upper), np.concatenate(limits)
        least = [low for kind in kinds for low in kind.least]
        most = [high for kind in kinds for high in kind.most]
        self.bounds = [*zip(least, most, strict=True), *[(0.0, np.inf)] * self.width]

    def columns(self) -> list[tuple[_Kind, range]]:
        """Return each kind with the columns of its signatures."""
        at, found = 0, []
        for kind in self.kinds:
            found.append((kind, range(at, at + len(kind.signatures))))
            at += len(kind.signatures)
        return found

    def interval(self, which: Sequence[int], what: str) -> tuple[float, float]:
        """Return the least and the greatest value of a sum of columns over everything that fits."""
        aim = np.zeros(2 * self.width)
        for column in which:
            aim[column] += {"cases": 1.0, "outcomes": 0.0, "others": 1.0}[what]
            aim[self.width + column] += {"cases": 0.0, "outcomes": 1.0, "others": -1.0}[what]
        return self._least(aim), -self._least(-aim)

    def _least(self, aim: np.ndarray) -> float:
        from scipy.optimize import linprog  # noqa: PLC0415 (heavy; only the worker that builds a release needs it)

        answer = linprog(aim, A_ub=self.upper, b_ub=self.limits, bounds=self.bounds, method="highs")
        if answer.status == 2:
            raise ValueError("The releases contradict each other: no counts fit all of them.")
        if answer.status != 0:
            raise ValueError(f"The audit of the releases did not finish: {answer.message}")
        return float(answer.fun)

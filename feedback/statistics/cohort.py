"""The cases a comparison speaks about: site index, outcome and design, with every exclusion counted by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from feedback.statistics import rank
from feedback.statistics.coding import Adjuster, Categorical, Coding, as_categorical, as_numbers, learn
from feedback.statistics.design import Design, assemble, members
from feedback.statistics.refusal import ComparisonRefusal

RARE = 10


@dataclass(frozen=True)
class Exclusion:
    """How many rows were left out for one reason."""

    reason: str
    rows: int


@dataclass(frozen=True)
class Aliased:
    """A column that other columns already determine, left out of the model."""

    column: str
    because_of: tuple[str, ...]


@dataclass(frozen=True)
class Missingness:
    """Share (0–1) of one adjuster's values that are missing, by site (J,)."""

    adjuster: str
    share: tuple[float, ...]


@dataclass(frozen=True)
class Cohort:
    """n usable rows of J sites.

    Attributes
    ----------
    labels : J site labels, sorted; only sites with a usable row.
    site : (n,) int32 index into ``labels``.
    outcome : (n,) float, 0 or 1.
    weights : (n,) float frequency weights, or None for 1 each.
    risk : (n,) float in (0, 1) that came with the data, or None.
    design : ``Design`` of the model's columns.
    codings : how each adjuster became columns.
    kept : (rows,) bool, which input rows are used; ``rows`` counts the input.
    excluded : reasons with counts; ``empty_labels`` are sites left without any row.
    aliased : columns dropped because others determine them.
    missing : share of missing values by adjuster and site.
    notes : sentences worth a reader's attention.
    digest : SHA-256 of the source as the caller gave it, or None.
    """

    labels: tuple[str, ...]
    site: np.ndarray
    outcome: np.ndarray
    weights: np.ndarray | None
    risk: np.ndarray | None
    design: Design
    codings: tuple[Coding, ...]
    kept: np.ndarray
    rows: int
    excluded: tuple[Exclusion, ...]
    empty_labels: tuple[str, ...]
    aliased: tuple[Aliased, ...]
    missing: tuple[Missingness, ...]
    notes: tuple[str, ...]
    digest: str | None = None


def build(
    *,
    site: Sequence[str] | Categorical,
    outcome: Sequence[float] | np.ndarray,
    columns: Mapping[str, Sequence | np.ndarray | Categorical] | None = None,
    adjusters: Sequence[Adjuster] = (),
    risk: Sequence[float] | np.ndarray | None = None,
    weights: Sequence[float] | np.ndarray | None = None,
    digest: str | None = None,
) -> Cohort:
    """Shape raw columns into a cohort.

    Parameters
    ----------
    site : (rows,) labels, blank for unknown; outcome : (rows,) 0, 1 or missing.
    columns : name → (rows,) values, at least those ``adjusters`` (the declared covariates, in model order) name.
    risk : (rows,) predicted risks that came with the data; then there are no adjusters.
    weights : (rows,) frequency weights >= 0; digest : SHA-256 of the source, carried into the result.

    Raises
    ------
    ComparisonRefusal ``BAD_INPUT`` (lengths differ, unknown column, outcome not 0/1, negative weight, risk together
    with adjusters) or ``NO_ROWS`` when nothing remains.
    """
    columns = columns or {}
    places = as_categorical(site)
    numbers = as_numbers(outcome, name="outcome")
    _require_sound(places=places, outcome=numbers, columns=columns, adjusters=adjusters, risk=risk, weights=weights)
    kept, excluded = _usable(places=places, outcome=numbers, risk=risk, weights=weights)
    if not kept.any():
        raise ComparisonRefusal("NO_ROWS", ("No row has a site and an outcome.",))

    whole = bool(kept.all())

    def take(values):
        return values if whole else values[kept]

    taken = [take(values) for values in (_read(columns[item.name], item) for item in adjusters)]
    codings = tuple(learn(adjuster, values) for adjuster, values in zip(adjusters, taken, strict=True))
    codes = take(places.codes)
    design, _ = assemble(n=len(codes), codings=codings, columns=tuple(taken))
    labels, number, empty = _number_sites(places.levels, codes)
    cohort = Cohort(
        labels=labels,
        site=number[codes],
        outcome=take(numbers),
        weights=None if weights is None else take(np.asarray(weights, dtype=float)),
        risk=None if risk is None else take(as_numbers(risk, name="risk")),
        design=design,
        codings=codings,
        kept=kept,
        rows=len(numbers),
        excluded=excluded,
        empty_labels=empty,
        aliased=(),
        missing=(),
        notes=(),
        digest=digest,
    )
    return _annotate(cohort, columns=tuple(taken))


def _read(raw: Sequence | np.ndarray | Categorical, adjuster: Adjuster) -> Categorical | np.ndarray:
    return as_categorical(raw) if adjuster.coding == "categorical" else as_numbers(raw, name=adjuster.name)


def _number_sites(levels: tuple[str, ...], codes: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, tuple[str, ...]]:
    """Return the labels in use, sorted, the new index of each level (−1 when unused), and the unused labels, sorted."""
    used = np.nonzero(np.bincount(codes, minlength=len(levels)))[0]
    order = sorted(used.tolist(), key=levels.__getitem__)
    number = np.full(len(levels), -1, dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    empty = tuple(sorted(label for label, index in zip(levels, number, strict=True) if index < 0))
    return tuple(levels[position] for position in order), number, empty


def _require_sound(*, places, outcome, columns, adjusters, risk, weights) -> None:
    faults = []
    names = [adjuster.name for adjuster in adjusters]
    faults += [f"There is no column {name}." for name in names if name not in columns]
    faults += [
        f"Column {name} is named twice among the adjusters."
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    sized = [("outcome", outcome), *((name, columns[name]) for name in names if name in columns)]
    sized += [(name, values) for name, values in (("risk", risk), ("weights", weights)) if values is not None]
    faults += [
        f"Column {name} has {len(values)} rows, the site column has {len(places)}."
        for name, values in sized
        if len(values) != len(places)
    ]
    fine = (outcome == 0) | (outcome == 1)
    strange = np.zeros(0) if fine.all() else outcome[np.isfinite(outcome) & ~fine]
    if len(strange):
        faults.append(f"The outcome must be 0 or 1; found {strange[0]:g}.")
    if risk is not None and names:
        faults.append("A given risk and adjusters exclude each other.")
    if weights is not None and not (np.asarray(weights, dtype=float) >= 0).all():
        faults.append("Weights must be 0 or more.")
    if faults:
        raise ComparisonRefusal("BAD_INPUT", tuple(faults))


def _usable(*, places: Categorical, outcome: np.ndarray, risk, weights) -> tuple[np.ndarray, tuple[Exclusion, ...]]:
    tests = [("site is missing", places.codes < 0), ("outcome is missing", ~np.isfinite(outcome))]
    if risk is not None:
        given = as_numbers(risk, name="risk")
        tests.append(("risk is missing", ~np.isfinite(given)))
        tests.append(("risk lies outside 0 to 1", ~((given > 0) & (given < 1))))
    kept = np.ones(len(outcome), dtype=bool)
    excluded = []
    for reason, fault in tests:
        rows = int(np.count_nonzero(kept & fault))
        if rows:
            excluded.append(Exclusion(reason=reason, rows=rows))
            kept &= ~fault
    if weights is not None:
        kept &= np.asarray(weights, dtype=float) > 0
    return kept, tuple(excluded)


def _annotate(cohort: Cohort, *, columns: tuple[Categorical | np.ndarray, ...]) -> Cohort:
    """Name aliased columns, count missing values by site and note empty and rare levels."""
    aliased = rank.aliased(cohort.design)
    sizes = np.bincount(cohort.site, minlength=len(cohort.labels))
    missing, notes = [], []
    for coding, values in zip(cohort.codings, columns, strict=True):
        share = np.zeros(len(sizes))
        if coding.indicator:
            absent = values.codes < 0 if isinstance(values, Categorical) else np.isnan(values)
            share = np.bincount(cohort.site[absent], minlength=len(cohort.labels)) / sizes
        missing.append(Missingness(adjuster=coding.adjuster.name, share=tuple(float(part) for part in share)))
    notes += _level_notes(cohort, columns=columns)
    notes += [f"Column {item.column} is determined by {', '.join(item.because_of)} and left out." for item in aliased]
    return replace(
        cohort,
        design=cohort.design.without(tuple(item.column for item in aliased)) if aliased else cohort.design,
        aliased=tuple(Aliased(column=item.column, because_of=item.because_of) for item in aliased),
        missing=tuple(missing),
        notes=tuple(notes),
    )


def _level_notes(cohort: Cohort, *, columns: tuple[Categorical | np.ndarray, ...]) -> list[str]:
    """Name empty and rare levels, adjuster by adjuster; the cases are counted by pattern first."""
    pattern, n_patterns = cohort.design.pattern, len(cohort.design.table)
    cases = np.bincount(pattern, minlength=n_patterns)
    events = np.bincount(pattern, weights=cohort.outcome, minlength=n_patterns)
    member = members(pattern, n_patterns)
    notes = []
    for coding, values in zip(cohort.codings, columns, strict=True):
        notes += [f"{coding.adjuster.name}: no row has the level {level}." for level in coding.empty_levels]
        if isinstance(values, Categorical):
            codes = values.codes[member] + 1
            met = np.bincount(codes, weights=events, minlength=len(values.levels) + 1)[1:]
            held = np.bincount(codes, weights=cases, minlength=len(values.levels) + 1)[1:]
            notes += [
                f"{coding.adjuster.name}: level {level} has fewer than {RARE} cases with or without the outcome."
                for level, count, hit in zip(values.levels, held, met, strict=True)
                if count > 0 and min(hit, count - hit) < RARE
            ]
    return notes

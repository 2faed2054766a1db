"""How good predicted risks are: discrimination, accuracy and calibration; never a pass or fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feedback.statistics import spline
from feedback.statistics.intervals import wilson
from feedback.statistics.link import expit, logit, softplus

TIE_DECIMALS = 12
CLIP = 1e-9
MOST_STEPS = 50
SETTLED = 1e-10
CHUNK = 16_384
RECALIBRATIONS = ("intercept", "slope")


@dataclass(frozen=True)
class Discrimination:
    """C-statistic (0–1) with DeLong standard error."""

    c: float
    standard_error: float


@dataclass(frozen=True)
class Group:
    """One group of the calibration table: cases, mean risk, observed rate with its Wilson interval."""

    n: float
    mean_risk: float
    rate: float
    lower: float
    upper: float


def _pairs(events: np.ndarray, trials: np.ndarray, risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return events and non-events at each distinct risk (ties after rounding to 12 decimals), in increasing order."""
    keys = np.round(risk, TIE_DECIMALS)
    order = np.argsort(keys)  # the order within ties does not matter: their counts are summed
    first = np.nonzero(np.diff(keys[order], prepend=-1.0))[0]
    with_event = np.add.reduceat(events[order], first)
    return with_event, np.add.reduceat(trials[order], first) - with_event


def discrimination(events: np.ndarray, trials: np.ndarray, risk: np.ndarray) -> Discrimination:
    """Measure how often a case with the event had the higher risk; ties count one half.

    Parameters
    ----------
    events, trials : (R,) counts of equal rows, 0 <= events <= trials.
    risk : (R,) predicted risks, 0–1.

    Returns
    -------
    ``Discrimination``; the standard error is NaN with fewer than two cases on either side.

    Raises
    ------
    ValueError when no case or every case has the event.

    Source: DeLong, DeLong & Clarke-Pearson, Biometrics 44, 1988.
    """
    events, trials, risk = (np.asarray(values, dtype=float) for values in (events, trials, risk))
    plain = bool((trials == 1.0).all())
    steps = _steps_of_rows(events, risk) if plain else _steps(*_pairs(events, trials, risk))
    n1, n0 = float(steps.cases.sum()), float(steps.controls.sum())
    if n1 <= 0 or n0 <= 0:
        raise ValueError("discrimination needs cases with and without the event")
    below, above = steps.below / n0, 1.0 - steps.before / n1
    c = float((steps.cases * below).sum() / n1)
    if n1 < 2 or n0 < 2:
        return Discrimination(c=c, standard_error=float("nan"))
    v10 = float((steps.cases * (below - c) ** 2).sum() / (n1 - 1.0))
    v01 = float((steps.controls * (above - c) ** 2).sum() / (n0 - 1.0))
    return Discrimination(c=c, standard_error=float(np.sqrt(v10 / n1 + v01 / n0)))


@dataclass(frozen=True)
class _Steps:
    """Groups of cases, each with the controls ``below`` it (ties half), and groups of controls, each with the cases
    ``before`` it (ties half)."""

    cases: np.ndarray
    below: np.ndarray
    controls: np.ndarray
    before: np.ndarray


def _steps(cases: np.ndarray, controls: np.ndarray) -> _Steps:
    return _Steps(
        cases=cases,
        below=np.cumsum(controls) - 0.5 * controls,
        controls=controls,
        before=np.cumsum(cases) - 0.5 * cases,
    )


def _steps_of_rows(events: np.ndarray, risk: np.ndarray) -> _Steps:
    """Find the same from rows of one trial each: one sort of numbers, then only the cases matter.

    Risk and outcome share an integer, the outcome in its last bit, so that no order has to be kept.
    """
    key = risk * 10.0**TIE_DECIMALS
    np.rint(key, out=key)
    key = key.astype(np.int64)
    key <<= 1
    key |= events.astype(np.int64)
    key.sort()
    place = np.nonzero(key & 1)[0]
    if len(place) == 0:
        return _Steps(cases=np.zeros(1), below=np.zeros(1), controls=np.full(1, len(key)), before=np.zeros(1))
    first = np.append(0, np.nonzero(np.diff(key[place]))[0] + 1)
    cases = np.diff(np.append(first, len(place))).astype(float)
    upto = place[first] - first  # controls at or below each group of cases
    tied = np.zeros(len(first), dtype=np.int64)
    near = np.nonzero((place[first] > 0) & (key[place[first] - 1] == key[place[first]] - 1))[0]
    begin = place[first[near]]
    tied[near] = begin - np.searchsorted(key, key[begin] - 1)
    between = np.diff(np.concatenate([[0], upto])) - tied
    return _Steps(
        cases=cases,
        below=upto - 0.5 * tied,
        controls=np.concatenate([between, [len(key) - len(place) - upto[-1]], tied]).astype(float),
        before=np.concatenate([first, [len(place)], first + 0.5 * cases]),
    )


def brier(events: np.ndarray, trials: np.ndarray, risk: np.ndarray) -> tuple[float, float]:
    """Return the Brier score and its scaled form 1 − B / ȳ(1 − ȳ).

    Parameters as for ``discrimination``. The scaled form is NaN when every outcome is equal.

    Source: Brier 1950; Steyerberg et al., Epidemiology 21, 2010.
    """
    n = float(trials.sum())
    score = 0.0
    for part in _parts(len(risk)):
        p, y = risk[part], events[part]
        score += float((y * (1.0 - p) ** 2 + (trials[part] - y) * (p * p)).sum() / n)
    rate = float(events.sum()) / n
    worst = rate * (1.0 - rate)
    return score, 1.0 - score / worst if worst > 0 else float("nan")


def _parts(size: int) -> Iterator[slice]:
    """Walk through rows in slices that stay in the cache."""
    for begin in range(0, size, CHUNK):
        yield slice(begin, begin + CHUNK)


def _first_step(
    events: np.ndarray, trials: np.ndarray, risk: np.ndarray, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return gradient (2,) and information (2, 2) of intercept and slope at 0 and 1, where the risks stand already."""
    sums = np.zeros(5)
    for part in _parts(len(risk)):
        p, at = risk[part], score[part]
        rest = events[part] - trials[part] * p
        weight = trials[part] * p * (1.0 - p)
        bent = weight * at
        sums += (rest.sum(), (rest * at).sum(), weight.sum(), bent.sum(), (bent * at).sum())
    return sums[:2], np.array([[sums[2], sums[3]], [sums[3], sums[4]]])


def _newton(
    columns: np.ndarray, *, events: np.ndarray, trials: np.ndarray, offset: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Maximise a small logistic likelihood, columns (q, R), returning (q,) coefficients.

    NaN where the steps do not settle: a likelihood without a finite maximum goes on rising while its information vanishes.
    """

    def height(beta: np.ndarray) -> float:
        eta = offset + beta @ columns
        return float((events * eta - trials * softplus(eta)).sum())

    beta, reached, first = start.copy(), height(start), 0
    for _ in range(MOST_STEPS):
        p = expit(offset + beta @ columns)
        gradient = (columns * (events - trials * p)).sum(axis=1)
        weighted = columns * (trials * p * (1.0 - p))
        information = np.array([[(row * other).sum() for other in columns] for row in weighted])
        step, _, rank, _ = np.linalg.lstsq(information, gradient, rcond=None)
        first = first or rank
        if rank < first:
            break
        if np.abs(step).max() < SETTLED:
            return beta + step
        while height(beta + step) < reached - 1e-9 * (1.0 + abs(reached)):
            step = step / 2.0
        beta = beta + step
        reached = height(beta)
    return np.full(len(start), np.nan)


def _overlap(events: np.ndarray, trials: np.ndarray, score: np.ndarray) -> bool:
    """Say whether cases with and without the event overlap in ``score``; else no finite slope is the likeliest.

    Source: Albert & Anderson, Biometrika 71, 1984.
    """
    with_event, without = score[events > 0], score[trials > events]
    return bool(
        len(with_event) and len(without) and with_event.min() < without.max() and without.min() < with_event.max()
    )


def recalibration(events: np.ndarray, trials: np.ndarray, risk: np.ndarray) -> tuple[float, float]:
    """Return calibration-in-the-large (intercept with slope held at 1) and calibration slope; ideal 0 and 1.

    Parameters as for ``discrimination``; risks are held at least 1e-9 from 0 and 1.

    Returns
    -------
    Both numbers. The intercept is NaN when no case or every case has the event; the slope is NaN when all risks are equal or
    the risks part every case with the event from every case without, so that the likelihood has no finite maximum.

    Source: Cox, Biometrika 45, 1958; Steyerberg, Clinical Prediction Models, 2nd ed., 2019, §15.3.
    """
    held = np.clip(risk, CLIP, 1.0 - CLIP)
    score = logit(held)
    gradient, information = _first_step(events, trials, held, score)
    large = gradient[:1] / information[0, 0]
    if abs(large[0]) >= SETTLED:
        large = _intercept(events, trials, score)
    if np.ptp(score) < 1e-9:
        return float(large[0]), float("nan")
    both = np.array([0.0, 1.0]) + np.linalg.lstsq(information, gradient, rcond=None)[0]
    if np.abs(both - (0.0, 1.0)).max() >= SETTLED:
        both = _line(events, trials, score)
    return float(large[0]), float(both[1])


def _intercept(events: np.ndarray, trials: np.ndarray, score: np.ndarray) -> np.ndarray:
    if not 0.0 < float(events.sum()) < float(trials.sum()):
        return np.full(1, np.nan)
    return _newton(np.ones((1, len(score))), events=events, trials=trials, offset=score, start=np.zeros(1))


def _line(events: np.ndarray, trials: np.ndarray, score: np.ndarray) -> np.ndarray:
    if not _overlap(events, trials, score):
        return np.full(2, np.nan)
    columns = np.vstack([np.ones(len(score)), score])
    none = np.zeros(len(score))
    return _newton(columns, events=events, trials=trials, offset=none, start=np.array([0.0, 1.0]))


@dataclass(frozen=True)
class Recalibrated:
    """Risks after recalibration: expit(``intercept`` + ``slope`` · logit risk); ``risk`` is (R,)."""

    intercept: float
    slope: float
    risk: np.ndarray


def recalibrate(events: np.ndarray, trials: np.ndarray, risk: np.ndarray, *, kind: str) -> Recalibrated:
    """Bring risks that came with the data to these cases, so that they add up to the events.

    Parameters as for ``discrimination``; ``kind`` ``intercept`` moves the log-odds by one number, ``slope`` stretches them too.

    Returns
    -------
    ``Recalibrated``; the order of the risks changes only under a negative slope.

    Raises
    ------
    ValueError for another ``kind``, or where no finite intercept or slope is the likeliest (no event, only events, equal
    risks, or risks that part the cases wholly).

    Source: Steyerberg et al., Stat. Med. 23, 2004; van Houwelingen, Stat. Med. 19, 2000.
    """
    if kind not in RECALIBRATIONS:
        raise ValueError(f"a recalibration is one of {', '.join(RECALIBRATIONS)}")
    score = logit(np.clip(risk, CLIP, 1.0 - CLIP))
    if kind == "intercept":
        found = np.append(_intercept(events, trials, score), 1.0)
    else:
        found = _line(events, trials, score) if np.ptp(score) >= 1e-9 else np.full(2, np.nan)
    if not np.isfinite(found).all():
        raise ValueError("no finite recalibration is the likeliest on these cases")
    return Recalibrated(intercept=float(found[0]), slope=float(found[1]), risk=expit(found[0] + found[1] * score))


def table(events: np.ndarray, trials: np.ndarray, risk: np.ndarray, *, groups: int = 10) -> tuple[Group, ...]:
    """Group cases by quantiles of risk (right-closed; equal cut-points merged).

    Parameters as for ``discrimination``; ``groups`` >= 2.

    Returns
    -------
    At most ``groups`` groups in order of risk. Quantiles are type 7 on the cases, one for each trial.
    """
    keys = np.round(risk, TIE_DECIMALS)
    order = np.argsort(keys, kind="stable")
    upto = np.cumsum(trials[order])
    want = np.linspace(0.0, 1.0, groups + 1)[1:-1] * (upto[-1] - 1.0)
    below = keys[order][np.searchsorted(upto, np.floor(want) + 0.5)]
    above = keys[order][np.searchsorted(upto, np.floor(want) + 1.5).clip(max=len(upto) - 1)]
    cuts = np.unique(below + (want - np.floor(want)) * (above - below))
    place = np.searchsorted(cuts, keys, side="left")
    n = np.bincount(place, weights=trials)
    used = n > 0
    n, x = n[used], np.bincount(place, weights=events)[used]
    mean = np.bincount(place, weights=trials * risk)[used] / n
    lower, upper = wilson(x, n)
    return tuple(
        Group(n=float(a), mean_risk=float(b), rate=float(c), lower=float(d), upper=float(e))
        for a, b, c, d, e in zip(n, mean, x / n, lower, upper, strict=True)
    )


@dataclass(frozen=True)
class Curve:
    """Flexible calibration curve: observed rate ``rate`` at ``risk`` (both (G,)), and the mean absolute distance (ICI)."""

    risk: tuple[float, ...]
    rate: tuple[float, ...]
    mean_absolute_error: float


def curve(events: np.ndarray, trials: np.ndarray, risk: np.ndarray, *, points: int = 41) -> Curve | None:
    """Fit observed outcomes on a restricted cubic spline of logit risk.

    Parameters as for ``discrimination``; ``points`` on the drawn curve, between the 1st and 99th percentile of risk.

    Returns
    -------
    ``Curve``, or None when risks take too few distinct values for a spline, or part the cases so that none is the likeliest.

    Source: Austin & Steyerberg, Stat. Med. 38, 2019 (ICI); Harrell 2015, §10.
    """
    score = logit(np.clip(risk, CLIP, 1.0 - CLIP))
    knots = spline.place_knots(score, count=4)
    if len(knots) < 3:
        return None
    centre = float(np.mean(knots))
    knots = tuple(knot - centre for knot in knots)
    columns = np.vstack([np.ones(len(score)), spline.basis(score - centre, knots=knots).T])
    start = np.zeros(len(columns))
    start[0], start[1] = centre, 1.0
    beta = _newton(columns, events=events, trials=trials, offset=np.zeros(len(score)), start=start)
    if np.isnan(beta).any():
        return None
    smooth = expit(beta @ columns)
    grid = np.linspace(*np.quantile(score, (0.01, 0.99)), points)
    drawn = expit(beta @ np.vstack([np.ones(points), spline.basis(grid - centre, knots=knots).T]))
    return Curve(
        risk=tuple(float(value) for value in expit(grid)),
        rate=tuple(float(value) for value in drawn),
        mean_absolute_error=float((trials * np.abs(risk - smooth)).sum() / trials.sum()),
    )

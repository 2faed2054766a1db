"""Who does better, sustained and credible: nominations over all sites and measures together, and why not the others."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from interventions.deviance.benchmark import members
from interventions.deviance.comparator import Comparator, comparator
from interventions.deviance.confirmation import Latest, confirm
from interventions.deviance.gates import WORDS, Credibility, Gate, Gates, closed
from interventions.deviance.persistent import Persistent, persistent
from interventions.deviance.selection import select
from interventions.deviance.series import Counts, Kind, Series, counts


class Reason(StrEnum):
    """Why a site whose data are credible is not nominated on a measure."""

    NO_CASES = "NO_CASES"
    OUTSIDE_BENCHMARK = "OUTSIDE_BENCHMARK"
    NOT_BETTER = "NOT_BETTER"
    NOT_CERTAIN = "NOT_CERTAIN"


REASON_WORDS = {
    Reason.NO_CASES: "No cases in one of the periods that nominate.",
    Reason.OUTSIDE_BENCHMARK: "Not among the hospitals that make up the achievable benchmark of these periods.",
    Reason.NOT_BETTER: "Its results are not persistently better than those of a middling hospital.",
    Reason.NOT_CERTAIN: "It may well be better, but chance could explain it; more cases or periods would tell.",
}


@dataclass(frozen=True)
class Settings:
    """`bound`: odds ratio from which a nomination counts as false. `share`: of false ones among the nominated, on average."""

    bound: float = 0.9
    share: float = 0.10
    gates: Gates = field(default_factory=Gates)


@dataclass(frozen=True)
class Estimate:
    """What the nominating periods say of a site on a measure: persistent odds ratio with 95 per cent interval, and the
    probability that it is not below the bound."""

    odds_ratio: float
    lower: float
    upper: float
    probability_false: float


@dataclass(frozen=True)
class Nomination:
    """A site (by position) that does better on a measure (by code), what the latest period says, and who to hold it against."""

    measure: str
    site: int
    estimate: Estimate
    latest: Latest
    comparator: Comparator | None


@dataclass(frozen=True)
class Passed:
    """A site that is not nominated on a measure, with every reason, and the reasons in words."""

    measure: str
    site: int
    estimate: Estimate
    gates: tuple[Gate, ...]
    reasons: tuple[Reason, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Return the reasons as sentences."""
        return (*(WORDS[gate] for gate in self.gates), *(REASON_WORDS[reason] for reason in self.reasons))


@dataclass(frozen=True)
class Spread:
    """How much a measure differs: SDs in log-odds between sites, and between the periods of a site."""

    measure: str
    sigma: float
    omega: float


@dataclass(frozen=True)
class Found:
    """All nominations, surest first; everyone else with reasons; and the expected share of false nominations (None: nobody)."""

    nominations: tuple[Nomination, ...]
    passed: tuple[Passed, ...]
    spreads: tuple[Spread, ...]
    expected_false_share: float | None


@dataclass(frozen=True, eq=False)
class _Look:
    series: Series
    table: Counts
    fitted: Persistent
    with_cases: np.ndarray
    admitted: np.ndarray


def find(
    measures: tuple[Series, ...],
    *,
    credibility: tuple[Credibility, ...],
    case_mix: np.ndarray,
    settings: Settings | None = None,
) -> Found:
    """Nominate over J sites and all measures together.

    `measures`: at least one, all of the same J sites and of unlike codes. `credibility`: one per site. `case_mix`: (J, k) figures
    for choosing a comparator. All periods but the latest nominate; the latest only confirms. The gates come first; a process
    measure admits only those in the achievable benchmark of the nominating periods; of the rest the largest set is taken whose
    mean posterior probability of being false is at most `settings.share`.
    Raises DevianceRefusal (see `series.counts`), ValueError for tables that do not fit together.
    Source: Bradley et al. 2009 (positive deviance); Newton et al. 2004 (selection); methods §6, §12.
    """
    declared = settings or Settings()
    _check(measures, credibility=credibility, case_mix=case_mix)
    gates = [closed(known, gates=declared.gates) for known in credibility]
    credible = np.array([not shut for shut in gates])
    looks = [_look(series, bound=declared.bound) for series in measures]
    chance = np.stack([np.where(credible & look.admitted, look.fitted.probability_false, np.nan) for look in looks])
    chosen = select(chance.ravel(), share=declared.share)
    sites = len(credibility)
    pairs = [divmod(int(place), sites) for place in chosen]
    nominations = [
        _nomination(
            looks[m],
            site=j,
            credible=credible,
            taken={s for other, s in pairs if other == m},
            case_mix=case_mix,
            settings=declared,
        )
        for m, j in pairs
    ]
    passed = [
        Passed(measure=look.series.code, site=j, estimate=_estimate(look, site=j), gates=gates[j], reasons=_reasons(look, site=j))
        for m, look in enumerate(looks) for j in range(sites) if (m, j) not in set(pairs)
    ]  # fmt: skip
    return Found(
        nominations=tuple(nominations), passed=tuple(passed),
        spreads=tuple(Spread(measure=look.series.code, sigma=look.fitted.sigma, omega=look.fitted.omega) for look in looks),
        expected_false_share=float(chance.ravel()[chosen].mean()) if chosen.size else None,
    )  # fmt: skip


def _check(measures: tuple[Series, ...], *, credibility: tuple[Credibility, ...], case_mix: np.ndarray) -> None:
    if not measures or len({series.code for series in measures}) != len(measures):
        raise ValueError("at least one measure is needed, and none twice")
    sizes = {np.asarray(series.cases).shape[0] for series in measures} | {
        len(credibility),
        np.asarray(case_mix).shape[0],
    }
    if len(sizes) != 1:
        raise ValueError("every measure, the credibility and the case mix need one entry per site")


def _look(series: Series, *, bound: float) -> _Look:
    table = counts(series)
    early = Counts(
        cases=table.cases[:, :-1],
        observed=table.observed[:, :-1],
        expected=table.expected[:, :-1],
        variance=table.variance[:, :-1],
    )
    with_cases = (early.cases > 0).all(axis=1)
    process = series.kind is Kind.PROCESS
    return _Look(
        series=series, table=table, fitted=persistent(early, bound=bound), with_cases=with_cases,
        admitted=with_cases & members(events=table.observed, cases=table.cases) if process else with_cases,
    )  # fmt: skip


def _estimate(look: _Look, *, site: int) -> Estimate:
    fitted = look.fitted
    return Estimate(
        odds_ratio=float(fitted.odds_ratio[site]), lower=float(fitted.lower[site]), upper=float(fitted.upper[site]),
        probability_false=float(fitted.probability_false[site]),
    )  # fmt: skip


def _reasons(look: _Look, *, site: int) -> tuple[Reason, ...]:
    """Return what besides the gates stands against a site; empty when only the gates do."""
    if not look.with_cases[site]:
        return (Reason.NO_CASES,)
    outside = () if look.admitted[site] else (Reason.OUTSIDE_BENCHMARK,)
    doubtful = Reason.NOT_BETTER if look.fitted.probability_false[site] >= 0.5 else Reason.NOT_CERTAIN
    return (*outside, doubtful)


def _nomination(
    look: _Look, *, site: int, credible: np.ndarray, taken: set[int], case_mix, settings: Settings
) -> Nomination:
    allowed = credible & look.with_cases
    allowed[list(taken)] = False
    return Nomination(
        measure=look.series.code, site=site, estimate=_estimate(look, site=site),
        latest=confirm(look.table, site=site, bound=settings.bound, share=settings.share),
        comparator=comparator(site=site, odds_ratio=look.fitted.odds_ratio, allowed=allowed, case_mix=case_mix),
    )  # fmt: skip

"""Did it help? The panel of a toolkit from frozen cases, the assessment, and what may be read of it without any hospital."""

import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from feedback.actions.comparisons import canonical
from feedback.models import Comparison
from feedback.selectors import inputs
from interventions.actions import beside
from interventions.actions.searches import scored
from interventions.deviance.series import summarise
from interventions.impact.assess import Assessment, assess, placebo
from interventions.impact.interrupted import segmented
from interventions.impact.panel import LEFT_OUT, NEVER, Panel, cells
from interventions.impact.refusal import ImpactRefusal
from interventions.impact.verdict import FEWEST, Verdict
from interventions.models import Adoption, Impact, ImpactSite, Toolkit
from registry.models import ReportingPeriod
from sites import audit

FEWEST_FOR_ENDS = 10
SHIFTS = (4, 3, 2, 1)


def assess_all(*, comparison: Comparison, at: datetime, material: inputs.Material | None = None, found: list[Any] | None = None) -> int:
    """Assess each toolkit that somebody adopted and store it once for the same inputs; return how many were stored.

    material, found: what was read for this comparison already, and its measures with their scored cases.
    """
    toolkits = [one for one in Toolkit.objects.filter(registry=comparison.registry).order_by("pk") if Adoption.objects.filter(toolkit=one).exists()]
    if not toolkits:
        return 0
    read = material or inputs.read(comparison=comparison)
    known = found if found is not None else scored(comparison, read)
    tables = {run.measure.code: (measure, cases) for run, measure, cases in known}
    periods = list(
        ReportingPeriod.objects.filter(registry=comparison.registry, ordinal__in=[o for o, _ in read.window.periods], starts_on__isnull=False)
        .exclude(ends_before__isnull=True)
        .order_by("ordinal")
    )
    return sum(
        _store(toolkit, comparison, tables, periods, material=read, at=at) for toolkit in toolkits if toolkit.measure_code in tables
    )


def _store(
    toolkit: Toolkit, comparison: Comparison, tables: dict[str, Any], periods: list[ReportingPeriod], *, material: inputs.Material, at: datetime
) -> bool:
    measure, cases = tables[toolkit.measure_code]
    adoptions = list(Adoption.objects.filter(toolkit=toolkit).order_by("registered_at", "pk"))
    digest = hashlib.sha256(canonical({
        "toolkit": toolkit.code, "comparison": comparison.digest,
        "adoptions": [[a.code, a.starts_on.isoformat(), a.window] for a in adoptions],
        "beside": [*toolkit.balancing, *([element.code, element.done_when] for element in beside.elements(toolkit))],
    })).hexdigest()  # fmt: skip
    if Impact.objects.filter(digest=digest).exists():
        return False
    hospitals = sorted({int(h) for h in cases.site})

    def panel_of(other: Any) -> Panel:
        return _panel(toolkit, adoptions, other, hospitals=hospitals, periods=periods)

    panel, seed = panel_of(cases), int(digest[:8], 16)
    try:
        said = assess(panel, adverse=measure.adverse, seed=seed)
        document = _open(said, panel=panel)
    except ImpactRefusal as refusal:
        document = {"verdict": Verdict.TOO_EARLY.value, "sentences": ["Too early to say.", *refusal.reasons], "why": [refusal.code]}
    else:
        if said.said.verdict is not Verdict.TOO_EARLY:
            document["beside"] = beside.all_of(toolkit, tables, material=material, panel_of=panel_of, seed=seed)
    document |= {"until": periods[-1].label, "adverse": measure.adverse, "title": toolkit.measure_title}
    made = Impact.objects.create(toolkit=toolkit, comparison=comparison, digest=digest, document=document, at=at)
    ImpactSite.objects.bulk_create(_sites(made, panel, hospitals=hospitals, periods=periods))
    detail = {"verdict": document["verdict"], "digest": digest}
    audit.record(action="assess toolkit", at=at, by="job", kind="toolkit", object_id=toolkit.code, detail=detail)
    return True


def _panel(toolkit: Toolkit, adoptions: list[Adoption], cases: Any, *, hospitals: list[int], periods: list[ReportingPeriod]) -> Panel:
    """Sum by hospital and period; a start is the period that holds it, the offer the first period that ends after it."""
    place, column = {h: at for at, h in enumerate(hospitals)}, {p.ordinal: at for at, p in enumerate(periods)}
    kept = cases.only(np.isin(cases.period, list(column)) & np.isin(cases.site, hospitals))
    table = summarise(
        site=[place[int(h)] for h in kept.site], period=[column[int(p)] for p in kept.period], outcome=kept.outcome, risk=kept.risks[0],
        n_sites=len(hospitals), n_periods=len(periods),
    )  # fmt: skip
    start = np.full(len(hospitals), NEVER)
    for adoption in reversed(adoptions):
        within = [at for at, p in enumerate(periods) if p.starts_on <= adoption.starts_on < p.ends_before]
        if within and adoption.hospital_id in place:
            start[place[adoption.hospital_id]] = within[0]
    offered = next((at for at, p in enumerate(periods) if p.ends_before > toolkit.offered_on), len(periods))
    return Panel(
        cases=table.cases, observed=table.observed, expected=table.expected, start=start, left_out=LEFT_OUT,
        window=max(adoption.window for adoption in adoptions), offered=offered or None,
    )  # fmt: skip


def _open(said: Assessment, *, panel: Panel) -> dict[str, Any]:
    """Return what all may read: no position, no effect without somebody, nothing that fewer than five adopters carry."""
    document: dict[str, Any] = {
        "verdict": said.said.verdict.value, "sentences": list(said.said.sentences), "why": [why.value for why in said.said.why],
        "window": panel.window, "left_out": panel.left_out,
    }  # fmt: skip
    if said.said.verdict is Verdict.TOO_EARLY:
        return document
    return document | {
        "effect": asdict(said.effect), "p": said.p, "before": asdict(said.before) if said.before else None,
        "second": asdict(said.second) if said.second else None, "placebo": asdict(said.placebo) if said.placebo else None,
        "events": asdict(said.events), "adopters": len(said.adopters), "comparators": len(said.comparators),
        "by_time": [asdict(one) for one in said.by_time if one.adopters >= FEWEST],
        "without": _without(said), "placebos": _placebos(panel),
    }  # fmt: skip


def _placebos(panel: Panel) -> list[dict[str, Any]]:
    """Return the effect of starts made up so many quarters before the baseline's end, as far as the baselines reach."""
    found = [(shift, placebo(cells(panel), shift=shift)) for shift in SHIFTS]
    return [{"shift": shift, "effect": asdict(effect)} for shift, effect in found if effect is not None]


def _without(said: Assessment) -> list[float] | None:
    """Return the least and the greatest effect with one hospital left out; whose, or all of them, would tell that hospital's result."""
    values = [one.value for one in said.without if np.isfinite(one.value)]
    return [round(min(values), 5), round(max(values), 5)] if len(values) >= FEWEST_FOR_ENDS else None


def _sites(made: Impact, panel: Panel, *, hospitals: list[int], periods: list[ReportingPeriod]) -> list[ImpactSite]:
    """Return each adopter's own series against the frozen model, with its interrupted series where it is long enough."""
    rows = []
    excess = np.divide(panel.observed - panel.expected, panel.cases, out=np.zeros_like(panel.cases), where=panel.cases > 0)
    for at in np.flatnonzero(panel.start != NEVER):
        document: dict[str, Any] = {
            "periods": [period.label for period in periods], "start": int(panel.start[at]),
            "cases": panel.cases[at].astype(int).tolist(), "excess": [round(float(x), 5) for x in excess[at]],
        }  # fmt: skip
        try:
            alone = segmented(excess=excess[at], cases=panel.cases[at], start=int(panel.start[at]), slope=False)
            document["alone"] = {"mean": asdict(alone.mean), "band": [asdict(band) for band in alone.band]}
        except ImpactRefusal as refusal:
            document["refusal"] = list(refusal.reasons)
        rows.append(ImpactSite(impact=made, hospital_id=hospitals[at], document=document))
    return rows

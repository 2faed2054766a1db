"""Who earned a recognition, by the rules declared before: for jobs, from frozen results, assessed data, adoptions and consents."""

from datetime import datetime
from typing import Any

import numpy as np

from feedback.models import Comparison, MeasureRun, SiteResult
from feedback.selectors import inputs
from interventions.actions.searches import scored
from interventions.deviance.series import summarise
from interventions.impact.improvement import most_improved
from interventions.impact.refusal import ImpactRefusal
from interventions.models import Adoption, Exemplar, HelpOffer, Recognition, RecognitionRule
from registry.models import Audit, QualityReport, ReportingPeriod, Snapshot
from sites import audit
from sites.codes import random_code

Kind = RecognitionRule.Kind
WINDOW = 4
"""Periods on either side of an improvement."""
FEWEST_CASES = 20
SOON = 184
"""Days after the offer within which a start is among the first."""
Earned = dict[int, str]


def recognise(*, comparison: Comparison, at: datetime) -> int:
    """Store what each rule that counted already gives, once a rule, hospital and comparison; return how many were stored."""
    periods = [
        row.period
        for row in Snapshot.objects.filter(pk__in=comparison.snapshot_ids)
        .select_related("period")
        .order_by("period__ordinal")
    ]
    ends = [period.ends_before for period in periods if period.ends_before]
    if not ends:
        return 0
    rules = RecognitionRule.objects.filter(registry=comparison.registry, counts_from__lte=max(ends)).order_by("pk")
    taken = set(Recognition.objects.filter(comparison=comparison).values_list("rule_id", "hospital_id"))
    rows = []
    for rule in rules:
        for hospital_id, sentence in sorted(EARNED[Kind(rule.kind)](rule, comparison, periods).items()):
            if (rule.pk, hospital_id) not in taken:
                rows.append(
                    Recognition(
                        code=random_code(),
                        rule=rule,
                        hospital_id=hospital_id,
                        comparison=comparison,
                        sentence=sentence,
                        at=at,
                    )
                )
    Recognition.objects.bulk_create(rows)
    for row in rows:
        audit.record(
            action="earn recognition", at=at, by="job", hospital_id=row.hospital_id, kind="recognition", object_id=row.code,
            detail={"rule": row.rule.code},
        )  # fmt: skip
    return len(rows)


def _improved(rule: RecognitionRule, comparison: Comparison, periods: list[ReportingPeriod]) -> Earned:
    """Those with a probability of at least 0.9 of having improved more than the mean, four periods against the four before."""
    material = inputs.read(comparison=comparison)
    found = next((one for one in scored(comparison, material) if one[0].measure.code == rule.measure_code), None)
    ordinals = sorted(ordinal for ordinal, _ in material.window.periods)
    if found is None or len(ordinals) < 2 * WINDOW:
        return {}
    run, measure, cases = found
    side = {ordinal: at // WINDOW for at, ordinal in enumerate(ordinals[-2 * WINDOW :])}
    kept = cases.only(np.isin(cases.period, list(side)))
    hospitals = sorted({int(h) for h in kept.site})
    place = {h: at for at, h in enumerate(hospitals)}
    table = summarise(
        site=[place[int(h)] for h in kept.site], period=[side[int(p)] for p in kept.period], outcome=kept.outcome, risk=kept.risks[0],
        n_sites=len(hospitals), n_periods=2,
    )  # fmt: skip
    try:
        change = most_improved(
            cases=table.cases,
            observed=table.observed,
            expected=table.expected,
            variance=table.variance,
            adverse=measure.adverse,
        )
    except ImpactRefusal:
        return {}
    words = "{0}: in four quarters improved more than the collaborative, with a probability of {1} %, measured against the four before."
    return {
        hospitals[at]: words.format(run.measure.title, min(99, round(100 * change.probability[at])))
        for at in change.improved
    }


def _best_data(rule: RecognitionRule, comparison: Comparison, periods: list[ReportingPeriod]) -> Earned:
    """Those whose data were assessed in every period of the window, and green in each."""
    lights: dict[int, list[str]] = {}
    for hospital_id, light in QualityReport.objects.filter(period__in=periods).values_list("hospital_id", "light"):
        lights.setdefault(hospital_id, []).append(light)
    good = [pk for pk, held in lights.items() if len(held) == len(periods) and set(held) == {"GREEN"}]
    return dict.fromkeys(good, f"Data quality green in every period of {comparison.label}.")


def _mentors(rule: RecognitionRule, comparison: Comparison, periods: list[ReportingPeriod]) -> Earned:
    """Those that agreed to help another hospital, or described what they do as an example, since the rule counts."""
    since = rule.counts_from
    offers = HelpOffer.objects.filter(
        state="AGREED", request__state="AGREED", at__date__gte=since, toolkit__registry=comparison.registry
    )
    helped = offers.values_list("hospital_id", flat=True)
    shared = Exemplar.objects.filter(
        registry=comparison.registry, state__in=("ACCEPTED", "UNNAMED"), changed_at__date__gte=since
    )
    told = shared.exclude(practice="").values_list("hospital_id", flat=True)
    return dict.fromkeys(told, "Told the collaborative what it does.") | dict.fromkeys(
        helped, "Helped another hospital over a barrier."
    )


def _first(rule: RecognitionRule, comparison: Comparison, periods: list[ReportingPeriod]) -> Earned:
    """Those that began a toolkit within half a year of its offer and stay with it, since the rule counts."""
    rows = Adoption.objects.filter(
        toolkit__registry=comparison.registry, stopped_on__isnull=True, starts_on__gte=rule.counts_from
    )
    ends = max(period.ends_before for period in periods if period.ends_before)
    return {
        row.hospital_id: f"Among the first to try: {row.toolkit.title}."
        for row in rows.filter(starts_on__lt=ends).select_related("toolkit").order_by("-starts_on", "-pk")
        if (row.starts_on - row.toolkit.offered_on).days <= SOON
    }


def _abstractors(rule: RecognitionRule, comparison: Comparison, periods: list[ReportingPeriod]) -> Earned:
    """Those whose newest final audit found agreement of at least the threshold."""
    newest: dict[int, Any] = {}
    for row in Audit.objects.filter(
        registry=comparison.registry, status="FINAL", final_at__date__gte=rule.counts_from
    ).order_by("final_at", "pk"):
        newest[row.hospital_id] = row
    return {
        pk: f"Second readings agreed with {100 * row.agreement:.1f} % of what was read first."
        for pk, row in newest.items()
        if row.agreement is not None and row.agreement >= rule.threshold
    }


def _together(rule: RecognitionRule, comparison: Comparison, periods: list[ReportingPeriod]) -> Earned:
    """Every hospital with enough cases, when all of them together reach the target: all earn it or nobody does."""
    run = (
        MeasureRun.objects.filter(comparison=comparison, measure__code=rule.measure_code, refusal=[])
        .select_related("measure")
        .first()
    )
    if run is None:
        return {}
    rate, adverse = run.summary["rate"], run.summary["measure"]["adverse"]
    if (rate > rule.threshold) if adverse else (rate < rule.threshold):
        return {}
    words = f"{run.measure.title}: together at {100 * rate:.1f} %, the target was {100 * rule.threshold:g} %."
    results = SiteResult.objects.filter(run=run).values_list("hospital_id", "document__n")
    return {pk: words for pk, n in results if n >= FEWEST_CASES}


EARNED = {
    Kind.MOST_IMPROVED: _improved, Kind.BEST_DATA: _best_data, Kind.MENTOR: _mentors, Kind.FIRST_ADOPTER: _first,
    Kind.ABSTRACTORS: _abstractors, Kind.TOGETHER: _together,
}  # fmt: skip

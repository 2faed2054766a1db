"""What is known of each item of a scorecard, for every hospital at once: from attestations, audits, certifications, quality, records, measures.

Called by the job alone, which sees every row. One or two queries an item, however many hospitals there are.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from feedback.models import Comparison, MeasureRun, SiteResult
from interventions.models import Scorecard, ScoreEntry
from interventions.scorecard.rules import COLLABORATIVE, Item
from interventions.scorecard.score import Reading
from registry.models import Audit, PeriodAttestation, QualityReport, ReportingPeriod, Snapshot
from registry.selectors import certifications

QUARTERS = 4


def of(item: Item, *, scorecard: Scorecard, hospital_ids: tuple[int, ...], today: date) -> dict[int, Reading]:
    """Return the reading of one item by hospital id; a hospital that is missing has none."""
    return READERS[item.source](item, scorecard, hospital_ids, today)


def _year(scorecard: Scorecard) -> tuple[date, date]:
    return date(scorecard.year, 1, 1), date(scorecard.year + 1, 1, 1)


def _over(scorecard: Scorecard, today: date) -> bool:
    return today >= _year(scorecard)[1]


def _periods(scorecard: Scorecard) -> list[ReportingPeriod]:
    start, end = _year(scorecard)
    rows = ReportingPeriod.objects.filter(registry_id=scorecard.registry_id, starts_on__gte=start, starts_on__lt=end)
    return list(rows.order_by("ordinal"))


def _counted(n: int, of: int, *, open_: int, settled: bool, words: str, evidence: tuple = ()) -> Reading:
    """Read a count: n of so many, with what is still open."""
    return Reading(
        value=min(n, of) / of, best=min(n + open_, of) / of, settled=settled or open_ == 0 or n >= of, words=words, evidence=evidence
    )  # fmt: skip


def _attested(item: Item, scorecard: Scorecard, hospital_ids: tuple[int, ...], today: date) -> dict[int, Reading]:
    periods = _periods(scorecard)
    held = defaultdict(set)
    for hospital_id, period_id in PeriodAttestation.objects.filter(period__in=periods).values_list(
        "hospital_id", "period_id"
    ):
        held[hospital_id].add(period_id)
    n_closed_without = {
        h: sum(1 for one in periods if one.status == "CLOSED" and one.pk not in held[h]) for h in hospital_ids
    }
    return {
        h: _counted(
            len(held[h]), QUARTERS, open_=QUARTERS - len(held[h]) - n_closed_without[h], settled=False,
            words=f"{len(held[h])} of {QUARTERS} quarters attested", evidence=(("Periods and attestations", "registry:worklist", ()),),
        )
        for h in hospital_ids
    }  # fmt: skip


def _agreement(item: Item, scorecard: Scorecard, hospital_ids: tuple[int, ...], today: date) -> dict[int, Reading]:
    start, end = _year(scorecard)
    rows = Audit.objects.filter(
        registry_id=scorecard.registry_id, status="FINAL", final_at__date__gte=start, final_at__date__lt=end
    )
    return {
        row.hospital_id: Reading(
            value=row.agreement, settled=_over(scorecard, today), words=f"{_rate(row.agreement)} of values stood, final {row.final_at:%-d %b %Y}",
            evidence=(("Audits", "registry:audits", ()),),
        )
        for row in rows.exclude(agreement=None).order_by("final_at")
    }  # fmt: skip


def _certified(item: Item, scorecard: Scorecard, hospital_ids: tuple[int, ...], today: date) -> dict[int, Reading]:
    day = min(today, date(scorecard.year, 12, 31))
    found = certifications.counts_by_hospital(registry_id=scorecard.registry_id, hospital_ids=hospital_ids, on=day)
    return {
        h: Reading(
            value=counts.get("CERTIFIED", 0) / sum(counts.values()), settled=_over(scorecard, today),
            words=f"{counts.get('CERTIFIED', 0)} of {sum(counts.values())} abstractors certified",
            evidence=(("Training and certification", "registry:training", ()),),
        )
        for h, counts in found.items() if sum(counts.values())
    }  # fmt: skip


def _quality(item: Item, scorecard: Scorecard, hospital_ids: tuple[int, ...], today: date) -> dict[int, Reading]:
    good, judged = defaultdict(int), defaultdict(int)
    rows = QualityReport.objects.filter(period__in=_periods(scorecard), light__in=["GREEN", "YELLOW", "RED"])
    for hospital_id, light in rows.filter(period__status="CLOSED").values_list("hospital_id", "light"):
        judged[hospital_id] += 1
        good[hospital_id] += light != "RED"
    over = _over(scorecard, today)
    return {
        h: _counted(
            good[h], judged[h] if over else QUARTERS, open_=0 if over else QUARTERS - judged[h], settled=over,
            words=f"{good[h]} of {judged[h]} closed quarters without a red light", evidence=(("Data quality", "registry:quality", ()),),
        )
        for h in hospital_ids if judged[h] or not over
    }  # fmt: skip


def _recorded(item: Item, scorecard: Scorecard, hospital_ids: tuple[int, ...], today: date) -> dict[int, Reading]:
    n, over = defaultdict(int), _over(scorecard, today)
    for hospital_id, withdrawn in ScoreEntry.objects.filter(scorecard=scorecard, item=item.code).values_list(
        "hospital_id", "withdrawn"
    ):
        n[hospital_id] += -1 if withdrawn else 1
    return {
        h: _counted(
            max(n[h], 0), item.of, open_=0 if over else item.of, settled=over, words=f"{max(n[h], 0)} of {item.of} recorded by the centre",
        )
        for h in hospital_ids
    }  # fmt: skip


def _comparisons(scorecard: Scorecard) -> tuple[tuple[Comparison | None, date | None], Comparison | None]:
    """Return the newest published comparison whose window ends in the year (with that day), and the newest that ended before it."""
    start, end = _year(scorecard)
    rows = Comparison.objects.filter(registry_id=scorecard.registry_id, status=Comparison.Status.PUBLISHED).order_by(
        "published_at", "pk"
    )
    ends = dict(Snapshot.objects.filter(registry_id=scorecard.registry_id).values_list("pk", "period__ends_before"))
    current, before, until = None, None, None
    for row in rows:
        days = [ends[pk] for pk in row.snapshot_ids if ends.get(pk)]
        if days and max(days) <= start:
            before = row
        elif days and max(days) <= end and (until is None or max(days) >= until):
            current, until = row, max(days)
    return (current, until), before


def _measure(item: Item, scorecard: Scorecard, hospital_ids: tuple[int, ...], today: date) -> dict[int, Reading]:
    (current, until), before = _comparisons(scorecard)
    over = _over(scorecard, today)
    settled = over and current is not None and (until == _year(scorecard)[1] or scorecard.appeals_until is not None)
    if current is None:
        return {
            h: Reading(settled=over and scorecard.appeals_until is not None, words="No comparison of the year yet")
            for h in hospital_ids
        }
    now, then = _run(current, item), _run(before, item)
    if now is None:
        return {h: Reading(settled=settled, words="The comparison refused this measure") for h in hospital_ids}
    if item.scope == COLLABORATIVE:
        rate, base = now.summary.get("rate"), then.summary.get("rate") if then else None
        words = f"All hospitals together: {_rate(rate)}" + (f", before {_rate(base)}" if base is not None else "")
        reading = Reading(
            value=rate, baseline=base, settled=settled, words=words, evidence=(("Standing", "feedback:standing", ()),)
        )
        return dict.fromkeys(hospital_ids, reading)
    held, base = _results(now), _results(then)
    return {
        h: Reading(
            value=held[h]["shrunken_rate"], baseline=base[h]["shrunken_rate"] if h in base else None, settled=settled,
            reliability=held[h].get("reliability"), words=_said(held[h], base.get(h), label=current.label),
            evidence=(("Standing", "feedback:standing", ()),),
        )
        for h in hospital_ids if h in held
    } | {h: Reading(settled=settled, words="No result in the comparison") for h in hospital_ids if h not in held}  # fmt: skip


def _run(comparison: Comparison | None, item: Item) -> MeasureRun | None:
    return (
        MeasureRun.objects.filter(comparison=comparison, measure__code=item.measure, refusal=[]).first()
        if comparison
        else None
    )


def _results(run: MeasureRun | None) -> dict[int, dict]:
    rows = SiteResult.objects.filter(run=run).values_list("hospital_id", "document") if run else ()
    return {hospital_id: held for hospital_id, held in rows if held.get("shrunken_rate") is not None}


def _said(held: dict, before: dict | None, *, label: str) -> str:
    words = f"{_rate(held['shrunken_rate'])} adjusted, {label}"
    return f"{words}; before {_rate(before['shrunken_rate'])}" if before else words


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}\u202f%"


READERS: dict[str, Callable[[Item, Scorecard, tuple[int, ...], date], dict[int, Reading]]] = {
    "attested": _attested, "agreement": _agreement, "certified": _certified, "quality": _quality, "attendance": _recorded,
    "recorded": _recorded, "measure": _measure,
}  # fmt: skip

"""Read the library, own adoptions, and what was found of each toolkit."""

from dataclasses import dataclass

from feedback.models import Comparison, MeasureRun, SiteResult
from interventions.models import (
    Adoption,
    AdoptionNote,
    ElementTest,
    EvidenceStep,
    Impact,
    ImpactSite,
    TestableElement,
    Toolkit,
    ToolkitVersion,
)
from registry.models import Registry
from sites.refusals import NotFound

STATES, EFFORTS = Toolkit.State.choices, Toolkit.Effort.choices


@dataclass(frozen=True)
class Baseline:
    """The own latest published result of a measure: cases, events, events expected, reliability (None: not known)."""

    label: str
    n: int
    observed: float
    expected: float
    reliability: float | None


def library(*, words: str, measure: str = "", effort: str = "", state: str = "") -> list[Toolkit]:
    """Return the toolkits that hold these words in title, summary or measure, of a measure, effort and state; promoted ones first."""
    order = [Toolkit.State.PROMOTED, Toolkit.State.TESTED, Toolkit.State.ASSOCIATED, Toolkit.State.ANECDOTE, Toolkit.State.RETIRED]
    rows = Toolkit.objects.select_related("registry")
    for name, value in (("measure_code", measure), ("effort", effort), ("state", state)):
        rows = rows.filter(**{name: value}) if value else rows
    found = [
        row for row in rows
        if all(part in f"{row.title} {row.summary} {row.measure_title} {row.get_effort_display()}".lower() for part in words.lower().split())
    ]  # fmt: skip
    return sorted(found, key=lambda row: (order.index(Toolkit.State(row.state)), row.title))


def one(*, code: str) -> Toolkit:
    """Return one toolkit."""
    row = Toolkit.objects.filter(code=code).select_related("registry").first()
    if row is None:
        raise NotFound
    return row


def newest_version(toolkit: Toolkit) -> ToolkitVersion:
    """Return the newest version of a toolkit."""
    return ToolkitVersion.objects.filter(toolkit=toolkit).select_related("by").order_by("-number").first()


def versions(toolkit: Toolkit) -> list[ToolkitVersion]:
    """Return every version of a toolkit, newest first."""
    return list(ToolkitVersion.objects.filter(toolkit=toolkit).select_related("by").order_by("-number"))


def steps(toolkit: Toolkit) -> list[EvidenceStep]:
    """Return the steps of evidence, newest first."""
    return list(EvidenceStep.objects.filter(toolkit=toolkit).select_related("by").order_by("-pk"))


def newest_impact(toolkit: Toolkit) -> Impact | None:
    """Return the newest assessment."""
    return Impact.objects.filter(toolkit=toolkit).select_related("comparison").order_by("-pk").first()


def newest_impacts() -> dict[int, Impact]:
    """Return the newest assessment of each toolkit by its id."""
    return {row.toolkit_id: row for row in Impact.objects.order_by("toolkit_id", "-pk").distinct("toolkit_id")}


def own_series(impact: Impact, *, hospital_ids: tuple[int, ...]) -> list[ImpactSite]:
    """Return the own hospitals' series."""
    return list(ImpactSite.objects.filter(impact=impact, hospital_id__in=hospital_ids).select_related("hospital").order_by("hospital__name"))


def adoptions(*, hospital_ids: tuple[int, ...], toolkit: Toolkit | None = None) -> list[Adoption]:
    """Return own adoptions, newest first."""
    rows = Adoption.objects.filter(hospital_id__in=hospital_ids).select_related("hospital", "toolkit")
    return list((rows if toolkit is None else rows.filter(toolkit=toolkit)).order_by("-starts_on", "-pk"))


def adoption(*, code: str, hospital_ids: tuple[int, ...]) -> Adoption:
    """Return one own adoption."""
    row = Adoption.objects.filter(code=code, hospital_id__in=hospital_ids).select_related("hospital", "toolkit").first()
    if row is None:
        raise NotFound
    return row


def notes(adoption: Adoption) -> list[AdoptionNote]:
    """Return what was noted, newest first."""
    return list(AdoptionNote.objects.filter(adoption=adoption).select_related("by").order_by("-pk"))


def baseline(toolkit: Toolkit, *, hospital_id: int) -> Baseline | None:
    """Return the hospital's own latest published result of the toolkit's measure; None when it has none."""
    run = (
        MeasureRun.objects.filter(
            comparison__registry=toolkit.registry, comparison__status=Comparison.Status.PUBLISHED, measure__code=toolkit.measure_code, refusal=[]
        )
        .select_related("comparison")
        .order_by("-comparison__published_at", "-pk")
        .first()
    )
    row = SiteResult.objects.filter(run=run, hospital_id=hospital_id).first() if run else None
    if row is None:
        return None
    held = row.document
    return Baseline(
        label=run.comparison.label, n=held["n"], observed=held["observed"], expected=held["expected"], reliability=held.get("reliability")
    )


def registries() -> list[Registry]:
    """Return every registry."""
    return list(Registry.objects.order_by("title"))


def unassessed() -> list[Comparison]:
    """Return the newest published comparison of each registry that has adoptions but no assessment yet, or elements but no test."""
    rows = Comparison.objects.filter(status=Comparison.Status.PUBLISHED).order_by("registry_id", "-published_at", "-pk")
    newest = rows.distinct("registry_id")
    return [
        row for row in newest
        if (Adoption.objects.filter(toolkit__registry_id=row.registry_id).exists() and not Impact.objects.filter(comparison=row).exists())
        or (TestableElement.objects.filter(registry_id=row.registry_id).exists() and not ElementTest.objects.filter(comparison=row).exists())
    ]  # fmt: skip

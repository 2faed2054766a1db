"""Read newsletters, and what happened in a window that every member may read: titles and counts, never a hospital."""

from datetime import date

from feedback.models import Comparison, MeasureVersion, Release
from interventions.models import Newsletter, RecognitionRule, Toolkit
from registry.models import Ruling
from sites.refusals import NotFound


def happened(*, since: date, until: date) -> list[str]:
    """Return one sentence for each thing that happened from a day on and before another; all of it is public to members."""
    window = {"gte": since, "lt": until}

    def within(field: str) -> dict[str, date]:
        return {f"{field}__{edge}": day for edge, day in window.items()}

    found = [
        f"{row.registry.title}: the comparison of {row.label} was published."
        for row in Comparison.objects.filter(status="PUBLISHED", **within("published_at__date"))
        .select_related("registry").order_by("published_at")
    ]  # fmt: skip
    found += [
        f"Version {row.number} of the measure “{row.title}” was laid down."
        for row in MeasureVersion.objects.filter(**within("loaded_at__date")).order_by("loaded_at")
    ]
    found += [
        f"A toolkit was offered: {row.title}."
        for row in Toolkit.objects.filter(**within("offered_on")).order_by("offered_on")
    ]
    found += [
        f"A recognition was declared that counts from {row.counts_from:%-d %B %Y}: {row.title}."
        for row in RecognitionRule.objects.filter(**within("declared_at__date")).order_by("declared_at")
    ]
    rulings = Ruling.objects.filter(**within("published_at__date")).count()
    found += [
        f"{rulings} ruling{'s' if rulings > 1 else ''} on data elements {'were' if rulings > 1 else 'was'} made for all."
    ] * bool(rulings)
    released = Release.objects.filter(status="RELEASED", **within("released_at__date")).count()
    found += [f"The payer received {released} release{'s' if released > 1 else ''}; the ledger says what."] * bool(
        released
    )
    return found


def listed(*, drafts: bool) -> list[Newsletter]:
    """Return the newsletters, newest first; drafts only where asked for."""
    rows = Newsletter.objects.select_related("made_by", "published_by").order_by("-until", "-pk")
    return list(rows if drafts else rows.filter(published_at__isnull=False))


def one(*, code: str, drafts: bool) -> Newsletter:
    """Return one newsletter; a draft is missing for those who may not write it."""
    row = Newsletter.objects.filter(code=code).select_related("made_by", "published_by").first()
    if row is None or not (drafts or row.published_at):
        raise NotFound
    return row

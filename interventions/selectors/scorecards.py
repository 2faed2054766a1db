"""Read scorecards: documents of rules, the cards within reach, what was recorded, asked and decided, the totals of finished years."""

from datetime import date
from typing import Any

from interventions.models import Scorecard, ScoreEntry, ScoreRequest, ScoreStanding, ScoreTotal
from interventions.scorecard import rules as document
from interventions.scorecard.rules import Rules
from registry.models import Participation, Registry
from sites.models import Hospital
from sites.refusals import NotFound


def listed() -> list[Scorecard]:
    """Return every document of rules, the newest year first."""
    rows = Scorecard.objects.select_related("registry", "drafted_by", "frozen_by", "final_by", "released_by")
    return list(rows.order_by("-year", "registry__title", "-version"))


def one(*, code: str) -> Scorecard:
    """Return one document of rules."""
    row = (
        Scorecard.objects.filter(code=code)
        .select_related("registry", "drafted_by", "frozen_by", "final_by", "released_by")
        .first()
    )
    if row is None:
        raise NotFound
    return row


def by_id(*, scorecard_id: int) -> Scorecard:
    """Return the scorecard a job works on."""
    return Scorecard.objects.select_related("registry").get(pk=scorecard_id)


def rules(row: Scorecard) -> Rules:
    """Return the rules of a document that was accepted when it was drafted."""
    return document.load(row.source.encode())


def frozen(*, hospital_ids: tuple[int, ...]) -> list[Scorecard]:
    """Return the frozen scorecards of the registries in which these hospitals take part, the newest year first."""
    rows = Scorecard.objects.filter(frozen_at__isnull=False, registry__participations__hospital_id__in=hospital_ids)
    return list(rows.distinct().select_related("registry").order_by("-year", "registry__title"))


def running(*, on: date) -> list[Scorecard]:
    """Return the frozen scorecards whose cards may still change on a day."""
    rows = Scorecard.objects.filter(frozen_at__isnull=False, final_at__isnull=True, year__lte=on.year)
    return list(rows.select_related("registry").order_by("pk"))


def taking_part(row: Scorecard) -> list[tuple[Hospital, date]]:
    """Return the hospitals of the scorecard's registry with the day each joined it, by name; those that left the collaborative are not scored."""
    rows = Participation.objects.filter(
        registry_id=row.registry_id, hospital__left_on__isnull=True, starts_on__lt=date(row.year + 1, 1, 1)
    )
    return [(one.hospital, one.starts_on) for one in rows.select_related("hospital").order_by("hospital__name")]


def card(*, scorecard: Scorecard, hospital_id: int, audience: str) -> ScoreStanding | None:
    """Return a hospital's card as one audience reads it; None where it is not worked out yet or out of reach."""
    return ScoreStanding.objects.filter(scorecard=scorecard, hospital_id=hospital_id, audience=audience).first()


def cards(*, scorecard: Scorecard) -> dict[int, dict[str, Any]]:
    """Return the centre's part of every card by hospital id."""
    rows = ScoreStanding.objects.filter(scorecard=scorecard, audience="CENTRE")
    return {row.hospital_id: row.document for row in rows}


def totals(*, scorecard: Scorecard) -> dict[int, ScoreTotal]:
    """Return the final totals within reach by hospital id."""
    return {row.hospital_id: row for row in ScoreTotal.objects.filter(scorecard=scorecard)}


def total(*, scorecard: Scorecard, hospital_id: int) -> ScoreTotal | None:
    """Return a hospital's final total."""
    return ScoreTotal.objects.filter(scorecard=scorecard, hospital_id=hospital_id).first()


def entries(*, scorecard: Scorecard, hospital_id: int | None = None) -> list[ScoreEntry]:
    """Return what was recorded, oldest first: for one hospital, or for all within reach."""
    rows = ScoreEntry.objects.filter(scorecard=scorecard).select_related("by")
    if hospital_id is not None:
        rows = rows.filter(hospital_id=hospital_id)
    return list(rows.order_by("on_day", "pk"))


def requests(*, scorecard: Scorecard, hospital_id: int | None = None) -> list[ScoreRequest]:
    """Return what was asked, oldest first: by one hospital, or by all within reach."""
    rows = ScoreRequest.objects.filter(scorecard=scorecard).select_related("hospital", "asked_by", "decided_by")
    if hospital_id is not None:
        rows = rows.filter(hospital_id=hospital_id)
    return list(rows.order_by("pk"))


def hospital(*, code: str, hospital_ids: tuple[int, ...]) -> Hospital:
    """Return one hospital within reach by its code."""
    row = Hospital.objects.filter(code=code, pk__in=hospital_ids).first()
    if row is None:
        raise NotFound
    return row


def registry(*, code: str) -> Registry | None:
    """Return the registry that a document names."""
    return Registry.objects.filter(code=code).first()

"""Read certifications: where somebody stands for a registry, what that lets them submit, and who stands where at a hospital."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from registry.lifecycle import CertificationState, SheetState
from registry.models import CaseReview, Certification, TrainingAttempt, TrainingRules
from sites.access.roles import Role
from sites.models import Membership

WORDS = {
    CertificationState.TRAINEE: "trainee: practises on invented cases",
    CertificationState.PROVISIONAL: "provisional: submits for a colleague's release",
    CertificationState.CERTIFIED: "certified: submits unreviewed",
    CertificationState.LAPSED: "lapsed: submits for a colleague's release until trained again",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one person stands: the state on a day, since when, until when, on what evidence; ``is_asked`` if the registry certifies."""

    state: CertificationState
    is_asked: bool
    since: date | None = None
    until: date | None = None
    evidence: str = ""
    lapsed_on: datetime | None = None

    @property
    def words(self) -> str:
        """Say the state and what it lets one do."""
        return WORDS[self.state]

    @property
    def needs_review(self) -> bool:
        """Tell whether a submitted case waits for a colleague."""
        return self.is_asked and self.state in (CertificationState.PROVISIONAL, CertificationState.LAPSED)

    @property
    def is_shut(self) -> bool:
        """Tell whether real cases of the registry are shut."""
        return self.is_asked and self.state is CertificationState.TRAINEE


FREE = Standing(state=CertificationState.CERTIFIED, is_asked=False)


def rules(*, registry_id: int) -> TrainingRules | None:
    """Return the declared rules of a registry; None where it asks for no certification."""
    return TrainingRules.objects.filter(registry_id=registry_id).first()


def standing(*, person_id: int, hospital_id: int, registry_id: int, on: date) -> Standing:
    """Return where somebody stands on a day. Who answers for the hospital, or works for the centre, needs no certification."""
    if rules(registry_id=registry_id) is None or _answers_for(person_id, hospital_id, on):
        return FREE
    row = (
        Certification.objects.filter(person_id=person_id, hospital_id=hospital_id, registry_id=registry_id)
        .order_by("-id")
        .first()
    )
    return standing_of(row, on)


def reviewed_titles(*, person_id: int, places: Iterable[tuple[int, int, str]], on: date) -> tuple[str, ...]:
    """Name the registries in which a colleague releases what somebody submits; places: hospital, registry, the registry's title.

    Asks three questions at most, however many places there are.
    """
    return tuple(title for title, found in _standings(person_id, places, on) if found.needs_review)


def shut_titles(*, person_id: int, places: Iterable[tuple[int, int, str]], on: date) -> tuple[str, ...]:
    """Name the registries in which somebody practises before real cases open, each once; as `reviewed_titles`."""
    return tuple(dict.fromkeys(title for title, found in _standings(person_id, places, on) if found.is_shut))


def _standings(person_id: int, places: Iterable[tuple[int, int, str]], on: date) -> list[tuple[str, Standing]]:
    asking = set(TrainingRules.objects.values_list("registry_id", flat=True))
    asked = [place for place in places if place[1] in asking]
    freed = _answered_for(person_id, on) if asked else frozenset()
    asked = [] if None in freed else [place for place in asked if place[0] not in freed]
    rows = Certification.objects.filter(person_id=person_id).order_by("id") if asked else ()
    latest = {(row.hospital_id, row.registry_id): row for row in rows}
    return [(title, standing_of(latest.get((hospital, registry)), on)) for hospital, registry, title in asked]


def standing_of(row: Certification | None, on: date) -> Standing:
    """Return where a newest row puts somebody on a day; no row is a trainee."""
    if row is None:
        return Standing(state=CertificationState.TRAINEE, is_asked=True)
    state = CertificationState(row.state)
    over = state is CertificationState.CERTIFIED and row.until is not None and row.until <= on
    lapsed = over or state is CertificationState.LAPSED
    return Standing(
        state=CertificationState.LAPSED if over else state,
        is_asked=True,
        since=row.until if over else row.on_day,
        until=None if over else row.until,
        evidence=row.evidence,
        lapsed_on=row.at if lapsed and not over else datetime.combine(row.until, datetime.min.time(), tzinfo=row.at.tzinfo) if over else None,
    )


def _answers_for(person_id: int, hospital_id: int, on: date) -> bool:
    return not _answered_for(person_id, on).isdisjoint((hospital_id, None))


def _answered_for(person_id: int, on: date) -> frozenset[int | None]:
    """Return the hospitals somebody leads; None stands for all, as the coordinating centre has it."""
    held = Membership.objects.filter(person_id=person_id, starts_on__lte=on).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
    leads = held.filter(Q(role=Role.SITE_LEAD.value) | Q(hospital_id__isnull=True))
    return frozenset(leads.values_list("hospital_id", flat=True))


def n_passed(*, person_id: int, registry_id: int, pass_mark: float, since: datetime | None = None) -> int:
    """Count the different gold cases somebody passed, on any attempt; those finished since a moment."""
    rows = TrainingAttempt.objects.filter(
        person_id=person_id, registry_id=registry_id, status=SheetState.DONE.value, score__gte=pass_mark
    )
    if since is not None:
        rows = rows.filter(finished_at__gt=since)
    return rows.values("gold_id").distinct().count()


def n_released(*, person_id: int, hospital_id: int, registry_id: int) -> int:
    """Count somebody's cases that a colleague released."""
    return CaseReview.objects.filter(
        submitted_by_id=person_id, hospital_id=hospital_id, case__registry_id=registry_id, decision="RELEASED"
    ).count()


def newest(*, hospital_ids: Iterable[int], registry_id: int) -> dict[tuple[int, int], Certification]:
    """Return the newest row of everybody at some hospitals, by (hospital, person)."""
    rows = (
        Certification.objects.filter(hospital_id__in=list(hospital_ids), registry_id=registry_id)
        .order_by("hospital_id", "person_id", "-id")
        .distinct("hospital_id", "person_id")
    )
    return {(row.hospital_id, row.person_id): row for row in rows}


def counts_by_hospital(*, registry_id: int, hospital_ids: Iterable[int], on: date) -> dict[int, dict[str, int]]:
    """Count the abstractors and trainees of each hospital by where they stand: for the matrix of data quality; two queries."""
    ids = list(hospital_ids)
    rows = newest(hospital_ids=ids, registry_id=registry_id)
    held = (
        Membership.objects.filter(hospital_id__in=ids, role__in=[Role.ABSTRACTOR.value, Role.TRAINEE.value], starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        .values_list("hospital_id", "person_id")
        .distinct()
    )
    found: dict[int, dict[str, int]] = {}
    for hospital_id, person_id in held:
        state = standing_of(rows.get((hospital_id, person_id)), on).state.value
        counted = found.setdefault(hospital_id, {})
        counted[state] = counted.get(state, 0) + 1
    return found


def steps(*, hospital_ids: Iterable[int], registry_id: int) -> dict[tuple[int, int], list[Certification]]:
    """Return every step of everybody at some hospitals, newest first, by (hospital, person); one query."""
    found: dict[tuple[int, int], list[Certification]] = {}
    for row in Certification.objects.filter(hospital_id__in=list(hospital_ids), registry_id=registry_id).order_by("-id"):
        found.setdefault((row.hospital_id, row.person_id), []).append(row)
    return found

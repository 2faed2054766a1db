"""Prepare statements of participation: one hospital, one closed period, the charter's process items and nothing else."""

from datetime import date, datetime
from typing import Any

from feedback import disclosure
from feedback import participation as charter
from feedback.models import Release
from feedback.selectors import participation as facts
from registry.models import ReportingPeriod
from sites import audit, outbox
from sites.codes import random_code
from sites.models import Hospital, Person
from sites.refusals import Refusal


def prepare(*, hospital: Hospital, period: ReportingPeriod, by: Person, at: datetime) -> Release:
    """Ask for a statement of one hospital's participation in a closed period; a job writes it."""
    if period.status != "CLOSED":
        raise Refusal("The period is still open; a statement speaks about closed ones.")
    known = Release.objects.filter(kind=Release.Kind.PARTICIPATION, hospital=hospital, period=period)
    if known.exclude(status__in=[Release.Status.REJECTED, Release.Status.WITHDRAWN]).exists():
        raise Refusal("There is a statement of this hospital and period already.")
    release = Release.objects.create(
        code=random_code(),
        kind=Release.Kind.PARTICIPATION,
        hospital=hospital,
        period=period,
        title=f"Participation in {period.registry.title}, {period.label}",
        artefact=b"",
        sha256="",
        rules=charter.RULES,
        prepared_by=by,
        prepared_at=at,
    )
    audit.record(
        action="prepare release", at=at, by=by, hospital_id=hospital.pk, kind="release", object_id=release.code
    )
    outbox.after_commit("feedback.build_release", at=at, by=by, release=release.pk)
    return release


def body(*, release: Release, today: date) -> dict[str, Any]:
    """Return what a statement says: the charter's items, each done or not done."""
    period = release.period
    reasons = disclosure.judge_period(starts_on=period.starts_on, ends_before=period.ends_before, today=today)
    if reasons:
        raise Refusal(*reasons)
    return {
        "title": release.title,
        "hospital": release.hospital.name,
        "period": period.label,
        "process": charter.lines(facts.of(hospital_id=release.hospital_id, period=period)),
        "charter": charter.CHARTER,
        "never": charter.NEVER,
        "rules": charter.RULES,
    }

"""Read operating lists on their way in, within the caller's hospitals."""

from typing import Any

from django.db.models import QuerySet

from registry.models import FrameUpload, Participation
from registry.selectors import dictionaries
from sites.refusals import NotFound

HEAVY = ("content", "findings", *(f"version__{name}" for name in dictionaries.HEAVY))
LINKED = ("registry", "hospital", "version", "by", "job")


def listed(*, hospital_ids: tuple[int, ...]) -> QuerySet[FrameUpload]:
    """Return the operating lists of these hospitals, newest first, without their files."""
    return FrameUpload.objects.filter(hospital_id__in=hospital_ids).select_related(*LINKED).defer(*HEAVY).order_by("-id")


def one(*, code: str, hospital_ids: tuple[int, ...], with_findings: bool = False) -> FrameUpload:
    """Return one operating list of these hospitals."""
    deferred = [name for name in HEAVY if name != "findings" or not with_findings]
    found = FrameUpload.objects.filter(hospital_id__in=hospital_ids, code=code).select_related(*LINKED).defer(*deferred).first()
    if found is None:
        raise NotFound
    return found


def for_job(*, upload_id: int) -> FrameUpload:
    """Return an operating list with its file, for the job that works on it."""
    found = FrameUpload.objects.filter(pk=upload_id).select_related(*LINKED).defer("findings").first()
    if found is None:
        raise NotFound
    return found


def offers(*, hospital_ids: tuple[int, ...]) -> list[tuple[str, str, Any, Any]]:
    """Return what one may send lists to: (value in a form, words, registry, hospital)."""
    rows = Participation.objects.filter(hospital_id__in=hospital_ids, registry__has_dates=True).select_related("registry", "hospital")
    return [
        (f"{row.registry_id}:{row.hospital_id}", f"{row.registry.title}, {row.hospital.name}", row.registry, row.hospital)
        for row in rows.order_by("registry__title", "hospital__name")
    ]

"""Read uploads within the caller's reach; the file and its findings only where they are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from registry.models import Participation, Registry, Upload
from sites.refusals import NotFound

HEAVY = ("content", "findings")
LINKED = ("registry", "hospital", "period", "version", "by", "job")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A registry one may upload to, for one hospital or (None) across hospitals."""

    registry: Registry
    hospital_id: int | None
    hospital: str

    @property
    def value(self) -> str:
        """Name the offer in a form."""
        return f"{self.registry.pk}:{self.hospital_id or ''}"

    @property
    def words(self) -> str:
        """Name the offer for people."""
        return f"{self.registry.title}, {self.hospital}"


def listed(*, hospital_ids: tuple[int, ...], person_id: int) -> QuerySet[Upload]:
    """Return the uploads of these hospitals and the person's own across hospitals, newest first, without their files."""
    mine = Q(hospital_id__in=hospital_ids) | Q(hospital_id__isnull=True, by_id=person_id)
    return (
        Upload.objects.filter(mine)
        .defer(*HEAVY)
        .select_related("registry", "hospital", "by")
        .defer("version__source")
        .order_by("-id")
    )


def one(
    *, code: str, hospital_ids: tuple[int, ...], person_id: int, with_findings: bool = False, with_file: bool = False
) -> Upload:
    """Return one upload that the person may work on."""
    deferred = [name for name, wanted in (("findings", with_findings), ("content", with_file)) if not wanted]
    rows = Upload.objects.filter(
        Q(hospital_id__in=hospital_ids) | Q(hospital_id__isnull=True, by_id=person_id), code=code
    )
    upload = rows.select_related(*LINKED).defer(*deferred, "version__source", "version__companion").first()
    if upload is None:
        raise NotFound
    return upload


def for_job(*, upload_id: int) -> Upload:
    """Return an upload with its file, for the job that works on it."""
    upload = (
        Upload.objects.filter(pk=upload_id)
        .select_related(*LINKED)
        .defer("findings", "version__source", "version__companion")
        .first()
    )
    if upload is None:
        raise NotFound
    return upload


def offers(*, hospital_ids: tuple[int, ...], across: bool) -> list[Offer]:
    """Return what one may upload to: each registry of one's hospitals, and every registry across hospitals for staff."""
    rows = (
        Participation.objects.filter(hospital_id__in=hospital_ids)
        .select_related("registry", "hospital")
        .order_by("registry__title", "hospital__name")
    )
    found = [Offer(registry=row.registry, hospital_id=row.hospital_id, hospital=row.hospital.name) for row in rows]
    if across:
        found += [
            Offer(registry=registry, hospital_id=None, hospital="several hospitals in one file")
            for registry in Registry.objects.order_by("title")
        ]
    return found


def filtered(findings: Iterable[dict[str, Any]], *, severity: str, sort: str) -> list[dict[str, Any]]:
    """Narrow kept findings to a severity and to one check on one column ("" for all)."""
    return [
        finding
        for finding in findings
        if (not severity or finding["severity"] == severity)
        and (not sort or f"{finding['code']}|{finding['column']}" == sort)
    ]

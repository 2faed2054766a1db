"""Read consents to be named, and who may be named now under the complement rule (B18, docs/blinding.md)."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from feedback.models import MeasureVersion, UnblindingConsent
from registry.models import Participation


@dataclass(frozen=True, kw_only=True)
class Named:
    """A hospital that may be named beside a measure before an audience, today."""

    registry_id: int
    measure_code: str
    measure_title: str
    audience: str
    hospital_id: int
    hospital: str
    expires_on: date

    @property
    def audience_words(self) -> str:
        """Say who may read the name."""
        return UnblindingConsent.Audience(self.audience).label


def named(*, on: date) -> list[Named]:
    """Return everybody who may be named here on a day: consent holds, and at least five others stay unnamed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_unblinded(%s)", [on])
        names = [column.name for column in cursor.description]
        return [Named(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def of(*, hospital_ids: tuple[int, ...]) -> list[UnblindingConsent]:
    """Return the consents of some hospitals, those that hold first."""
    rows = UnblindingConsent.objects.filter(hospital_id__in=hospital_ids).select_related("hospital", "given_by")
    return list(rows.order_by("revoked_at", "-pk")[:200])


def measures(*, hospital_ids: tuple[int, ...]) -> list[MeasureVersion]:
    """Return the newest version of each measure of the registries these hospitals take part in."""
    registries = Participation.objects.filter(hospital_id__in=hospital_ids).values_list("registry_id", flat=True)
    newest: dict[tuple[int, str], MeasureVersion] = {}
    for row in MeasureVersion.objects.filter(registry__in=list(registries)).order_by("number"):
        newest[row.registry_id, row.code] = row
    return sorted(newest.values(), key=lambda row: row.title)

"""Read audits: a hospital's latest figures for credibility lines, lists and one audit. Always within the caller's hospitals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from registry.lifecycle import AuditState
from registry.models import Audit


@dataclass(frozen=True, kw_only=True)
class AuditFigure:
    """What the newest final audit of a hospital says. Shares are 0–1; ``audited_on`` is the day of the final report (UTC).

    ``agreement`` is the share of compared values in which the first reading stands after adjudication; ``lower`` and ``upper``
    its 95 % interval; ``is_red`` tells that more than 5 % of the values differed.
    """

    hospital_id: int
    code: str
    agreement: float
    lower: float
    upper: float
    n_cases: int
    n_values: int
    n_differing: int
    audited_on: date

    @property
    def is_red(self) -> bool:
        """Tell whether more than one value in twenty differed."""
        return self.n_differing > 0.05 * self.n_values


def latest_by_hospital(*, registry_id: int, hospital_ids: Iterable[int], before: datetime | None = None) -> dict[int, AuditFigure]:
    """Return the figures of each hospital's newest final audit (final before a moment, if one is given), by hospital id; one query."""
    early_enough = Q() if before is None else Q(final_at__lt=before)
    rows = (
        Audit.objects.filter(
            early_enough,
            registry_id=registry_id,
            hospital_id__in=list(hospital_ids),
            status=AuditState.FINAL.value,
            agreement__isnull=False,
        )
        .order_by("hospital_id", "-final_at", "-id")
        .distinct("hospital_id")
        .values_list(
            "hospital_id", "code", "agreement", "agreement_lower", "agreement_upper", "n_cases", "n_values", "n_differing", "final_at"
        )
    )
    return {
        hospital_id: AuditFigure(
            hospital_id=hospital_id, code=code, agreement=agreement, lower=lower, upper=upper, n_cases=n_cases,
            n_values=n_values, n_differing=n_differing, audited_on=final_at.date(),
        )
        for hospital_id, code, agreement, lower, upper, n_cases, n_values, n_differing, final_at in rows
    }  # fmt: skip

"""What hospitals have agreed to. ``agreed`` is the one question; whatever uses a hospital's data for a purpose asks it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sites.models import Agreement, AgreementStep
from sites.models.agreement import Purpose


def agreed(*, hospital_id: int, purpose: str, on: date) -> bool:
    """Tell whether a hospital's data may be used for a purpose on a day."""
    return hospital_id not in left_out(hospital_ids=(hospital_id,), purpose=purpose, on=on)


def left_out(*, hospital_ids: Iterable[int], purpose: str, on: date) -> frozenset[int]:
    """Return the hospitals whose data may not be used for a purpose on a day.

    What counts on a day is the newest step up to its end, to a version that was still enough on it. Before the
    collaborative has put an agreement for the purpose into force nobody was asked, and nobody is left out.
    """
    asked = in_force(purpose=purpose, on=on)
    if asked is None:
        return frozenset()
    newest: dict[int, tuple[bool, int]] = {}
    rows = AgreementStep.objects.filter(
        agreement__purpose=purpose, hospital_id__in=list(hospital_ids), at__date__lte=on
    )
    for hospital_id, accepted, number in rows.order_by("id").values_list(
        "hospital_id", "accepted", "agreement__number"
    ):
        newest[hospital_id] = accepted, number
    return frozenset(pk for pk in hospital_ids if not _holds(newest.get(pk), asked))


def _holds(step: tuple[bool, int] | None, asked: Agreement) -> bool:
    return step is not None and step[0] and step[1] >= asked.number


def in_force(*, purpose: str, on: date) -> Agreement | None:
    """Return the newest version that is required on a day."""
    return Agreement.objects.filter(purpose=purpose, required_from__lte=on).order_by("-number").first()


def newest() -> list[Agreement]:
    """Return the newest version of each purpose, in the order of purposes."""
    found: dict[str, Agreement] = {}
    for row in Agreement.objects.order_by("number"):
        found[row.purpose] = row
    return [found[purpose] for purpose in Purpose.values if purpose in found]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a hospital stands to the newest version of an agreement: does its agreement hold today, and by whose word."""

    hospital_id: int
    agreement: Agreement
    holds: bool
    step: AgreementStep | None

    @property
    def words(self) -> str:
        """Say it in a few words."""
        if self.step is None:
            return "not agreed"
        when = f"{self.step.at:%-d %b %Y}"
        if not self.step.accepted:
            return f"ended {when}"
        return f"agreed {when}" if self.holds else "a newer version waits"


def standings(*, hospital_ids: tuple[int, ...], on: date) -> list[Standing]:
    """Return how each hospital stands to each newest agreement today."""
    steps: dict[tuple[int, str], AgreementStep] = {}
    rows = AgreementStep.objects.filter(hospital_id__in=hospital_ids).select_related("agreement", "by").order_by("id")
    for row in rows:
        steps[row.hospital_id, row.agreement.purpose] = row
    found = []
    for agreement in newest():
        out = left_out(hospital_ids=hospital_ids, purpose=agreement.purpose, on=on)
        found += [
            Standing(
                hospital_id=pk,
                agreement=agreement,
                step=steps.get((pk, agreement.purpose)),
                holds=pk not in out and (pk, agreement.purpose) in steps,
            )
            for pk in hospital_ids
        ]
    return found

"""What the hospitals of the example have agreed to: quality improvement all of them, research all but one; who may be named."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils import timezone

from config.example.world import FILLER, World, acting, machine
from feedback.actions import consents
from feedback.models import MeasureVersion
from registry.models import Registry
from sites.actions import agreements
from sites.models import Agreement, Hospital, Person

REQUIRED_FROM = date(2024, 1, 1)
SIGNED = timedelta(days=400)
NOT_FOR_RESEARCH = "H07"
TEXTS = {
    "QI": (
        "Quality improvement",
        "The hospital lets the collaborative compare its cases with those of other hospitals under the rules of blinding, and count"
        " them in aggregates for the payer. No result of the hospital leaves with its name.",
    ),
    "RESEARCH": (
        "Research",
        "The hospital lets its cases be used, without identifiers, for studies that the steering committee has approved.",
    ),
    "REGULATOR": ("Reports to a regulator", "The hospital lets the centre send the reports that the law asks of it."),
}


def publish() -> None:
    """Publish the first version of each agreement."""
    with machine():
        for purpose, (title, text) in TEXTS.items():
            agreements.publish(
                purpose=purpose, title=f"Agreement on {title.lower()}", text=text, required_from=REQUIRED_FROM, by=None,
                at=timezone.now() - SIGNED, actor=FILLER,
            )  # fmt: skip


def accept(hospitals: Iterable[Hospital], *, signers: dict[str, Person], lead: Person) -> None:
    """Accept for each hospital: by its site lead where there is one, else entered by the centre from the signed paper."""
    at = timezone.now() - SIGNED
    asked = {row.purpose: row for row in Agreement.objects.filter(purpose__in=["QI", "RESEARCH"])}
    with machine():
        for hospital in hospitals:
            signer = signers.get(hospital.code)
            capacity = "Chief medical officer" if signer else "Chief medical officer, on paper, entered by the centre"
            for purpose, agreement in asked.items():
                if (purpose, hospital.code) != ("RESEARCH", NOT_FOR_RESEARCH):
                    agreements.accept(
                        agreement=agreement, hospital_id=hospital.pk, capacity=capacity, by=signer or lead, at=at
                    )


def name(world: World, registry: Registry, *, people: dict[str, Person], everybody: bool) -> None:
    """Let the hospitals with log-ins consent to be named: in a meeting, and in the shown example one before everybody."""
    now = timezone.now()
    measure = MeasureVersion.objects.filter(registry=registry, code="ssi30").order_by("-number").first()
    for code, person in people.items():
        _give(world.hospitals[code], measure, "MEETING", by=person, at=now)
        if everybody and code == NOT_FOR_RESEARCH:
            _give(world.hospitals[code], measure, "COLLABORATIVE", by=person, at=now)


def _give(hospital: Hospital, measure: MeasureVersion, audience: str, *, by: Person, at: datetime) -> None:
    with acting(by):
        consents.give(
            hospital_id=hospital.pk,
            measure=measure,
            audience=audience,
            expires_on=at.date() + timedelta(days=180),
            by=by,
            at=at,
        )

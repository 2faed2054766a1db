"""Publish agreements; accept them and end them for a hospital. Each step stays."""

from datetime import date, datetime

from sites import audit
from sites.models import Agreement, AgreementStep, Person
from sites.models.agreement import Purpose
from sites.refusals import NotFound, Refusal


def publish(
    *, purpose: str, title: str, text: str, required_from: date, by: Person | None, at: datetime, actor: str = ""
) -> Agreement:
    """Publish the next version of an agreement; from its day on, earlier acceptances no longer count."""
    if purpose not in Purpose.values:
        raise NotFound
    newest = Agreement.objects.filter(purpose=purpose).order_by("-number").first()
    if newest is not None and required_from < newest.required_from:
        raise Refusal("A later version cannot be required before an earlier one.")
    made = Agreement.objects.create(
        purpose=purpose, number=newest.number + 1 if newest else 1, title=title, text=text, required_from=required_from,
        published_by=by, published_at=at,
    )  # fmt: skip
    audit.record(
        action="publish agreement", at=at, by=by or actor, kind="agreement", object_id=f"{purpose} {made.number}"
    )
    return made


def accept(*, agreement: Agreement, hospital_id: int, capacity: str, by: Person, at: datetime) -> AgreementStep:
    """Accept the newest version for a hospital, in a capacity that is named."""
    if Agreement.objects.filter(purpose=agreement.purpose, number__gt=agreement.number).exists():
        raise Refusal("There is a newer version. Reload the page and read that one.")
    latest = _latest(agreement.purpose, hospital_id)
    if latest is not None and latest.accepted and latest.agreement_id == agreement.pk:
        raise Refusal("Your hospital has accepted this version already.")
    return _step(agreement, hospital_id, accepted=True, capacity=capacity, reason="", by=by, at=at)


def end(*, purpose: str, hospital_id: int, reason: str, by: Person, at: datetime) -> AgreementStep:
    """End a hospital's acceptance; from this moment its data enter nothing new for the purpose."""
    latest = _latest(purpose, hospital_id)
    if latest is None or not latest.accepted:
        raise Refusal("Your hospital has no agreement for this to end.")
    return _step(latest.agreement, hospital_id, accepted=False, capacity="", reason=reason, by=by, at=at)


def _latest(purpose: str, hospital_id: int) -> AgreementStep | None:
    rows = AgreementStep.objects.filter(agreement__purpose=purpose, hospital_id=hospital_id)
    return rows.select_related("agreement").order_by("-id").first()


def _step(
    agreement: Agreement, hospital_id: int, *, accepted: bool, capacity: str, reason: str, by: Person, at: datetime
) -> AgreementStep:
    made = AgreementStep.objects.create(
        agreement=agreement, hospital_id=hospital_id, accepted=accepted, capacity=capacity, reason=reason, by=by, at=at
    )
    audit.record(
        action="accept agreement" if accepted else "end agreement", at=at, by=by, hospital_id=hospital_id, kind="agreement",
        object_id=f"{agreement.purpose} {agreement.number}", reason=reason or capacity,
    )  # fmt: skip
    return made

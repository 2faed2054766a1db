"""One plan, one request, one offer and one recognition of each hospital of the universe, for the addresses of spreading."""

from datetime import datetime

from django.db import transaction

from feedback.models import Comparison
from interventions.models import Adoption, HelpOffer, HelpRequest, Priority, Recognition, RecognitionRule
from sites.access.scope import Scope, bound
from sites.models import Hospital, Person
from tests.databases import as_role
from tests.sites.acting import machine

# Which object stands behind the code of an address.
KINDS = {
    "interventions:plan": "plan",
    "interventions:plan-note": "plan",
    "interventions:plan-owner": "plan",
    "interventions:plan-end": "plan",
    "interventions:answer-request": "request",
    "interventions:settle-help": "request",
    "interventions:choose-help": "request",
    "interventions:answer-offer": "offer",
    "interventions:barriers": "adoption",
    "interventions:pick-barrier": "adoption",
    "interventions:ask-help": "adoption",
    "interventions:show-recognition": "recognition",
    "interventions:certificate": "recognition",
}


def made(
    *, hospitals: dict[str, Hospital], adoptions: dict[str, str], who: Person, at: datetime
) -> dict[str, dict[str, str]]:
    """Make what is missing and return the codes by kind and letter."""
    with machine():
        report = (
            Comparison.objects.filter(status="PUBLISHED", registry__code="colorectal")
            .order_by("-published_at", "-pk")
            .first()
        )
    found: dict[str, dict[str, str]] = {"plan": {}, "request": {}, "adoption": dict(adoptions)}
    for letter, hospital in hospitals.items():
        with bound(Scope(person=who.pk, hospitals=(hospital.pk,))), transaction.atomic():
            known = Priority.objects.filter(hospital=hospital, state="OPEN").order_by("pk").first()
            found["plan"][letter] = (known or _plan(report, hospital, who=who, at=at)).code
            adoption = Adoption.objects.get(code=adoptions[letter])
            asked = HelpRequest.objects.create(
                code=f"ASKED{hospital.code}", hospital=hospital, adoption=adoption, toolkit_id=adoption.toolkit_id, hindrance="MONEY", way="CALL",
                at=at, by=who,
            )  # fmt: skip
            found["request"][letter] = asked.code
    with as_role("cairn_worker"), machine():
        return found | _by_jobs(report, hospitals, at=at)


def _plan(report: Comparison, hospital: Hospital, *, who: Person, at: datetime) -> Priority:
    # The owner of the first hospital's people stands in for the others': what is asked here is who reaches the row.
    return Priority.objects.create(
        code=f"PLAN{hospital.code}", hospital=hospital, comparison=report, measure_code="ssi30", measure_title="Infection", watched_code="ssi30",
        watched_title="Infection", place=1, owner=who, lever="Look at the cases.", made_at=at, made_by=who,
    )  # fmt: skip


def _by_jobs(report: Comparison, hospitals: dict[str, Hospital], *, at: datetime) -> dict[str, dict[str, str]]:
    asked = HelpRequest.objects.order_by("pk").first()
    rule = RecognitionRule.objects.order_by("pk").first()
    offers, earned = {}, {}
    for letter, hospital in hospitals.items():
        offer = HelpOffer.objects.filter(hospital=hospital).first() or HelpOffer.objects.create(
            code=f"OFFER{hospital.code}",
            request=asked,
            hospital=hospital,
            toolkit=asked.toolkit,
            hindrance="MONEY",
            at=at,
        )
        row = Recognition.objects.filter(hospital=hospital).first() or Recognition.objects.create(
            code=f"RECOG{hospital.code}", rule=rule, hospital=hospital, comparison=report, sentence="Read alike.", at=at
        )
        offers[letter], earned[letter] = offer.code, row.code
    return {"offer": offers, "recognition": earned}

"""The site desk of the example: contacts, tasks, joining, two visits with their reports, one newsletter and one draft."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from config.example import people as cast
from config.example.world import World, acting, machine
from interventions.actions import desk, newsletter
from interventions.models import OnboardingTick, SiteContact
from interventions.selectors.desk import SIDES, STEPS
from sites.access.scope import Scope, bound
from sites.models import Hospital, Person

SHOWN = ("H04", "H07")
WORDS = (
    ("CALL", "Went through the open data queries together; all are being looked at."),
    ("MAIL", "Sent the dates of the next meeting and of the abstractors’ call."),
    ("CALL", "The operating list arrived a week late; the new export is now set up."),
)
JOINING = "H07"


def fill(world: World, *, staff: Person, lead: Person) -> None:
    """Write what a year of keeping the desk leaves behind."""
    now = timezone.now()
    hospitals = [one for code, one in sorted(world.hospitals.items()) if code.startswith("H")]
    with machine():
        _contacts(hospitals, by=staff, now=now)
    _joining(hospitals, centre=staff, signers=_leads(world), now=now)
    with acting(staff):
        _promises(world, by=staff, now=now)
        _visits(world, by=staff, now=now)
    for code, signer in _leads(world).items():
        with acting(signer):
            desk.promise(
                hospital_id=world.hospitals[code].pk, side="HOSPITAL", words="Name a second abstractor for the summer.",
                due_on=now.date() + timedelta(days=24), owner_id=signer.pk, by=signer, at=now - timedelta(days=6),
            )  # fmt: skip
    with acting(lead):
        _newsletters(by=lead, now=now)


def _leads(world: World) -> dict[str, Person]:
    return {
        code: world.people[f"{name}@{cast.DOMAIN}"] for code, name in zip(SHOWN, ("sitelead", "sitelead2"), strict=True)
    }


def _contacts(hospitals: list[Hospital], *, by: Person, now: datetime) -> None:
    """Note contacts over the year; with one hospital nobody has spoken for longer than a quarter."""
    made = []
    for number, hospital in enumerate(hospitals):
        for place, (kind, words) in enumerate(WORDS):
            day = now.date() - timedelta(days=12 + 17 * number % 50 + 70 * place + (120 if number == 2 else 0))
            made.append(SiteContact(hospital=hospital, kind=kind, on_day=day, words=words, at=_noon(day), by=by))
    SiteContact.objects.bulk_create(made)


def _joining(hospitals: list[Hospital], *, centre: Person, signers: dict[str, Person], now: datetime) -> None:
    """Tick the steps of joining, each side for itself: all done but at one hospital, where both sides still have some to do."""
    every = tuple(hospital.pk for hospital in hospitals)
    for side in SIDES:
        made = []
        for hospital in hospitals:
            by = signers.get(hospital.code, centre) if side == "HOSPITAL" else centre
            done = len(STEPS) if hospital.code != JOINING else 6 if side == "CENTRE" else 5
            for place, (step, _) in enumerate(STEPS[:done]):
                at = now - timedelta(days=500 - 12 * place)
                made.append(OnboardingTick(hospital=hospital, step=step, side=side, ticked=True, at=at, by=by))
        with bound(Scope(person=centre.pk, hospitals=every, centre=side == "CENTRE")), transaction.atomic():
            OnboardingTick.objects.bulk_create(made)


def _promises(world: World, *, by: Person, now: datetime) -> None:
    """Promise for the centre: one kept, one due soon, one late."""
    first, second = (world.hospitals[code] for code in SHOWN)
    for hospital, words, made, due in (
        (first, "Send the surgeons’ guide to the audit.", 40, -12),
        (first, "Explain the new wound measure on the abstractors’ call.", 9, 5),
        (second, "Come back on the question about converted operations.", 34, -4),
    ):
        row = desk.promise(
            hospital_id=hospital.pk, side="CENTRE", words=words, due_on=now.date() + timedelta(days=due), owner_id=by.pk, by=by,
            at=now - timedelta(days=made),
        )  # fmt: skip
        if hospital == first and due < 0:
            desk.close(
                promise_id=row.pk, hospital_ids=(hospital.pk,), side="CENTRE", state="KEPT", words="Sent with the agenda.", by=by,
                at=now - timedelta(days=15),
            )  # fmt: skip


def _visits(world: World, *, by: Person, now: datetime) -> None:
    """Hold a visit and report it; prepare another."""
    first, second = (world.hospitals[code].pk for code in SHOWN)
    day = now.date() - timedelta(days=45)
    made = desk.prepare_visit(
        hospital_id=first, on_day=day, purpose="See how the closing tray is laid out", preparation="Meet the scrub nurses first, then the"
        " surgeons. Bring the toolkit’s one page.", by=by, at=_noon(day - timedelta(days=30)),
    )  # fmt: skip
    desk.hold_visit(code=made.code, hospital_ids=(first,), held=True, by=by, at=_noon(day))
    signer = world.people[f"sitelead@{cast.DOMAIN}"].pk
    desk.report_visit(
        code=made.code, hospital_ids=(first,), report="The separate tray is in every theatre but one. The nurses wrote a card that others could"
        " use as it is.", ours="Print the card for the next meeting.", theirs="Send the card without the hospital’s name on it.",
        their_owner_id=signer, by=by, at=_noon(day + timedelta(days=8)),
    )  # fmt: skip
    desk.prepare_visit(
        hospital_id=second, on_day=now.date() + timedelta(days=20), purpose="Read the first cases together", preparation="Two charts that were"
        " hard to read. The abstractor chooses them.", by=by, at=now - timedelta(days=3),
    )  # fmt: skip


def _newsletters(*, by: Person, now: datetime) -> None:
    """Publish the letter of the last half-year; leave the next as a draft."""
    today = now.date()
    made = newsletter.draft(
        title="The half-year", since=today - timedelta(days=200), until=today - timedelta(days=20), by=by, at=now
    )
    newsletter.write(
        code=made.code, letter="Thank you for another half-year of careful work.\n\nWhat is new stands below. Bring your questions to the next"
        " meeting, or ask your peers in the community.", by=by, at=now,
    )  # fmt: skip
    newsletter.publish(code=made.code, by=by, at=now)
    newsletter.draft(title="Since then", since=today - timedelta(days=20), until=today, by=by, at=now)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)

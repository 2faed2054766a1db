"""The learning loop of the example: a search for bright spots, invitations, and what the hospitals answer."""

from datetime import date, timedelta

from django.utils import timezone

from config.example import people as cast
from config.example import practices
from config.example.case_mix import quarter_starts
from config.example.truths import Truths
from config.example.world import FILLER, World, acting, machine, run_jobs
from feedback.models import Comparison
from interventions.actions import adoptions, exemplars, requests, toolkits
from interventions.models import ElementTest, Exemplar, Impact, Search, Toolkit
from sites import outbox
from sites.access.roles import Role
from sites.actions import memberships
from sites.models import Hospital, Person

MEASURE = "ssi30"
PRACTICE = (
    "Three things that one profession alone cannot let slip: the bag with the oral antibiotics, the antibiotic read aloud at the pause before"
    " the incision, and a protocol for insulin that nurses start themselves."
)

# Two of what is planted: one that does something, one that does nothing.
KITS = (
    {
        "code": "bundle", "title": "Three elements against infection",
        "summary": "The antibiotic of the guideline, oral antibiotics with the preparation, and glucose at or under 180 mg/dL, for every colectomy.",
        "components": [
            "The anaesthetist reads the antibiotic of the guideline aloud at the pause before the incision; nobody cuts before it is in.",
            "The nurse of the assessment clinic hands out oral antibiotics with the preparation; the ward asks on admission whether both were taken.",
            "Recovery and ward keep glucose at or under 180 mg/dL for 48 hours by a protocol that nurses start themselves.",
        ],
        "balancing": ("readm30", "serious30"),
    },
    {
        "code": "skin_prep", "title": "Alcohol skin preparation",
        "summary": "Skin prepared with chlorhexidine in alcohol instead of povidone iodine.",
        "components": ["The circulating nurse prepares the skin with chlorhexidine in alcohol and waits three minutes."],
        "balancing": ("readm30",),
    },
)  # fmt: skip


def fill(world: World, comparison: Comparison, *, truths: Truths, staff: Person, lead: Person) -> None:
    """Find bright spots and let them answer; offer two toolkits, adopt them in the quarters planted, and ask whether they helped."""
    exemplar = bright_spots(world, comparison, staff=staff)
    for kit in KITS:
        with acting(staff):
            offered_on = (quarter_starts(truths)[4].astype(date) - timedelta(days=31))
            toolkits.write(
                registry=comparison.registry, measure_code=MEASURE, effort="MIDDLING", offered_on=offered_on, by=staff, at=practices.noon(offered_on),
                learnt_from=exemplar if kit["code"] == "bundle" else "", code=kit["code"].replace("_", "-"),
                **{name: kit[name] for name in ("title", "summary", "components", "balancing")},
            )  # fmt: skip
        if kit is KITS[-1]:
            practices.write_elements(comparison.registry, staff=staff, at=practices.noon(offered_on))
        for code, quarter in sorted(truths.adoptions[kit["code"]].started.items()):
            if code in world.hospitals:
                _adopt(world, kit["code"].replace("_", "-"), hospital=world.hospitals[code], first=quarter_starts(truths)[quarter - 1].astype(date))
    with machine():
        outbox.after_commit("interventions.assess", at=timezone.now(), by=None, comparison=comparison.pk)
    run_jobs()
    practices.attach(staff=staff)
    practices.sign(lead=lead)
    practices.discuss(people={world.hospitals[code]: _site_lead(world, world.hospitals[code]) for code in ("H02", "H05", "H07")}, staff=staff)
    _steps(exemplar, lead=lead)


def _adopt(world: World, toolkit: str, *, hospital: Hospital, first: date) -> None:
    by = _site_lead(world, hospital)
    with acting(by):
        adoptions.adopt(
            toolkit=Toolkit.objects.get(code=toolkit), hospital_id=hospital.pk, starts_on=first + timedelta(days=10), window=8, adapted="",
            by=by, at=practices.noon(first - timedelta(days=15)),
        )  # fmt: skip


def _steps(exemplar: str, *, lead: Person) -> None:
    """Sign only what the assessments bear out."""
    now = timezone.now()
    for row in Toolkit.objects.order_by("pk"):
        found = Impact.objects.filter(toolkit=row).order_by("-pk").first()
        steps = []
        dose = ElementTest.objects.filter(toolkit=row, refusal=[]).order_by("-pk").first()
        if row.code == "bundle" and exemplar and dose is not None and dose.document["within"]["upper"] < 1:
            within = dose.document["within"]
            said = f"odds ratio {within['odds_ratio']:.2f} ({within['lower']:.2f} to {within['upper']:.2f}) per further element within hospitals"
            steps.append(("ASSOCIATED", f"Hospitals that stand out say that they do this, and the registry shows {said}; an association, no more."))
        if steps and found is not None and found.document["verdict"] == "HELPED":
            reason = f"Assessed up to {found.document['until']}. {found.document['sentences'][0]}"
            steps += [("TESTED", reason), ("PROMOTED", "Offered to every hospital of the registry on the strength of that.")]
        for state, reason in steps:
            with acting(lead):
                toolkits.step(toolkit=row, to=state, reason=reason, by=lead, at=now)


def bright_spots(world: World, comparison: Comparison, *, staff: Person) -> str:
    """Search, invite who is nominated on infections, and let two of them agree to be named; return the code of one that did, or nothing."""
    with acting(staff):
        requests.search(comparison=comparison, by=staff, at=timezone.now())
    run_jobs()
    with acting(staff):
        found = Search.objects.get(comparison=comparison)
        nominated = [one for one in found.document.get("nominations", []) if one["measure"] == MEASURE]
        for one in nominated:
            requests.invite(search=found, label=one["label"], measure_code=MEASURE, by=staff, at=timezone.now())
    run_jobs()
    with machine():
        invited = list(Exemplar.objects.select_related("hospital").order_by("-hospital__code"))
    for number, row in enumerate(invited[:2]):
        practices.describe(_answer(world, row), number=number, lead=_site_lead(world, row.hospital))
    return invited[0].code if invited else ""


def _answer(world: World, row: Exemplar) -> Exemplar:
    now = timezone.now()
    lead = _site_lead(world, row.hospital)
    with acting(lead):
        return exemplars.answer(
            code=row.code, hospital_ids=(row.hospital_id,), state="ACCEPTED", audience="COLLABORATIVE",
            expires_on=now.date() + timedelta(days=365), contact="the site lead", practice=PRACTICE, by=lead, at=now,
        )  # fmt: skip


def _site_lead(world: World, hospital: Hospital) -> Person:
    """Return the hospital's site lead; those without a log-in are added, years ago."""
    now, code = timezone.now(), hospital.code
    known = {"H04": f"sitelead@{cast.DOMAIN}", "H07": f"sitelead2@{cast.DOMAIN}"}
    email = known.get(code, f"sitelead-{code.lower()}@{cast.DOMAIN}")
    if email not in world.people:
        with machine():
            person = memberships.add_person(email=email, name=f"Site lead of {code}", password=None, by=FILLER, at=now)
            memberships.grant(person=person, role=Role.SITE_LEAD, hospital=hospital, starts_on=date(2020, 1, 1), by=FILLER, at=now)
        world.people[email] = person
    return world.people[email]

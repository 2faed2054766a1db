"""What the example's exemplars do, what of it can be tested, and what members say of the toolkits."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from config.example.world import acting, machine
from interventions.actions import comments, elements, materials, practices
from interventions.models import ElementTest, Exemplar, Impact, Practice, TestableElement, Toolkit, ToolkitElement
from registry.models import Registry
from sites.models import Hospital, Person

MEASURE = "ssi30"
# Six elements of the bundle; the first three can be changed by a hospital within weeks, and are what the toolkit asks for.
ELEMENTS = (
    (
        "guideline-antibiotic", "Antibiotic of the guideline before the incision",
        "[antibiotic] = '1' or [antibiotic] = '2' or [antibiotic] = '3' or [antibiotic] = '4'",
    ),
    ("oral-antibiotics", "Oral antibiotics with mechanical preparation", "[oral_antibiotics] = '1' and [mechanical_prep] = '1'"),
    ("glucose-180", "Highest glucose in 48 hours at or under 180 mg/dL", "[glucose_max] <= 180"),
    ("normothermia", "36 °C or more on arrival in recovery", "[temp_recovery] >= 36"),
    ("minimally-invasive", "Laparoscopic or robotic, not converted", "[approach] = '2' or [approach] = '3'"),
    ("short-operation", "Shorter than three hours", "[duration_min] < 180"),
)  # fmt: skip
BUNDLE = "Six elements of the bundle"
CARDS = (
    ("Card for the pause before the incision", "Antibiotic of the guideline: in? Oral antibiotics: taken? Glucose: measured?\n"),
    ("Card of the assessment clinic", "Preparation and both oral antibiotics: handed out, explained, noted.\n"),
    ("Card of the ward", "Glucose every four hours for two days; over 180 mg/dL the protocol starts without a call.\n"),
)
PROMOTED = tuple(code for code, _, _ in ELEMENTS[:3])
ALCOHOL = ("alcohol-preparation", "Skin prepared with chlorhexidine in alcohol", "[skin_prep] = '1'")
TOLD = (
    {
        "title": "Oral antibiotics go home with the patient", "who": "The nurse of the assessment clinic, the pharmacist, the ward nurse",
        "what": "The nurse hands out neomycin and metronidazole together with the preparation, with a card that says when to take what. The ward"
        " nurse asks on admission whether both were taken, and writes it into the operating list; if not, the surgeon hears of it before the patient"
        " leaves the ward.",
        "when": "At the assessment, a week before; asked again on admission", "with_what": "A bag with both medicines and the card",
        "material": "The card, one page; the sentence for the admission form",
    },
    {
        "title": "Antibiotic and glucose belong to the first pause", "who": "The anaesthetist; the recovery nurse",
        "what": "The anaesthetist reads the antibiotic and the glucose aloud at the pause before the incision. Nobody cuts before the guideline’s"
        " antibiotic is in. Glucose is measured each hour in theatre and every four hours for two days, with a protocol for insulin that the"
        " nurses start themselves.",
        "when": "At the pause before the incision, then hourly", "with_what": "The protocol for insulin, on the trolley",
        "material": "The protocol, two pages",
    },
)  # fmt: skip
SAID = (
    (
        "bundle",
        "Which of the three did others begin with? We wonder whether the oral antibiotics alone are a fair start.",
    ),
    (
        "bundle",
        "We began with the oral antibiotics, one ward first. The pharmacist packs the bags on Mondays; that was the whole trick.",
    ),
    ("skin-prep", "Three minutes of drying are long in a full list. We put a clock on the wall."),
)


def noon(day: date) -> datetime:
    """Return noon of a day."""
    return datetime.combine(day, time(12), tzinfo=UTC)


def describe(exemplar: Exemplar, *, number: int, lead: Person) -> None:
    """Let an exemplar write what it does, and share it with the hospitals of the registry."""
    now = timezone.now()
    told = TOLD[number % len(TOLD)]
    with acting(lead):
        row = practices.write(exemplar=exemplar, origin=Practice.Origin.EXEMPLAR, by=lead, at=now, **told)
        name, words = CARDS[number % len(CARDS)]
        materials.add_to_practice(practice=row, title=name, file_name="card.txt", content=words.encode(), by=lead, at=now, centre=False)
        practices.share(
            code=row.code, hospital_ids=(exemplar.hospital_id,), audience="COLLABORATIVE", expires_on=now.date() + timedelta(days=365),
            contact="the site lead", by=lead, at=now,
        )  # fmt: skip


def write_elements(registry: Registry, *, staff: Person, at: datetime) -> None:
    """Write the elements that can be read from a case; the bundle asks for three, the skin preparation for its own."""
    asked = dict.fromkeys(PROMOTED, "bundle") | {ALCOHOL[0]: "skin-prep"}
    with acting(staff):
        for code, title, done_when in (*ELEMENTS, ALCOHOL):
            row = elements.write(
                registry=registry,
                code=code,
                title=title,
                measure_code=MEASURE,
                done_when=done_when,
                ends_on=None,
                bundle="" if code == ALCOHOL[0] else BUNDLE,
                practice_id=None,
                by=staff,
                at=at,
            )
            if code in asked:
                elements.ask_of(toolkit=Toolkit.objects.get(code=asked[code]), element=row, by=staff, at=at)


def attach(*, staff: Person) -> None:
    """Say which practices the bundle was made from."""
    now = timezone.now()
    with acting(staff):
        bundle = Toolkit.objects.get(code="bundle")
        materials.add_to_toolkit(
            toolkit=bundle, title="The bundle on one card", file_name="bundle.txt", content=CARDS[0][1].encode(), by=staff, at=now
        )
        for row in Practice.objects.order_by("pk"):
            practices.attach(toolkit=bundle, practice_id=row.pk, by=staff, at=now)


def sign(*, lead: Person) -> None:
    """Take each element as far as what is stored bears out; what cannot be changed at will stays associated."""
    now = timezone.now()
    with acting(lead):
        for row in TestableElement.objects.order_by("pk"):
            found = ElementTest.objects.filter(element=row, refusal=[]).order_by("-pk").first()
            if found is None or found.document["within"]["upper"] >= 1:
                continue
            within = found.document["within"]
            ratio = f"{within['odds_ratio']:.2f} ({within['lower']:.2f} to {within['upper']:.2f})"
            reason = f"Odds ratio {ratio} within hospitals, up to {found.document['until']}."
            elements.step(element=row, to="ASSOCIATED", reason=reason, by=lead, at=now)
            helped = Impact.objects.filter(
                toolkit__in=ToolkitElement.objects.filter(element=row).values("toolkit"), document__verdict="HELPED"
            ).order_by("-pk").first()  # fmt: skip
            if helped is not None:
                tested = f"Asked for by a toolkit. {helped.document['sentences'][0]}"
                elements.step(element=row, to="TESTED", reason=tested, by=lead, at=now)
                elements.step(
                    element=row, to="PROMOTED", reason="A hospital can change it within weeks.", by=lead, at=now
                )


def discuss(*, people: dict[Hospital, Person], staff: Person) -> None:
    """Let members say something about the toolkits."""
    now = timezone.now()
    for (code, words), (hospital, person) in zip(SAID, people.items(), strict=False):
        with acting(person):
            comments.write(
                toolkit=Toolkit.objects.get(code=code), hospital_id=hospital.pk, words=words, by=person, at=now
            )
    with machine():
        first = Toolkit.objects.get(code="bundle")
    with acting(staff):
        comments.write(
            toolkit=first,
            hospital_id=None,
            words="The pharmacists’ call on this is on the first Tuesday of the month.",
            by=staff,
            at=now,
        )

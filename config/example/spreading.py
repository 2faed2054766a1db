"""The spreading of the example: plans from reports, who began what and why not, help between two hospitals, recognition by rules."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from config.example.case_mix import quarter_starts
from config.example.learning import MEASURE, _site_lead
from config.example.truths import Truths
from config.example.world import World, acting, machine, run_jobs
from feedback.models import Comparison, MeasureRun, SiteResult
from interventions.actions import help as helps
from interventions.actions import plan, recognition, spread
from interventions.models import Adoption, HelpOffer, Recognition, Toolkit, ToolkitVersion
from sites import outbox
from sites.models import Person

RULES = (
    {
        "kind": "MOST_IMPROVED",
        "title": "Most improved: infection of the wound",
        "measure_code": MEASURE,
        "threshold": None,
    },
    {"kind": "BEST_DATA", "title": "Data one can build on", "measure_code": "", "threshold": None},
    {"kind": "MENTOR", "title": "Mentor", "measure_code": "", "threshold": None},
    {"kind": "FIRST_ADOPTER", "title": "Among the first to try", "measure_code": "", "threshold": None},
    {"kind": "ABSTRACTORS", "title": "Abstractors who read alike", "measure_code": "", "threshold": 0.95},
    {"kind": "TOGETHER", "title": "Under five per cent together", "measure_code": MEASURE, "threshold": 0.05},
)
WHY_NOT = (
    ("STAFF", "Two nurses short since spring."), ("OTHER_WORK", "The new wards come first."), ("STAFF", ""), ("STAFF", "Nobody for the bags."),
    ("CONSENSUS", "Half of the surgeons doubt it."), ("ROUTINE", ""),
)  # fmt: skip
WATCHED, PLANNING = "bowel_prep", 6
READ, LOOKED, NOTED = 8, 5, 3
"""Of ten hospitals, how many opened a report, looked at cases and took note of it."""


def fill(world: World, *, truths: Truths, staff: Person) -> None:
    """Declare rules, live through the reports, plan, begin or not, ask for help, and look back."""
    newest = Comparison.objects.filter(registry__code="colorectal", status="PUBLISHED").order_by("published_at", "pk")
    reports = list(newest)
    declare(reports[-1], staff=staff, on=quarter_starts(truths)[1].astype(date))
    for report in reports:
        live(world, report)
    plans(world, reports)
    adopters_plan(world, reports)
    say_why_not(world)
    ask(world)
    introduce(world, staff=staff)
    with machine():
        outbox.after_commit("interventions.look_back", at=timezone.now(), by=None, comparison=reports[-1].pk)
    run_jobs()
    show(world)


def declare(comparison: Comparison, *, staff: Person, on: date) -> None:
    """Declare every rule, early on."""
    with acting(staff):
        for rule in RULES:
            recognition.declare(
                registry=comparison.registry,
                counts_from=on + timedelta(days=1),
                by=staff,
                at=datetime.combine(on, time(12), tzinfo=UTC),
                **rule,
            )


def live(world: World, comparison: Comparison) -> None:
    """Let most hospitals open a report, some look at cases, few take note of it."""
    now = timezone.now()
    with machine():
        run = MeasureRun.objects.get(comparison=comparison, measure__code=MEASURE)
        hospitals = sorted(
            SiteResult.objects.filter(run=run).values_list("hospital_id", "hospital__code"), key=lambda one: one[1]
        )
        for at, (pk, _) in enumerate(hospitals):
            if at % 10 < READ:
                plan.seen(
                    comparison_id=comparison.pk,
                    hospital_ids=(pk,),
                    measure_code=MEASURE,
                    cases=at % 10 < LOOKED,
                    at=now,
                )
    for pk, code in [one for at, one in enumerate(hospitals) if at % 10 < NOTED]:
        by = _site_lead(world, world.hospitals[code])
        with acting(by):
            plan.acknowledge(comparison=comparison, hospital_ids=(pk,), by=by, at=now)


def plans(world: World, reports: list[Comparison]) -> None:
    """Plan at the two hospitals with log-ins: one thing done since the earlier report, one open from the newest."""
    now = timezone.now()
    bundle = Toolkit.objects.get(code="bundle")
    words = ToolkitVersion.objects.filter(toolkit=bundle).order_by("-number").first().components[0]
    titles = dict(
        MeasureRun.objects.filter(comparison=reports[-1], refusal=[]).values_list("measure__code", "measure__title")
    )
    for code in ("H04", "H07"):
        hospital, by = world.hospitals[code], _site_lead(world, world.hospitals[code])
        with acting(by):
            common = {
                "hospital_id": hospital.pk,
                "owner_id": by.pk,
                "by": by,
                "at": now,
                "due_on": now.date() + timedelta(days=5),
            }
            measure = (MEASURE, titles[MEASURE])
            if len(reports) > 1:
                first = plan.choose(
                    comparison=reports[0],
                    measure=measure,
                    watched=measure,
                    toolkit=bundle,
                    lever=words,
                    step="Talk with anaesthesia.",
                    **common,
                )
                plan.end(
                    code=first.code,
                    hospital_ids=(hospital.pk,),
                    state="DONE",
                    reason="It is the rule in every list now.",
                    by=by,
                    at=now,
                )
            made = plan.choose(
                comparison=reports[-1], measure=measure, watched=measure, toolkit=None, lever="Read the last ten infected cases together.",
                step="Find an hour with both wards.", **common,
            )  # fmt: skip
            plan.note(
                code=made.code,
                hospital_ids=(hospital.pk,),
                words="Six of ten came back through another hospital.",
                due_on=None,
                by=by,
                at=now,
            )


def adopters_plan(world: World, reports: list[Comparison]) -> None:
    """Let adopters of the bundle act on the earlier report and watch its process, so that a later report can tell whether it moved."""
    now, bundle = timezone.now(), Toolkit.objects.get(code="bundle")
    words = ToolkitVersion.objects.filter(toolkit=bundle).order_by("-number").first().components[1]
    titles = dict(MeasureRun.objects.filter(comparison=reports[0], refusal=[]).values_list("measure__code", "measure__title"))
    with machine():
        adopters = sorted(set(Adoption.objects.filter(toolkit=bundle).values_list("hospital__code", flat=True)) - {"H04", "H07"})
    if len(reports) < 2 or not {MEASURE, WATCHED} <= set(titles):
        return
    for code in adopters[:PLANNING]:
        hospital, by = world.hospitals[code], _site_lead(world, world.hospitals[code])
        with acting(by):
            plan.choose(
                hospital_id=hospital.pk, comparison=reports[0], measure=(MEASURE, titles[MEASURE]), watched=(WATCHED, titles[WATCHED]),
                owner_id=by.pk, toolkit=bundle, lever=words, step="Give the tablets with the first appointment.",
                due_on=now.date() + timedelta(days=5), by=by, at=now,
            )  # fmt: skip


def say_why_not(world: World) -> None:
    """Let hospitals that did not adopt the bundle say why, each in own words."""
    now = timezone.now()
    bundle = Toolkit.objects.get(code="bundle")
    with machine():
        adopters = set(Adoption.objects.filter(toolkit=bundle).values_list("hospital__code", flat=True))
        component = ToolkitVersion.objects.filter(toolkit=bundle).order_by("-number").first().components
    others = [code for code in sorted(world.hospitals) if code not in adopters | {"H04"} and code.startswith("H")]
    for code, (hindrance, words) in zip(others, WHY_NOT, strict=False):
        by = _site_lead(world, world.hospitals[code])
        with acting(by):
            spread.say(
                toolkit=bundle, hospital_id=world.hospitals[code].pk, component=component[-1], kind="DECLINES", on_day=now.date(),
                hindrance=hindrance, words=words, by=by, at=now,
            )  # fmt: skip


def ask(world: World) -> None:
    """Let three adopters say that they overcame a want of people; a hospital with a log-in asks, one agrees to help."""
    now = timezone.now()
    with machine():
        rows = list(
            Adoption.objects.filter(toolkit__code="bundle").select_related("hospital").order_by("hospital__code")
        )
    own = [row for row in rows if row.hospital.code in {"H04", "H07"}]
    if not own or len(rows) < 2:
        return
    asker = own[0]
    for row in [one for one in rows if one.pk != asker.pk][:3]:
        by = _site_lead(world, row.hospital)
        with acting(by):
            helps.pick(
                adoption=row,
                hindrance="STAFF",
                solved=True,
                may_be_asked=True,
                words="The pharmacist packs the bags.",
                by=by,
                at=now,
            )
    by = _site_lead(world, asker.hospital)
    with acting(by):
        helps.pick(adoption=asker, hindrance="STAFF", solved=False, may_be_asked=False, words="", by=by, at=now)
        helps.ask(
            adoption=asker,
            hindrance="STAFF",
            way="PEER",
            question="Who hands out the bags when the clinic is closed?",
            by=by,
            at=now,
        )
        helps.ask(
            adoption=asker,
            hindrance="CONSENSUS",
            way="CALL",
            question="How did others win their surgeons over?",
            by=by,
            at=now,
        )
    run_jobs()
    with machine():
        offer = HelpOffer.objects.select_related("hospital").order_by("pk").first()
    by = _site_lead(world, offer.hospital)
    with acting(by):
        helps.answer_offer(
            code=offer.code, hospital_ids=(offer.hospital_id,), state="AGREED", contact="the site lead", by=by, at=now
        )


def introduce(world: World, *, staff: Person) -> None:
    """Let one adopter leave it to the centre whom to ask; two that overcame the same agree, and the centre introduces one."""
    now = timezone.now()
    with machine():
        rows = list(
            Adoption.objects.filter(toolkit__code="bundle", hospital__code__gte="H10")
            .select_related("hospital")
            .order_by("hospital__code")[:3]
        )
    if len(rows) < 3:
        return
    asker, *helpers = rows
    for row in helpers:
        by = _site_lead(world, row.hospital)
        with acting(by):
            helps.pick(
                adoption=row, hindrance="ROUTINE", solved=True, may_be_asked=True, words="It stands on the checklist now.", by=by, at=now
            )  # fmt: skip
    by = _site_lead(world, asker.hospital)
    with acting(by):
        question = "How did it become a habit on the ward?"
        made = helps.ask(adoption=asker, hindrance="ROUTINE", way="CHOSEN", question=question, by=by, at=now)
    run_jobs()
    answered = {"state": "AGREED", "contact": "the site lead", "at": now}
    with machine():
        offers = list(HelpOffer.objects.filter(request=made).select_related("hospital").order_by("hospital__code"))
    for offer in offers:
        lead = _site_lead(world, offer.hospital)
        with acting(lead):
            helps.answer_offer(code=offer.code, hospital_ids=(offer.hospital_id,), by=lead, **answered)
    with acting(by):
        helps.answer_request(code=made.code, hospital_ids=(made.hospital_id,), by=by, **answered)
    with acting(staff):
        helps.choose(code=made.code, offer=offers[0].code, hospital_ids=(made.hospital_id,), by=staff, at=now)


def show(world: World) -> None:
    """Let one of the later hospitals show what it earned."""
    now = timezone.now()
    with machine():
        row = Recognition.objects.select_related("hospital").filter(hospital__code__gte="H10").order_by("pk").first()
    if row is not None:
        by = _site_lead(world, row.hospital)
        with acting(by):
            recognition.answer(
                code=row.code,
                hospital_ids=(row.hospital_id,),
                state="SHOWN",
                shown_until=now.date() + timedelta(days=300),
                by=by,
                at=now,
            )

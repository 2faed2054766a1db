"""Fills the example collaborative through the same actions as people use: enrol, upload, close, compare, publish, release."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
from django.utils import timezone

from config.example import (
    agreeing,
    amending,
    assessment,
    audits,
    conversation,
    enrolling,
    learning,
    releasing,
    sampling,
    scoring,
    spreading,
    together,
)
from config.example import generate as generator
from config.example import people as cast
from config.example.aside import beside
from config.example.enrolling import LONG_AGO
from config.example.generate import Collaborative
from config.example.truths import Truths
from config.example.world import FILLER, World, acting, machine, run_jobs
from feedback.actions import comparisons, measures
from feedback.models import Comparison, MeasureRun
from feedback.selectors import comparisons as comparison_selectors
from interventions.models import Candidate
from registry.actions import cases, dictionaries, periods, registries, uploads
from registry.models import Registry, ReportingPeriod, Snapshot
from registry.selectors import dictionaries as dictionary_selectors
from sites.actions import hospitals
from sites.models import Hospital, Person

HERE = Path(__file__).parent
DEFINITIONS = Path(__file__).parents[2] / "feedback" / "measures" / "definitions"
SAMPLED = 0.4
Say = Callable[[str], None]


def colorectal_registry(world: World, truths: Truths) -> Registry:
    """Create the registry, publish its dictionary, open its quarters and two more, and load its measures."""
    now = timezone.now()
    folder = HERE / "colorectal"
    with machine():
        registry = registries.create(
            code="colorectal",
            title="Colorectal surgery",
            description="Operations on colon and rectum, followed to day 30. Every hospital, person and case is invented.",
            by=FILLER,
            at=now,
        )
        _dictionary(registry, folder)
        for code, hospital in world.hospitals.items():
            registries.participate(
                registry=registry, hospital=hospital, code=code, starts_on=LONG_AGO, by=FILLER, at=now
            )
        registries.add_quarters(registry=registry, first=truths.first_day, n=truths.quarters + 2, by=FILLER, at=now)
        for path in sorted(DEFINITIONS.glob("*.toml")):
            measures.load(registry=registry, source=path.read_bytes(), by=FILLER, at=now)
    return registry


def _dictionary(registry: Registry, folder: Path) -> None:
    now = timezone.now()
    draft = dictionaries.draft(
        registry=registry,
        source=(folder / "dictionary.csv").read_bytes(),
        companion=(folder / "checks.toml").read_bytes(),
        by=None,
        actor=FILLER,
        at=now,
    )
    dictionaries.publish(version=draft, by=None, actor=FILLER, at=now)


def count_operations(world: World, made: Collaborative, registry: Registry) -> None:
    """Say how many operations each hospital had in each quarter: its sample is about forty per cent of them."""
    now = timezone.now()
    counts = {(result.hospital, result.quarter): result.n for result in made.results if result.measure == "MORT30"}
    rng = np.random.default_rng(made.truths.seed)
    with machine():
        by_ordinal = dict(enumerate(ReportingPeriod.objects.filter(registry=registry).order_by("ordinal"), start=1))
        for (code, quarter), n in sorted(counts.items()):
            share = SAMPLED + 0.1 * (rng.random() - 0.5)
            registries.count_operations(
                period=by_ordinal[quarter],
                hospital_id=world.hospitals[code].pk,
                n_eligible=int(np.ceil((n + 2) / share)),
                by=FILLER,
                at=now,
            )


def upload(registry: Registry, *, by: Person, hospital: Hospital | None, name: str, content: bytes, **options) -> None:
    """Upload one file as its person would: receive, take the suggested columns, check, commit."""
    now = timezone.now()
    with acting(by):
        row = uploads.receive(
            registry=registry, hospital=hospital, file_name=name, content=content, by=by, at=now, **options
        )
        uploads.choose_columns(
            upload=row, chosen=row.mapping["columns"], hospital_header=row.mapping["hospital"], by=by, at=now
        )
        uploads.start_check(upload=row, by=by, at=now)
    run_jobs()
    with acting(by):
        row.refresh_from_db()
        soft = [sort["name"] for sort in row.counts["sorts"] if sort["severity"] == "soft"]
        if soft:
            uploads.explain(upload=row, reasons=dict.fromkeys(soft, "As in the chart."), by=by, at=now)
        uploads.start_commit(upload=row, by=by, at=now)
    run_jobs()


def close(registry: Registry, *, n: int | None, by: Person) -> None:
    """Close the first n open periods that are over."""
    today = timezone.now().date()
    rows = [
        period
        for period in ReportingPeriod.objects.filter(registry=registry, status="OPEN").order_by("ordinal")
        if period.ends_before is None or period.ends_before <= today
    ]
    for period in rows[:n]:
        with acting(by):
            periods.start_close(period=period, by=by, at=timezone.now())
        run_jobs()


def compare(registry: Registry, *, upto: int, together: int, analyst: Person, lead: Person) -> Comparison:
    """Compare over a window that ends with a period (by ordinal), and publish."""
    with acting(analyst):
        snapshots = list(
            Snapshot.objects.filter(registry=registry, period__ordinal__lte=upto)
            .select_related("period")
            .order_by("period__ordinal")
        )[-together:]
        made = comparisons.request(
            registry=registry,
            snapshots=snapshots,
            label=comparison_selectors.label(snapshots),
            by=analyst,
            at=timezone.now(),
        )
    run_jobs()
    with acting(lead):
        made.refresh_from_db()
        comparisons.publish(comparison=made, by=lead, at=timezone.now())
    run_jobs()
    made.refresh_from_db()
    return made


def drafts(world: World, registry: Registry, *, hospital: str, by: Person, n: int = 6) -> None:
    """Leave a few cases half read, in the open quarter, so that the abstractor's day has something in it."""
    now = timezone.now()
    period = ReportingPeriod.objects.filter(registry=registry, status="OPEN").order_by("-ordinal").first()
    if period is None or period.starts_on is None:
        return
    with acting(by):
        for number in range(n):
            operated = period.starts_on + timedelta(days=3 * number)
            answers = {
                "age_years": str(54 + 3 * number),
                "sex": "1" if number % 2 else "2",
                "admitted_on": operated.isoformat(),
                "operated_on": operated.isoformat(),
            }
            cases.open(
                registry=registry,
                hospital=world.hospitals[hospital],
                key=f"{hospital}-N{number + 1:03d}",
                answers=answers,
                by=by,
                at=now,
            )


def sampled(world: World, registry: Registry, made: Collaborative) -> None:
    """Live the open quarters at the two hospitals with log-ins: one is done and attests, the other asks for time."""
    now = timezone.now()
    with machine():
        first = ReportingPeriod.objects.filter(registry=registry, status="OPEN").order_by("ordinal").first()
        dictionary = dictionary_selectors.load(dictionary_selectors.latest(registry))
        sampling.rules(
            registry, dictionary=dictionary, starts_on=first.starts_on.replace(month=1, day=1), by=FILLER, at=now
        )
    for code, number, finished in (("H04", "", False), ("H07", "2", True)):
        sampling.fill(
            registry,
            made,
            hospital=world.hospitals[code],
            abstractor=world.people[f"abstractor{number}@{cast.DOMAIN}"],
            site_lead=world.people[f"sitelead{number}@{cast.DOMAIN}"],
            at=now,
            finished=finished,
        )


def medpar(world: World, *, staff: Person, analyst: Person, lead: Person) -> Comparison:
    """Set up the registry of real published data and compare it: one period, no dates, no surgeons, one file."""
    now = timezone.now()
    folder = HERE / "medpar"
    content = (folder / "cases.csv").read_bytes()
    with machine():
        registry = registries.create(
            code="medpar",
            title="Arizona Medicare 1991",
            description="1,495 admissions of 54 hospitals, published with the R package COUNT; identities were never in it.",
            has_dates=False,
            has_surgeons=False,
            by=FILLER,
            at=now,
        )
        _dictionary(registry, folder)
        registries.add_period(registry=registry, label="1991", by=FILLER, at=now)
        measures.load(registry=registry, source=(folder / "in_hospital_death.toml").read_bytes(), by=FILLER, at=now)
        for code in _medpar_codes(content):
            hospital = hospitals.enrol(
                code=f"AZ-{code}",
                name=f"Arizona hospital {code}",
                joined_on=LONG_AGO,
                time_zone="America/Phoenix",
                by=FILLER,
                at=now,
            )
            world.hospitals[hospital.code] = hospital
    with machine():
        for code in _medpar_codes(content):
            registries.participate(
                registry=registry,
                hospital=world.hospitals[f"AZ-{code}"],
                code=code,
                starts_on=LONG_AGO,
                by=FILLER,
                at=now,
            )
        period = ReportingPeriod.objects.get(registry=registry)
    arizona = [hospital for code, hospital in world.hospitals.items() if code.startswith("AZ-")]
    agreeing.accept(arizona, signers={}, lead=lead)
    upload(registry, by=staff, hospital=None, name="medpar.csv", content=content, period=period)
    close(registry, n=None, by=staff)
    return compare(registry, upto=period.ordinal, together=1, analyst=analyst, lead=lead)


def _medpar_codes(content: bytes) -> list[str]:
    lines = content.decode().splitlines()
    place = lines[0].split(",").index("provnum")
    return sorted({line.split(",")[place] for line in lines[1:]})


def outcomes(comparison: Comparison) -> dict[str, dict[str, dict[str, float]]]:
    """Return every hospital's shrunken rate over the collaborative's, by measure, to set planted truths beside them."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    with machine():
        for run in MeasureRun.objects.filter(comparison=comparison, refusal=[]).select_related("measure"):
            rate = run.summary["rate"]
            found[run.measure.code.upper()] = {
                row.hospital.code: {
                    name: row.document[key] / rate
                    for name, key in (
                        ("estimate", "shrunken_rate"),
                        ("lower", "shrunken_rate_lower"),
                        ("upper", "shrunken_rate_upper"),
                    )
                }
                for row in run.results.select_related("hospital").order_by("hospital__code")
            }
    return found


def nominations(comparison: Comparison) -> list[tuple[str, str]]:
    """Return who is nominated as a bright spot: measure and hospital."""
    with machine():
        found = Candidate.objects.filter(search__comparison=comparison, nominated=True)
        pairs = found.order_by("measure_code", "hospital__code").values_list("measure_code", "hospital__code")
        return [(measure.upper(), hospital) for measure, hospital in pairs]


def whole(
    *,
    password: str,
    made: Collaborative | None = None,
    published_example: bool = True,
    at_once: bool = False,
    say: Say = print,
) -> tuple[World, Comparison]:
    """Fill everything: both registries, every quarter closed, two published comparisons, one release.

    ``at_once`` lets a second process live the open quarters and set up the second registry while this one compares.
    """
    made = made or generator.generate()
    truths, world = made.truths, World()
    say("People, hospitals and surgeons …")
    enrolling.centre(world, password=password)
    enrolling.hospitals_of(world, truths, first="H04", second="H07", password=password)
    lead, staff, analyst = (world.people[f"{name}@{cast.DOMAIN}"] for name in ("lead", "staff", "analyst"))
    registry = colorectal_registry(world, truths)
    count_operations(world, made, registry)
    signers = {"H04": world.people[f"sitelead@{cast.DOMAIN}"], "H07": world.people[f"sitelead2@{cast.DOMAIN}"]}
    agreeing.publish()
    agreeing.accept(world.hospitals.values(), signers=signers, lead=lead)
    agreeing.name(world, registry, people=signers, everybody=published_example)
    for code, content in made.files.items():
        say(f"Uploading {code} …")
        upload(registry, by=world.importers[code], hospital=world.hospitals[code], name=f"{code}.csv", content=content)
    say("Closing quarters …")
    close(registry, n=truths.quarters, by=staff)
    amending.fill(
        world, registry, hospital="H04", abstractor=world.people[f"abstractor@{cast.DOMAIN}"],
        site_lead=world.people[f"sitelead@{cast.DOMAIN}"], staff=staff, at=timezone.now(),
    )  # fmt: skip
    days = partial(_day_by_day, world, made, registry, published_example, say)
    with beside(days, at_once=at_once):
        latest = _judged(world, made, registry, say)
    releasing.fill(world, latest, staff=staff, analyst=analyst, lead=lead)
    say("Assessing data quality …")
    with machine():
        assessment.watch(registry, by=FILLER)
        assessment.ask()
    run_jobs()
    say("Plans, help and thanks …")
    spreading.fill(world, truths=truths, staff=staff)
    say("Scorecards, the desk, meetings …")
    scoring.fill(world, registry, staff=staff, lead=lead)
    together.fill(world, registry, staff=staff, lead=lead, found=published_example)
    return world, latest


def _judged(world: World, made: Collaborative, registry: Registry, say: Say) -> Comparison:
    """What follows from the closed quarters: audits, two comparisons, bright spots and what was learnt from them."""
    truths = made.truths
    lead, staff, analyst = (world.people[f"{name}@{cast.DOMAIN}"] for name in ("lead", "staff", "analyst"))
    say("Audits and training …")
    reviewers = [world.people[f"{name}@{cast.DOMAIN}"] for name in ("reviewer", "reviewer2")]
    trainee, novice = (world.people[f"{name}@{cast.DOMAIN}"] for name in ("trainee", "novice"))
    audits.fill(world, registry, staff=staff, trainee=trainee, novice=novice, reviewers=reviewers)
    say("Comparing …")
    if truths.quarters - truths.from_quarter >= 7:
        compare(registry, upto=truths.quarters - 4, together=4, analyst=analyst, lead=lead)
    latest = compare(registry, upto=truths.quarters, together=4, analyst=analyst, lead=lead)
    say("Bright spots …")
    learning.fill(world, latest, truths=truths, staff=staff, lead=lead)
    return latest


def _day_by_day(world: World, made: Collaborative, registry: Registry, published_example: bool, say: Say) -> None:
    """What the open quarters are made of, and the second registry: nothing here waits for a comparison of the first."""
    lead, staff, analyst = (world.people[f"{name}@{cast.DOMAIN}"] for name in ("lead", "staff", "analyst"))
    abstractor = world.people[f"abstractor@{cast.DOMAIN}"]
    drafts(world, registry, hospital="H04", by=abstractor)
    say("Operating lists, cycles and follow-up …")
    sampled(world, registry, made)
    say("Rules and questions …")
    conversation.fill(world, registry, staff=staff, second=lead, abstractor=abstractor, hospital="H04")
    if published_example:
        say("Arizona Medicare 1991 …")
        medpar(world, staff=staff, analyst=analyst, lead=lead)

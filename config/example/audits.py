"""Audits and training of the example: final ones and one flagged red, one waiting for its hospital, one being read; trainees on the way."""

import re
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from django.utils import timezone

from config.example.world import FILLER, World, acting, machine, run_jobs
from registry.actions import audit_answers, audit_reports, audits, cases, certifications, readings, training
from registry.actions.cases import Change
from registry.auditing.sample import Plan
from registry.models import Audit, AuditCase, ElementDisagreement, GoldCase, Registry, ReportingPeriod, SecondReading
from registry.selectors import dictionaries
from sites.access.roles import Role
from sites.actions import memberships
from sites.models import Membership, Person

GOLD = Path(__file__).parent / "colorectal" / "gold.toml"
EVENTS = ("complications_to_day_30", "discharge_and_return")
SEED = 20_261
DAY = re.compile(r"^\d{4}-\d\d-\d\d")
# What a second pair of eyes finds in these charts, and how often: complications that were overlooked weigh most.
OVERLOOKED = ("uti", "pneumonia", "c_difficile", "transfusion_72h", "wound_disruption", "ed_visit")
DIFFERENT = (
    "smoker", "hypertension", "copd", "dyspnoea", "multimodal_pain", "asa", "functional_status", "skin_prep", "payer_class", "white_cells",
)  # fmt: skip
# Audited so that their results can be believed enough to learn from.
PRAISED = ("H12", "H19")
FROM_NOUGHT = frozenset(DIFFERENT[:5])
# Careless enough that the hospital's agreement is red beyond chance.
CAREFUL, CARELESS = 0.012, 0.42


def fill(world: World, registry: Registry, *, staff: Person, trainee: Person, novice: Person, reviewers: list[Person]) -> None:
    """Introduce certification, let two people train, and hold audits at several hospitals."""
    now = timezone.now()
    with machine():
        certifications.introduce(registry=registry, by=None, actor=FILLER, at=now - timedelta(days=200))
        publish(registry, at=now - timedelta(days=200))
    _train(world, registry, novice, marks=(1.0, 0.97, 0.95), at=now - timedelta(days=20))
    _for_review(world, registry, novice, at=now)
    _train(world, registry, trainee, marks=(0.8,), at=now - timedelta(days=3))
    with machine():
        for code in ("H01", "H02", "H03", "H05", *(code for code in PRAISED if code in world.hospitals)):
            for person in reviewers:
                since = now.date() - timedelta(days=300)
                memberships.grant(
                    person=person, role=Role.REABSTRACTOR, hospital=world.hospitals[code], starts_on=since, by=FILLER, at=now
                )
    held = _Auditor(world, registry, staff, reviewers)
    for number, code in enumerate(("H01", "H02", "H03")):
        held.whole(code, days_ago=120 - 20 * number, careless=CAREFUL, plan=Plan(random=5, high_yield=1, zero=1, event_sections=EVENTS))
    for number, code in enumerate(code for code in PRAISED if code in world.hospitals):
        held.whole(code, days_ago=70 - 5 * number, careless=CAREFUL, plan=Plan(random=5, high_yield=1, zero=1, event_sections=EVENTS))
    held.whole("H04", days_ago=60, careless=CAREFUL, plan=Plan(random=6, high_yield=2, zero=2, twice=5, event_sections=EVENTS))
    held.whole("H05", days_ago=40, careless=CARELESS, plan=Plan(random=9, high_yield=2, zero=2, event_sections=EVENTS))
    with acting(staff):
        certifications.certify(
            person=world.importers["H08"], hospital=world.hospitals["H08"], registry=registry, by=staff, at=now - timedelta(days=12),
            reason="Certified by the registry of the neighbouring state; the certificate was seen, and five charts read together.",
        )  # fmt: skip
    held.preliminary("H04", days_ago=3, careless=0.03, plan=Plan(random=4, high_yield=1, zero=1, event_sections=EVENTS))
    held.begun("H07", days_ago=6, careless=CAREFUL, plan=Plan(random=4, high_yield=2, zero=2, twice=2, event_sections=EVENTS), n=4)
    run_jobs()


def publish(registry: Registry, *, at: datetime) -> None:
    """Publish the practice cases."""
    read = tomllib.loads(GOLD.read_text())
    for case in read["case"]:
        training.write_gold(
            registry=registry,
            title=case["title"],
            vignette=case["vignette"],
            answers=read["base"] | case["answers"],
            given=case["given"],
            weights=read["weights"],
            tolerances=read["tolerances"],
            by=None,
            actor=FILLER,
            at=at,
        )


def _train(world: World, registry: Registry, person: Person, *, marks: tuple[float, ...], at: datetime) -> None:
    """Practise some cases, each about as well as its mark says: every so many elements are answered otherwise."""
    with machine():
        practice = list(GoldCase.objects.filter(registry=registry).select_related("version").order_by("position"))[: len(marks)]
        hospital = world.hospitals["H04"]
    for number, (gold, mark) in enumerate(zip(practice, marks, strict=True)):
        with acting(person):
            moment = at + timedelta(hours=number)
            attempt = training.start(gold=gold, hospital=hospital, person=person, at=moment)
            answers = dict(gold.answers)
            for name in [*OVERLOOKED, *DIFFERENT][: round((1 - mark) * 70)]:
                if name in answers:
                    answers[name] = _another(name, answers[name])
            changes = {column: Change(known="", new=text) for column, text in answers.items()}
            training.save(attempt_id=attempt.pk, changes=changes, reasons=(), by=person, at=moment)
            training.finish(attempt_id=attempt.pk, by=person, at=moment)
        run_jobs()


def _for_review(world: World, registry: Registry, novice: Person, *, at: datetime) -> None:
    """Submit a case as somebody who was just trained: it waits for a colleague's release."""
    read = tomllib.loads(GOLD.read_text())
    told = read["base"] | read["case"][0]["answers"]
    with machine():
        hospital = world.hospitals["H04"]
        period = ReportingPeriod.objects.filter(registry=registry, status="OPEN").order_by("ordinal").first()
        surgeon = Membership.objects.filter(hospital=hospital, role="SURGEON").exclude(surgeon_code="").order_by("pk").first()
    later = period.starts_on + timedelta(days=9) - date.fromisoformat(told["operated_on"])
    answers = {column: _moved(text, later) for column, text in told.items()} | {"surgeon": surgeon.surgeon_code}
    if (at.date() - date.fromisoformat(answers["fu_on"])).days < 0:
        return
    with acting(novice):
        case = cases.open(registry=registry, hospital=hospital, key="H04-R001", answers=answers, by=novice, at=at)
        cases.submit(case_id=case.pk, by=novice, at=at)


def _moved(text: str, later: timedelta) -> str:
    """Move a date or a moment; leave everything else."""
    if not DAY.match(text):
        return text
    return (date.fromisoformat(text[:10]) + later).isoformat() + text[10:]


class _Auditor:
    """Holds audits as the people concerned would, at moments of the past."""

    def __init__(self, world: World, registry: Registry, staff: Person, reviewers: list[Person]) -> None:
        self.world, self.registry, self.staff, self.reviewers = world, registry, staff, reviewers
        with machine():
            closed = ReportingPeriod.objects.filter(registry=registry, status="CLOSED").order_by("ordinal")
            self.periods = list(closed)[-4:]

    def whole(self, code: str, *, days_ago: int, careless: float, plan: Plan) -> None:
        """Hold an audit to its final report."""
        held, at = self.preliminary(code, days_ago=days_ago, careless=careless, plan=plan)
        with machine():
            rows = list(ElementDisagreement.objects.filter(audit=held).order_by("pk"))
            owner = self.world.importers[code]
        with acting(owner):
            for number, row in enumerate(rows):
                disputes = number % 6 == 5
                audit_answers.respond(
                    disagreement_id=row.pk, response="DISPUTE" if disputes else "ACCEPT", by=owner, at=at + timedelta(days=2),
                    words="The discharge letter of that stay says otherwise." if disputes else "",
                )  # fmt: skip
            audit_answers.send_response(audit_id=held.pk, by=owner, at=at + timedelta(days=2))
        with acting(self.staff):
            for number, row in enumerate(ElementDisagreement.objects.filter(audit=held).order_by("pk")):
                if audit_answers.needs_ruling(row):
                    audit_answers.rule(
                        disagreement_id=row.pk, ruling="FIRST" if number % 2 else "SECOND", value="", by=self.staff,
                        words="Read together from the letter.", at=at + timedelta(days=4),
                    )  # fmt: skip
            audit_answers.finish_rulings(audit_id=held.pk, by=self.staff, at=at + timedelta(days=4))
        with machine():
            audit_reports.make_report(audit_id=held.pk, at=at + timedelta(days=5))

    def preliminary(self, code: str, *, days_ago: int, careless: float, plan: Plan) -> tuple[Audit, datetime]:
        """Hold an audit until its hospital sees what differs."""
        held, at = self.begun(code, days_ago=days_ago, careless=careless, plan=plan, n=None)
        with machine():
            readings.follow(audit_id=held.pk, at=at)
        return held, at

    def begun(self, code: str, *, days_ago: int, careless: float, plan: Plan, n: int | None) -> tuple[Audit, datetime]:
        """Give notice, draw, and read the first n charts again (None: all)."""
        at = timezone.now() - timedelta(days=days_ago)
        window = (self.periods[0].starts_on, self.periods[-1].ends_before)
        with acting(self.staff):
            held = audits.notice(
                registry=self.registry, hospital=self.world.hospitals[code], window=window, plan=plan, seed=SEED + days_ago,
                reviewers=self.reviewers, notice_days=14, by=self.staff, at=at - timedelta(days=16),
            )  # fmt: skip
        with machine():
            audits.draw_sample(audit_id=held.pk, at=at - timedelta(days=2))
            items = {item.place: item for item in AuditCase.objects.filter(audit=held).select_related("version")}
            sheets = list(SecondReading.objects.filter(audit=held).select_related("reviewer").order_by("place", "reader"))
        rng = np.random.default_rng(SEED + days_ago)
        seen: dict[int, dict[str, str]] = {}
        for sheet in sheets if n is None else sheets[:n]:
            found = seen.setdefault(sheet.place, _read_again(items[sheet.place], rng, careless))
            self._read(sheet, found if sheet.reader == 1 else _slipped(found, rng), at=at)
        return held, at

    def _read(self, sheet: SecondReading, answers: dict[str, str], *, at: datetime) -> None:
        with acting(sheet.reviewer) as reviewer:
            held = dictionaries.layout(sheet.version).unpack(sheet.answers)
            changes = {
                column: Change(known="", new=text) for column, text in answers.items() if column not in held
            }
            readings.save(reading_id=sheet.pk, changes=changes, reasons=(), by=reviewer, at=at)
            readings.finish(reading_id=sheet.pk, by=reviewer, at=at)


def _read_again(item: AuditCase, rng: np.random.Generator, careless: float) -> dict[str, str]:
    """Return what the chart says: the first reading, less what was overlooked or mistaken in it."""
    dictionary = dictionaries.load(item.version)
    calculated = set(dictionary.calculation_order)
    answers = dictionaries.layout(item.version).unpack(item.answers)
    found = {column: text for column, text in answers.items() if column not in calculated}
    for name in OVERLOOKED:
        if found.get(name) == "0" and rng.random() < 2 * careless:
            found[name] = "1"
    for name in DIFFERENT:
        if name in found and rng.random() < 2 * careless:
            found[name] = _another(name, found[name])
    return found


def _slipped(found: dict[str, str], rng: np.random.Generator) -> dict[str, str]:
    """Return what a second reviewer says, who now and then slips too."""
    slipped = dict(found)
    for name in DIFFERENT[:6]:
        if name in slipped and rng.random() < CAREFUL:
            slipped[name] = _another(name, slipped[name])
    return slipped


def _another(name: str, text: str) -> str:
    """Return another value that the form takes."""
    if "." in text:
        return f"{float(text) + 1.1:.1f}"
    if name in FROM_NOUGHT or name in OVERLOOKED:
        return "1" if text == "0" else "0"
    return "2" if text != "2" else "3"

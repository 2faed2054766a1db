"""What the centre and the hospitals say to each other about values: rules, data queries, a ruling. Through the actions people use."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from config.example import revising
from config.example.world import World, acting, run_jobs
from registry.actions import cases, data_queries, rules, rulings
from registry.actions.cases import Change
from registry.actions.rules import Wording
from registry.models import Case, DataQuery, EditRule, Registry
from registry.selectors import cases as case_selectors
from sites.access import policy
from sites.access.scope import bound
from sites.models import Person

SHORT_STAY = Wording(
    expression="[los_days] < 2 and [anastomosis] = '1'",
    severity="soft",
    message="The patient went home within a day of a joined bowel.",
    remedy="Check the discharge date; if it is right, say how.",
    elements=("discharged_on",),
)
BLOOD_IN_GOOD_BLOOD = Wording(
    expression="[blood_units] > 0 and [haematocrit] > 42",
    severity="soft",
    message="Red cells were given although the haematocrit before was above 42 %.",
    remedy="Check the units and the date of the blood test.",
    elements=("blood_units", "haematocrit"),
)
REASONS = (
    "Enhanced recovery pathway, home on the first day as planned.",
    "As in the discharge letter.",
    "Moved to a ward of our sister hospital, which we count as discharge.",
)
ASKED = (
    ("age_years", "The age and the operation date of the birth certificate do not agree. Which is right?", 2),
    ("operated_on", "The theatre log shows the next day. Did the operation start before midnight?", 1),
    ("sex", "Please look again: the pathology report says otherwise.", 2),
    ("admitted_on", "Was the patient in another ward before? Admission is the first night in your hospital.", 3),
)


@contextmanager
def _identified(person: Person) -> Iterator[Person]:
    held = policy.authority(person, on=timezone.now().date(), identified=True)
    with bound(held.scope()), transaction.atomic():
        yield person


def fill(world: World, registry: Registry, *, staff: Person, second: Person, abstractor: Person, hospital: str) -> None:
    """Publish one rule and leave one tried; raise, answer and correct; publish a ruling; draft the next dictionary."""
    published = _rule(registry, "SHORT_STAY_AFTER_JOIN", SHORT_STAY, by=staff)
    _rule(registry, "BLOOD_IN_GOOD_BLOOD", BLOOD_IN_GOOD_BLOOD, by=second)
    with acting(second):
        rules.publish(rule_id=published.pk, ask="all", by=second, at=timezone.now())
    run_jobs()
    for number, code in enumerate(sorted(world.importers)[:12]):
        _confirm(published, world, code, reason=REASONS[number % len(REASONS)])
    drafts = _asked(world, registry, staff=staff, abstractor=abstractor, hospital=hospital)
    if drafts:
        _answered(drafts, staff=staff, abstractor=abstractor)
    with acting(staff):
        rulings.publish(
            registry=registry,
            element="discharged_on",
            question="A patient moves to our rehabilitation ward on day 5. Is that the discharge?",
            answer="Yes, when the acute stay ends on paper that day. A move between acute wards of one hospital is no discharge.",
            by=staff,
            at=timezone.now(),
        )
    revising.fill(registry, staff=staff, at=timezone.now())


def _rule(registry: Registry, code: str, wording: Wording, *, by: Person) -> EditRule:
    with acting(by):
        rule = rules.write(registry=registry, code=code, wording=wording, by=by, at=timezone.now())
        rules.start_trial(rule_id=rule.pk, by=by, at=timezone.now())
    run_jobs()
    rule.refresh_from_db()
    return rule


def _confirm(rule: EditRule, world: World, code: str, *, reason: str) -> None:
    """Let a hospital's abstractor confirm about half of what the rule asked."""
    person = world.importers[code]
    with acting(person):
        asked = DataQuery.objects.filter(rule=rule, hospital=world.hospitals[code], status="OPEN").order_by("id")
        for query in list(asked)[::2]:
            data_queries.confirm(query_id=query.pk, words=reason, by=person, at=timezone.now())


def _asked(world: World, registry: Registry, *, staff: Person, abstractor: Person, hospital: str) -> list[DataQuery]:
    """Ask about values of drafts, as staff in identified mode do."""
    with _identified(staff):
        drafts = Case.objects.filter(registry=registry, hospital=world.hospitals[hospital], status="DRAFT")
        rows = list(drafts.select_related("version", "hospital", "registry").order_by("id")[: len(ASKED)])
        return [
            data_queries.raise_on(case=case, column=column, question=question, priority=priority, by=staff, at=timezone.now())
            for case, (column, question, priority) in zip(rows, ASKED, strict=False)
        ]


def _answered(asked: list[DataQuery], *, staff: Person, abstractor: Person) -> None:
    """Confirm one value, correct another, and ask once more about a third."""
    now = timezone.now()
    with acting(abstractor):
        data_queries.confirm(query_id=asked[0].pk, words="Looked at the chart again: it is right.", by=abstractor, at=now)
        data_queries.assign(query_id=asked[-1].pk, to=abstractor, by=abstractor, at=now)
        if len(asked) > 2:
            case = asked[2].case
            old = case_selectors.answers(case).get("sex", "")
            cases.save(
                case_id=case.pk, changes={"sex": Change(known=old, new="1" if old == "2" else "2")}, client_seq="example:1",
                base=case.revision, by=abstractor, at=now,
            )  # fmt: skip
    with acting(staff):
        data_queries.ask_on(query_id=asked[0].pk, words="Thank you. Which of the two dates is in the admission note?", by=staff, at=now)

"""A little world for tests of cases: two hospitals, their people, one registry with a short dictionary, three periods."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from registry.actions import cases
from registry.actions.cases import Change, Saved
from registry.dictionary import redcap
from registry.models import Case, DictionaryVersion, Participation, Registry, ReportingPeriod
from sites.access import policy
from sites.access.roles import Role
from sites.access.scope import Scope, bound
from sites.actions import hospitals, memberships
from sites.models import Hospital, Person
from tests.databases import as_role

NOW = datetime(2026, 6, 15, 14, 2, 11, tzinfo=UTC)
PASSWORD = "a long enough secret"

HEADER = (
    "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,\"Choices, Calculations, OR Slider Labels\",Field Note,"
    "Text Validation Type OR Show Slider Number,Text Validation Min,Text Validation Max,Identifier?,"
    "Branching Logic (Show field only if...),Required Field?,Custom Alignment,Question Number (surveys only),Matrix Group Name,"
    "Matrix Ranking?,Field Annotation\n"
)
ROWS = (
    'case_id,patient,,text,Case number,,,,,,,,y,,,,,',
    'age_years,patient,,text,Age,,,integer,18,90,,,y,,,,,',
    'sex,patient,,radio,Sex,"1, Female | 2, Male",,,,,,,y,,,,,',
    'operated_on,patient,,text,Operation date,,,date_ymd,,today,,,y,,,,,',
    'asa,risk,,radio,ASA class,"1, I | 2, II | 3, III | 4, IV | 5, V",,,,,,,y,,,,,',
    'smoker,risk,,yesno,Smoked in the last year,,,,,,,,y,,,,,',
    'albumin,risk,,text,Albumin,,,number,0.5,7,,,,,,,,',
    'height_cm,risk,,text,Height,,,number,100,230,,,,,,,,',
    'weight_kg,risk,,text,Weight,,,number,25,320,,,,,,,,',
    'bmi,risk,,calc,Body mass index,"round([weight_kg]/(([height_cm]/100)^2),1)",,,,,,,,,,,,',
    'conditions,risk,,checkbox,Other conditions,"1, Heart | 2, Liver",,,,,,,,,,,,',
    'procedure,operation,,dropdown,Main procedure,"44140, Partial colectomy, open | 44204, Partial colectomy, laparoscopic",,,,,,,y,,,,,',
    'surgeon,operation,,text,Surgeon,,,,,,,,,,,,,',
    'approach,operation,,radio,Approach,"1, Open | 2, Laparoscopic | 3, Converted",,,,,,,y,,,,,',
    "conversion_reason,operation,,dropdown,Reason for conversion,\"1, Adhesions | 2, Bleeding\",,,,,,[approach] = '3',y,,,,,",
    'fu_status,follow_up,,radio,Follow-up to day 30,"1, Complete | 2, Lost",,,,,,,y,,,,,',
    "fu_on,follow_up,,text,Date of contact,,,date_ymd,,today,,[fu_status] = '1',y,,,,,",
    'remark,follow_up,,notes,Note,,,,,,,,,,,,,',
)
COMPANION = """
[dictionary]
title = "Little registry"
[roles]
case_key = "case_id"
occurred_on = "operated_on"
surgeon = "surgeon"
follow_up_on = "fu_on"
[element.albumin]
unit = "g/dL"
definition = "The latest value before the operation."
soft_min = 2.5
soft_max = 5.5
range = "hard"
missing = ["ND", "UNK"]
[element.asa]
definition = "The class the anaesthetist recorded."
examples = ["III: severe systemic disease"]
why = "It adjusts infection and death."
missing = ["UNK"]
[[check]]
code = "LATE_CONTACT"
severity = "soft"
when = "datediff([operated_on],[fu_on],'d',true) > 90"
elements = ["fu_on", "operated_on"]
message = "The contact was more than 90 days after the operation."
remedy = "If this is right, say so."
[[check]]
code = "CONTACT_BEFORE"
severity = "hard"
when = "[fu_on] < [operated_on]"
elements = ["fu_on", "operated_on"]
message = "The contact is dated before the operation."
remedy = "Check both dates."
"""
WHOLE = {
    "age_years": "67", "sex": "1", "operated_on": "2026-04-20", "asa": "3", "smoker": "0", "albumin": "3.9", "procedure": "44204",
    "surgeon": "S1", "approach": "2", "fu_status": "1", "fu_on": "2026-05-25",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Little:
    """What was built."""

    registry: Registry
    version: DictionaryVersion
    north: Hospital
    south: Hospital
    people: dict[str, Person]
    periods: dict[str, ReportingPeriod]

    @contextmanager
    def acting(self, name: str, *, identified: bool = False) -> Iterator[Person]:
        """Act as a person: their scope bound, one transaction."""
        held = policy.authority(self.people[name], on=NOW.date(), identified=identified)
        with bound(held.scope()), transaction.atomic():
            yield self.people[name]

    def open(self, key: str, answers: Mapping[str, str] | None = None, *, by: str = "nora", at: datetime = NOW) -> Case:
        """Open a case at the hospital of its abstractor."""
        hospital = self.south if by == "sam" else self.north
        with self.acting(by) as person:
            return cases.open(registry=self.registry, hospital=hospital, key=key, answers=answers or {}, by=person, at=at)

    def save(self, case: Case, changes: Mapping[str, tuple[str, str]], *, seq: str, by: str = "nora", base: int = 1, reason: str = "") -> Saved:
        """Save changes given as column: (known, new)."""
        told = {column: Change(known=known, new=new) for column, (known, new) in changes.items()}
        with self.acting(by) as person:
            return cases.save(case_id=case.pk, changes=told, client_seq=seq, base=base, by=person, at=NOW, reason=reason)

    def submitted(self, key: str) -> Case:
        """Open and submit a whole case."""
        case = self.open(key, WHOLE)
        with self.acting("nora") as person:
            return cases.submit(case_id=case.pk, by=person, at=NOW)

    def close(self, label: str) -> None:
        """Close a period, as the worker does after the freeze."""
        with everywhere(), transaction.atomic():
            ReportingPeriod.objects.filter(pk=self.periods[label].pk).update(status="CLOSED", closed_at=NOW)


@contextmanager
def everywhere() -> Iterator[None]:
    """Bind a scope that reaches every hospital."""
    with bound(Scope(centre=True)), transaction.atomic():
        actor = policy.system(name="test")
    with bound(actor.scope()):
        yield


@dataclass(frozen=True, kw_only=True)
class Place:
    """Two hospitals and their people, before any registry."""

    north: Hospital
    south: Hospital
    people: dict[str, Person]

    def little(self, *, code: str, dictionary: bytes | None = None, companion: bytes | None = None) -> Little:
        """Add a registry of its own, with its dictionary and periods."""
        with everywhere(), transaction.atomic():
            registry, version, periods = _registry(self.north, self.south, dictionary, companion, code)
        return Little(registry=registry, version=version, north=self.north, south=self.south, people=self.people, periods=periods)


def place() -> Place:
    """Enrol the hospitals and their people."""
    joined_on, zone = date(2024, 1, 1), "America/Detroit"
    with as_role("cairn_migrator"), transaction.atomic():
        north = hospitals.enrol(code="north", name="North Lake Hospital", joined_on=joined_on, time_zone=zone, by="test", at=NOW)
        south = hospitals.enrol(code="south", name="South Bend Clinic", joined_on=joined_on, time_zone=zone, by="test", at=NOW)
        people = _people(north, south)
    return Place(north=north, south=south, people=people)


def _people(north: Hospital, south: Hospital) -> dict[str, Person]:
    held = {
        "nora": ("Nora Lindqvist", ((Role.ABSTRACTOR, north, ""),)),
        "nick": ("Nick Okafor", ((Role.ABSTRACTOR, north, ""),)),
        "lena": ("Lena Brandt", ((Role.SITE_LEAD, north, ""),)),
        "sam": ("Sam Ortiz", ((Role.ABSTRACTOR, south, ""),)),
        "suri": ("Suri Mehta", ((Role.SURGEON, north, "S1"), (Role.SURGEON, south, "M9"))),
        "cleo": ("Cleo Marsh", ((Role.CENTRE_STAFF, None, ""),)),
    }
    people = {}
    for short, (name, roles) in held.items():
        people[short] = memberships.add_person(email=f"{short}@example.org", name=name, password=PASSWORD, by="test", at=NOW)
        for role, hospital, surgeon_code in roles:
            memberships.grant(
                person=people[short], role=role, hospital=hospital, starts_on=date(2024, 1, 1), by="test", at=NOW, surgeon_code=surgeon_code
            )
    return people


def _registry(
    north: Hospital, south: Hospital, source: bytes | None, companion: bytes | None, code: str
) -> tuple[Registry, DictionaryVersion, dict[str, ReportingPeriod]]:
    source = source or (HEADER + "\n".join(ROWS) + "\n").encode()
    companion = companion or COMPANION.encode()
    read = redcap.read(source, companion=companion)
    registry = Registry.objects.create(code=code, title=read.title)
    for hospital in (north, south):
        Participation.objects.create(registry=registry, hospital=hospital, code=hospital.code.upper(), starts_on=date(2024, 1, 1))
    version = DictionaryVersion.objects.create(
        registry=registry, number=1, status="PUBLISHED", source=source, companion=companion, digest=read.digest,
        columns=list(read.columns), created_at=NOW, published_at=NOW,
    )  # fmt: skip
    starts = {"Q1 2026": date(2026, 1, 1), "Q2 2026": date(2026, 4, 1), "Q3 2026": date(2026, 7, 1), "Q4 2026": date(2026, 10, 1)}
    periods = {}
    for ordinal, (label, start) in enumerate(starts.items(), 1):
        end = (start + timedelta(days=95)).replace(day=1)
        periods[label] = ReportingPeriod.objects.create(registry=registry, label=label, ordinal=ordinal, starts_on=start, ends_before=end)
    return registry, version, periods

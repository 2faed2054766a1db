"""Who and what the tests of the house use: people signed in once, and an address for each object."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from feedback.models import Comparison, MeasureRun, Release, UnblindingConsent
from interventions.actions import adoptions, exemplars
from interventions.models import Candidate, Exemplar, Scorecard, Search, Toolkit
from registry.actions import amendments, data_queries
from registry.actions.cases import Change
from registry.models import (
    Audit,
    Case,
    Cycle,
    EditRule,
    FrameUpload,
    GoldCase,
    LockWaiver,
    ReportingPeriod,
    Ruling,
    SecondReading,
    TrainingAttempt,
    UnfitValue,
    Upload,
)
from sites import outbox
from sites.access import links
from sites.access.roles import Role
from sites.access.scope import Scope, bound
from sites.actions import memberships, tokens
from sites.models import ApiToken, Hospital, Membership, Person
from tests.collaborative import FIRST, SECOND
from tests.databases import as_role
from tests.house import community_objects, practice_objects, spread_objects
from tests.sites.acting import machine, person, signed_in

THIRD = "H01"
PLACES = {"A": FIRST, "B": SECOND, "C": THIRD}
NAMES = {
    "no_role": "nobody",
    "abstractor_a": "abstractor",
    "site_lead_a": "sitelead",
    "surgeon_ab": "surgeon",
    "abstractor_b": "abstractor2",
    "staff": "staff",
    "analyst": "analyst",
    "lead": "lead",
}
MISSING = {
    "code": "ZZZZZZZZZZ",
    "registry": "colorectal",
    "measure": "nothing",
    "hospital": "ZZZ",
    "element": "age_years",
    "kind": "csv",
    "number": 99,
}

TOOLKIT_ADDRESSES = {f"interventions:{name}" for name in ("toolkit", "step", "adopt", "spread-toolkit", "say", *practice_objects.OF_A_TOOLKIT)}


@dataclass(frozen=True)
class Address:
    """One pattern of the URL map."""

    name: str
    parameters: tuple[str, ...]
    callback: Callable


def addresses() -> list[Address]:
    """Walk the resolver and return every address of the collaborative's site."""
    return list(_walk(get_resolver(), prefix="", parameters=()))


def _walk(resolver: URLResolver, *, prefix: str, parameters: tuple[str, ...]) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        inner = (*parameters, *pattern.pattern.converters)
        if isinstance(pattern, URLPattern):
            yield Address(f"{prefix}{pattern.name}", inner, pattern.callback)
        else:
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _walk(pattern, prefix=f"{prefix}{space}", parameters=inner)


class Universe:
    """The people and objects of a shared world."""

    def __init__(self) -> None:
        now = timezone.now()
        with machine():
            self.hospitals = {letter: Hospital.objects.get(code=code) for letter, code in PLACES.items()}
            memberships.add_person(
                email="nobody@collaborative.example", name="No Role", password=None, by="test", at=now
            )
            invited = memberships.add_person(
                email="invited@collaborative.example", name="In Vited", password=None, by="test", at=now
            )
            memberships.grant(
                person=invited,
                role=Role.ABSTRACTOR,
                hospital=self.hospitals["A"],
                starts_on=now.date(),
                by="test",
                at=now,
            )
            self.abstractors = {"A": person("abstractor"), "B": person("abstractor2"), "C": person("abstractor-h01")}
            self.tokens = {}
            for letter, hospital in self.hospitals.items():
                tokens.create(person=self.abstractors[letter], hospital=hospital, name=f"computer {letter}", at=now)
                self.tokens[letter] = ApiToken.objects.get(hospital=hospital)
            self.jobs = {
                letter: outbox.after_commit("sites.nothing", at=now, by=who) for letter, who in self.abstractors.items()
            }
            self.cases = {letter: self._case(letter) for letter in PLACES}
            self.amendments = {letter: self._amendment(letter, at=now) for letter in PLACES}
            self.queries = {letter: self._query(letter, at=now) for letter in PLACES}
            self.unfit = {letter: self._unfit(letter, at=now) for letter in PLACES}
            self.link = links.link_for(invited)
        self.adoptions = {letter: self._adoption(letter, at=now) for letter in PLACES}
        self.spreading = spread_objects.made(hospitals=self.hospitals, adoptions=self.adoptions, who=person("sitelead"), at=now)
        self.exemplars = invited_hospitals([hospital.pk for hospital in self.hospitals.values()])
        self.community = community_objects.made(hospitals=self.hospitals, staff=person("staff"), at=now)
        own = {"A": "sitelead", "B": "sitelead2", "C": "sitelead-h01"}
        self.practices = {letter: practice_objects.kept(self.exemplars[hospital.pk], who=own[letter]) for letter, hospital in self.hospitals.items()}
        self.files = {letter: practice_objects.a_file(code, who=own[letter]) for letter, code in self.practices.items()}

    @cached_property
    def clients(self) -> dict[str, Client]:
        """Sign everybody in."""
        made = {column: signed_in(name) for column, name in NAMES.items()} | {"anonymous": Client()}
        for client in made.values():
            client.raise_request_exception = False
        return made

    def _case(self, letter: str) -> Case:
        rows = Case.objects.filter(
            hospital=self.hospitals[letter], status="SUBMITTED", period__status="CLOSED"
        ).order_by("id")
        own = rows.filter(surgeon=person("surgeon"))
        return (rows if letter == "C" else own).first()

    def _amendment(self, letter: str, *, at: object) -> int:
        case = self.cases[letter]
        held = dict(zip(case.version.columns, case.answers, strict=True))
        new = "61" if held["age_years"] != "61" else "62"
        made = amendments.propose(
            case_id=case.pk,
            changes={"age_years": Change(known=held["age_years"], new=new)},
            reason="The chart says otherwise.",
            by=self.abstractors[letter],
            at=at,
        )
        return getattr(made, "pk", made)

    def values(self, address: Address, letter: str) -> dict[str, object]:
        """Return what stands for each parameter of an address, for one object of the table."""
        if letter == "-":
            return {}
        return {name: self._value(address.name, name, letter) for name in address.parameters}

    def path(self, address: Address, letter: str) -> str:
        """Return the path of one object of the table."""
        return reverse(address.name, kwargs=self.values(address, letter))

    def _value(self, url: str, name: str, letter: str) -> object:
        if letter == "0":
            return self._missing(url, name)
        if letter == "1":
            return self._common(url, name)
        kinds = {
            "token_id": lambda: self.tokens[letter].pk,
            "job_id": lambda: self.jobs[letter].pk,
            "amendment_id": lambda: self.amendments[letter],
            "membership_id": lambda: self._membership(letter),
            "element": lambda: "age_years",
            "unfit_id": lambda: self.unfit[letter],
            "kind": lambda: "csv",
            "code": lambda: self._code(url, letter),
            "registry": lambda: "colorectal",
            "hospital": lambda: PLACES[letter],
            "number": lambda: self._cycle(letter),
            "waiver_id": lambda: self._waiver(letter),
            "period_id": lambda: self._common(url, "period_id"),
            "consent_id": lambda: self._consent(letter),
        }
        return kinds[name]()

    def _code(self, url: str, letter: str) -> str:
        if url in community_objects.KINDS:
            return self.community[community_objects.KINDS[url]][letter]
        if url in spread_objects.KINDS:
            return self.spreading[spread_objects.KINDS[url]][letter]
        if url in practice_objects.OF_A_FILE:
            return self.files[letter]
        if url in practice_objects.OF_A_PRACTICE:
            return self.practices[letter]
        if url in {"interventions:adoption", "interventions:note", "interventions:stop"}:
            return self.adoptions[letter]
        if url.startswith("interventions:"):
            return self.exemplars[self.hospitals[letter].pk]
        if "operating-list" in url:
            with machine():
                return FrameUpload.objects.filter(hospital=self.hospitals[letter], status="COMMITTED").order_by("id").first().code
        if "data-query" in url:
            return self.queries[letter]
        if any(word in url for word in ("audit", "reading", "attempt")):
            return self._of_an_audit(url, letter)
        return self._upload(letter) if "upload" in url else self.cases[letter].code

    def _of_an_audit(self, url: str, letter: str) -> str:
        """Return the oldest audit of a hospital that waits for nobody, a reading of it, or a practice of its people."""
        model = Audit if "audit" in url else SecondReading if "reading" in url else TrainingAttempt
        with machine():
            rows = model.objects.filter(hospital=self.hospitals[letter])
            return rows.exclude(status="PRELIMINARY").order_by("id").first().code

    def _query(self, letter: str, *, at: datetime) -> str:
        case = self.cases[letter]
        made = data_queries.raise_on(case=case, column="age_years", question="Right?", priority=2, by=person("staff"), at=at)
        return made.code

    def _adoption(self, letter: str, *, at: datetime) -> str:
        who, hospital = self.abstractors[letter], self.hospitals[letter]
        with bound(Scope(person=who.pk, hospitals=(hospital.pk,))), transaction.atomic():
            return adoptions.adopt(
                toolkit=Toolkit.objects.order_by("-pk").first() if hospital.code != "H01" else Toolkit.objects.order_by("pk").first(),
                hospital_id=hospital.pk, starts_on=at.date() + timedelta(days=9), window=4, adapted="", by=who, at=at,
            ).code  # fmt: skip

    def _unfit(self, letter: str, *, at: datetime) -> int:
        made = UnfitValue.objects.create(
            case=self.cases[letter], hospital=self.hospitals[letter], column="gone", label="Gone", value="1", shown="Yes",
            why="No such field.", was_version=1, now_version=2, revision=1, at=at,
        )  # fmt: skip
        return made.pk

    def _cycle(self, letter: str) -> int:
        with machine():
            return Cycle.objects.filter(hospital=self.hospitals[letter]).order_by("id").first().number

    def _waiver(self, letter: str) -> int:
        with machine():
            return LockWaiver.objects.get(hospital=self.hospitals[letter]).pk

    def _consent(self, letter: str) -> int:
        with machine():
            return UnblindingConsent.objects.filter(hospital=self.hospitals[letter]).order_by("id").first().pk

    def _membership(self, letter: str) -> int:
        with machine():
            return Membership.objects.get(person=self.abstractors[letter], hospital=self.hospitals[letter]).pk

    def _upload(self, letter: str) -> str:
        with machine():
            return Upload.objects.filter(hospital=self.hospitals[letter], status="COMMITTED").first().code

    def _common(self, url: str, name: str) -> object:
        with machine():
            period = ReportingPeriod.objects.filter(status="CLOSED").order_by("-ordinal").first()
            run = MeasureRun.objects.filter(refusal=[]).select_related("measure").first()
            found = {
                "registry": "colorectal",
                "measure": run.measure.code,
                "number": 1,
                "kind": "csv",
                "period_id": period.pk,
                "link": self.link,
                "code": "colorectal",
                "hospital": FIRST,
                "rule_id": EditRule.objects.filter(status="PUBLISHED").values_list("pk", flat=True).first(),
                "ruling_id": Ruling.objects.filter(ended_at__isnull=True).values_list("pk", flat=True).first(),
            }
            if name == "code" and url == "interventions:acknowledge":
                return Comparison.objects.get(status="PUBLISHED").code
            if name == "code" and url in community_objects.COMMON:
                return community_objects.COMMON[url]()
            if name == "code" and url in practice_objects.COMMON:
                return practice_objects.COMMON[url]()
            if name == "code" and url in TOOLKIT_ADDRESSES:
                return Toolkit.objects.order_by("pk").first().code
            if name == "code" and "scorecard" in url:
                return Scorecard.objects.order_by("-year").values_list("code", flat=True).first()
            if name == "code" and url.startswith("interventions:"):
                return Search.objects.first().code
            if name == "code" and "training" in url:
                return GoldCase.objects.order_by("position").values_list("code", flat=True).first()
            if name == "code" and "release" in url:
                return Release.objects.filter(status="RELEASED").order_by("id").first().code
            if name == "code" and "comparison" in url:
                return Comparison.objects.get(status="PUBLISHED").code
        return found[name]

    def _missing(self, url: str, name: str) -> object:
        if name.endswith("_id"):
            return 99999999
        if name == "link":
            return "zz-abc-def"
        by_name = {"registry:sampling-rules", "registry:assess-quality", "registry:weekly-queries"}
        if name == "registry" and (url.startswith("registry:api") or url in by_name or "element" in url):
            return "nothing"
        if name == "code" and url == "registry:draft-dictionary":
            return "nothing"
        if name == "code" and "dictionary" in url:
            return "colorectal"
        return MISSING[name]


def invited_hospitals(hospital_ids: list[int]) -> dict[int, str]:
    """Invite hospitals on infections, nominated or not, as the job would; return the invitations' codes."""
    with as_role("cairn_worker"), machine():
        known = dict(Exemplar.objects.filter(hospital_id__in=hospital_ids).values_list("hospital_id", "code"))
        looked_at = Candidate.objects.filter(hospital_id__in=hospital_ids, measure_code="ssi30")
        for row in looked_at.select_related("search__comparison__registry"):
            if row.hospital_id not in known:
                known[row.hospital_id] = exemplars.invite(candidate=row, by=None, at=timezone.now()).code
    return known


def somebody(name: str) -> Person:
    """Return somebody of the universe by the first part of their address."""
    return person(name)

"""Audits in words: the list, one audit with its steps, its disagreements and the progress of its readings."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from registry.auditing.reading import label, words
from registry.calendar import day_words, days_words
from registry.dictionary.elements import CHOSEN, DataDictionary, DataElement
from registry.lifecycle import AuditState
from registry.models import Audit, AuditCase, AuditReport, Case, ElementDisagreement, Participation, SecondReading
from registry.selectors import dictionaries
from sites.access.roles import Role
from sites.models import Membership
from sites.refusals import NotFound

STATES = {
    "NOTICE": ("due", "notice given"),
    "SAMPLED": ("todo", "sample drawn"),
    "IN_REVIEW": ("current", "being read again"),
    "PRELIMINARY": ("due", "waits for the hospital's response"),
    "RESPONDED": ("due", "waits for the centre's ruling"),
    "ADJUDICATED": ("todo", "settled, report to be written"),
    "FINAL": ("done", "final"),
    "CALLED_OFF": ("none", "called off"),
}
STEPS = ("Notice", "Sample", "Second reading", "Preliminary results", "Response", "Adjudication", "Final report")
# The last step that is done in each state.
DONE = {"NOTICE": 0, "SAMPLED": 1, "IN_REVIEW": 1, "PRELIMINARY": 3, "RESPONDED": 4, "ADJUDICATED": 5, "FINAL": 6}
KINDS = {"UNDER": "under-capture", "INACCURATE": "inaccurate", "OVER": "over-capture"}
STRATA = {"RANDOM": "drawn at random", "HIGH_YIELD": "high-yield", "ZERO": "no event recorded"}


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """One audit in a list."""

    code: str
    hospital: str
    registry: str
    window: str
    shape: str
    status: str
    n_cases: int
    agreement: float | None
    lower: float | None
    upper: float | None
    is_red: bool
    is_final: bool


def listed(*, hospital_ids: tuple[int, ...], only_final: bool = False) -> list[AuditLine]:
    """Return the audits of these hospitals, newest first; at most 300, the final and the running ones alike."""
    rows = Audit.objects.filter(hospital_id__in=hospital_ids).select_related("hospital", "registry")
    if only_final:
        rows = rows.filter(status=AuditState.FINAL.value)
    return [_line(row) for row in rows.order_by("-noticed_at", "-id")[:300]]


def _line(row: Audit) -> AuditLine:
    shape, status = STATES[row.status]
    return AuditLine(
        code=row.code, hospital=row.hospital.name, registry=row.registry.title, window=window_words(row), shape=shape, status=status,
        n_cases=row.n_cases, agreement=row.agreement, lower=row.agreement_lower, upper=row.agreement_upper,
        is_red=row.n_differing > 0.05 * row.n_values, is_final=row.status == AuditState.FINAL.value,
    )  # fmt: skip


def window_words(row: Audit) -> str:
    """Say which cases an audit speaks of."""
    if row.starts_on is None or row.ends_before is None:
        return "all cases"
    return days_words(row.starts_on, row.ends_before)


def one(*, code: str, hospital_ids: tuple[int, ...]) -> Audit:
    """Return one audit of these hospitals."""
    rows = Audit.objects.select_related("hospital", "registry", "noticed_by", "job")
    found = rows.filter(code=code, hospital_id__in=hospital_ids).first()
    if found is None:
        raise NotFound
    return found


def steps(row: Audit) -> list[tuple[str, str, str]]:
    """Return where an audit stands, as steps with their state and a note."""
    done = DONE.get(row.status, -1)
    notes = {
        0: f"{day_words(row.noticed_on)}, drawn from {day_words(row.draws_on)}",
        1: f"{row.n_cases} of {row.n_frame:,} cases" if row.n_frame else "",
        3: f"respond by {day_words(row.respond_by)}" if row.respond_by else "",
        6: f"{day_words(row.final_at.date())}" if row.final_at else "",
    }
    return [
        (words, "done" if place <= done else "current" if place == done + 1 else "todo", notes.get(place, ""))
        for place, words in enumerate(STEPS)
    ]


def progress(row: Audit) -> list[tuple[str, int, int]]:
    """Return how far each reviewer is: (name, read, of)."""
    rows = (
        SecondReading.objects.filter(audit=row)
        .values("reviewer__name")
        .annotate(n=Count("id"), done=Count("id", filter=Q(status="DONE")))
        .order_by("reviewer__name")
    )
    return [(item["reviewer__name"], item["done"], item["n"]) for item in rows]


def sampled(row: Audit) -> list[tuple[str, str, str, str]]:
    """Return the cases of the sample for their hospital: (code, key, day, stratum), in reading order."""
    rows = AuditCase.objects.filter(audit=row).select_related("case").defer("answers", "case__answers").order_by("place")
    return [(item.case.code, item.case.key, day_words(item.case.occurred_on), STRATA[item.stratum]) for item in rows]


@dataclass(frozen=True, kw_only=True)
class DisagreementLine:
    """One disagreement in words. ``case_code`` leads to the case for who may open it; ``choices`` are what its element may hold."""

    id: int
    case_key: str
    case_code: str
    section: str
    element: str
    name: str
    first: str
    second: str
    other: str
    kind: str
    response: str
    response_words: str
    ruling: str
    ruling_words: str
    value: str
    correction: str
    may_correct: bool
    needs_ruling: bool
    choices: tuple[tuple[str, str], ...]


def disagreements(row: Audit) -> list[DisagreementLine]:
    """Return the disagreements of an audit, by chart and in the order of the dictionary.

    Cases are read beside, not joined: the centre reaches no case, and row security would hide what is joined to one. It knows
    a chart by the key that its second reading carries; the hospital, which reaches no second reading, by its own case.
    """
    heavy = [f"audit_case__version__{name}" for name in dictionaries.HEAVY]
    rows = ElementDisagreement.objects.filter(audit=row).select_related("audit_case__version").defer("audit_case__answers", *heavy)
    items = list(rows.order_by("audit_case__place", "id"))
    own = Case.objects.filter(pk__in={item.audit_case.case_id for item in items}).values_list("pk", "code", "key")
    cases = {pk: (code, key) for pk, code, key in own}
    keys = dict(SecondReading.objects.filter(audit=row, reader=1).values_list("place", "key"))
    return [_disagreement(item, *cases.get(item.audit_case.case_id, ("", keys.get(item.audit_case.place, "")))) for item in items]


def _disagreement(item: ElementDisagreement, case_code: str, case_key: str) -> DisagreementLine:
    dictionary = dictionaries.load(item.audit_case.version)
    element = dictionary.element(item.element)
    titles = {section.name: section.title for section in dictionary.sections}

    def said(text: str | None) -> str:
        return "" if text is None else words(dictionary, element, text)

    return DisagreementLine(
        id=item.pk,
        case_key=case_key,
        case_code=case_code,
        section=titles[element.form],
        element=label(element),
        name=item.element,
        first=said(item.first),
        second=said(item.second),
        other=said(item.other),
        kind=KINDS[item.kind],
        response={"ACCEPT": "accepted", "DISPUTE": "disputed"}.get(item.response, ""),
        response_words=item.response_words,
        ruling={"FIRST": "first reading stands", "SECOND": "second reading stands", "OTHER": "another value stands"}.get(item.ruling, ""),
        ruling_words=item.ruling_words,
        value=said(item.value) if item.ruling else "",
        correction=item.correction,
        may_correct=bool(item.ruling) and item.ruling != "FIRST" and not item.correction,
        needs_ruling=not item.ruling and (item.response == "DISPUTE" or item.other is not None),
        choices=_choices(dictionary, element) if element.type in CHOSEN else (),
    )


def _choices(dictionary: DataDictionary, element: DataElement) -> tuple[tuple[str, str], ...]:
    """Return what an element with choices may hold: code and words, its missing states last."""
    codes = [*(choice.code for choice in element.choices), *element.missing_states]
    return tuple((code, words(dictionary, element, code)) for code in codes)


def in_audit(*, disagreement_id: int, audit: Audit) -> int:
    """Return the number of a disagreement if it belongs to the audit."""
    if not ElementDisagreement.objects.filter(pk=disagreement_id, audit=audit).exists():
        raise NotFound
    return disagreement_id


def report(*, code: str, hospital_ids: tuple[int, ...]) -> AuditReport:
    """Return the final report of an audit of these hospitals."""
    rows = AuditReport.objects.select_related("audit__hospital", "audit__registry")
    found = rows.filter(audit__code=code, hospital_id__in=hospital_ids).first()
    if found is None:
        raise NotFound
    return found


def waiting(*, hospital_ids: tuple[int, ...], status: str) -> QuerySet[Audit]:
    """Return the audits of these hospitals that stand at one state, oldest first."""
    return Audit.objects.filter(hospital_id__in=hospital_ids, status=status).select_related("hospital").order_by("id")


def places() -> list[tuple[str, str]]:
    """Return every registry and hospital in reach as (``registry:hospital id``, words), for the notice of an audit."""
    rows = Participation.objects.select_related("registry", "hospital").order_by("registry__title", "hospital__name")
    return [(f"{row.registry.code}:{row.hospital_id}", f"{row.hospital.name}, {row.registry.title}") for row in rows]


def place(*, registry_code: str, hospital_id: int) -> Participation:
    """Return a registry and a hospital that takes part in it."""
    row = Participation.objects.filter(registry__code=registry_code, hospital_id=hospital_id).select_related("registry", "hospital").first()
    if row is None:
        raise NotFound
    return row


def reviewers(*, on: date) -> dict[int, tuple[str, object]]:
    """Return who may read charts again, by person id: (name and hospitals in words, the person)."""
    rows = (
        Membership.objects.filter(role=Role.REABSTRACTOR.value, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        .select_related("person", "hospital")
        .order_by("person__name", "hospital__name")
    )
    people: dict[int, tuple[str, object, list[str]]] = {}
    for row in rows:
        people.setdefault(row.person_id, (row.person.name, row.person, []))[2].append(row.hospital.name)
    return {key: (f"{name} ({', '.join(where)})", person) for key, (name, person, where) in people.items()}


def event_sections(registry: object) -> list[tuple[str, str, bool]]:
    """Return the sections of a registry's dictionary and whether they usually hold events: (name, title, usual)."""
    version = dictionaries.latest(registry)
    if version is None:
        return []
    sections = dictionaries.load(version).sections
    return [(item.name, item.title, "complication" in item.name.lower()) for item in sections]

"""What the pages of a case show: put together once from selectors and the form, for the views and their JSON answers."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.urls import reverse

from registry.actions.cases import Change, Conflict, Reason, Saved
from registry.calendar import ago_words, day_words, due_words, local_day, local_time, short_day
from registry.dictionary.checks import Finding, check_case
from registry.dictionary.elements import DataDictionary, Role
from registry.forms import BLANKS, CaseForm, case_form
from registry.selectors import carried, cases, dictionaries, query_lists, rulings
from sites.access import policy
from sites.access.permissions import Permission as P

MOST_SENT = 2000
LONGEST_SEQ = 60
MOST_NAMED = 3
# What nurses most often say of a value that looks unusual but is right.
USUAL_REASONS = ("As in the chart", "Confirmed with the clinical team", "Special clinical course")


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """A case with its dictionary and answers, read once for a page."""

    case: Any
    dictionary: DataDictionary
    answers: dict[str, str]
    findings: tuple[Finding, ...]
    reasons: dict[tuple[str, str, str], str]
    today: date
    may_enter: bool

    @property
    def is_open(self) -> bool:
        """Tell whether the case's period still takes changes."""
        return cases.is_open(self.case)

    @property
    def is_editable(self) -> bool:
        """Tell whether the page is a form or a text to read."""
        return self.may_enter and self.is_open and self.case.status == "DRAFT"

    @property
    def waiting(self) -> tuple[Finding, ...]:
        """Return the findings that nobody has explained; blanks are counted elsewhere."""
        return tuple(item for item in self.findings if item.code not in BLANKS and key_of(item) not in self.reasons)


def read(request: HttpRequest, code: str) -> CasePage:
    """Read a case within the reach of who asks."""
    case = cases.one(code=code, scope=request.authority.scope())
    dictionary = dictionaries.governed(case.version, registry=case.registry)
    held = cases.answers(case)
    today = local_day(request.now, zone=case.hospital.time_zone)
    return CasePage(
        case=case,
        dictionary=dictionary,
        answers=held,
        findings=check_case(dictionary, held, today=today),
        reasons=cases.reasons(case=case),
        today=today,
        may_enter=policy.can(request.authority, P.ENTER_CASES, hospital_id=case.hospital_id),
    )


def key_of(finding: Finding) -> tuple[str, str, str]:
    """Return what a reason is kept under."""
    return finding.code, finding.column, finding.value


def head(page: CasePage, *, now: datetime) -> dict[str, Any]:
    """Return what stands above every page of a case."""
    case = page.case
    return {
        "case": case,
        "title": cases.title(page.dictionary, page.answers) or case.registry.title,
        "occurred_on": day_words(case.occurred_on),
        "dates": cases.dates_words(
            occurred_on=case.occurred_on, follow_up_due_on=case.follow_up_due_on, days=case.registry.follow_up_days, today=page.today
        ),
        "saved_at": _saved_at(case.changed_at, zone=case.hospital.time_zone, today=page.today),
        "touched": ago_words(case.changed_at, now=now, zone=case.hospital.time_zone),
        "may_enter": page.may_enter,
        "is_open": page.is_open,
        "unfit": carried.unfit(case=case),
    }


def with_questions(sections: list[tuple], *, case: Any, held: policy.Authority) -> list[tuple]:
    """Add to each row of a case that is read the words of the way to its questions; a surgeon is not asked and sees none."""
    asks = policy.can(held, P.RAISE_QUERIES, hospital_id=case.hospital_id)
    sees = asks or policy.can(held, P.ENTER_CASES, hospital_id=case.hospital_id)
    marks = query_lists.marks(case=case) if sees else {}

    def words(element: str) -> str:
        counts = marks.get(element)
        if counts is None:
            return "ask" if asks else ""
        n = counts["open"]
        return "answered" if not n else "1 question" if n == 1 else f"{n} questions"

    return [(name, title, [(*row, words(row[0])) for row in rows]) for name, title, rows in sections]


def _saved_at(at: datetime, *, zone: str, today: date) -> str:
    then = local_time(at, zone=zone)
    return f"{then:%H:%M:%S}" if then.date() == today else short_day(then.date(), today=today)


def form_of(page: CasePage) -> CaseForm:
    """Bind the form of a case."""
    return case_form(
        dictionary=page.dictionary,
        answers=page.answers,
        findings=page.waiting,
        sources=cases.sources(case=page.case),
        today=page.today,
        notes=_notes(page),
    )


def _notes(page: CasePage) -> dict[str, str]:
    element, due_on = page.dictionary.role(Role.FOLLOW_UP_ON), page.case.follow_up_due_on
    if element is None or due_on is None:
        return {}
    return {element.form: f"due {due_words(due_on, today=page.today)}"}


def entry(page: CasePage, form: CaseForm, *, person: str) -> dict[str, Any]:
    """Return what the script of the form needs: the schema, the values, the addresses."""
    case, code, due_on = page.case, page.case.code, page.case.follow_up_due_on
    index = page.dictionary.role(Role.OCCURRED_ON)
    return {
        "schema": _with_rulings(form.schema, rulings.beside(case.registry)),
        "queries": query_lists.marks(case=case),
        "answers": page.answers,
        "revision": page.case.revision,
        "findings": told(page.findings, page.reasons),
        "today": page.today.isoformat(),
        "person": person,
        "usual_reasons": list(USUAL_REASONS),
        "index_date": index.name if index is not None else "",
        "day_order": "mdy" if case.hospital.time_zone.startswith(("America/", "US/")) else "dmy",
        "follow_up": _follow_up(page.dictionary, due_on, today=page.today),
        "urls": {
            "save": reverse("registry:save-case", args=[code]),
            "history": reverse("registry:case-history", args=[code]),
            "queries": reverse("registry:queries-of-field", args=[code, "-"]).removesuffix("-/"),
        },
    }


def _with_rulings(schema: dict[str, Any], said: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
    """Put the rulings beside their elements; the schema itself is shared by every case of a version and stays as it is."""
    if not said:
        return schema
    sections = [
        section | {"elements": [element | {"rulings": said.get(element["name"], [])} for element in section["elements"]]}
        for section in schema["sections"]
    ]
    return schema | {"sections": sections}


def _follow_up(dictionary: DataDictionary, due_on: date | None, *, today: date) -> dict[str, Any] | None:
    element = dictionary.role(Role.FOLLOW_UP_ON)
    if due_on is None or element is None:
        return None
    due = f"due {due_words(due_on, today=today)}"
    return {"words": short_day(due_on, today=today), "due": due, "is_due": due_on <= today, "section": element.form}


def told(findings: Iterable[Finding], reasons: dict[tuple[str, str, str], str]) -> list[dict[str, str]]:
    """Write findings for the script; blanks are what it sees itself."""
    return [
        {
            "code": item.code, "column": item.column, "element": item.element, "severity": item.severity.value,
            "message": item.message, "remedy": item.remedy, "value": item.value, "reason": reasons.get(key_of(item), ""),
        }
        for item in findings
        if item.code not in BLANKS
    ]  # fmt: skip


def summary(page: CasePage, findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Return what stands in the way of submitting, with the address of its field; many blanks of a section are one line."""
    listed = list(findings)
    blanks: dict[str, list[Finding]] = {}
    for item in listed:
        if item.code in BLANKS:
            blanks.setdefault(page.dictionary.element(item.element).form, []).append(item)
    lines = [(f"{item.message} {item.remedy}".strip(), f"#field-{item.element}") for item in listed if item.code not in BLANKS]
    for section in page.dictionary.sections:
        found = blanks.get(section.name, [])
        if len(found) > MOST_NAMED:
            lines.append((f"{section.title}: {len(found)} fields are blank.", f"#field-{found[0].element}"))
        else:
            lines += [(item.message, f"#field-{item.element}") for item in found]
    return lines


@dataclass(frozen=True, kw_only=True)
class Message:
    """One save as the browser sends it."""

    seq: str
    base: int
    changes: dict[str, Change]
    reasons: tuple[Reason, ...]
    seconds: dict[str, int]


def message(body: bytes) -> Message:
    """Read a save; anything malformed is a bad request, not a save."""
    try:
        sent = json.loads(body)
        changes = {str(column): _change(pair) for column, pair in sent["changes"].items()}
        reasons = tuple(
            Reason(code=_text(given["code"]), column=_text(given["column"]), value=_text(given["value"]), words=_text(given["words"]))
            for given in sent.get("reasons", ())
        )
        seconds = {_text(name): int(n) for name, n in sent.get("seconds", {}).items()}
        read_message = Message(seq=_text(sent["seq"]), base=int(sent["base"]), changes=changes, reasons=reasons, seconds=seconds)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRequest("This is no save.") from error
    if not 0 < len(read_message.seq) <= LONGEST_SEQ or len(changes) + len(reasons) + len(seconds) > MOST_SENT:
        raise BadRequest("This is no save.")
    return read_message


def _change(pair: Any) -> Change:
    """Read what the sender knew and what it is now: a list of two texts, for an object's names would pass for its values."""
    if not isinstance(pair, list):
        raise TypeError("A change is a list of two texts.")
    known, new = pair
    return Change(known=_text(known), new=_text(new))


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("Only text is kept.")
    value.encode()  # half a surrogate pair is no text, and PostgreSQL keeps none
    return value


def answer(saved: Saved, *, case: Any, now: datetime) -> dict[str, Any]:
    """Answer a save: when, which revision, what others changed, what is in conflict, what the checks say."""
    dictionary, zone, derived = dictionaries.load(case.version), case.hospital.time_zone, saved.derived
    today = local_day(now, zone=zone)
    return {
        "revision": saved.revision,
        "saved_at": f"{local_time(saved.at, zone=zone):%H:%M:%S}",
        "changed": saved.changed,
        "conflicts": [_conflict(item, dictionary, zone) for item in saved.conflicts],
        "rejected": [{"column": item.column, "words": item.words} for item in saved.rejected],
        "findings": told(derived.findings, cases.reasons(case=case)),
        "follow_up": _follow_up(dictionary, derived.follow_up_due_on, today=today),
        "head": {
            "title": cases.title(dictionary, derived.answers) or case.registry.title,
            "dates": cases.dates_words(
                occurred_on=derived.occurred_on, follow_up_due_on=derived.follow_up_due_on, days=case.registry.follow_up_days, today=today
            ),
        },
    }


def _conflict(item: Conflict, dictionary: DataDictionary, zone: str) -> dict[str, str]:
    return {
        "column": item.column,
        "theirs": item.theirs,
        "mine": item.mine,
        "by": item.by,
        "theirs_words": cases.words(dictionary, item.column, item.theirs),
        "mine_words": cases.words(dictionary, item.column, item.mine),
        "at": f"{local_time(item.at, zone=zone):%H:%M}" if item.at else "",
    }

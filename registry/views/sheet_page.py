"""The case form over a sheet: what the page and its script need, and the answer to a save. For second readings and training."""

from typing import Any

from django.http import HttpRequest

from registry.actions.sheets import SheetSaved
from registry.calendar import local_day, local_time
from registry.dictionary.checks import Finding, check_case
from registry.dictionary.elements import DataDictionary, Role
from registry.forms import BLANKS, case_form
from registry.selectors import dictionaries
from registry.selectors.cases import words
from registry.views.case_page import USUAL_REASONS, key_of, told

KEYS = (("Enter", "next"), ("1–9", "choose"), ("u", "unknown"), ("n", "not done"), ("Alt ↓", "next finding"), ("?", "all keys"))


def context(request: HttpRequest, *, sheet: Any, registry: Any, save_url: str, title: str, dates: str) -> dict[str, Any]:
    """Return what the template of the case form needs; saves go to ``save_url``, and nothing here is a case."""
    dictionary = dictionaries.governed(sheet.version, registry=registry)
    answers = dictionaries.layout(sheet.version).unpack(sheet.answers)
    zone = sheet.hospital.time_zone
    today = local_day(request.now, zone=zone)
    reasons = {(code, column, value): said for code, column, value, said in sheet.reasons}
    findings = check_case(dictionary, answers, today=today)
    waiting = tuple(item for item in findings if item.code not in BLANKS and key_of(item) not in reasons)
    form = case_form(dictionary=dictionary, answers=answers, findings=waiting, sources={}, today=today, notes={})
    index = dictionary.role(Role.OCCURRED_ON)
    return {
        "form": form,
        "title": title,
        "dates": dates,
        "saved_at": f"{local_time(sheet.changed_at, zone=zone):%H:%M:%S}",
        "keys_line": KEYS,
        "entry": {
            "schema": form.schema,
            "queries": {},
            "answers": answers,
            "revision": sheet.revision,
            "findings": told(findings, reasons),
            "today": today.isoformat(),
            "person": request.user.email,
            "usual_reasons": list(USUAL_REASONS),
            "index_date": index.name if index is not None else "",
            "day_order": "mdy" if zone.startswith(("America/", "US/")) else "dmy",
            "follow_up": None,
            "urls": {"save": save_url, "history": "", "queries": ""},
        },
    }


def answer(saved: SheetSaved, *, sheet: Any, dictionary: DataDictionary, title: str, dates: str) -> dict[str, Any]:
    """Answer a save in the form's own words."""
    reasons = {(code, column, value): said for code, column, value, said in sheet.reasons}
    return {
        "revision": saved.revision,
        "saved_at": f"{local_time(saved.at, zone=sheet.hospital.time_zone):%H:%M:%S}",
        "changed": saved.changed,
        "conflicts": [_conflict(column, saved, dictionary) for column in saved.conflicts],
        "rejected": [{"column": item.column, "words": item.words} for item in saved.rejected],
        "findings": told(saved.findings, reasons),
        "follow_up": None,
        "head": {"title": title, "dates": dates},
    }


def _conflict(column: str, saved: SheetSaved, dictionary: DataDictionary) -> dict[str, str]:
    theirs = saved.changed.get(column, "")
    return {
        "column": column, "theirs": theirs, "mine": "", "by": "you, in another window", "at": "",
        "theirs_words": words(dictionary, column, theirs), "mine_words": "what is typed here",
    }  # fmt: skip


def summary(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """Return what stands in the way of finishing, with the address of each field."""
    return [(f"{item.message} {item.remedy}".strip(), f"#field-{item.element}") for item in findings[:40]]

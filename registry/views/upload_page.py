"""What the upload pages show: steps, columns, counts, findings and the button that says exactly what it will do."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.urls import reverse

from registry.actions import uploads
from registry.intake.sheet import letter
from registry.lifecycle import UploadState
from registry.selectors import certifications, dictionaries
from registry.selectors import uploads as selectors

PER_PAGE = 50
STATES = {
    UploadState.RECEIVED: ("due", "choose columns"),
    UploadState.MAPPED: ("current", "being checked"),
    UploadState.CHECKED: ("due", "checked, not committed"),
    UploadState.COMMITTING: ("current", "being committed"),
    UploadState.COMMITTED: ("done", "committed"),
    UploadState.REFUSED: ("error", "refused"),
    UploadState.ABANDONED: ("none", "put away"),
}
FINDING_COLUMNS = [("Row", "", "num"), "Column", "Value", "Kind", "What is wrong, and what to do"]
STEPS = ("File", "Columns", "Findings", "Commit")
REACHED = {
    UploadState.RECEIVED: 1,
    UploadState.MAPPED: 2,
    UploadState.CHECKED: 2,
    UploadState.COMMITTING: 3,
    UploadState.COMMITTED: 4,
    UploadState.REFUSED: 2,
    UploadState.ABANDONED: 4,
}
HOW = {
    "name": "by its name",
    "label": "by its label",
    "remembered": "as last time",
    "hand": "chosen by hand",
    "system": "not needed",
    "none": "left out",
}


@dataclass(frozen=True, kw_only=True)
class FileColumn:
    """One column of the file on its way to an element."""

    place: int
    header: str
    column: str
    how: str

    @property
    def letter(self) -> str:
        """Name it as a spreadsheet does."""
        return letter(self.place)

    @property
    def how_words(self) -> str:
        """Say how it was matched."""
        return HOW[self.how]


def state_of(upload: uploads.Upload) -> tuple[str, str]:
    """Give the shape and the words of an upload's state."""
    return STATES[UploadState(upload.status)]


def steps_of(upload: uploads.Upload) -> list[tuple[str, str, str]]:
    """Say which of the four steps are done."""
    reached, counts = REACHED[UploadState(upload.status)], upload.counts
    if upload.status == UploadState.CHECKED.value and not counts.get("hard"):
        reached = 3
    filled = sum(1 for column in upload.mapping["columns"].values() if column)
    notes = [
        f"{counts['rows']:,} rows" if "rows" in counts else "",
        f"{filled} of {len(upload.headers)}",
        f"{counts['hard'] + counts['soft']:,}" if "hard" in counts else "",
        "",
    ]
    return [
        (
            words,
            "done" if place < reached else "current" if place == reached else "todo",
            notes[place] if place <= reached else "",
        )
        for place, words in enumerate(STEPS)
    ]


def columns_of(upload: uploads.Upload) -> dict[str, Any]:
    """Sort the file's columns into matched and left out, and name always required elements that get nothing."""
    dictionary = dictionaries.load(upload.version)
    found, how = upload.mapping["columns"], upload.mapping.get("how", {})
    rows = [
        FileColumn(place=place, header=header, column=found.get(header, ""), how=how.get(header, "none"))
        for place, header in enumerate(upload.headers)
    ]
    filled = set(found.values())
    entered = [element for element in dictionary.elements if element.is_entered]
    return {
        "matched": [row for row in rows if row.column],
        "system": [row for row in rows if not row.column and row.how == "system"],
        "left": [row for row in rows if not row.column and row.how != "system"],
        "choices": [(column, element.label or element.name) for element in entered for column in element.columns],
        "without": [
            element
            for element in entered
            if element.is_required and element.branching is None and not filled & set(element.columns)
        ],
        "hospital_choices": [(header, header) for header in upload.headers],
        "hospital_header": upload.mapping.get("hospital", ""),
        "spans": upload.hospital_id is None,
    }


def needs_choosing(upload: uploads.Upload) -> bool:
    """Tell whether a person must look at the columns before the file can be checked."""
    found = columns_of(upload)
    key = uploads.key_column(dictionaries.load(upload.version))
    unseen = any(row.how == "none" for row in found["left"])
    return (
        unseen
        or bool(found["without"])
        or key not in upload.mapping["columns"].values()
        or (found["spans"] and not found["hospital_header"])
    )


def verdict(upload: uploads.Upload) -> str:
    """Say in one sentence what the check found."""
    counts = upload.counts
    if upload.status == UploadState.COMMITTED.value:
        done = f"{_n(counts['new'], 'case')} added, {counts['changed']:,} changed, {counts['same']:,} left as they were"
        return f"**Committed**: {done}. Sending the same file again would change nothing."
    if counts["hard"]:
        rows = f"{counts['faulty_rows']:,} of {counts['rows']:,} rows"
        values = f"**{_n(counts['hard'], 'value')} cannot be accepted** ({rows} have a finding)."
        return f"{values} Mend them and send the file again; until then nothing changes."
    if counts["new"] + counts["changed"] == 0:
        return f"**Nothing would change**: all {_n(counts['same'], 'case')} are already here exactly so."
    if counts["soft"]:
        values = f"{_n(counts['soft'], 'unlikely value')} {'is' if counts['soft'] == 1 else 'are'}"
        return f"**The file can be committed once {values} explained**, one reason for each kind."
    return "**The file can be committed**: the checks found nothing to mend or to explain."


def button_words(counts: dict[str, Any]) -> str:
    """Say exactly what committing does: Add 1,204 cases, change 31, leave 12."""
    parts = [(counts["new"], "add"), (counts["changed"], "change"), (counts["same"], "leave")]
    said = [(n, verb) for n, verb in parts if n]
    if not said:
        return "Commit no case"
    first, *others = said
    words = [f"{first[1].capitalize()} {_n(first[0], 'case')}", *(f"{verb} {n:,}" for n, verb in others)]
    return ", ".join(words)


def _n(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def findings_of(request: HttpRequest, upload: uploads.Upload) -> dict[str, Any]:
    """Page the kept findings, narrowed to what the reader asked for."""
    severity, sort = request.GET.get("severity", ""), request.GET.get("check", "")
    severity = severity if severity in ("hard", "soft") else ""
    rows = [
        finding
        | {"letter": "" if finding["place"] is None else letter(finding["place"]), "header": _header(upload, finding)}
        for finding in selectors.filtered(upload.findings, severity=severity, sort=sort)
    ]
    page: Page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    counts, here = upload.counts, reverse("registry:upload", args=[upload.code])
    chips = [
        ("All", f"{here}#findings", counts["hard"] + counts["soft"], not severity and not sort),
        ("Must be mended", f"{here}?severity=hard#findings", counts["hard"], severity == "hard"),
        ("Need a reason", f"{here}?severity=soft#findings", counts["soft"], severity == "soft"),
    ]
    known = next((found for found in counts["sorts"] if found["name"] == sort), None)
    if known:
        chips.append((f"{known['label']}: {known['code']}", f"{here}?check={sort}#findings", known["n"], True))
    return {"page": page, "chips": chips, "all_kept": counts["kept"] == counts["hard"] + counts["soft"]}


def _header(upload: uploads.Upload, finding: dict[str, Any]) -> str:
    place = finding["place"]
    return upload.headers[place] if place is not None and place < len(upload.headers) else finding["column"]


def page_of(request: HttpRequest, upload: uploads.Upload, *, problems: tuple[str, ...] = ()) -> dict[str, Any]:
    """Build the page of one upload for the state it is in."""
    state, counts = UploadState(upload.status), upload.counts
    failed = upload.job is not None and upload.job.status == "FAILED"
    context: dict[str, Any] = {
        "upload": upload,
        "steps": steps_of(upload),
        "state": state_of(upload),
        "credibility": _credibility(upload),
        "notes": counts.get("notes", []),
        "problems": [(words, "#reasons" if state is UploadState.CHECKED else "#columns") for words in problems],
        "failed": upload.job.error.split("\n")
        if failed and state in (UploadState.MAPPED, UploadState.COMMITTING)
        else [],
        "working": state in (UploadState.MAPPED, UploadState.COMMITTING) and not failed,
        "choosing": state is UploadState.RECEIVED or (state is UploadState.CHECKED and "columns" in request.GET),
        "columns": columns_of(upload),
        "progress": progress_of(upload),
    }
    if "hard" in counts and state in (UploadState.CHECKED, UploadState.COMMITTED) and not context["choosing"]:
        context |= {
            "checked": True,
            "verdict": verdict(upload),
            "findings": findings_of(request, upload),
            "button": button_words(counts),
        }
        context["finding_columns"] = FINDING_COLUMNS
        context["sorts"] = [_asked(upload, sort) for sort in counts["sorts"]]
        context["change_reason"] = upload.reasons.get(uploads.CHANGE, "")
        ready = state is UploadState.CHECKED and not counts["hard"]
        context["for_colleague"] = ready and _is_reviewed(request, upload)
        context["may_commit"] = ready and not context["for_colleague"]
    return context


def _is_reviewed(request: HttpRequest, upload: uploads.Upload) -> bool:
    """Tell whether a colleague releases what this person submits, so that a colleague commits this file."""
    places = [] if upload.hospital_id is None else [(upload.hospital_id, upload.registry_id, upload.registry.title)]
    return bool(certifications.reviewed_titles(person_id=request.user.pk, places=places, on=request.now.date()))


def _asked(upload: uploads.Upload, sort: dict[str, Any]) -> dict[str, Any]:
    """Put a group of findings as a question, with the reason given so far."""
    hint = f"{_n(sort['n'], 'row')}, for example: {sort['example']}"
    return sort | {
        "reason": upload.reasons.get(sort["name"], ""),
        "question": f"{sort['label']}: why is this right?",
        "hint": hint,
    }


def _credibility(upload: uploads.Upload) -> list[str]:
    where = upload.hospital.name if upload.hospital else "several hospitals"
    rows = f"{upload.counts['rows']:,} rows" if "rows" in upload.counts else ""
    return [
        upload.registry.title,
        where,
        rows,
        f"dictionary version {upload.version.number}",
        upload.period.label if upload.period else "",
    ]


def progress_of(upload: uploads.Upload) -> dict[str, Any]:
    """Say how far the job of an upload is."""
    job = upload.job
    if job is None:
        return {"words": "Waiting for a worker", "finished": False}
    done = job.finished_at is not None
    words = job.progress.get("words") or "Waiting for a worker"
    return {
        "words": "Done" if done else words,
        "done": job.progress.get("done", 0),
        "total": job.progress.get("of", 0),
        "finished": done,
    }

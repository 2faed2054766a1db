"""Who looked at which cases: every identified read leaves a line in the trail of the hospital."""

from collections.abc import Iterable
from datetime import datetime

from registry.models import Case
from sites import audit
from sites.models import Person


def opened(*, case: Case, by: Person, at: datetime, part: str = "") -> None:
    """Note that somebody read a case, or a part of it such as a field's history."""
    detail = {"part": part} if part else None
    audit.record(action="read case", at=at, by=by, hospital_id=case.hospital_id, kind="case", object_id=case.code, detail=detail)


def listed(*, cases: Iterable[tuple[int, str]], by: Person, at: datetime, view: str) -> None:
    """Note which cases (hospital id, code) a list showed: one line for each hospital."""
    by_hospital: dict[int, list[str]] = {}
    for hospital_id, code in cases:
        by_hospital.setdefault(hospital_id, []).append(code)
    for hospital_id, codes in sorted(by_hospital.items()):
        audit.record(action="list cases", at=at, by=by, hospital_id=hospital_id, kind="case", detail={"view": view, "codes": codes})


def value_seen(*, hospital_id: int, case_code: str, by: Person, at: datetime, part: str) -> None:
    """Note that somebody saw one value of a case, beside a question about it."""
    audit.record(action="read case", at=at, by=by, hospital_id=hospital_id, kind="case", object_id=case_code, detail={"part": part})

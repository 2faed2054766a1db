"""Write the final report of an audit: figures by the cellar, one immutable document with its hash, and what follows for training."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from registry.actions import certifications
from registry.actions.audits import locked, record, require_step
from registry.auditing.report import Audited, report
from registry.lifecycle import AuditState
from registry.models import Audit, AuditCase, AuditReport, ElementDisagreement, SecondReading
from registry.selectors import dictionaries


@transaction.atomic
def make_report(*, audit_id: int, at: datetime) -> AuditReport:
    """Compute and keep the report, put its figures on the audit, and draw its consequences. By the worker."""
    held = locked(audit_id)
    require_step(held, AuditState.FINAL)
    items = list(AuditCase.objects.filter(audit=held).select_related("version", "abstractor").order_by("place"))
    rows = list(ElementDisagreement.objects.filter(audit=held))
    document = report(charts=_charts(held, items, rows)) | _head(held, items, at=at)
    made = AuditReport.objects.create(
        audit=held, hospital_id=held.hospital_id, document=document, digest=digest(document), made_at=at
    )
    headline = document["headline"]
    held.agreement, held.agreement_lower, held.agreement_upper = headline["after"]
    held.agreement_before = headline["before"][0]
    held.n_values, held.n_differing = headline["n_values"], headline["n_differing"]
    held.status, held.final_at, held.changed_at = AuditState.FINAL.value, at, at
    held.save()
    record("make audit final", held, by="audit", at=at, detail={"digest": made.digest, "agreement": held.agreement})
    _settle(held, items, rows, document, at=at)
    return made


def digest(document: dict[str, Any]) -> str:
    """Hash a report: sha256, hexadecimal, of its JSON with sorted keys and without spaces."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _charts(held: Audit, items: list[AuditCase], rows: list[ElementDisagreement]) -> list[Audited]:
    """Put the first readings as they were when they were drawn beside the second ones: later corrections do not count."""
    readings = {(row.place, row.reader): row for row in SecondReading.objects.filter(audit=held)}
    charts = []
    for item in items:
        dictionary, layout = dictionaries.load(item.version), dictionaries.layout(item.version)
        own = [row for row in rows if row.audit_case_id == item.pk]
        other = readings.get((item.place, 2))
        second = layout.unpack(readings[item.place, 1].answers)
        charts.append(
            Audited(
                stratum=item.stratum,
                abstractor=item.abstractor.name if item.abstractor else "the hospital's computer",
                dictionary=dictionary,
                first=layout.unpack(item.answers),
                second=second,
                other=layout.unpack(other.answers) if other else None,
                upheld=frozenset(row.element for row in own if row.value == row.first),
                overruled=frozenset(row.element for row in own if row.value != row.first),
            )
        )
    return charts


def _head(held: Audit, items: list[AuditCase], *, at: datetime) -> dict[str, Any]:
    return {
        "audit": held.code,
        "registry": held.registry.title,
        "hospital": held.hospital.name,
        "window": [day.isoformat() if day else None for day in (held.starts_on, held.ends_before)],
        "noticed_on": held.noticed_on.isoformat(),
        "final_at": at.isoformat(),
        "plan": held.plan,
        "seed": held.seed,
        "n_frame": held.n_frame,
        "versions": sorted({f"{item.version.number}:{item.version.digest}" for item in items}),
    }


def _settle(
    held: Audit, items: list[AuditCase], rows: list[ElementDisagreement], document: dict[str, Any], *, at: datetime
) -> None:
    """Give training to whoever read flagged elements differently, and let certification follow the audit."""
    shares = {row["name"]: row["n_differing"] / row["n_values"] for row in document["abstractors"]}
    flagged = {row["name"] for row in document["elements"] if row["is_flagged"]}
    people = {item.abstractor_id: item.abstractor for item in items if item.abstractor_id}
    for person_id, person in sorted(people.items()):
        own = {row.element for row in rows if row.abstractor_id == person_id and row.value != row.first}
        certifications.settle_audit(
            audit=held, person=person, share=shares[person.name], elements=sorted(own & flagged), at=at
        )

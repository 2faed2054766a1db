"""Read edit rules: those of a registry, where a tried one would fire, and the overrides: soft findings kept with a reason."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from registry.lifecycle import RuleState
from registry.models import EditRule, RuleCount
from registry.selectors import dictionaries
from sites.refusals import NotFound


@dataclass(frozen=True, kw_only=True)
class Where:
    """How many stored cases of a hospital a tried rule would hit."""

    hospital: str
    n_cases: int
    n_hits: int

    @property
    def share(self) -> float:
        """Return the share of cases hit, 0 to 1."""
        return self.n_hits / self.n_cases if self.n_cases else 0.0


@dataclass(frozen=True, kw_only=True)
class Override:
    """Soft findings of one check at one hospital that were kept with a reason; ``reasons`` are the most frequent words with counts."""

    code: str
    column: str
    hospital: str
    hospital_id: int
    n: int
    n_cases: int
    latest_at: datetime
    reasons: tuple[tuple[str, int], ...]


def listed(*, with_drafts: bool) -> list[EditRule]:
    """Return the rules of every registry: drafts first for who defines, then those in force, then retired ones."""
    rows = EditRule.objects.select_related("registry", "author", "published_by", "retired_by", "trial_job").order_by("code", "-version")
    if not with_drafts:
        rows = rows.filter(status=RuleState.PUBLISHED.value)
    rank = {RuleState.TRIED.value: 0, RuleState.DRAFT.value: 0, RuleState.PUBLISHED.value: 1, RuleState.RETIRED.value: 2}
    return sorted(rows, key=lambda rule: (rank[rule.status], rule.registry.title, rule.code, -rule.version))


def one(*, rule_id: int, with_drafts: bool) -> EditRule:
    """Return one rule; one that is not published only to who defines."""
    rows = EditRule.objects.filter(pk=rule_id).select_related("registry", "author", "published_by", "retired_by", "trial_job")
    if not with_drafts:
        rows = rows.filter(status=RuleState.PUBLISHED.value)
    found = rows.first()
    if found is None:
        raise NotFound
    return found


def for_job(*, rule_id: int) -> EditRule:
    """Return a rule held against changes until the job ends."""
    rule = EditRule.objects.select_for_update(of=("self",)).select_related("registry").filter(pk=rule_id).first()
    if rule is None:
        raise NotFound
    return rule


def where(rule: EditRule) -> tuple[list[Where], list[tuple[int, int, int]]]:
    """Return a trial's counts by hospital, most hits first, and by dictionary version as (version, cases, hits)."""
    by_hospital: dict[str, list[int]] = {}
    by_version: dict[int, list[int]] = {}
    for row in RuleCount.objects.filter(rule=rule).select_related("hospital"):
        for table, key in ((by_hospital, row.hospital.name), (by_version, row.version)):
            cell = table.setdefault(key, [0, 0])
            cell[0] += row.n_cases
            cell[1] += row.n_hits
    lines = [Where(hospital=name, n_cases=n, n_hits=hits) for name, (n, hits) in by_hospital.items()]
    versions = [(version, n, hits) for version, (n, hits) in sorted(by_version.items())]
    return sorted(lines, key=lambda line: (-line.n_hits, line.hospital)), versions


def missing_versions(rule: EditRule, counted: list[tuple[int, int, int]]) -> list[int]:
    """Return the published versions that a rule cannot be asked of, because they lack an element of it."""
    from_trial = {version for version, _, _ in counted}
    found = rule.registry.versions.filter(status="PUBLISHED").order_by("number")
    return [v.number for v in found if v.number not in from_trial and dictionaries.compiled(v, rule=rule) is None]


def overrides(*, registry_id: int, code: str = "", hospital_id: int | None = None) -> list[Override]:
    """Return the findings that were kept with a reason, by check and hospital; reasons without any case. For the centre, or the own hospital."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_overrides(%s, %s, %s)", [registry_id, code or None, hospital_id])
        rows = cursor.fetchall()
    return [
        Override(
            code=code,
            column=column,
            hospital_id=hospital,
            hospital=name,
            n=n,
            n_cases=n_cases,
            latest_at=latest,
            reasons=tuple((words, times) for words, times in json.loads(reasons)),
        )
        for code, column, hospital, name, n, n_cases, latest, reasons in rows
    ]

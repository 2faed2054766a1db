"""Trying a rule: evaluate it over every stored case, in chunks, and keep counts by hospital and dictionary version. No answer leaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from django.db import connection

from registry.dictionary.elements import DataDictionary, Role
from registry.dictionary.frame import TypedFrame
from registry.dictionary.rules import CheckRule, columns_of
from registry.lifecycle import RuleState
from registry.models import Case, DictionaryVersion, EditRule, RuleCount
from registry.selectors import dictionaries
from sites import audit
from sites.models import Person
from sites.refusals import Refusal

CHUNK = 20_000
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Hits:
    """One chunk of stored cases of one dictionary version: ids, hospitals, periods and statuses of shape (n,), and which the rule hits.

    values: the text of the rule's own column, shape (n,), None where blank. column: that column's name.
    """

    version: int
    ids: np.ndarray
    codes: np.ndarray
    hospitals: np.ndarray
    periods: np.ndarray
    is_hit: np.ndarray
    values: np.ndarray
    element: str
    column: str


def hits(rule: EditRule, *, today: date, statuses: tuple[str, ...] = ("DRAFT", "SUBMITTED")) -> Iterator[Hits]:
    """Evaluate a rule over the stored cases of its registry within reach, chunk by chunk. Versions that lack an element are passed over."""
    versions = DictionaryVersion.objects.filter(registry_id=rule.registry_id, status="PUBLISHED").order_by("number")
    for version in versions:
        found = dictionaries.compiled(version, rule=rule)
        if found is not None:
            dictionary, check = found
            yield from _of_version(version, dictionary, check, statuses=statuses, today=today)


def _of_version(
    version: DictionaryVersion, dictionary: DataDictionary, check: CheckRule, *, statuses: tuple[str, ...], today: date
) -> Iterator[Hits]:
    place = {column: number for number, column in enumerate(version.columns, start=1)}
    index = dictionary.role(Role.OCCURRED_ON)
    needed = (*check.columns, check.column, *((index.name,) if index else ()), *columns_of(dictionary, check.check.when.elements))
    names = [name for name in dict.fromkeys(needed) if name in place]
    # The places are numbers that we counted ourselves; nothing of a rule's text enters the statement.
    picked = "".join(f", answers[{place[name]:d}]" for name in names)
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, code, hospital_id, period_id{picked} FROM registry_case"
                " WHERE version_id = %s AND status = ANY(%s) AND id > %s ORDER BY id LIMIT %s",
                [version.pk, list(statuses), after, CHUNK],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        ids, codes, hospitals, periods, *texts = (np.array(part, dtype=object) for part in zip(*rows, strict=True))
        frame = pd.DataFrame(dict(zip(names, texts, strict=True)))
        typed = TypedFrame.of(frame, types=dictionary.types)
        yield Hits(
            version=version.number,
            ids=ids,
            codes=codes,
            hospitals=hospitals,
            periods=periods,
            is_hit=check.rows(typed, today),
            values=texts[names.index(check.column)] if check.column in names else np.full(len(rows), None, dtype=object),
            element=check.element.name,
            column=check.column,
        )


def run(*, rule: EditRule, by: Person, at: datetime, progress: Progress) -> dict[str, int]:
    """Try a draft on every stored case and keep the counts. Raises Refusal where the rule is no draft any more."""
    if rule.status not in (RuleState.DRAFT.value, RuleState.TRIED.value):
        raise Refusal("This rule was published or retired meanwhile.")
    counted: dict[tuple[int, int], list[int]] = {}
    done, total = 0, Case.objects.filter(registry_id=rule.registry_id).exclude(status="WITHDRAWN").count()
    for chunk in hits(rule, today=at.date()):
        for hospital_id in np.unique(chunk.hospitals).tolist():
            own = chunk.hospitals == hospital_id
            cell = counted.setdefault((hospital_id, chunk.version), [0, 0])
            cell[0] += int(own.sum())
            cell[1] += int(chunk.is_hit[own].sum())
        done += len(chunk.ids)
        progress(done, max(done, total), f"Tried on {done:,} of {total:,} cases")
    RuleCount.objects.filter(rule=rule).delete()
    RuleCount.objects.bulk_create(
        RuleCount(rule=rule, hospital_id=hospital_id, version=version, n_cases=n, n_hits=n_hits)
        for (hospital_id, version), (n, n_hits) in sorted(counted.items())
    )
    rule.status, rule.tried_at = RuleState.TRIED.value, at
    rule.trial = {"n_cases": done, "n_hits": sum(n for _, n in counted.values())}
    rule.save(update_fields=["status", "tried_at", "trial"])
    audit.record(
        action="try rule", at=at, by=by, kind="rule", object_id=f"{rule.registry.code}/{rule.code}/{rule.version}", detail=rule.trial
    )
    return rule.trial

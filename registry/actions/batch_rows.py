"""The rows of an examined batch, written out for the staging table of `batch_writing`, a stretch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson
import pyarrow as pa

from registry.actions.examination import Examination, Group, Outcome
from registry.dictionary.elements import Role
from registry.intake import binary
from registry.intake.dates import later

# Small enough that a stretch stays in PostgreSQL's buffers for temporary tables (8 MB) and in the processor's cache.
STRETCH = 6_000
COLUMNS = (
    "case_id bigint, hospital_id bigint, version_id bigint, n_answered smallint, revision int, code text, key text,"
    " period_id bigint, surgeon_id bigint, occurred_on date, follow_up_due_on date, changes jsonb, answers text[]"
)
N_COLUMNS = COLUMNS.count(",") + 1


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Rows that follow one another as COPY binary; how many of them change a case that is there."""

    lines: memoryview
    n_changed: int


@dataclass(frozen=True, kw_only=True)
class CaseRows:
    """The rows of a group that are new or change. active: their positions in the group; ids, codes: their cases', all of shape (m,)."""

    examined: Examination
    group: Group
    active: np.ndarray
    ids: np.ndarray
    codes: np.ndarray

    def stretches(self) -> Iterator[Stretch]:
        """Write the rows out."""
        for start in range(0, len(self.active), STRETCH):
            yield self._stretch(np.arange(start, min(start + STRETCH, len(self.active))))

    def _stretch(self, part: np.ndarray) -> Stretch:
        active = self.active[part]
        rows = self.group.rows[active]
        new = self.group.outcome[active] == Outcome.NEW
        revisions = np.ones(len(part), dtype=np.int64)
        changes: list[str | None] = [None] * len(part)
        for place in np.flatnonzero(~new).tolist():
            revisions[place] = self.examined.known[int(rows[place])].revision + 1
            changes[place] = orjson.dumps(self.group.changes[int(active[place])]).decode()
        whole = (
            (self.ids[part], 8),
            (self.examined.batch.hospitals[rows], 8),
            (np.full(len(part), self.group.version.pk), 8),
            (self.group.n_answered[active], 2),
            (revisions, 4),
        )
        fields = [
            binary.head(whole, n_fields=N_COLUMNS),
            binary.texts(pa.array(self.codes[part].tolist(), type=pa.string())),
            binary.texts(pa.array(self.examined.keys[rows].tolist(), type=pa.string())),
            *(field.rows(active) for field in self._placed),
            binary.texts(pa.array(changes, type=pa.string()), before=binary.JSON_VERSION),
            binary.text_arrays(self._answers, active),
        ]
        return Stretch(lines=binary.joined(fields), n_changed=int((~new).sum()))

    @cached_property
    def _placed(self) -> list[binary.Field]:
        """Write the period, the surgeon, the day and the day of follow-up of every row of the group."""
        group, registry = self.group, self.examined.batch.registry
        held = group.periods.tolist()
        numbers = {place: span.id if span else None for place, span in {id(span): span for span in held}.items()}
        follows = registry.has_dates and group.dictionary.role(Role.FOLLOW_UP_ON) is not None
        due = later(group.occurred_on, by_days=registry.follow_up_days).tolist() if follows else [None] * len(group)
        return [
            binary.numbers([numbers[id(span)] for span in held]),
            binary.numbers(group.surgeons.tolist()),
            binary.days(group.occurred_on.tolist()),
            binary.days(due),
        ]

    @cached_property
    def _answers(self) -> list[binary.Field]:
        return [binary.column(array) for array in self.group.arrays.values()]

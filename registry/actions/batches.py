"""A batch: rows on their way in, from a file or from the API, with what is known of each before any check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
from django.db import connection

from registry.dictionary.elements import DataDictionary, Role
from registry.intake import columns, literals
from registry.models import DictionaryVersion, Participation, Registry, ReportingPeriod


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows of one registry under one dictionary version.

    arrays: column → texts, each of shape (n,). numbers: how the sender counts the rows, shape (n,). hospitals: hospital id
    of each row, 0 where unknown, shape (n,). places: column → its place in the file. foreign: text that names a hospital
    that may not be here, by row position.
    """

    registry: Registry
    version: DictionaryVersion
    dictionary: DataDictionary
    period: ReportingPeriod | None
    arrays: Mapping[str, pa.DictionaryArray]
    numbers: np.ndarray
    hospitals: np.ndarray
    today: date
    places: Mapping[str, int] = field(default_factory=dict)
    hospital_place: int | None = None
    foreign: Mapping[int, str] = field(default_factory=dict)
    uneven: tuple = ()

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def key_column(self) -> str:
        """Name the column that names a case within its hospital."""
        return key_column(self.dictionary)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A case that is already there under the same hospital and key."""

    id: int
    version_id: int
    period_id: int | None
    surgeon_id: int | None
    status: str
    revision: int
    answers: list[str | None]


def key_column(dictionary: DataDictionary) -> str:
    """Name the case-key column of a dictionary: the element of that role, else the first element."""
    element = dictionary.role(Role.CASE_KEY) or dictionary.elements[0]
    return element.columns[0]


def hospital_codes(registry: Registry, *, hospital_ids: tuple[int, ...] | None = None) -> dict[str, int]:
    """Return the hospitals of a registry by the codes their files use."""
    rows = Participation.objects.filter(registry=registry)
    if hospital_ids is not None:
        rows = rows.filter(hospital_id__in=hospital_ids)
    return dict(rows.values_list("code", "hospital_id"))


def hospitals_of(array: pa.DictionaryArray, codes: Mapping[str, int]) -> tuple[np.ndarray, dict[int, str]]:
    """Translate hospital codes: the id of each row (0 where unknown) and the texts that are not among them, by row."""
    ids = columns.looked_up(array, codes, absent=0).astype(np.int64)
    strange = np.flatnonzero(ids == 0)
    words = columns.texts(array)
    return ids, {int(row): words[row] or "" for row in strange}


def known_cases(batch: Batch, keys: np.ndarray, *, hold: bool) -> dict[int, Known]:
    """Find the cases that are already there, by row position; with ``hold`` they stay as they are until we are done."""
    lock = " FOR UPDATE OF c" if hold else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.place - 1, c.id, c.version_id, c.period_id, c.surgeon_id, c.status, c.revision, c.answers"
            " FROM unnest((%s::text)::bigint[], (%s::text)::text[]) WITH ORDINALITY AS i(hospital_id, key, place)"
            " JOIN registry_case c ON c.hospital_id = i.hospital_id AND c.registry_id = %s AND c.key = i.key" + lock,
            [literals.numbers(batch.hospitals), literals.texts(keys.tolist()), batch.registry.pk],
        )
        return {
            place: Known(
                id=id,
                version_id=version,
                period_id=period,
                surgeon_id=surgeon,
                status=status,
                revision=revision,
                answers=answers,
            )
            for place, id, version, period, surgeon, status, revision, answers in cursor.fetchall()
        }

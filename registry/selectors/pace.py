"""How long cases take: measured minutes of submitted cases, the forecast from them, and the minutes each element costs."""

from dataclasses import dataclass

from django.db import connection

from registry.sampling.forecast import FEWEST, Hours, Median, hours, median

MEASURED = 400


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Measured pace and what follows: hours for the drafts that wait, and for a year. ``pace`` is None where too few are measured."""

    pace: Median | None
    n_measured: int
    fewest: int
    waiting: Hours | None
    year: Hours | None


def minutes(*, registry_id: int, hospital_ids: tuple[int, ...]) -> list[float]:
    """Return the active minutes of the latest submitted cases that were entered in the form, all their people together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(m.seconds) / 60.0 FROM registry_caseminutes m JOIN registry_case c ON c.id = m.case_id"
            " WHERE m.hospital_id = ANY(%s) AND c.registry_id = %s AND c.status = 'SUBMITTED' GROUP BY c.id ORDER BY c.id DESC LIMIT %s",
            [list(hospital_ids), registry_id, MEASURED],
        )
        return [float(value) for (value,) in cursor.fetchall()]


def forecast(*, registry_id: int, hospital_ids: tuple[int, ...], n_waiting: int, n_year: int) -> Forecast:
    """Forecast abstraction hours at the measured pace."""
    measured = minutes(registry_id=registry_id, hospital_ids=hospital_ids)
    pace = median(measured)
    return Forecast(
        pace=pace,
        n_measured=len(measured),
        fewest=FEWEST,
        waiting=hours(pace, n_cases=n_waiting) if pace else None,
        year=hours(pace, n_cases=n_year) if pace and n_year else None,
    )


def of_elements(*, registry_id: int, hospital_ids: tuple[int, ...]) -> dict[str, tuple[float, int]]:
    """Return for each element the mean active seconds per case that spent any on it, and how many such cases there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.key, avg(e.value::numeric), count(*) FROM registry_caseminutes m JOIN registry_case c ON c.id = m.case_id,"
            " LATERAL jsonb_each_text(m.elements) e WHERE m.hospital_id = ANY(%s) AND c.registry_id = %s GROUP BY e.key",
            [list(hospital_ids), registry_id],
        )
        return {name: (float(mean), n) for name, mean, n in cursor.fetchall()}

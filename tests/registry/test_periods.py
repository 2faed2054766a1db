"""A closed period is frozen once, provably, and nothing gets into it or out of it unseen."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from registry import frozen
from registry.actions import periods, registries, snapshots
from registry.lifecycle import PeriodState
from registry.models import Case, ReportingPeriod, Snapshot, SnapshotSite
from registry.selectors import periods as period_selectors
from registry.selectors import snapshots as selectors
from sites.models import AuditEvent, Job
from sites.refusals import NotFound, Refusal
from tests.databases import as_role
from tests.registry.little import NOW, WHOLE, everywhere
from tests.registry.test_uploads import file_of, send

LATER = datetime(2026, 8, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Keep snapshot files in a folder of the test's own."""
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    return settings.SNAPSHOT_DIR


@pytest.fixture
def filled(little):
    """Give a registry with four submitted cases of two hospitals and a draft in the second quarter."""
    rows = [{"case_id": f"A-{n}", "age_years": str(60 + n)} for n in range(3)]
    send(little, file_of(*rows))
    send(little, file_of({"case_id": "B-1", "albumin": "UNK", "surgeon": "M9"}), by="sam", hospital=little.south)
    little.open("D-1", {"operated_on": "2026-05-01"})
    return little


def close(little, label: str = "Q2 2026", *, at: datetime = LATER) -> Snapshot:
    """Close a period as the job does."""
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        return periods.close(period=little.periods[label], by=little.people["cleo"], at=at, reason="The meeting is near.")


def worker():
    """Act as the worker."""
    return as_role("cairn_worker")


def test_closing_freezes_submitted_cases_and_counts_drafts(filled, folder):
    with everywhere(), transaction.atomic():
        registries.count_operations(
            period=filled.periods["Q2 2026"],
            hospital_id=filled.north.pk,
            n_eligible=10,
            by=filled.people["cleo"],
            at=NOW,
        )
    snapshot = close(filled)
    assert (snapshot.n_cases, snapshot.n_drafts, snapshot.n_hospitals) == (4, 1, 2)
    assert snapshot.versions == {"1": filled.version.digest}
    assert snapshot.final_from == date(2026, 5, 21)
    file = folder / f"{snapshot.digest}.parquet"
    assert file.stat().st_mode & 0o777 == 0o600
    with everywhere(), transaction.atomic():
        period = ReportingPeriod.objects.get(pk=filled.periods["Q2 2026"].pk)
        rows = (
            SnapshotSite.objects.filter(snapshot=snapshot)
            .order_by("hospital_id")
            .values_list("n_cases", "n_drafts", "n_eligible", "n_followed", "n_follow_up_due", "completeness")
        )
        assert list(rows) == [(3, 1, 10, 3, 3, 1.0), (1, 0, None, 1, 1, 1.0)]
    with as_role("superuser"):
        assert (
            AuditEvent.objects.filter(action="close period", object_id=f"{filled.registry.code}/Q2 2026").count() == 1
        )
    assert (period.status, period.closed_by_id) == ("CLOSED", filled.people["cleo"].pk)


def test_the_preview_counts_by_hospital_without_reading_a_case(filled):
    with filled.acting("cleo"):
        rows = period_selectors.contributions(filled.periods["Q2 2026"])
        assert not Case.objects.filter(registry=filled.registry).exists()
    assert [(row.hospital, row.n_submitted, row.n_drafts) for row in rows] == [
        ("North Lake Hospital", 3, 1),
        ("South Bend Clinic", 1, 0),
    ]


def test_freezing_equal_cases_again_gives_the_equal_digest_and_no_new_row(filled, folder):
    snapshot = close(filled)
    (folder / f"{snapshot.digest}.parquet").unlink()
    with worker(), everywhere(), transaction.atomic():
        period = ReportingPeriod.objects.select_related("registry").get(pk=filled.periods["Q2 2026"].pk)
        again = snapshots.freeze(period=period, by="test", at=LATER)
    assert again.pk == snapshot.pk
    assert (folder / f"{snapshot.digest}.parquet").exists()


def test_an_amendment_makes_the_next_snapshot(filled):
    first = close(filled)
    with everywhere(), as_role("superuser"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_case DISABLE TRIGGER lock_case")
        cursor.execute(
            "UPDATE registry_case SET answers[2] = '77' WHERE registry_id = %s AND key = 'A-1'", [filled.registry.pk]
        )
        cursor.execute("ALTER TABLE registry_case ENABLE TRIGGER lock_case")
    with worker(), everywhere(), transaction.atomic():
        period = ReportingPeriod.objects.select_related("registry").get(pk=filled.periods["Q2 2026"].pk)
        second = snapshots.freeze(period=period, by=filled.people["cleo"], at=LATER)
    assert (second.number, second.digest != first.digest) == (2, True)


def test_the_frame_holds_what_was_frozen(filled):
    snapshot = close(filled)
    with worker(), everywhere(), transaction.atomic():
        frame = selectors.frame([snapshot.pk])
    assert tuple(frame.columns[:7]) == selectors.HEAD
    assert frame["case_key"].tolist() == ["A-0", "A-1", "A-2", "B-1"]
    assert frame["age_years"].tolist() == ["60", "61", "62", "67"]
    assert frame["period"].tolist() == [2, 2, 2, 2]
    assert frame["hospital_id"].tolist() == [filled.north.pk] * 3 + [filled.south.pk]
    assert frame["surgeon_id"].tolist() == [filled.people["suri"].pk] * 4
    assert frame["bmi"].isna().all()
    assert isinstance(frame["asa"].dtype, pd.CategoricalDtype)


def test_an_empty_period_freezes_too(little):
    snapshot = close(little, "Q1 2026")
    assert (snapshot.n_cases, snapshot.final_from) == (0, None)
    with worker(), everywhere(), transaction.atomic():
        assert len(selectors.frame([snapshot.pk])) == 0


def test_a_missing_or_altered_file_is_refused(filled, folder):
    snapshot = close(filled)
    file = folder / f"{snapshot.digest}.parquet"
    table = frozen.read(folder=folder, named=snapshot.digest)
    frozen.write(table.set_column(0, "hospital", table.column("case_key")), folder=folder, named=snapshot.digest)
    with pytest.raises(Refusal, match="does not hold"), worker(), everywhere(), transaction.atomic():
        selectors.frame([snapshot.pk])
    file.write_bytes(b"PAR1 nothing")
    with pytest.raises(Refusal, match="damaged"), worker(), everywhere(), transaction.atomic():
        selectors.frame([snapshot.pk])
    file.unlink()
    with pytest.raises(Refusal, match="missing"), worker(), everywhere(), transaction.atomic():
        selectors.frame([snapshot.pk])
    with pytest.raises(NotFound), worker(), everywhere(), transaction.atomic():
        selectors.frame([10**9])


@pytest.mark.parametrize("login", ["cairn_web", "cairn_worker", "cairn_migrator"])
@pytest.mark.parametrize("table", ["registry_snapshot", "registry_snapshotsite"])
def test_the_database_refuses_any_change_to_a_snapshot(filled, login, table):
    snapshot = close(filled)
    column = "id" if table == "registry_snapshot" else "snapshot_id"
    for statement in (
        f"UPDATE {table} SET n_cases = 0 WHERE {column} = %s",
        f"DELETE FROM {table} WHERE {column} = %s",
    ):
        with (
            as_role(login),
            pytest.raises(DatabaseError),
            everywhere(),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [snapshot.pk])
    assert snapshot.n_cases == 4


def test_a_closed_period_takes_no_case_and_never_opens(filled):
    close(filled)
    with pytest.raises(Refusal, match="closed"):
        filled.open("A-9", WHOLE)
    with pytest.raises(DatabaseError), as_role("cairn_migrator"), transaction.atomic():
        ReportingPeriod.objects.filter(pk=filled.periods["Q2 2026"].pk).update(status="OPEN")
    with pytest.raises(Refusal, match="closed already"):
        close(filled)


def test_a_period_is_not_closed_before_it_is_over(little):
    with pytest.raises(Refusal, match="not included"):
        close(little, "Q2 2026", at=NOW)


def test_shutting_queues_the_freeze_and_a_failed_one_can_be_undone(filled):
    with filled.acting("cleo") as person:
        period = periods.start_close(period=filled.periods["Q2 2026"], by=person, at=LATER, reason="The meeting is near.")
    assert (period.status, period.close_job.task) == (PeriodState.CLOSING.value, "registry.close_period")
    with pytest.raises(Refusal, match="failed"), filled.acting("cleo") as person:
        periods.reopen(period=period, by=person, at=LATER, reason="The disk was full")
    with worker(), everywhere(), transaction.atomic():
        Job.objects.filter(pk=period.close_job_id).update(status="FAILED")
    with pytest.raises(Refusal, match="Say why"), filled.acting("cleo") as person:
        periods.reopen(period=period, by=person, at=LATER, reason=" ")
    with filled.acting("cleo") as person:
        assert periods.reopen(period=period, by=person, at=LATER, reason="The disk was full").status == "OPEN"


def test_an_open_period_is_not_frozen(little):
    with pytest.raises(Refusal, match="still open"), worker(), everywhere(), transaction.atomic():
        snapshots.freeze(period=little.periods["Q1 2026"], by="test", at=NOW)
    with pytest.raises(Refusal, match="not closed"), little.acting("cleo") as person:
        periods.start_refreeze(period=little.periods["Q1 2026"], by=person, at=NOW)


def test_what_cases_refer_to_must_be_there(filled):
    """Each reference without a foreign key is refused by its statement trigger, for the owner too."""
    with everywhere(), transaction.atomic():
        case = Case.objects.filter(registry=filled.registry, key="A-1").get()
    references = ("registry_id", "hospital_id", "version_id", "period_id", "surgeon_id")
    for column in references:
        with (
            pytest.raises(IntegrityError),
            as_role("cairn_migrator"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "INSERT INTO registry_case (code, registry_id, hospital_id, version_id, period_id, surgeon_id, key, status, answers, revision,"
                " n_answered, n_hard, n_soft, opened_at, changed_at)"
                f" SELECT 'XXXXXXXX', {', '.join('999999' if name == column else name for name in references)},"
                " 'X', 'DRAFT', answers, 1, 0, 0, 0, opened_at, changed_at FROM registry_case WHERE id = %s",
                [case.pk],
            )
    names = ("case_id", "hospital_id", "surgeon_id", "by_id", "second_id", "upload_id")
    for column in names:
        with (
            pytest.raises(IntegrityError),
            as_role("cairn_migrator"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                f"INSERT INTO registry_caserevision ({', '.join(names)}, number, at, door, changes, status, reason)"
                f" SELECT {', '.join('999999' if name == column else name for name in names)},"
                " 99, at, 'FORM', changes, status, '' FROM registry_caserevision"
                " WHERE case_id = %s AND number = 1",
                [case.pk],
            )


def test_registries_and_periods_are_set_up_without_overlap(little):
    with everywhere(), transaction.atomic():
        registry = registries.create(code=f"{little.registry.code}-b", title="Another", by="test", at=NOW)
        made = registries.add_quarters(registry=registry, first=date(2025, 11, 5), n=3, by="test", at=NOW)
        registries.participate(
            registry=registry, hospital=little.north, code="N", starts_on=date(2025, 1, 1), by="test", at=NOW
        )
    assert [(row.label, row.starts_on, row.ends_before) for row in made] == [
        ("Q4 2025", date(2025, 10, 1), date(2026, 1, 1)), ("Q1 2026", date(2026, 1, 1), date(2026, 4, 1)),
        ("Q2 2026", date(2026, 4, 1), date(2026, 7, 1)),
    ]  # fmt: skip
    refused = [
        lambda: registries.create(code=registry.code, title="Again", by="test", at=NOW),
        lambda: registries.participate(
            registry=registry, hospital=little.south, code="N", starts_on=date(2025, 1, 1), by="test", at=NOW
        ),
        lambda: registries.add_period(
            registry=registry, label="odd", starts_on=date(2025, 12, 1), ends_before=date(2026, 2, 1), by="test", at=NOW
        ),
        lambda: registries.add_period(registry=registry, label="none", by="test", at=NOW),
        lambda: registries.add_period(
            registry=registry,
            label="Q1 2026",
            starts_on=date(2027, 1, 1),
            ends_before=date(2027, 4, 1),
            by="test",
            at=NOW,
        ),
        lambda: registries.add_period(
            registry=registry, label="back", starts_on=date(2028, 1, 1), ends_before=date(2027, 4, 1), by="test", at=NOW
        ),
        lambda: registries.add_quarters(registry=registry, first=date(2030, 1, 1), n=0, by="test", at=NOW),
    ]
    for act in refused:
        with pytest.raises(Refusal), everywhere(), transaction.atomic():
            act()

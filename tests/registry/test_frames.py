"""An operating list: every fault at once by row and column, nothing half-saved, the same list twice is one list."""

import io
import time
from datetime import date, timedelta

import openpyxl
import pytest
from django.db import Error, connection, transaction

from registry.actions import frames
from registry.models import FrameColumn, FrameRow, FrameUpload
from sites.refusals import Refusal
from tests.registry.frame_files import FIRST, HEADER, checked, committed, csv, operations, received, set_up
from tests.registry.little import NOW, everywhere


def told(upload):
    return [(fault["row"], fault["letter"], fault["code"], fault["value"]) for fault in upload.findings]


def n_rows(little):
    with everywhere(), transaction.atomic():
        return FrameRow.objects.filter(registry=little.registry).count()


def test_a_list_is_taken_and_the_same_list_changes_nothing(little):
    set_up(little)
    assert committed(little, csv(operations(30))) == {"rows": 30, "new": 30, "same": 0}
    assert committed(little, csv(operations(30))) == {"rows": 30, "new": 0, "same": 30}
    assert committed(little, csv(operations(40))) == {"rows": 40, "new": 10, "same": 30}
    assert n_rows(little) == 40
    with everywhere(), transaction.atomic():
        row = FrameRow.objects.filter(registry=little.registry).order_by("key").first()
    assert (row.key, row.operated_on, row.procedure, row.surgeon_code, row.outcome) == ("F-00001", FIRST, "44140", "S1", "WAITING")
    assert row.values == {"age_years": "40", "asa": "1", "operated_on": "2026-04-01", "procedure": "44140", "surgeon": "S1"}


def test_every_fault_is_told_at_once_by_row_and_column_and_nothing_is_kept(little):
    set_up(little)
    committed(little, csv([("OLD", "2026-04-02", "44140", "S1", 50, 2)]))
    rows = [
        ("A", "2026-04-01", "44140", "S1", 50, 2, "NORTH"),
        ("B", "31.02.2026", "44140", "S1", 50, 2, "NORTH"),
        ("C", "2026-04-01", "99999", "S1", 50, 2, "NORTH"),
        ("A", "2026-04-03", "44140", "S1", 50, 2, "NORTH"),
        ("D", "2026-04-01", "44140", "S1", 50, 2, "SOUTH"),
        ("OLD", "2026-04-02", "44204", "S1", 50, 2, "NORTH"),
        ("", "2026-04-01", "44140", "S1", 50, 2, "NORTH"),
        ("E", "2026-04-01", "", "S1", 150, 7, "NORTH"),
        ("G", "2030-01-01", "44140", "S1", 50, 2, "NORTH"),
        ("H", "2026-04-01"),
    ]
    upload = checked(little, csv(rows, header=(*HEADER, "Hospital")))
    assert told(upload) == [
        (3, "B", "type", "31.02.2026"),
        (4, "C", "procedure", "99999"),
        (5, "A", "twice", "A"),
        (6, "G", "hospital", "SOUTH"),
        (7, "C", "other_content", "44204"),
        (8, "A", "blank", ""),
        (9, "C", "blank", ""),
        (9, "E", "range.above", "150"),
        (9, "F", "choice", "7"),
        (10, "B", "range.above", "2030-01-01"),
        (11, "", "uneven_row", ""),
    ]
    assert upload.counts["faults"] == 11
    with little.acting("nora") as person, pytest.raises(Refusal, match="11 values cannot be taken"):
        frames.commit(upload=upload, by=person, at=NOW)
    with little.acting("nora") as person, pytest.raises(Refusal, match="Mend the rows"):
        frames.start_commit(upload=upload, by=person, at=NOW)
    assert n_rows(little) == 1


def test_a_workbook_is_a_list_too(little):
    set_up(little)
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for row in operations(3):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert committed(little, out.getvalue())["new"] == 3


def test_columns_are_remembered_for_the_next_list_of_the_hospital_only(little):
    set_up(little)
    content = csv(operations(1), header=("Study no", "operated_on", "procedure", "surgeon", "age_years", "asa"))

    def sent(hospital, person):
        return frames.receive(registry=little.registry, hospital=hospital, file_name="a.csv", content=content, by=person, at=NOW)

    with little.acting("nora") as person:
        first = sent(little.north, person)
        assert frames.missing_columns(first) == ["Case number"]
        with pytest.raises(Refusal, match="No column holds: Case number"):
            frames.choose_columns(upload=first, chosen=first.mapping["columns"], by=person, at=NOW)
        frames.choose_columns(upload=first, chosen=first.mapping["columns"] | {"Study no": "case_id"}, by=person, at=NOW)
        second = sent(little.north, person)
        assert second.mapping["columns"]["Study no"] == "case_id"
        with pytest.raises(Refusal, match="both fill asa"):
            frames.choose_columns(upload=second, chosen=second.mapping["columns"] | {"age_years": "asa"}, by=person, at=NOW)
    with little.acting("sam") as person:
        other = sent(little.south, person)
        assert other.mapping["columns"]["Study no"] == ""
        assert not FrameColumn.objects.filter(hospital=little.north).exists()


def test_a_column_that_only_one_of_two_lists_has_is_no_contradiction(little):
    set_up(little)
    committed(little, csv(operations(5)))
    fewer = [row[:4] for row in operations(5)]
    assert committed(little, csv(fewer, header=HEADER[:4])) == {"rows": 5, "new": 0, "same": 5}


def test_without_a_list_of_procedures_nothing_is_taken(little):
    with pytest.raises(Refusal, match="no list of eligible procedures"):
        received(little, csv(operations(1)))


def test_what_is_neither_csv_nor_xlsx_is_refused(little):
    set_up(little)
    with pytest.raises(Refusal, match="empty"):
        received(little, b"")


def test_a_list_goes_through_the_queue_step_by_step(little):
    set_up(little)
    upload = received(little, csv(operations(2)))
    with little.acting("nora") as person:
        frames.start_check(upload=upload, by=person, at=NOW)
        frames.check(upload=upload, at=NOW)
        frames.start_commit(upload=upload, by=person, at=NOW)
        assert (upload.status, upload.job.task) == ("COMMITTING", "registry.commit_frame")
        with pytest.raises(Refusal, match="being committed already"):
            frames.start_commit(upload=upload, by=person, at=NOW)
    with little.acting("nora") as person:
        frames.commit(upload=upload, by=person, at=NOW)
        with pytest.raises(Refusal, match="moved on"):
            frames.abandon(upload=upload, by=person, at=NOW)


def test_two_lists_at_once_cannot_both_bring_an_operation(little):
    set_up(little)
    one, other = checked(little, csv(operations(3))), checked(little, csv(operations(3)))
    with little.acting("nora") as person:
        one.status = "COMMITTING"
        frames.commit(upload=one, by=person, at=NOW)
    with little.acting("nora") as person, pytest.raises(Refusal, match="came in since"):
        frames.commit(upload=other, by=person, at=NOW)


def test_the_database_keeps_what_was_on_a_list_and_shows_it_to_its_hospital_alone(little):
    set_up(little)
    committed(little, csv(operations(3)))
    with little.acting("nora"), pytest.raises(Error, match="never changes"), transaction.atomic():
        FrameRow.objects.filter(registry=little.registry).update(procedure="44204")
    for name in ("sam", "suri", "cleo"):
        with little.acting(name):
            assert not FrameRow.objects.filter(registry=little.registry).exists(), name
            assert not FrameUpload.objects.filter(registry=little.registry).exists(), name


@pytest.mark.slow
def test_a_hundred_thousand_operations_are_checked_and_written_in_seconds(little):
    set_up(little)
    rows = [
        (f"L-{n:06d}", FIRST + timedelta(days=n % 60), "44140" if n % 3 else "44204", "S1", 18 + n % 70, 1 + n % 5) for n in range(100_000)
    ]
    content = csv(rows)
    upload = received(little, content)
    start = time.process_time()
    with little.acting("nora") as person:
        frames.check(upload=upload, at=NOW)
        checked_in = time.process_time() - start
        upload.status = "COMMITTING"
        frames.commit(upload=upload, by=person, at=NOW)
    took = time.process_time() - start
    print(f"100,000 operations: checked in {checked_in:.1f} s, checked again and written in {took - checked_in:.1f} s of this process")
    assert n_rows(little) == 100_000
    assert took < 20
    with everywhere(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT min(operated_on) FROM registry_framerow WHERE registry_id = %s", [little.registry.pk])
        assert cursor.fetchone()[0] == date(2026, 4, 1)

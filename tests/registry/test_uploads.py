"""A file is checked without changing anything, committed all or nothing, and the second time it changes nothing."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction
from openpyxl import load_workbook

from config.example import generate, planted_faults
from registry import export
from registry.actions import batch_writing, cases, marking, periods, registries, uploads
from registry.models import Case, CaseRevision, ColumnMapping, FindingReason, Upload
from registry.selectors import dictionaries
from sites.access import policy
from sites.access.scope import bound
from sites.models import AuditEvent
from sites.refusals import Refusal
from tests.databases import as_role
from tests.registry.little import COMPANION, HEADER, NOW, ROWS, WHOLE, everywhere

HEADERS = ["case_id", *WHOLE]


def file_of(*rows: dict[str, str], headers: list[str] | None = None) -> bytes:
    """Write rows as a file; each is a whole case but for what it says."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, headers or HEADERS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows([WHOLE | row for row in rows])
    return stream.getvalue().encode()


def three(**changes: str) -> bytes:
    """Write a file of three whole cases, the second changed."""
    return file_of({"case_id": "A-1"}, {"case_id": "A-2"} | changes, {"case_id": "A-3"})


def receive(
    little,
    data: bytes,
    *,
    by: str = "nora",
    hospital=None,
    hospital_header: str = "",
    chosen=None,
    name: str = "cases.csv",
) -> Upload:
    """Send a file and take the columns as matched."""
    with little.acting(by) as person:
        upload = uploads.receive(
            registry=little.registry,
            hospital=hospital if hospital is not None or by == "cleo" else little.north,
            file_name=name,
            content=data,
            by=person,
            at=NOW,
        )
        mapping = upload.mapping["columns"] | (chosen or {})
        uploads.choose_columns(
            upload=upload,
            chosen=mapping,
            hospital_header=hospital_header or upload.mapping["hospital"],
            by=person,
            at=NOW,
        )
    return upload


def check(little, upload: Upload, *, at: datetime = NOW):
    """Check as the job does: as the worker, for the machine."""
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        return uploads.check(upload=upload, at=at)


def commit(little, upload: Upload, *, by: str = "nora", **reasons: str) -> dict:
    """Explain everything and commit as the job does."""
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        fresh = Upload.objects.select_related("registry", "hospital", "version", "period").get(pk=upload.pk)
        names = {sort["name"]: "As in the chart" for sort in fresh.counts["sorts"]} | {
            uploads.CHANGE: "The chart says so"
        }
        uploads.explain(upload=fresh, reasons=names | reasons, by=little.people[by], at=NOW)
        return uploads.commit(upload=fresh, by=little.people[by], at=NOW)


def send(little, data: bytes, **options) -> tuple[Upload, dict]:
    """Send, check and commit a file."""
    upload = receive(little, data, **options)
    check(little, upload)
    return upload, commit(little, upload, by=options.get("by", "nora"))


def stored(little) -> dict[str, dict[str, str]]:
    """Read the answers of the registry by hospital and key."""
    with everywhere(), transaction.atomic():
        rows = Case.objects.filter(registry=little.registry).select_related("version", "hospital").order_by("id")
        return {f"{row.hospital.code}/{row.key}": dictionaries.layout(row.version).unpack(row.answers) for row in rows}


def count(model, **where) -> int:
    """Count rows as the owner sees them."""
    with everywhere(), transaction.atomic():
        return model.objects.filter(**where).count()


def found(collected) -> list[tuple]:
    """Give what was found as (row, column, severity, code)."""
    return [(finding.row, finding.column, finding.severity, finding.code) for finding in collected.written]


def test_checking_changes_nothing_and_says_what_committing_would_do(little):
    upload = receive(little, three())
    collected = check(little, upload)
    assert found(collected) == []
    assert {name: upload.counts[name] for name in ("rows", "new", "changed", "same")} == {
        "rows": 3,
        "new": 3,
        "changed": 0,
        "same": 0,
    }
    assert stored(little) == {}


def test_a_row_before_day_30_is_found_by_row_and_the_day_itself_is_not(little):
    data = file_of({"case_id": "A-1", "operated_on": "2026-05-17"}, {"case_id": "A-2", "operated_on": "2026-05-16"})
    upload = receive(little, data)
    (finding,) = check(little, upload).written
    assert (finding.row, finding.column, finding.severity, finding.code) == (2, "operated_on", "hard", "follow_up_runs")
    assert "runs to 16 Jun 2026" in finding.message
    assert "keeps it as a draft" in finding.remedy
    with pytest.raises(Refusal, match="1 values cannot be accepted"):
        commit(little, upload)
    assert stored(little) == {}


def test_a_row_before_day_30_is_taken_once_the_day_of_death_is_past(little_place):
    died = "died_on,follow_up,,text,Day of death,,,date_ymd,,,,,,,,,,"
    made = little_place.little(
        code="mortal",
        dictionary=(HEADER + "\n".join([*ROWS, died]) + "\n").encode(),
        companion=COMPANION.replace('follow_up_on = "fu_on"', 'follow_up_on = "fu_on"\ndied_on = "died_on"').encode(),
    )
    late = {"operated_on": "2026-06-02", "fu_on": "2026-06-10"}
    rows = [{"case_id": "A-1", "died_on": "2026-06-09"} | late, {"case_id": "A-2", "died_on": "2026-06-16"} | late, {"case_id": "A-3"} | late]
    collected = check(made, receive(made, file_of(*rows, headers=[*HEADERS, "died_on"])))
    assert [finding.row for finding in collected.written if finding.code == "follow_up_runs"] == [3, 4]


def test_a_commit_writes_cases_revisions_and_one_event(little):
    upload, done = send(little, three())
    assert done == {"rows": 3, "new": 3, "changed": 0, "same": 0}
    assert stored(little)["north/A-2"] == WHOLE | {"case_id": "A-2"}
    with everywhere(), transaction.atomic():
        case = Case.objects.get(registry=little.registry, key="A-2")
        revision = CaseRevision.objects.get(case=case)
        events = list(AuditEvent.objects.filter(object_id=upload.code).order_by("id").values_list("action", flat=True))
    assert (case.status, case.period_id, case.surgeon_id) == (
        "SUBMITTED",
        little.periods["Q2 2026"].pk,
        little.people["suri"].pk,
    )
    assert case.follow_up_due_on.isoformat() == "2026-05-20"
    assert (revision.number, revision.door, revision.upload_id, revision.changes) == (1, "UPLOAD", upload.pk, {})
    assert events.count("commit upload") == 1


def test_the_counts_of_a_case_agree_with_the_form(little):
    send(little, file_of({"case_id": "A-1"}))
    by_form = little.open("A-2", WHOLE)
    with everywhere(), transaction.atomic():
        by_file = Case.objects.get(registry=little.registry, key="A-1")
    assert (by_file.n_answered, by_file.follow_up_due_on, by_file.period_id) == (
        by_form.n_answered,
        by_form.follow_up_due_on,
        by_form.period_id,
    )


def test_the_same_file_twice_changes_nothing(little):
    send(little, three())
    before = stored(little), count(CaseRevision, case__registry=little.registry)
    _, done = send(little, three())
    assert done == {"rows": 3, "new": 0, "changed": 0, "same": 3}
    assert (stored(little), count(CaseRevision, case__registry=little.registry)) == before


def test_a_changed_case_gets_one_revision_with_old_new_and_reason(little):
    send(little, three())
    _, done = send(little, three(asa="4", albumin=""))
    assert done == {"rows": 3, "new": 0, "changed": 1, "same": 2}
    with everywhere(), transaction.atomic():
        revision = CaseRevision.objects.get(case__registry=little.registry, number=2)
    assert revision.changes == {"asa": ["3", "4"], "albumin": ["3.9", None]}
    assert revision.reason == "The chart says so"
    assert stored(little)["north/A-2"]["asa"] == "4"


def test_a_column_that_the_file_lacks_stays_as_it_is(little):
    send(little, three())
    _, done = send(little, file_of({"case_id": "A-2", "asa": "4"}, headers=["case_id", "asa"]))
    assert done["changed"] == 1
    assert stored(little)["north/A-2"] == WHOLE | {"case_id": "A-2", "asa": "4"}


def test_a_draft_that_the_file_completes_is_submitted(little):
    little.open("A-2", {"asa": "3"})
    _, done = send(little, three())
    assert done == {"rows": 3, "new": 2, "changed": 1, "same": 0}
    assert count(Case, registry=little.registry, status="SUBMITTED") == 3


def test_calculated_elements_are_computed_not_taken(little):
    send(
        little,
        file_of(
            {"case_id": "A-1", "height_cm": "170", "weight_kg": "70", "bmi": "99"},
            headers=[*HEADERS, "height_cm", "weight_kg", "bmi"],
        ),
    )
    assert stored(little)["north/A-1"]["bmi"] == "24.2"


def test_faults_no_dictionary_speaks_of_come_back_by_row(little):
    little_withdrawn = little.submitted("W-1")
    with little.acting("nora") as person:
        cases.withdraw(case_id=little_withdrawn.pk, by=person, at=NOW, reason="Not eligible")
    data = file_of(
        {"case_id": "A-1"}, {"case_id": ""}, {"case_id": "A-1"}, {"case_id": "A-4", "operated_on": "2019-03-01"}, {"case_id": "A-5", "surgeon": "S9"},
        {"case_id": "W-1", "asa": "4"},
    )  # fmt: skip
    collected = check(little, receive(little, data + b"short,row\n"))
    assert found(collected) == [
        (3, "case_id", "hard", "required"), (4, "case_id", "hard", "key_twice"), (5, "operated_on", "hard", "period_none"),
        (5, "fu_on", "soft", "LATE_CONTACT"),
        (6, "surgeon", "soft", "surgeon"), (7, "case_id", "hard", "withdrawn"), (8, "", "hard", "uneven_row"),
    ]  # fmt: skip


def test_hard_findings_block_the_whole_file(little):
    upload = receive(little, three(asa="9"))
    assert found(check(little, upload)) == [(3, "asa", "hard", "choice")]
    with pytest.raises(Refusal, match="cannot be accepted"):
        commit(little, upload)
    assert stored(little) == {}


def test_soft_findings_need_a_reason_each_kind_and_keep_it(little):
    upload = receive(little, three(surgeon="S9"))
    check(little, upload)
    with pytest.raises(Refusal, match="Surgeon"), as_role("cairn_worker"), everywhere(), transaction.atomic():
        uploads.commit(
            upload=Upload.objects.select_related("registry", "hospital", "version").get(pk=upload.pk),
            by=little.people["nora"],
            at=NOW,
        )
    assert stored(little) == {}
    commit(little, upload)
    with everywhere(), transaction.atomic():
        rows = FindingReason.objects.filter(case__registry=little.registry).values_list(
            "case__key", "code", "column", "value", "reason"
        )
        assert list(rows) == [("A-2", "surgeon", "surgeon", "S9", "As in the chart")]


def test_a_value_explained_once_is_not_asked_again(little):
    send(little, three(surgeon="S9"))
    assert found(check(little, receive(little, three(surgeon="S9", asa="4")))) == []


def test_a_submitted_case_changes_only_with_a_reason(little):
    send(little, three())
    upload = receive(little, three(asa="4"))
    check(little, upload)
    with (
        pytest.raises(Refusal, match="why submitted cases change"),
        as_role("cairn_worker"),
        everywhere(),
        transaction.atomic(),
    ):
        uploads.commit(
            upload=Upload.objects.select_related("registry", "hospital", "version").get(pk=upload.pk),
            by=little.people["nora"],
            at=NOW,
        )


def test_a_file_whose_promise_no_longer_holds_is_refused(little):
    upload = receive(little, three())
    check(little, upload)
    little.submitted("A-2")
    with pytest.raises(Refusal, match="Check it again"):
        commit(little, upload)


def test_a_committed_file_is_not_committed_again(little):
    upload, _ = send(little, three())
    with pytest.raises(Refusal, match="committed"):
        commit(little, upload)


@pytest.mark.parametrize("step", ["INSERT_CASES", "INSERT_REVISIONS", "INSERT_REASONS"])
def test_dying_halfway_leaves_nothing(little, monkeypatch, step):
    upload = receive(little, three(surgeon="S9"))
    check(little, upload)
    monkeypatch.setattr(batch_writing, step, "SELECT 1/0")
    with pytest.raises(Exception, match="division by zero"):
        commit(little, upload)
    monkeypatch.undo()
    assert stored(little) == {}
    assert count(FindingReason, case__registry=little.registry) == 0
    assert commit(little, upload)["new"] == 3


def test_rows_of_a_closed_period_are_refused_unless_they_stay(little, settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path
    period = little.periods["Q1 2026"]
    old = {"operated_on": "2026-02-03", "fu_on": "2026-03-10"}
    send(little, file_of({"case_id": "A-1"} | old))
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        periods.close(period=period, by=little.people["cleo"], at=NOW)
    again = file_of({"case_id": "A-1"} | old, {"case_id": "A-2"})
    assert found(check(little, receive(little, again))) == []
    changed = file_of({"case_id": "A-1"} | old | {"asa": "4"}, {"case_id": "A-9"} | old, {"case_id": "A-2"})
    assert found(check(little, receive(little, changed))) == [
        (2, "operated_on", "hard", "period_closed"),
        (3, "operated_on", "hard", "period_closed"),
    ]


def test_another_hospitals_rows_are_refused_and_a_spanning_file_is_for_staff(little):
    headers = ["site", *HEADERS]
    data = file_of(
        {"site": "NORTH", "case_id": "A-1"},
        {"site": "SOUTH", "case_id": "B-1"},
        {"site": "", "case_id": "C-1"},
        headers=headers,
    )
    own = receive(little, data, hospital_header="site")
    assert found(check(little, own)) == [(3, "", "hard", "hospital"), (4, "", "hard", "hospital")]
    two = file_of(
        {"site": "NORTH", "case_id": "A-1"}, {"site": "SOUTH", "case_id": "A-1", "surgeon": "M9"}, headers=headers
    )
    _, done = send(little, two, by="cleo", hospital_header="site")
    assert done["new"] == 2
    assert list(stored(little)) == ["north/A-1", "south/A-1"]


def test_columns_chosen_by_hand_are_remembered_for_the_hospital(little):
    data = three().replace(b"asa,", b"class,")
    upload = receive(little, data, chosen={"class": "asa"})
    assert found(check(little, upload)) == []
    with little.acting("nick") as person:
        again = uploads.receive(
            registry=little.registry, hospital=little.north, file_name="x.csv", content=data, by=person, at=NOW
        )
    assert (again.mapping["columns"]["class"], again.mapping["how"]["class"]) == ("asa", "remembered")
    assert count(ColumnMapping, registry=little.registry, hospital=little.south) == 0


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"case_id": ""}, "case number"),
        ({"asa": "smoker"}, "both fill"),
        ({"asa": "bmi"}, "no element"),
        ({"asa": "nothing"}, "no element"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_every_reason(little, chosen, words):
    with pytest.raises(Refusal, match=words):
        receive(little, three(), chosen=chosen)


def test_another_hospitals_people_do_not_see_the_upload(little):
    upload = receive(little, three())
    with little.acting("sam"):
        assert not Upload.objects.filter(pk=upload.pk).exists()
    with little.acting("cleo"):
        assert not Upload.objects.filter(pk=upload.pk).exists()
    assert count(Upload, pk=upload.pk) == 1


def test_the_file_comes_back_with_its_bad_cells_marked(little):
    upload = receive(little, three(asa="9", remark="=1+1", fu_on="2026-04-01").replace(b"fu_on", b"fu_on"))
    check(little, upload)
    marked = marking.marked(upload)
    page = load_workbook(io.BytesIO(export.xlsx_bytes(marked.header, marked.rows, marks=marked.marks))).active
    where = {cell.coordinate: cell.comment.text for row in page.iter_rows() for cell in row if cell.comment}
    place = HEADERS.index("asa") + 1
    assert set(where) == {page.cell(3, place).coordinate, page.cell(3, HEADERS.index("fu_on") + 1).coordinate}
    header, rows = marked.with_words()
    assert header[-1] == "findings"
    assert rows[0][-1] == ""
    assert "asa" in rows[1][-1]


def test_twenty_planted_faults_come_back_exactly(little_place):
    folder = Path(generate.__file__).parent / "colorectal"
    made = generate.small(hospitals=1, cases=300)
    little = little_place.little(
        code="planted",
        dictionary=(folder / "dictionary.csv").read_bytes(),
        companion=(folder / "checks.toml").read_bytes(),
    )
    first = made.truths.first_day
    with everywhere(), transaction.atomic():
        registries.add_period(
            registry=little.registry,
            label="before",
            starts_on=first,
            ends_before=little.periods["Q1 2026"].starts_on,
            by="test",
            at=NOW,
        )
    planted = planted_faults.plant(made.files["H01"])
    collected = check(little, receive(little, planted.data), at=datetime(2026, 11, 23, tzinfo=UTC))
    written = [finding for finding in collected.written if finding.code != "surgeon"]
    assert {(f.row, f.column, f.severity, f.code, f.value) for f in written} == {
        (f.row, f.column, f.severity, f.code, f.value) for f in planted.faults
    }
    assert len(written) == len(planted.faults) == planted_faults.N_FAULTS


def test_row_security_stands_under_the_job_too(little):
    """Narrowed to another hospital, the job does not even find the file."""
    upload = receive(little, three())
    check(little, upload)
    with as_role("cairn_worker"):
        with transaction.atomic():
            scope = policy.system(name="test", hospitals=(little.south.pk,)).scope()
        with (
            bound(scope),
            pytest.raises(Upload.DoesNotExist),
            transaction.atomic(),
        ):
            uploads.commit(upload=upload, by=little.people["nora"], at=NOW)
    assert stored(little) == {}

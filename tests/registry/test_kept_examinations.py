"""The examination of a check serves its commit only while everything it rests on is as it was; a sealed copy, one's own."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from registry.actions import kept_examinations, rules, uploads
from registry.models import (
    Case,
    CaseRevision,
    DictionaryVersion,
    EditRule,
    FindingReason,
    KeptExamination,
    Participation,
    Registry,
    ReportingPeriod,
    Upload,
)
from sites.access.roles import Role
from sites.actions import memberships
from sites.models import AuditEvent, Membership
from sites.refusals import Refusal
from tests.databases import as_role
from tests.registry.little import NOW, everywhere
from tests.registry.test_uploads import HEADERS, check, commit, count, file_of, found, receive, send, three

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """Note each time that a file is read and examined from the beginning."""
    times: list[int] = []
    plain = uploads.batch_of

    def noted(upload: Upload, *, at):
        times.append(upload.pk)
        return plain(upload, at=at)

    monkeypatch.setattr(uploads, "batch_of", noted)
    return times


def kept(upload_id: int) -> int:
    """Count what is kept of a file, as its jobs see it."""
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        return KeptExamination.objects.filter(upload_id=upload_id).count()


def checked(little, read: list[int], data: bytes | None = None, **options) -> Upload:
    """Send and check a file whose examination is kept."""
    upload = receive(little, data or three(), **options)
    check(little, upload)
    assert kept(upload.pk) == 1
    read.clear()
    return upload


def bare_commit(little, upload: Upload, *, at) -> None:
    """Commit at a moment without explaining anything."""
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        fresh = Upload.objects.select_related("registry", "hospital", "version", "period").get(pk=upload.pk)
        uploads.commit(upload=fresh, by=little.people["nora"], at=at)


def owner(work: Callable[[], object]) -> None:
    """Do something as the owner of every row."""
    with as_role("cairn_migrator"), transaction.atomic():
        work()


def written(little) -> dict[str, list]:
    """Read everything that a commit writes but for what is drawn or counted."""
    with everywhere(), transaction.atomic():
        cases = Case.objects.filter(registry=little.registry).order_by("hospital_id", "key")
        return {
            "cases": list(
                cases.values_list(
                    "key", "hospital_id", "status", "period__label", "surgeon_id", "occurred_on", "follow_up_due_on",
                    "answers", "revision", "n_answered", "n_hard", "n_soft", "opened_at", "submitted_at",
                )
            ),
            "revisions": list(
                CaseRevision.objects.filter(case__in=cases)
                .order_by("case__hospital_id", "case__key")
                .values_list("case__key", "hospital_id", "surgeon_id", "number", "at", "by_id", "door", "changes", "status", "reason")
            ),
            "reasons": list(
                FindingReason.objects.filter(case__in=cases)
                .order_by("case__key", "code", "column")
                .values_list("case__key", "hospital_id", "surgeon_id", "code", "column", "value", "reason", "by_id")
            ),
        }  # fmt: skip


SOFT = {
    "surgeon": "S9",
    "fu_on": "2026-06-14",
    "operated_on": "2026-02-01",
    "albumin": "2",
    "height_cm": "170",
    "weight_kg": "70",
}


@pytest.mark.parametrize("spans", [False, True])
def test_the_same_is_written_with_and_without_what_was_kept(little_place, read, spans):
    results, events = [], []
    for name in ("kept", "afresh"):
        little = little_place.little(code=f"same-{name}-{len(results)}-{int(spans)}")
        rows = [{"site": "NORTH", "case_id": "A-1"}, {"site": "NORTH", "case_id": "A-2"} | SOFT]
        rows += (
            [{"site": "SOUTH", "case_id": "A-1", "surgeon": "M9", "conditions___1": "1", "remark": "é, “quoted”"}]
            if spans
            else []
        )
        headers = ["site", *HEADERS, "height_cm", "weight_kg", "conditions___1", "remark"]
        upload = receive(
            little,
            file_of(*rows, headers=headers),
            by="cleo" if spans else "nora",
            hospital_header="site" if spans else "",
        )
        collected = check(little, upload)
        assert {finding.code for finding in collected.written} >= {"surgeon", "LATE_CONTACT"}
        read.clear()
        if name == "afresh":
            owner(lambda pk=upload.pk: KeptExamination.objects.filter(upload_id=pk).delete())
        done = commit(little, upload, by="cleo" if spans else "nora")
        assert read == ([] if name == "kept" else [upload.pk])
        assert done == {"rows": len(rows), "new": len(rows), "changed": 0, "same": 0}
        results.append(written(little))
        with everywhere(), transaction.atomic():
            trail = (
                AuditEvent.objects.filter(object_id=upload.code)
                .order_by("id")
                .values_list("action", "detail", "reason")
            )
            events.append([(action, {**detail, "registry": ""}, reason) for action, detail, reason in trail])
        assert kept(upload.pk) == 0
    assert results[0] == results[1]
    assert events[0] == events[1]
    assert len(results[0]["cases"]) == len(results[0]["revisions"]) == (3 if spans else 2)
    assert {reason[3] for reason in results[0]["reasons"]} >= {"surgeon", "LATE_CONTACT"}


def _rule(little) -> None:
    with everywhere(), transaction.atomic():
        EditRule.objects.create(
            registry=little.registry, code="NOT_THREE", version=1, status="PUBLISHED", expression="[asa] = '3'", severity="hard",
            message="No class III.", remedy="Look again.", elements=["asa"], author=little.people["cleo"], written_at=NOW,
            published_at=NOW, published_by=little.people["suri"], tried_at=NOW,
        )  # fmt: skip
        rules._renumber(Registry.objects.get(pk=little.registry.pk))


def _period(little) -> None:
    little.close("Q2 2026")


def _period_moved(little) -> None:
    owner(lambda: ReportingPeriod.objects.filter(pk=little.periods["Q2 2026"].pk).update(starts_on="2026-04-25"))


def _mapping(little) -> None:
    with everywhere(), transaction.atomic():
        upload = Upload.objects.filter(registry=little.registry).get()
        columns = upload.mapping["columns"] | {"asa": ""}
        Upload.objects.filter(pk=upload.pk).update(mapping=upload.mapping | {"columns": columns})


def _file(little) -> None:
    with everywhere(), transaction.atomic():
        Upload.objects.filter(registry=little.registry).update(content=three(asa="9"))


def _case(little) -> None:
    little.submitted("A-2")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (_rule, "3 values cannot be accepted"),
        (_period, "3 values cannot be accepted"),
        (_period_moved, "3 values cannot be accepted"),
        (_mapping, "3 values cannot be accepted"),
        (_file, "1 values cannot be accepted"),
        (_case, "Cases changed since the file was checked"),
    ],
)
def test_whatever_changes_is_found_by_examining_again(little, read, change, refused):
    upload = checked(little, read)
    change(little)
    with pytest.raises(Refusal, match=refused):
        commit(little, upload)
    assert read == [upload.pk]


def test_a_rule_that_came_while_the_file_waited_for_its_check_is_found(little, read):
    """The row at hand still names the rules of before, and so do the findings of its check."""
    upload = receive(little, three())
    _rule(little)
    assert found(check(little, upload)) == []
    read.clear()
    with pytest.raises(Refusal, match="3 values cannot be accepted"):
        commit(little, upload)
    assert read == [upload.pk]


def test_a_surgeon_who_came_or_left_is_found(little_place, read):
    little = little_place.little(code="surgeons")
    data = three(surgeon="S77")
    upload = checked(little, read, data)
    owner(
        lambda: memberships.grant(
            person=little.people["suri"], role=Role.SURGEON, hospital=little.north, starts_on=NOW.date(), surgeon_code="S77",
            by="test", at=NOW,
        )
    )  # fmt: skip
    commit(little, upload)
    assert read == [upload.pk]
    with everywhere(), transaction.atomic():
        case = Case.objects.get(registry=little.registry, key="A-2")
    assert case.surgeon_id == little.people["suri"].pk
    assert count(FindingReason, case_id=case.pk) == 0
    other = little_place.little(code="surgeons-gone")
    upload = checked(other, read, data)
    owner(lambda: Membership.objects.filter(surgeon_code="S77").update(surgeon_code="S78"))
    with pytest.raises(Refusal, match="Say why this is right: Surgeon"):
        bare_commit(other, upload, at=NOW)
    assert read == [upload.pk]


def test_a_hospitals_code_that_changed_is_found(little, read):
    data = file_of({"site": "NORTH", "case_id": "A-1"}, {"site": "SOUTH", "case_id": "B-1"}, headers=["site", *HEADERS])
    upload = checked(little, read, data, by="cleo", hospital_header="site")
    owner(lambda: Participation.objects.filter(registry=little.registry, hospital=little.south).update(code="SUD"))
    with pytest.raises(Refusal, match="1 values cannot be accepted"):
        commit(little, upload, by="cleo")
    assert read == [upload.pk]


def test_another_day_is_examined_again(little, read):
    upload = checked(little, read)
    with pytest.raises(Refusal, match=r"Date of contact, 3 times|3 values cannot be accepted"):
        bare_commit(little, upload, at=NOW - timedelta(days=40))
    assert read == [upload.pk]


def test_other_code_examines_again(little, read, monkeypatch):
    upload = checked(little, read)
    monkeypatch.setattr(kept_examinations, "code_digest", lambda: "another")
    assert commit(little, upload)["new"] == 3
    assert read == [upload.pk]


def test_the_code_is_named_by_its_content(tmp_path, monkeypatch):
    before = kept_examinations.code_digest()
    (tmp_path / "actions").mkdir()
    (tmp_path / "calendar.py").write_text("x = 1")
    (tmp_path / "actions" / "kept_examinations.py").write_text("y = 1")
    monkeypatch.setattr(kept_examinations, "__file__", str(tmp_path / "actions" / "kept_examinations.py"))
    first = kept_examinations.code_digest.__wrapped__()
    (tmp_path / "calendar.py").write_text("x = 2")
    second = kept_examinations.code_digest.__wrapped__()
    (tmp_path / "actions" / "kept_examinations.py").write_text("y = 2")
    assert len({before, first, second, kept_examinations.code_digest.__wrapped__()}) == 4


def test_another_version_or_period_is_another_fingerprint(little):
    upload = receive(little, three())

    def named() -> str:
        with as_role("cairn_worker"), everywhere(), transaction.atomic():
            return kept_examinations.fingerprint(upload=upload, today=NOW.date())

    before = named()
    assert named() == before
    with everywhere(), transaction.atomic():
        second = DictionaryVersion.objects.get(pk=little.version.pk)
        second.pk, second.number, second.digest = None, 2, "d" * 64
        second.save(force_insert=True)
    upload.version = second
    other = named()
    upload.version, upload.period = little.version, little.periods["Q3 2026"]
    placed = named()
    upload.period, upload.mapping = None, upload.mapping | {"hospital": "asa"}
    assert len({before, other, placed, named()}) == 4


@pytest.mark.parametrize("field", ["has_dates", "has_surgeons", "follow_up_days"])
def test_the_ways_of_the_registry_are_part_of_the_fingerprint(little, read, field):
    upload = checked(little, read)
    with everywhere(), transaction.atomic():
        value = Registry.objects.values_list(field, flat=True).get(pk=little.registry.pk)
        Registry.objects.filter(pk=little.registry.pk).update(**{field: 99 if field == "follow_up_days" else not value})
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        fresh = Upload.objects.select_related("registry", "hospital", "version", "period").get(pk=upload.pk)
        assert uploads._kept(fresh, at=NOW) is None


def test_another_case_of_the_hospital_is_enough(little, read):
    """The file does not hold it, so the promise stands; yet the cases are not the ones that were there."""
    upload = checked(little, read)
    little.submitted("Z-1")
    assert commit(little, upload)["new"] == 3
    assert read == [upload.pk]


def test_a_revision_of_another_case_is_enough(little, read):
    case = little.open("Z-1")
    upload = checked(little, read)
    little.save(case, {"asa": ("", "3")}, seq="one")
    assert commit(little, upload)["new"] == 3
    assert read == [upload.pk]


def _bytes(row: KeptExamination) -> None:
    content = bytearray(row.content)
    content[len(content) // 2] ^= 1
    row.content = bytes(content)


def _fingerprint(row: KeptExamination) -> None:
    row.fingerprint = "0" * 64


def _seal(row: KeptExamination) -> None:
    row.seal = "0" * 64


@pytest.mark.parametrize("tamper", [_bytes, _fingerprint, _seal])
def test_what_was_tampered_with_is_not_used(little, read, tamper):
    upload = checked(little, read)

    def change() -> None:
        row = KeptExamination.objects.get(upload_id=upload.pk)
        tamper(row)
        row.save()

    owner(change)
    assert commit(little, upload)["new"] == 3
    assert read == [upload.pk]
    assert written(little)["cases"][1][0] == "A-2"


def test_what_was_kept_of_one_file_does_not_serve_another(little, read):
    first = checked(little, read)
    second = checked(little, read, name="again.csv")

    def swap() -> None:
        mine = KeptExamination.objects.get(upload_id=first.pk)
        KeptExamination.objects.filter(upload_id=second.pk).update(
            content=mine.content, fingerprint=mine.fingerprint, seal=mine.seal
        )

    owner(swap)
    commit(little, second)
    assert read == [second.pk]


def test_another_secret_does_not_know_the_seal(little, read, settings):
    upload = checked(little, read)
    settings.SECRET_KEY = "another secret of the installation"
    assert commit(little, upload)["new"] == 3
    assert read == [upload.pk]


def test_only_new_cases_without_hard_findings_are_kept(little):
    upload = receive(little, three(asa="9"))
    assert found(check(little, upload)) == [(3, "asa", "hard", "choice")]
    assert kept(upload.pk) == 0
    send(little, three())
    again = receive(little, three(asa="4"))
    check(little, again)
    assert kept(again.pk) == 0
    assert commit(little, again)["changed"] == 1


def test_a_second_check_takes_the_place_of_the_first_and_abandoning_deletes(little, read):
    upload = checked(little, read)
    check(little, upload)
    assert kept(upload.pk) == 1
    with little.acting("nora") as nora:
        uploads.abandon(upload=Upload.objects.get(pk=upload.pk), by=nora, at=NOW)
    assert kept(upload.pk) == 0


def test_other_columns_delete_what_was_kept(little, read):
    upload = checked(little, read)
    with little.acting("nora") as nora:
        fresh = Upload.objects.select_related("registry", "hospital", "version").get(pk=upload.pk)
        uploads.choose_columns(upload=fresh, chosen=fresh.mapping["columns"], hospital_header="", by=nora, at=LATER)
    assert kept(upload.pk) == 0


def test_the_web_cannot_read_it_and_others_do_not_reach_it(little, read):
    upload = checked(little, read)
    with little.acting("nora"), pytest.raises(DatabaseError, match="permission denied"):
        KeptExamination.objects.values_list("content").get(upload_id=upload.pk)
    with little.acting("sam"):
        assert KeptExamination.objects.filter(upload_id=upload.pk).delete()[0] == 0
    with little.acting("nora"):
        assert (
            KeptExamination.objects.filter(upload_id=upload.pk).values_list("hospital_id", flat=True).get()
            == little.north.pk
        )
    with (
        little.acting("nora"),
        pytest.raises(DatabaseError, match="permission denied"),
        connection.cursor() as cursor,
    ):
        cursor.execute("INSERT INTO registry_keptexamination (upload_id) VALUES (1)")


def test_the_words_of_a_kept_finding_are_those_of_the_check(little, read):
    upload = receive(little, three(**SOFT))
    first = check(little, upload)
    with as_role("cairn_worker"), everywhere(), transaction.atomic():
        fresh = Upload.objects.select_related("registry", "hospital", "version", "period").get(pk=upload.pk)
        again = uploads.collect(uploads._kept(fresh, at=NOW))
        bare = uploads.collect(uploads._kept(fresh, at=NOW), words=False)
    assert again == first
    assert [(sort.name, sort.n) for sort in bare.sorts] == [(sort.name, sort.n) for sort in first.sorts]
    assert (bare.n_hard, bare.n_soft, bare.n_rows) == (first.n_hard, first.n_soft, first.n_rows)

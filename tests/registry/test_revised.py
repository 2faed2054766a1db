"""Revised cases: what changed after the lock stands in the next snapshot, with the reason and both people."""

from datetime import timedelta

from django.db import transaction

from registry.actions import amendments, snapshots
from registry.actions.cases import Change
from registry.models import ReportingPeriod, SnapshotRevision
from registry.selectors import snapshots as selectors
from tests.registry.little import NOW, everywhere


def freeze(little, at):
    with everywhere(), transaction.atomic():
        period = ReportingPeriod.objects.select_related("registry").get(pk=little.periods["Q2 2026"].pk)
        return snapshots.freeze(period=period, by=little.people["cleo"], at=at)


def test_the_next_snapshot_lists_what_changed_and_who_agreed(little, settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path
    case = little.submitted("A-1")
    little.close("Q2 2026")
    first = freeze(little, NOW)
    with little.acting("nora") as nora:
        made = amendments.propose(case_id=case.pk, changes={"asa": Change(known="3", new="2")}, reason="The form says II.", by=nora, at=NOW)
    with little.acting("lena") as lena:
        amendments.approve(amendment_id=made.pk, by=lena, at=NOW + timedelta(hours=1))
    second = freeze(little, NOW + timedelta(hours=2))
    assert (first.number, second.number) == (1, 2)
    with little.acting("cleo"):
        (row,) = selectors.revisions(snapshot_ids=[first.pk, second.pk])
        assert (row.snapshot_id, row.case_code, row.columns, row.labels) == (second.pk, case.code, ["asa"], ["ASA class"])
        assert (row.reason, row.by.name, row.second.name) == ("The form says II.", "Nora Lindqvist", "Lena Brandt")
    for name in ("sam", "suri"):
        with little.acting(name):
            assert not SnapshotRevision.objects.exists()


def test_an_equal_snapshot_is_not_made_twice(little, settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path
    little.submitted("A-1")
    little.close("Q2 2026")
    assert freeze(little, NOW).pk == freeze(little, NOW + timedelta(hours=2)).pk

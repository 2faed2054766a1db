"""The chain over the trail: whatever is changed, removed, moved or written anew shows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from sites import audit, chain
from sites.actions import sealing
from sites.models import AuditEvent, AuditHead, AuditLink
from sites.selectors import trail_chain
from tests.databases import as_role
from tests.sites.acting import machine

EVENT = {
    "id": 7,
    "at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    "person_id": None,
    "actor": "Zoë",
    "action": "read case",
    "hospital_id": 3,
    "object_kind": "case",
    "object_id": "X",
    "detail": {"b": 1, "a": [None, "é"]},
    "reason": "",
    "request_id": "",
}


def later() -> datetime:
    return timezone.now() + timedelta(hours=1)


def seal_all() -> int:
    """Seal until nothing is left, as the scheduler does run by run."""
    with as_role("cairn_worker"), machine():
        total = sealing.run(on=timezone.now().date(), at=timezone.now())
        while more := sealing.run(on=timezone.now().date(), at=timezone.now()):
            total += more
        return total


def verdict(**noted) -> trail_chain.Verdict:
    with as_role("cairn_worker"), machine():
        return trail_chain.verify(at=later(), **noted)


def tamper(*statements: str) -> None:
    """Change history with full power: as superuser, the triggers switched off."""
    with as_role("superuser"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


def test_an_event_is_written_in_one_way():
    shuffled = dict(reversed(EVENT.items()))
    assert chain.canonical(EVENT) == chain.canonical(shuffled)
    east = EVENT | {"at": EVENT["at"].astimezone(tz=None)}
    assert chain.canonical(EVENT) == chain.canonical(east)


@pytest.mark.parametrize("name", chain.FIELDS)
def test_every_field_of_an_event_is_bound(name):
    changed = EVENT | {name: EVENT["at"] + timedelta(microseconds=1) if name == "at" else "other"}
    assert chain.link(previous=chain.FIRST, event=EVENT) != chain.link(previous=chain.FIRST, event=changed)


def test_the_chain_binds_every_column_of_the_trail():
    columns = {field.attname for field in AuditEvent._meta.concrete_fields}
    assert columns == set(chain.FIELDS)


def test_everything_committed_is_sealed_once_and_holds(world):
    sealed = seal_all()
    with machine():
        assert sealed == AuditEvent.objects.count() > 10
    assert seal_all() == 0
    found = verdict()
    assert found.faults == ()
    assert found.links == sealed


def test_an_event_that_commits_late_is_sealed_behind_newer_ones(world):
    seal_all()
    tamper(
        "SELECT setval(pg_get_serial_sequence('sites_auditevent', 'id'), (SELECT max(id) + 10 FROM sites_auditevent))"
    )
    with machine():
        audit.record(action="newer", at=timezone.now(), by="test")
    assert seal_all() == 1
    tamper(
        "INSERT INTO sites_auditevent (id, at, actor, action, object_kind, object_id, detail, reason, request_id)"
        " SELECT max(id) - 5, now(), 'late', 'late', '', '', '{}', '', '' FROM sites_auditevent"
    )
    assert seal_all() == 1
    assert verdict().faults == ()


OTHER = "is not what was sealed"
TAMPERINGS = {
    "edited": (
        "UPDATE sites_auditevent SET actor = 'Nobody' WHERE id = (SELECT min(id) + 3 FROM sites_auditevent)",
        OTHER,
    ),
    "moved in time": (
        "UPDATE sites_auditevent SET at = at - interval '1 microsecond' WHERE id = (SELECT max(id) FROM sites_auditevent)",
        OTHER,
    ),
    "reason taken away": (
        "UPDATE sites_auditevent SET reason = reason || ' ' WHERE id = (SELECT min(id) FROM sites_auditevent)",
        OTHER,
    ),
    "removed": ("DELETE FROM sites_auditevent WHERE id = (SELECT min(id) + 5 FROM sites_auditevent)", "is gone"),
    "removed with its link": (
        "DELETE FROM sites_auditevent WHERE id = (SELECT event_id FROM sites_auditlink WHERE position = 4);"
        "DELETE FROM sites_auditlink WHERE position = 4",
        "is missing",
    ),
    "tail cut off": (
        "DELETE FROM sites_auditlink WHERE position > (SELECT max(position) - 3 FROM sites_auditlink);"
        "DELETE FROM sites_auditevent WHERE id > (SELECT max(event_id) FROM sites_auditlink)",
        "published head",
    ),
    "link forged": ("UPDATE sites_auditlink SET digest = sha256('x') WHERE position = 2", OTHER),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_with_full_power_shows(world, kind):
    statement, words = TAMPERINGS[kind]
    seal_all()
    assert verdict().faults == ()
    tamper(*statement.split(";"))
    assert any(words in fault for fault in verdict().faults), verdict().faults


def test_a_chain_written_anew_shows_only_by_a_head_that_was_noted(world):
    seal_all()
    with as_role("cairn_worker"), machine():
        head = AuditHead.objects.get()
        noted = {head.position: head.digest}
    tamper(
        "UPDATE sites_auditevent SET actor = 'Nobody' WHERE id = (SELECT min(id) FROM sites_auditevent)",
        "DELETE FROM sites_auditlink",
        "DELETE FROM sites_audithead",
    )
    seal_all()
    assert verdict().faults == ()
    assert any("noted head" in fault for fault in verdict(noted=noted).faults)


def test_events_nobody_seals_are_reported(world):
    with machine():
        audit.record(action="waits", at=timezone.now(), by="test")
    assert any("not sealed" in fault for fault in verdict().faults)


def test_two_sealers_never_make_two_chains(world):
    other = connection.copy(alias="default")
    with as_role("cairn_worker"), machine():
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [sealing.LOCK])
        try:
            assert sealing.seal(at=timezone.now()) == 0
        finally:
            other.close()
    assert seal_all() > 0


def test_the_web_can_neither_write_nor_read_links(shared_world):
    with machine(), pytest.raises(Exception, match="permission denied"):
        AuditLink.objects.exists()


def test_the_head_of_a_day_is_published_once_and_everybody_can_read_it(world):
    seal_all()
    with machine():
        audit.record(action="more", at=timezone.now(), by="test")
    seal_all()
    head = AuditHead.objects.get()
    page = Client().get("/trail/heads/")
    assert page.status_code == 200
    assert head.digest in page.content.decode()


def test_the_page_says_when_there_is_no_head_yet(shared_world):
    assert b"No head has been published yet" in Client().get("/trail/heads/").content


def test_the_command_verifies_and_fails_loudly(world, capsys):
    seal_all()
    with as_role("cairn_worker"):
        call_command("verify_audit")
        said = capsys.readouterr().out
        assert "all as sealed" in said
        position, _, digest = said.split()[-1].partition(":")
        call_command("verify_audit", head=[f"{position}:{digest}"])
        with pytest.raises(CommandError, match="noted head"):
            call_command("verify_audit", head=[f"{position}:{'0' * 64}"])
        with pytest.raises(CommandError, match="is no head") as caught:
            call_command("verify_audit", head=["yesterday"])
        assert caught.value.returncode == 2

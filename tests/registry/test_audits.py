"""An audit step by step: notice, draw, blind reading, response, adjudication, report, and what follows."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from config.example import world as example
from config.example.world import acting
from registry.actions import audit_answers, audit_reports, audits, readings
from registry.actions.case_merge import Change
from registry.auditing.sample import Plan
from registry.models import (
    Amendment,
    Audit,
    AuditCase,
    AuditReport,
    Certification,
    ElementDisagreement,
    Registry,
    SecondReading,
    TrainingAssignment,
)
from registry.selectors import audits as audit_selectors
from registry.selectors import dictionaries
from sites.models import AuditEvent, Hospital
from sites.refusals import NotFound, Refusal
from tests.databases import as_role
from tests.sites.acting import machine, person

PLAN = Plan(random=3, high_yield=1, zero=1, event_sections=("complications_to_day_30",))


def run_jobs():
    """Run what waits, as the worker."""
    with as_role("cairn_worker"):
        example.run_jobs()


def given_notice(*, code="H04", plan=PLAN, reviewers=("reviewer",), notice_days=0, seed=5):
    with machine():
        registry, hospital = Registry.objects.get(code="colorectal"), Hospital.objects.get(code=code)
        first = registry.periods.filter(status="CLOSED").order_by("ordinal").first().starts_on
    with acting(person("staff")) as staff:
        return audits.notice(
            registry=registry, hospital=hospital, window=(first, first + timedelta(days=900)), plan=plan, seed=seed,
            reviewers=[person(name) for name in reviewers], notice_days=notice_days, by=staff, at=timezone.now(),
        )  # fmt: skip


def drawn(held):
    with acting(person("staff")) as staff:
        audits.start_draw(audit_id=held.pk, by=staff, at=timezone.now())
    run_jobs()


def read_all(held, *, differ=()):
    """Read every chart again as it was read first, but for some elements of the first chart: (element, value)."""
    with machine():
        items = {item.place: item for item in AuditCase.objects.filter(audit=held).select_related("version")}
        sheets = list(SecondReading.objects.filter(audit=held).select_related("reviewer").order_by("place", "reader"))
    for sheet in sheets:
        item = items[sheet.place]
        calculated = dictionaries.load(item.version).calculation_order
        answers = dictionaries.layout(item.version).unpack(item.answers)
        if sheet.place == 1 and sheet.reader == 1:
            answers |= dict(differ)
        changes = {name: Change(known="", new=text) for name, text in answers.items() if name not in (*calculated, "case_id", "operated_on")}
        with acting(sheet.reviewer) as who:
            readings.save(reading_id=sheet.pk, changes=changes, reasons=(), by=who, at=timezone.now())
            readings.finish(reading_id=sheet.pk, by=who, at=timezone.now())
    run_jobs()
    held.refresh()


@pytest.fixture(autouse=True)
def refreshing(monkeypatch):
    """Let an audit be read again with every hospital in reach."""

    def refresh(self):
        with machine():
            self.refresh_from_db()
        return self

    monkeypatch.setattr(Audit, "refresh", refresh, raising=False)


def flipped(held, name):
    with machine():
        item = AuditCase.objects.select_related("version").get(audit=held, place=1)
        answers = dictionaries.layout(item.version).unpack(item.answers)
    return (name, "1" if answers.get(name) == "0" else "0")


def test_from_notice_to_final_report(world):
    held = given_notice()
    drawn(held)
    assert held.refresh().status == "SAMPLED"
    assert held.n_cases == 5
    with machine():
        first = [(row.place, row.case_id, row.stratum) for row in AuditCase.objects.filter(audit=held).order_by("place")]
    read_all(held, differ=[flipped(held, "uti"), flipped(held, "smoker")])
    assert held.status == "PRELIMINARY"
    with machine():
        rows = list(ElementDisagreement.objects.filter(audit=held).order_by("element"))
        assert [row.element for row in rows] == ["smoker", "uti"]
        before = ElementDisagreement.objects.filter(audit=held, response="").count()
    assert before == 2
    with acting(person("sitelead")) as lead, pytest.raises(Refusal, match="no answer"):
        audit_answers.send_response(audit_id=held.pk, by=lead, at=timezone.now())
    with acting(person("abstractor")) as nurse:
        audit_answers.respond(disagreement_id=rows[0].pk, response="DISPUTE", words="Never smoked.", by=nurse, at=timezone.now())
        assert audit_answers.accept_rest(audit_id=held.pk, by=nurse, at=timezone.now()) == 1
    with acting(person("sitelead")) as lead:
        audit_answers.send_response(audit_id=held.pk, by=lead, at=timezone.now())
    with acting(person("staff")) as staff:
        with pytest.raises(Refusal, match="need a ruling"):
            audit_answers.finish_rulings(audit_id=held.pk, by=staff, at=timezone.now())
        for value in ("", "banana"):
            with pytest.raises(Refusal):
                audit_answers.rule(disagreement_id=rows[0].pk, ruling="OTHER", value=value, words="Read again.", by=staff, at=timezone.now())
        audit_answers.rule(disagreement_id=rows[0].pk, ruling="FIRST", value="", words="Agreed.", by=staff, at=timezone.now())
        audit_answers.finish_rulings(audit_id=held.pk, by=staff, at=timezone.now())
        audits.start_report(audit_id=held.pk, by=staff, at=timezone.now())
    run_jobs()
    assert held.refresh().status == "FINAL"
    assert held.n_differing <= 1
    with machine():
        report = AuditReport.objects.get(audit=held)
        assert report.digest == audit_reports.digest(report.document)
        assert report.document["all"]["n_before"] == 2
        assert report.document["all"]["n_differing"] == 1
        assert sum(report.document["all"]["kinds"].values()) == 1
        figure = audit_selectors.latest_by_hospital(registry_id=held.registry_id, hospital_ids=(held.hospital_id,))[held.hospital_id]
        assert (figure.code, figure.agreement) == (held.code, held.agreement)
        actions = set(AuditEvent.objects.filter(object_kind="audit", object_id=held.code).values_list("action", flat=True))
    assert {"give notice of audit", "draw audit sample", "respond to audit", "settle disagreement", "make audit final"} <= actions
    again = given_notice(seed=5)
    drawn(again)
    with machine():
        assert [(row.place, row.case_id, row.stratum) for row in AuditCase.objects.filter(audit=again).order_by("place")] == first
    _correct(held, rows[1])


def _correct(held, row):
    """The period is closed, so the hospital's correction is an amendment that a second person decides."""
    with acting(person("abstractor")) as nurse:
        audit_answers.correct(disagreement_id=row.pk, by=nurse, at=timezone.now())
        with pytest.raises(Refusal, match="nothing to correct"):
            audit_answers.correct(disagreement_id=row.pk, by=nurse, at=timezone.now())
    with machine():
        row.refresh_from_db()
        made = Amendment.objects.get(pk=int(row.correction.split()[1]))
        assert made.reason.startswith(f"Audit {held.code}")
        assert list(made.changes) == ["uti"]


def test_an_audit_beyond_the_limit_lapses_and_asks_for_training(world):
    held = given_notice(plan=Plan(random=1, high_yield=0, zero=0))
    drawn(held)
    names = ("uti", "pneumonia", "c_difficile", "smoker", "hypertension", "copd")
    read_all(held, differ=[flipped(held, name) for name in names])
    with acting(person("sitelead")) as lead:
        audit_answers.accept_rest(audit_id=held.pk, by=lead, at=timezone.now())
        audit_answers.send_response(audit_id=held.pk, by=lead, at=timezone.now())
    with acting(person("staff")) as staff:
        audit_answers.finish_rulings(audit_id=held.pk, by=staff, at=timezone.now())
        audits.start_report(audit_id=held.pk, by=staff, at=timezone.now())
    run_jobs()
    with machine():
        who = AuditCase.objects.get(audit=held).abstractor
        newest = Certification.objects.filter(person=who, registry=held.registry).order_by("-id").first()
        assert (newest.state, newest.audit_id) == ("LAPSED", held.pk)
        assert TrainingAssignment.objects.filter(person=who, audit=held, done_at__isnull=True).exists()
        assert audit_selectors.latest_by_hospital(registry_id=held.registry_id, hospital_ids=(held.hospital_id,))[held.hospital_id].is_red


def test_what_cannot_be_audited_is_refused_with_every_reason(world):
    with machine():
        hospital = Hospital.objects.get(code="H06")
    with acting(person("staff")) as staff, pytest.raises(Refusal) as refused:
        audits.notice(
            registry=Registry.objects.get(code="colorectal"), hospital=hospital, window=(None, None), seed=1, notice_days=0, by=staff,
            plan=Plan(random=0, high_yield=0, zero=0, twice=2), reviewers=[person("abstractor-h06")], at=timezone.now(),
        )  # fmt: skip
    assert len(refused.value.reasons) >= 4


def test_nobody_who_reads_the_hospitals_cases_reads_blind(world):
    from sites.access.roles import Role
    from sites.actions import memberships

    with machine():
        memberships.grant(
            person=person("abstractor"), role=Role.REABSTRACTOR, hospital=Hospital.objects.get(code="H04"),
            starts_on=timezone.now().date(), by="test", at=timezone.now(),
        )  # fmt: skip
    with pytest.raises(Refusal, match="cannot read them blind"):
        given_notice(reviewers=("abstractor",))


def test_the_notice_that_was_promised_is_kept(world):
    held = given_notice(notice_days=14)
    with acting(person("staff")) as staff, pytest.raises(Refusal, match="promised"):
        audits.start_draw(audit_id=held.pk, by=staff, at=timezone.now())
    with acting(person("staff")) as staff:
        audits.call_off(audit_id=held.pk, reason="The hospital moves house.", by=staff, at=timezone.now())
    assert held.refresh().status == "CALLED_OFF"


def test_a_reading_is_its_reviewers_alone_and_done_is_done(world):
    held = given_notice(plan=Plan(random=1, high_yield=0, zero=0))
    drawn(held)
    with machine():
        sheet = SecondReading.objects.get(audit=held)
    for name in ("reviewer2", "abstractor", "staff"):
        with acting(person(name)) as who, pytest.raises(NotFound):
            readings.save(reading_id=sheet.pk, changes={}, reasons=(), by=who, at=timezone.now())
    with acting(person("reviewer")) as who, pytest.raises(Refusal, match="need you"):
        readings.finish(reading_id=sheet.pk, by=who, at=timezone.now())
    read_all(held)
    with acting(person("reviewer")) as who, pytest.raises(Refusal):
        readings.save(reading_id=sheet.pk, changes={}, reasons=(), by=who, at=timezone.now())
    assert held.status == "PRELIMINARY"
    with transaction.atomic(), machine():
        assert not ElementDisagreement.objects.filter(audit=held).exists()

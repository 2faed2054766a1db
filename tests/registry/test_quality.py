"""Data quality: figures that can be counted again by hand, peers without a name, nobody else's report."""

import json
from datetime import date

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config.example.fill import machine, run_jobs
from feedback.measures import load as measures
from feedback.models import MeasureVersion
from registry.actions import quality
from registry.models import Audit, Case, QualityReport, Registry, ReportingPeriod, SnapshotSite, WatchedElement
from registry.quality.dimensions import DIMENSIONS, Light
from registry.selectors import quality as selectors
from sites.models import AuditEvent, Hospital, Job
from tests.collaborative import FIRST, SECOND
from tests.databases import as_role
from tests.sites.acting import signed_in


def figures(report: QualityReport) -> dict[str, dict]:
    return {figure["code"]: figure for figure in report.document["figures"]}


def latest_closed() -> ReportingPeriod:
    return ReportingPeriod.objects.filter(registry__code="colorectal", status="CLOSED").order_by("-ordinal").first()


def report_of(code: str = FIRST) -> QualityReport:
    with machine():
        return QualityReport.objects.select_related("hospital", "period").get(
            hospital__code=code, period=latest_closed()
        )


def test_every_hospital_with_cases_has_a_report_of_each_recent_period(shared_world):
    with machine():
        registry = Registry.objects.get(code="colorectal")
        for period in quality.recent(registry):
            holding = set(Case.objects.filter(period=period, status="SUBMITTED").values_list("hospital_id", flat=True))
            reports = {row.hospital_id: row for row in QualityReport.objects.filter(period=period)}
            assert holding <= set(reports)
            for report in reports.values():
                assert [f["code"] for f in report.document["figures"]] == [d.code for d in DIMENSIONS]
                assert (
                    report.n_cases
                    == Case.objects.filter(period=period, hospital=report.hospital_id, status="SUBMITTED").count()
                )


def test_completeness_and_follow_up_are_those_of_the_snapshot(shared_world):
    report = report_of()
    with machine():
        site = SnapshotSite.objects.filter(snapshot__period=report.period, hospital=report.hospital).latest("pk")
    found = figures(report)
    assert found["completeness"]["value"] == pytest.approx(site.completeness)
    assert (found["follow_up"]["numerator"], found["follow_up"]["denominator"]) == (
        site.n_followed,
        site.n_follow_up_due,
    )


def test_the_adjuster_with_most_blanks_can_be_counted_by_hand(shared_world):
    report = report_of()
    with machine():
        names = set(WatchedElement.objects.filter(kind="ADJUSTER").values_list("element", flat=True))
        cases = list(
            Case.objects.filter(period=report.period, hospital=report.hospital, status="SUBMITTED").select_related(
                "version"
            )
        )
    gone = {"", "UNK", "NDOC"}
    shares = {}
    for name in names:
        held = [dict(zip(case.version.columns, case.answers, strict=True)).get(name) or "" for case in cases]
        asked = [text for text in held if text not in {"ND", "NAP", "NC"}]
        if asked:
            shares[name] = (sum(text not in gone for text in asked), len(asked))
    least = min(good / all_ for good, all_ in shares.values())
    assert figures(report)["adjusters"]["value"] == pytest.approx(least)


def test_adjusters_are_those_that_measures_name(shared_world):
    with machine():
        named = set()
        for row in MeasureVersion.objects.all():
            named |= {adjuster.element for adjuster in measures.load(bytes(row.source)).adjusters}
        watched = set(WatchedElement.objects.filter(kind="ADJUSTER").values_list("element", flat=True))
    assert watched == named
    assert len(named) > 3


def test_drafts_that_are_overdue_make_a_hospital_late(world):
    with machine():
        period = latest_closed()
        hospital = Hospital.objects.get(code=FIRST)
        n = Case.objects.filter(period=period, hospital=hospital, status="SUBMITTED").count()
    with as_role("superuser"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE registry_case SET status = 'DRAFT' WHERE id IN (SELECT id FROM registry_case WHERE period_id = %s AND"
            " hospital_id = %s AND status = 'SUBMITTED' ORDER BY id LIMIT %s)",
            [period.pk, hospital.pk, n // 2],
        )
    with as_role("cairn_worker"), machine():
        quality.assess(registry=period.registry, at=timezone.now())
    timely = figures(report_of())["timeliness"]
    assert (timely["numerator"], timely["denominator"]) == (n - n // 2, n)
    assert timely["light"] == Light.RED.value


def test_assessing_twice_changes_nothing_but_the_time(world):
    before = report_of()
    with as_role("cairn_worker"), machine():
        n = QualityReport.objects.count()
        quality.assess(registry=Registry.objects.get(code="colorectal"), at=timezone.now())
        assert QualityReport.objects.count() == n
    after = report_of()
    assert after.document == before.document
    assert after.assessed_at > before.assessed_at


def test_the_web_sees_its_own_hospital_and_cannot_write(shared_world):
    with machine():
        assert QualityReport.objects.exclude(hospital__code=FIRST).exists()
    page = signed_in("sitelead").get("/quality/", follow=True)
    assert page.status_code == 200
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM registry_qualityreport")
        assert cursor.fetchone() == (0,)
    with machine(), pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE registry_qualityreport SET light = 'GREEN'")


def test_a_hospital_sees_its_figures_and_no_other_name(shared_world):
    page = signed_in("sitelead").get("/quality/", follow=True)
    text = page.content.decode()
    assert "Data quality" in text
    with machine():
        names = set(Hospital.objects.exclude(code=FIRST).values_list("name", flat=True))
        document = json.dumps(report_of().document)
    assert names
    assert not [name for name in names if name in text or name in document]
    for dimension in DIMENSIONS:
        assert dimension.title in text


def test_a_foreign_report_is_missing(shared_world):
    period = latest_closed_pk()
    lead = signed_in("sitelead")
    foreign, nothing = (lead.get(f"/quality/colorectal/{period}/{code}/") for code in (SECOND, "ZZZ"))
    assert foreign.status_code == nothing.status_code == 404
    assert foreign.content == nothing.content


def latest_closed_pk() -> int:
    with machine():
        return latest_closed().pk


def test_the_centre_sees_all_hospitals_red_first_in_a_constant_number_of_queries(
    shared_world, django_assert_max_num_queries
):
    staff, address = signed_in("staff"), f"/quality/colorectal/{latest_closed_pk()}/"
    staff.get(address)
    with django_assert_max_num_queries(16):
        page = staff.get(address)
    text = page.content.decode()
    with machine():
        rows = selectors.matrix(
            period=latest_closed(), hospital_ids=tuple(Hospital.objects.values_list("pk", flat=True))
        )
    assert len(rows) > 5
    places = [text.index(row.hospital.name) for row in rows]
    assert places == sorted(places)
    order = ["RED", "YELLOW", "GREEN", "GREY"]
    assert [order.index(row.light) for row in rows] == sorted(order.index(row.light) for row in rows)


def test_staff_can_ask_for_an_assessment_and_one_that_waits_is_enough(world):
    staff = signed_in("staff")
    assert staff.post("/quality/colorectal/assess/").status_code == 200
    assert staff.post("/quality/colorectal/assess/").status_code == 200
    with machine():
        assert Job.objects.filter(task="registry.assess_quality", status="QUEUED").count() == 1
    with as_role("cairn_worker"):
        run_jobs()
    with machine():
        assert not selectors.due(at=timezone.now())


def test_a_changed_case_makes_its_registry_due(world):
    with machine():
        assert not selectors.due(at=timezone.now())
        case = Case.objects.filter(status="DRAFT").first()
        Case.objects.filter(pk=case.pk).update(changed_at=timezone.now())
        assert [row.code for row in selectors.due(at=timezone.now())] == ["colorectal"]


def test_what_a_source_watches_is_replaced_and_noted(world):
    with machine():
        registry = Registry.objects.get(code="colorectal")
        now = timezone.now()
        assert (
            quality.watch(
                registry=registry, kind="EVENT", elements=["ssi", "readmitted"], source="registry", by="test", at=now
            )
            == 2
        )
        assert (
            quality.watch(
                registry=registry, kind="EVENT", elements=["readmitted", "ssi"], source="registry", by="test", at=now
            )
            == 0
        )
        assert AuditEvent.objects.filter(action="watch elements", actor="test").count() == 1
        assert set(WatchedElement.objects.filter(kind="EVENT").values_list("element", flat=True)) == {
            "ssi",
            "readmitted",
        }


def test_nothing_assessed_says_when_it_will_be(world):
    with as_role("superuser"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_qualityreport")
    text = signed_in("staff").get("/quality/").content.decode()
    assert "Nothing has been assessed yet" in text
    assert "Assess Colorectal surgery now" in text
    assert "Assess" not in signed_in("sitelead").get("/quality/").content.decode().replace("Assessed", "").replace(
        "assessed", ""
    )


def test_periods_are_the_last_closed_ones_and_the_open_ones(shared_world):
    with machine():
        registry = Registry.objects.get(code="colorectal")
        found = quality.recent(registry)
    closed = [period for period in found if period.status == "CLOSED"]
    assert 0 < len(closed) <= quality.CLOSED_PERIODS
    assert [period.ordinal for period in found] == sorted(period.ordinal for period in found)
    assert closed[-1].ends_before <= date(2026, 11, 23)


def test_the_figure_of_agreement_leads_to_the_report_that_made_it(shared_world):
    with machine():
        reports = [row for row in QualityReport.objects.filter(period=latest_closed()).select_related("hospital") if row.document["audit"]]
        last = {row.document["audit"]: row for row in reports}
        for code, row in last.items():
            made = Audit.objects.get(code=code)
            assert (made.hospital_id, made.status) == (row.hospital_id, "FINAL")
            figure = figures(row)["audit"]
            assert (figure["numerator"], figure["denominator"]) == (made.n_values - made.n_differing, made.n_values)
    assert reports, "no hospital of the little collaborative was audited"
    period = latest_closed().pk
    for name in ("staff", "lead"):
        client = signed_in(name)
        page = client.get(f"/quality/colorectal/{period}/").content.decode()
        for code, row in last.items():
            assert f'href="/audits/{code}/report/"' in page
            assert f'href="/audits/{code}/report/"' in client.get(f"/quality/colorectal/{period}/{row.hospital.code}/").content.decode()
            assert client.get(f"/audits/{code}/report/").status_code == 200
    analyst = signed_in("analyst").get(f"/quality/colorectal/{period}/").content.decode()
    assert "/report/" not in analyst, "an analyst may not open the report, so nothing leads there"


def test_an_audit_that_the_assessment_does_not_know_yet_is_not_called_none():
    assert selectors._audited("", None) == "not yet audited"
    assert selectors._audited("", date(2026, 5, 4)) == "last audit May 2026, not in the assessment yet"
    assert selectors._audited("97 %", date(2026, 5, 4)) == "97 % agreement, last audit May 2026"

"""Towards the payer: two people, no way around the rules, the same bytes once; and the wall between the databases."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from config.example import fill
from feedback import disclosure, preview
from feedback import participation as charter
from feedback.actions import releases
from feedback.models import MeasureRun, Release, SiteResult
from sites.models import AuditEvent, Hospital
from sites.refusals import Refusal
from tests import plugin
from tests.databases import World, as_role
from tests.feedback.acting import in_portal, run_jobs, worker
from tests.house.catalog import ask
from tests.sites.acting import person, signed_in


def a_run(code: str = "serious30") -> MeasureRun:
    with worker():
        rows = MeasureRun.objects.select_related("comparison", "measure", "comparison__registry")
        return rows.get(measure__code=code, comparison__status="PUBLISHED")


def one(code: str) -> Release:
    with worker():
        return Release.objects.select_related("run__comparison", "run__measure").get(code=code)


def prepared(world: World, *, code: str = "serious30") -> Release:
    answer = signed_in("staff").post("/releases/prepare/", {"run": a_run(code).pk})
    assert answer.status_code == 302
    draft = answer.url.strip("/").split("/")[-1]
    assert one(draft).status == "DRAFT"
    assert "being built" in signed_in("staff").get(answer.url).content.decode()
    run_jobs()
    return one(draft)


def send(world: World, made: Release, *, name: str, decision: str = "release") -> int:
    return signed_in(name).post(f"/releases/{made.code}/check/", {"decision": decision}).status_code


def time_passes(made: Release) -> None:
    """Let the preview end; only a superuser past every trigger can."""
    with as_role("superuser"):
        ask("SELECT set_config('session_replication_role', 'replica', false)")
        ask("UPDATE feedback_release SET preview_until = current_date - 2 WHERE id = %s RETURNING 1", made.pk)


def test_a_release_goes_from_draft_to_the_payer_by_three_people_and_a_preview(world):
    made = prepared(world)
    assert made.status == "SUBMITTED", made.reason
    assert hashlib.sha256(bytes(made.artefact)).hexdigest() == made.sha256
    content = json.loads(bytes(made.artefact))
    cell = content["cells"][0]
    assert cell["hospitals"] >= disclosure.FEWEST_SITES
    assert cell["denominator"] % 5 == cell["numerator"] % 5 == 0
    assert cell["rate"] == round(cell["numerator"] / cell["denominator"], 4)

    before = len(in_portal(world))
    staff, analyst, lead, site_lead = (signed_in(name) for name in ("staff", "analyst", "lead", "sitelead"))
    url, seen = f"/releases/{made.code}/", f"/payer/{made.code}/"
    assert staff.post(f"{url}check/", {"decision": "release"}).status_code == 403
    assert "Send the decision" in analyst.get(url).content.decode()
    assert analyst.post(f"{url}check/", {"decision": ""}).status_code == 400
    assert analyst.post(f"{url}check/", {"decision": "reject", "reason": " "}).status_code == 409
    assert lead.post(f"{url}finish/").status_code == 409, "nobody has checked it"
    assert send(world, made, name="analyst") == 302
    assert send(world, made, name="analyst") == 409, "the second checker is another person"
    assert lead.post(f"{url}finish/").status_code == 409, "one has checked it"
    assert site_lead.get(seen).status_code == 404, "members read what two people let pass"
    assert send(world, made, name="lead") == 302
    assert one(made.code).status == "PREVIEW"
    assert lead.post(f"{url}finish/").status_code == 409, "the hospitals may still object"
    assert made.sha256 in site_lead.get(seen).content.decode()

    assert site_lead.post(f"{seen}object/", {"hospital": h04(), "reason": "The period is not ours."}).status_code == 302
    assert site_lead.post(f"{seen}object/", {"hospital": h04(), "reason": "Again."}).status_code == 409
    assert site_lead.post(f"{seen}object/", {"hospital": h04() + 1, "reason": "Theirs."}).status_code == 400
    assert "The period is not ours." not in signed_in("sitelead2").get(seen).content.decode()
    time_passes(made)
    refused = lead.post(f"{url}finish/")
    assert refused.status_code == 409
    assert "nobody can override" in refused.content.decode()
    with worker(), pytest.raises(Exception, match="objection stands"):
        Release.objects.filter(pk=made.pk).update(
            status="RELEASED", released_by=person("lead"), released_at=timezone.now()
        )
    assert site_lead.post(f"{seen}take-back/").status_code == 302
    assert lead.post(f"{url}finish/").status_code == 302
    run_jobs()
    made = one(made.code)
    assert (made.status, made.checked_by.name, made.second_checked_by.name) == ("RELEASED", "Alex Stone", "Robin Marsh")
    assert made.delivered_at is not None
    assert len(in_portal(world)) == before + 1
    assert (made.sha256, bytes(made.artefact)) in in_portal(world)

    with worker():
        releases.deliver(release=made, at=timezone.now())
    assert len(in_portal(world)) == before + 1
    assert send(world, made, name="analyst") == 409
    assert staff.post(f"{url}withdraw/").status_code == 409
    with worker():
        actions = list(AuditEvent.objects.filter(object_id=made.code).order_by("id").values_list("action", flat=True))
    assert actions == [
        "prepare release", "check release first", "check release second", "object to release", "take objection back",
        "release to the payer",
    ]  # fmt: skip

    for name in ("abstractor2", "surgeon", "reviewer", "trainee"):
        assert made.sha256 in signed_in(name).get("/payer/").content.decode(), name
    assert lead.post(f"{url}recall/", {"reason": "A hospital found an error in its dates."}).status_code == 302
    run_jobs()
    with plugin.joined().superuser.connection(world.portal) as portal:
        assert portal.execute("SELECT sha256, reason FROM portal_withdrawal").fetchall() == [
            (made.sha256, "A hospital found an error in its dates.")
        ]
    page = signed_in("surgeon").get("/payer/").content.decode()
    assert made.sha256 in page, "what the payer received stays in the ledger"
    assert "found an error in its dates" in page


def h04() -> int:
    with worker():
        return Hospital.objects.get(code="H04").pk


def test_whoever_prepared_it_cannot_check_it_even_past_the_page(world):
    made = prepared(world)
    with fill.acting(person("staff")) as staff, pytest.raises(Refusal, match="somebody else"):
        releases.check(release=made, approve=True, reason="", by=staff, at=timezone.now())
    with worker(), pytest.raises(Exception, match="second_person"):
        Release.objects.filter(pk=made.pk).update(checked_by=person("staff"), status="CHECKED")
    with worker(), pytest.raises(Exception, match="skips no step"):
        Release.objects.filter(pk=made.pk).update(checked_by=person("lead"), status="PREVIEW")
    assert send(world, made, name="lead") == 302
    for who, words in (("staff", "third_person"), ("lead", "third_person")):
        with worker(), pytest.raises(Exception, match=words):
            Release.objects.filter(pk=made.pk).update(
                second_checked_by=person(who), status="PREVIEW", preview_until=timezone.now().date()
            )


def test_a_rejected_or_withdrawn_release_is_final_and_never_delivered(world):
    first, second, third = (prepared(world) for _ in range(3))
    analyst, staff = signed_in("analyst"), signed_in("staff")
    answer = analyst.post(f"/releases/{first.code}/check/", {"decision": "reject", "reason": "The period is wrong."})
    assert answer.status_code == 302
    assert "The period is wrong." in staff.get(f"/releases/{first.code}/").content.decode()
    assert staff.post(f"/releases/{second.code}/withdraw/").status_code == 302
    assert send(world, third, name="lead") == 302
    answer = analyst.post(f"/releases/{third.code}/check/", {"decision": "reject", "reason": "So is this one."})
    assert answer.status_code == 302
    run_jobs()
    for made in (one(first.code), one(second.code), one(third.code)):
        assert made.status in {"REJECTED", "WITHDRAWN"}
        with worker(), pytest.raises(Refusal, match="Only a released"):
            releases.deliver(release=made, at=timezone.now())
        with worker(), pytest.raises(Exception, match="never changes"):
            Release.objects.filter(pk=made.pk).update(status="RELEASED", checked_by=person("lead"))


def test_a_statement_of_participation_names_one_hospital_to_itself_and_holds_the_charters_items(world):
    with worker():
        made = Release.objects.select_related("hospital").get(kind="PARTICIPATION")
    assert made.status == "PREVIEW", made.reason
    content = json.loads(bytes(made.artefact))
    assert [line["item"] for line in content["process"]] == [item.words for item in charter.ITEMS]
    assert {line["state"] for line in content["process"]} <= {"done", "not done"}
    assert content["hospital"] == made.hospital.name
    assert signed_in("sitelead").get(f"/payer/{made.code}/").status_code == 200
    assert signed_in("sitelead2").get(f"/payer/{made.code}/").status_code == 404
    time_passes(made)
    with worker(), pytest.raises(Refusal, match="You prepared this release"):
        releases.finish(release=made, by=made.prepared_by, at=timezone.now())
    assert signed_in("lead").post(f"/releases/{made.code}/finish/").status_code == 302
    run_jobs()
    theirs = signed_in("sitelead2").get("/payer/").content.decode()
    assert made.sha256 in theirs
    assert "another hospital" in theirs
    assert made.hospital.name not in theirs
    assert made.code not in theirs


@pytest.mark.parametrize("facts", [{}, {"MORTALITY": True}, {item.code: 0.03 for item in charter.ITEMS}])
def test_a_statement_cannot_carry_what_the_charter_does_not_list(facts):
    with pytest.raises(ValueError, match="charter"):
        charter.lines(facts)


def test_a_preview_lasts_ten_working_days():
    assert preview.ends_on(checked_on=date(2026, 11, 23)) == date(2026, 12, 7)
    assert preview.ends_on(checked_on=date(2026, 11, 28)) == date(2026, 12, 11)
    assert not preview.is_over(until=date(2026, 12, 7), today=date(2026, 12, 7))
    assert preview.is_over(until=date(2026, 12, 7), today=date(2026, 12, 8))


def test_what_the_rules_forbid_is_withdrawn_with_every_reason(world, monkeypatch):
    monkeypatch.setattr(disclosure, "LAG", timedelta(days=3650))
    monkeypatch.setattr(disclosure, "FEWEST_SITES", 50)
    made = prepared(world)
    assert made.status == "WITHDRAWN"
    assert not bytes(made.artefact)
    page = signed_in("staff").get(f"/releases/{made.code}/").content.decode()
    assert "do not let this leave" in page
    assert "90 days past" in page or "days past" in page
    assert "hospitals contribute" in page


def pretend_smaller(run: MeasureRun, *, without: int) -> MeasureRun:
    """Store the same comparison once more, as if some hospitals had not been in it."""
    with worker():
        comparison = run.comparison
        kept = list(SiteResult.objects.filter(run=run).order_by("hospital_id"))[without:]
        comparison.pk, comparison.code = None, "SMALLER"
        comparison.save(force_insert=True)
        smaller = MeasureRun(
            comparison=comparison,
            measure=run.measure,
            summary=run.summary,
            model=run.model,
            digest=run.digest,
            refusal=[],
        )
        smaller.save(force_insert=True)
        SiteResult.objects.bulk_create(
            SiteResult(run=smaller, hospital_id=row.hospital_id, document=row.document) for row in kept
        )
    return smaller


def test_a_release_that_isolates_one_hospital_from_an_earlier_one_is_refused(world):
    first = prepared(world)
    assert first.status == "SUBMITTED"
    smaller = pretend_smaller(a_run(), without=1)
    with fill.acting(person("staff")) as staff:
        made = releases.prepare(run=smaller, by=staff, at=timezone.now())
    run_jobs()
    made = one(made.code)
    assert made.status == "WITHDRAWN"
    assert "Together with earlier releases this would pin one hospital's" in made.reason

    signed_in("staff").post(f"/releases/{first.code}/withdraw/")
    with fill.acting(person("staff")) as staff:
        again = releases.prepare(run=smaller, by=staff, at=timezone.now())
    run_jobs()
    assert one(again.code).status == "SUBMITTED", "what never left tells nothing"


def test_a_release_that_contradicts_an_earlier_one_is_refused(world, monkeypatch):
    first = prepared(world)
    honest = releases.statement
    monkeypatch.setattr(
        releases,
        "statement",
        lambda *, run, on: replace(honest(run=run, on=on), numerator=honest(run=run, on=on).numerator + 50 * next(turns)),
    )
    turns = count()
    made = prepared(world)
    assert first.status == "SUBMITTED"
    assert made.status == "WITHDRAWN"
    assert "contradict an earlier release" in made.reason


def test_an_unpublished_comparison_is_no_candidate_and_the_reason_says_so(world):
    run = a_run()
    run.comparison.published_at = None
    reasons = releases.reasons_against(run=run, contributions=[], today=timezone.now().date())
    assert "not published to the hospitals yet" in reasons[0]
    assert signed_in("staff").post("/releases/prepare/", {"run": "0"}).status_code == 404


def test_a_job_that_builds_twice_builds_once(world):
    from sites import outbox

    made = prepared(world)
    with worker():
        outbox.after_commit("feedback.build_release", at=timezone.now(), release=made.pk)
    run_jobs()
    assert one(made.code).sha256 == made.sha256


@pytest.mark.parametrize("login", ["cairn_portal", "cairn_portal_writer"])
def test_the_portals_roles_cannot_enter_the_registry(world, login):
    server = plugin.joined()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(
            host=connection.settings_dict["HOST"],
            port=connection.settings_dict["PORT"] or None,
            dbname=world.registry,
            user=login,
            password=server.credentials.passwords[login],
        )


def test_the_writer_can_only_add_to_the_portal(world):
    with transaction.atomic(using="portal"), pytest.raises(Exception, match="permission denied"):
        connections["portal"].cursor().execute("DELETE FROM portal_artefact")

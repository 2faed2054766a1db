"""Towards the payer: two people, no way around the rules, the same bytes once; and the wall between the databases."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from itertools import count

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from config.example import fill
from feedback import disclosure
from feedback.actions import releases
from feedback.models import MeasureRun, Release, SiteResult
from sites.models import AuditEvent
from sites.refusals import Refusal
from tests import plugin
from tests.databases import World
from tests.feedback.acting import in_portal, run_jobs, worker
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


def test_a_release_goes_from_draft_to_the_payer_by_two_people(world):
    made = prepared(world)
    assert made.status == "SUBMITTED", made.reason
    assert hashlib.sha256(bytes(made.artefact)).hexdigest() == made.sha256
    content = json.loads(bytes(made.artefact))
    cell = content["cells"][0]
    assert cell["hospitals"] >= disclosure.FEWEST_SITES
    assert cell["denominator"] % 5 == cell["numerator"] % 5 == 0
    assert cell["rate"] == round(cell["numerator"] / cell["denominator"], 4)

    before = len(in_portal(world))
    staff, analyst = signed_in("staff"), signed_in("analyst")
    url = f"/releases/{made.code}/"
    assert staff.post(f"{url}check/", {"decision": "release"}).status_code == 403
    assert "Send the decision" in analyst.get(url).content.decode()
    assert analyst.post(f"{url}check/", {"decision": ""}).status_code == 400
    assert analyst.post(f"{url}check/", {"decision": "reject", "reason": " "}).status_code == 409
    assert analyst.post(f"{url}check/", {"decision": "release"}).status_code == 302
    run_jobs()
    made = one(made.code)
    assert (made.status, made.checked_by.name) == ("RELEASED", "Alex Stone")
    assert made.delivered_at is not None
    assert len(in_portal(world)) == before + 1
    assert (made.sha256, bytes(made.artefact)) in in_portal(world)

    with worker():
        releases.deliver(release=made, at=timezone.now())
    assert len(in_portal(world)) == before + 1
    assert analyst.post(f"{url}check/", {"decision": "release"}).status_code == 409
    assert staff.post(f"{url}withdraw/").status_code == 409
    with worker():
        actions = list(AuditEvent.objects.filter(object_id=made.code).order_by("id").values_list("action", flat=True))
    assert actions == ["prepare release", "release to the payer"]


def test_whoever_prepared_it_cannot_check_it_even_past_the_page(world):
    made = prepared(world)
    with fill.acting(person("staff")) as staff, pytest.raises(Refusal, match="somebody else"):
        releases.check(release=made, approve=True, reason="", by=staff, at=timezone.now())
    with worker(), pytest.raises(Exception, match="second_person"):
        Release.objects.filter(pk=made.pk).update(checked_by=person("staff"), status="RELEASED")


def test_a_rejected_or_withdrawn_release_is_final_and_never_delivered(world):
    first, second = prepared(world), prepared(world)
    analyst, staff = signed_in("analyst"), signed_in("staff")
    answer = analyst.post(f"/releases/{first.code}/check/", {"decision": "reject", "reason": "The period is wrong."})
    assert answer.status_code == 302
    assert "The period is wrong." in staff.get(f"/releases/{first.code}/").content.decode()
    assert staff.post(f"/releases/{second.code}/withdraw/").status_code == 302
    run_jobs()
    for made in (one(first.code), one(second.code)):
        assert made.status in {"REJECTED", "WITHDRAWN"}
        with worker(), pytest.raises(Refusal, match="Only a released"):
            releases.deliver(release=made, at=timezone.now())
        with worker(), pytest.raises(Exception, match="never changes"):
            Release.objects.filter(pk=made.pk).update(status="RELEASED", checked_by=person("lead"))


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
        lambda *, run: replace(honest(run=run), numerator=honest(run=run).numerator + 50 * next(turns)),
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

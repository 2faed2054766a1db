"""Request, run, publish, discard: what each step needs, what it writes, and who sees nothing before the time."""

import re

import pytest
from django.db import connection
from django.utils import timezone

from config.example import fill
from feedback import blinding
from feedback.actions import comparisons, measures
from feedback.models import CaseLedger, Comparison, MeasureRun, MeasureVersion, ReferenceModel, SiteResult, Standing
from feedback.selectors import audiences
from registry.models import Registry, Snapshot
from sites import outbox
from sites.access.roles import Role
from sites.actions import memberships
from sites.models import AuditEvent, Hospital, Job
from sites.refusals import NotFound, Refusal
from tests.collaborative import FIRST, SECOND
from tests.databases import World, as_role
from tests.feedback.acting import run_jobs, worker
from tests.sites.acting import person, signed_in


@pytest.fixture
def colorectal(world: World) -> Registry:
    """Give the registry of a world of its own."""
    with worker():
        return Registry.objects.get(code="colorectal")


def requested(registry: Registry, *, snapshots: int = 4) -> Comparison:
    with fill.acting(person("analyst")) as analyst:
        window = list(Snapshot.objects.filter(registry=registry).order_by("period__ordinal"))[-snapshots:]
        return comparisons.request(registry=registry, snapshots=window, label="anew", by=analyst, at=timezone.now())


def published(comparison: Comparison) -> None:
    with fill.acting(person("lead")) as lead:
        comparisons.publish(comparison=comparison, by=lead, at=timezone.now())


def fresh(comparison: Comparison) -> Comparison:
    with worker():
        return Comparison.objects.get(pk=comparison.pk)


@pytest.mark.slow
def test_running_everything_again_gives_the_same_digests_and_a_standing_for_each_own_set(world, colorectal):
    with worker():
        first = Comparison.objects.get(registry=colorectal, status="PUBLISHED")
        before = set(MeasureRun.objects.filter(comparison=first).values_list("measure__code", flat=True))
        references = ReferenceModel.objects.count()
    second = requested(colorectal)
    assert second.status == "QUEUED"
    run_jobs()
    second = fresh(second)
    assert second.status == "FINISHED"
    with worker():
        after = {
            run.measure.code: run for run in MeasureRun.objects.filter(comparison=second).select_related("measure")
        }
        assert set(after) == before
        assert CaseLedger.objects.filter(run__comparison=second).exists()
        assert not Standing.objects.filter(run__comparison=second).exists()
    third = requested(colorectal)
    run_jobs()
    with worker():
        again = dict(MeasureRun.objects.filter(comparison=third).values_list("measure__code", "digest"))
    assert again == {code: run.digest for code, run in after.items()}
    assert fresh(third).digest == second.digest

    shown = signed_in("sitelead").get("/standing/").content.decode()
    assert "anew" not in shown
    published(second)
    assert fresh(second).status == "PUBLISHING"
    assert "anew" not in signed_in("sitelead").get("/standing/").content.decode()
    run_jobs()
    assert fresh(second).published_at is not None
    assert "anew" in signed_in("sitelead").get("/standing/").content.decode()

    with worker():
        hospitals = dict(Hospital.objects.values_list("code", "pk"))
        own_sets = {
            tuple(row) for row in Standing.objects.filter(run=after["serious30"]).values_list("own_set", flat=True)
        }
        assert own_sets == set(audiences.own_sets(registry=colorectal, on=timezone.now().date()))
        assert () in own_sets
        assert tuple(sorted((hospitals[FIRST], hospitals[SECOND]))) in own_sets
        results = dict(SiteResult.objects.filter(run=after["serious30"]).values_list("hospital_id", "document"))
        for row in Standing.objects.filter(run=after["serious30"]):
            others = [
                blinding.PeerPoint(rate=result["shrunken_rate"], n=result["n"], observed=result["observed"])
                for hospital, result in results.items()
                if hospital not in row.own_set
            ]
            assert row.document["peers"]["shown"] == blinding.blind(others).shown
            assert {int(key) for key in row.document["own"]} == set(row.own_set)
        assert ReferenceModel.objects.count() == references
        actions = set(AuditEvent.objects.filter(object_id=second.code).values_list("action", flat=True))
    assert actions == {"request comparison", "publish comparison"}


def test_publishing_or_discarding_before_it_is_finished_is_refused(world, colorectal):
    made = requested(colorectal, snapshots=1)
    with fill.acting(person("lead")) as lead, pytest.raises(Refusal, match="finished comparison can be published"):
        comparisons.publish(comparison=made, by=lead, at=timezone.now())
    with fill.acting(person("lead")) as lead, pytest.raises(Refusal, match="finished comparison can be discarded"):
        comparisons.discard(comparison=made, by=lead, at=timezone.now(), reason="not needed")
    client = signed_in("lead")
    page = client.get(f"/comparisons/{made.code}/").content.decode()
    assert "being computed" in page
    assert "hx-get" in page
    assert client.get(f"/comparisons/{made.code}/progress/").status_code == 200
    assert client.post(f"/comparisons/{made.code}/publish/").status_code == 409


@pytest.mark.slow
def test_a_comparison_asked_for_in_the_browser_can_be_discarded_with_a_reason_only(world, colorectal):
    analyst, lead = signed_in("analyst"), signed_in("lead")
    with worker():
        period = Snapshot.objects.filter(registry=colorectal).order_by("-period__ordinal").first().period_id
    assert analyst.post("/comparisons/request/", {"upto": "x", "periods": "4"}).status_code == 400
    answer = analyst.post("/comparisons/request/", {"upto": period, "periods": "1"})
    assert answer.status_code == 302
    run_jobs()
    page = lead.get(answer.url).content.decode()
    assert "Publish to the hospitals" in page
    assert "No hospital sees any of it" in page
    assert lead.post(f"{answer.url}discard/", {"reason": ""}).status_code == 400
    assert lead.post(f"{answer.url}discard/", {"reason": "Two files were missing."}).status_code == 302
    assert "never reached a hospital" in lead.get(answer.url).content.decode()
    code = re.search(r"/comparisons/(\w+)/", answer.url).group(1)
    with worker():
        assert AuditEvent.objects.get(action="discard comparison", object_id=code).reason == "Two files were missing."
    done = lead.get(f"{answer.url}progress/")
    assert done["HX-Refresh"] == "true"


def test_a_request_needs_a_frozen_period_and_a_measure(empty_world):
    with worker():
        registry = Registry.objects.create(code="bare", title="Bare", description="", has_dates=True, has_surgeons=True)
        with pytest.raises(Refusal, match="Close a reporting period first"):
            comparisons.request(registry=registry, snapshots=[], label="x", by=None, at=timezone.now())
        with pytest.raises(Refusal, match="Load a measure first"):
            comparisons.request(registry=registry, snapshots=[object()], label="x", by=None, at=timezone.now())
        source = (fill.DEFINITIONS / "mort30.toml").read_bytes().replace(b'"colorectal"', b'"bare"')
        with pytest.raises(Refusal, match="dictionary first"):
            measures.load(registry=registry, source=source, by="test", at=timezone.now())


def test_a_measure_is_loaded_once_and_only_where_it_belongs(world, colorectal):
    source = (fill.DEFINITIONS / "mort30.toml").read_bytes()
    with worker():
        count = MeasureVersion.objects.count()
        same = measures.load(registry=colorectal, source=source, by="test", at=timezone.now())
        assert MeasureVersion.objects.count() == count
        changed = source.replace(b'title = "Mortality', b'title = "Any mortality')
        made = measures.load(registry=colorectal, source=changed, by=person("lead"), at=timezone.now())
        assert (made.number, made.loaded_by) == (same.number + 1, person("lead"))
        with pytest.raises(Refusal, match="written for"):
            measures.load(
                registry=colorectal, source=source.replace(b'"colorectal"', b'"other"'), by="test", at=timezone.now()
            )
        with pytest.raises(Refusal):
            measures.load(registry=colorectal, source=b"nothing = 1", by="test", at=timezone.now())
        with pytest.raises(Refusal, match="died_31"):
            measures.load(
                registry=colorectal, source=source.replace(b"died_30", b"died_31"), by="test", at=timezone.now()
            )


def test_a_new_pair_of_hospitals_gets_its_standing_after_publication(world, colorectal):
    with worker():
        pair = list(Hospital.objects.exclude(code__in=(FIRST, SECOND)).order_by("pk")[:2])
        newcomer = memberships.add_person(
            email="both@collaborative.example", name="Both", password=None, by="test", at=timezone.now()
        )
        for hospital in pair:
            memberships.grant(
                person=newcomer,
                role=Role.SITE_LEAD,
                hospital=hospital,
                starts_on=timezone.now().date(),
                by="test",
                at=timezone.now(),
            )
        outbox.after_commit("feedback.standings", at=timezone.now())
    run_jobs()
    own_set = sorted(hospital.pk for hospital in pair)
    with worker():
        rows = Standing.objects.filter(own_set=own_set)
        fitted = MeasureRun.objects.filter(comparison__status="PUBLISHED", refusal=[]).count()
        assert rows.count() == fitted > 0
        outbox.after_commit("feedback.standings", at=timezone.now())
    run_jobs()
    with worker():
        assert Standing.objects.filter(own_set=own_set).count() == fitted


def test_a_job_that_comes_twice_does_nothing_twice(world, colorectal):
    with worker():
        done = Comparison.objects.get(registry=colorectal, status="PUBLISHED")
        runs = MeasureRun.objects.filter(comparison=done).count()
        for task in ("feedback.compare", "feedback.publish"):
            outbox.after_commit(task, at=timezone.now(), comparison=done.pk)
    run_jobs()
    with worker():
        assert MeasureRun.objects.filter(comparison=done).count() == runs
        results = [job.result for job in Job.objects.order_by("-pk")[:2]]
    assert results == [{"skipped": "PUBLISHED"}] * 2


def test_results_are_inserted_and_never_changed(world, colorectal):
    tables = ("measurerun", "siteresult", "caseledger", "standing", "surgeonresult", "referencemodel", "measureversion")
    for table in tables:
        with as_role("cairn_migrator", world=world), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM feedback_{table}")
            assert cursor.fetchone()[0] > 0
            with pytest.raises(Exception, match=r"append-only|never|only"):
                cursor.execute(f"DELETE FROM feedback_{table}")


def test_a_window_that_no_frozen_period_ends_is_missing(world, colorectal):
    from feedback.selectors import comparisons as selectors

    with worker(), pytest.raises(NotFound):
        selectors.window(upto_period=0, periods=4)

"""Choosing, adopting and asking whether it helped: declared beforehand, the own hospital's alone, and no effect carried by few."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from feedback.models import Comparison
from interventions.actions import adoptions, impacts, toolkits
from interventions.models import Adoption, AdoptionNote, EvidenceStep, Impact, ImpactSite, Toolkit
from interventions.selectors import toolkits as selectors
from registry.models import Registry, ReportingPeriod
from sites.models import Hospital
from sites.refusals import NotFound, Refusal
from tests.feedback.acting import worker
from tests.interventions.test_bright_spots import as_person, ids
from tests.sites.acting import machine, person

NOW = timezone.now()
TODAY = NOW.date()
LATER = TODAY + timedelta(days=30)


def write(*, at=NOW, offered_on=TODAY, code="closing"):
    with machine():
        return toolkits.write(
            registry=Registry.objects.get(code="colorectal"), code=code, title="Closing bundle", measure_code="ssi30", summary="New gloves.",
            effort="SMALL", offered_on=offered_on, components=["New gloves"], learnt_from="", by=person("staff"), at=at,
        )  # fmt: skip


def adopt(toolkit, *, hospital="H04", name="sitelead", starts_on=LATER, at=NOW, window=4):
    (pk,) = ids(hospital)
    with as_person(name), transaction.atomic():
        return adoptions.adopt(toolkit=toolkit, hospital_id=pk, starts_on=starts_on, window=window, adapted="", by=person(name), at=at)


def test_evidence_goes_step_by_step_and_keeps_its_reasons(world):
    made = write()
    with machine():
        with pytest.raises(Refusal, match="step by step"):
            toolkits.step(toolkit=made, to="PROMOTED", reason="x", by=person("lead"), at=NOW)
        with pytest.raises(Refusal, match="why"):
            toolkits.step(toolkit=made, to="ASSOCIATED", reason=" ", by=person("lead"), at=NOW)
        for state in ("ASSOCIATED", "TESTED", "PROMOTED", "RETIRED"):
            toolkits.step(toolkit=made, to=state, reason="As read.", by=person("lead"), at=NOW)
        assert [step.now for step in EvidenceStep.objects.order_by("pk")] == ["ASSOCIATED", "TESTED", "PROMOTED", "RETIRED"]
        assert toolkits.next_states("RETIRED") == ()


def test_an_offer_is_not_declared_afterwards(world):
    with pytest.raises(Refusal, match="from today"):
        write(offered_on=TODAY - timedelta(days=1))
    made = write()
    with machine(), pytest.raises(IntegrityError, match="never changes"):
        Toolkit.objects.filter(pk=made.pk).update(offered_on=LATER)


@pytest.mark.parametrize(("more", "words"), [({"starts_on": TODAY}, "after today"), ({"window": 5}, "four or eight")])
def test_an_adoption_is_declared_beforehand(world, more, words):
    made = write()
    with pytest.raises(Refusal, match=words):
        adopt(made, **more)


def test_what_was_declared_is_locked_and_only_the_hospital_reads_it(world):
    made = write()
    row = adopt(made)
    with pytest.raises(Refusal, match="already"):
        adopt(made)
    with as_person("sitelead"), transaction.atomic(), pytest.raises(IntegrityError, match="never changes"):
        Adoption.objects.filter(pk=row.pk).update(starts_on=LATER + timedelta(days=1))
    for name in ("sitelead2", "staff", "lead"):
        with as_person(name), transaction.atomic():
            assert Adoption.objects.filter(toolkit=made).count() == 0
    reach = tuple(ids("H04"))
    with as_person("sitelead"), transaction.atomic():
        adoptions.note(code=row.code, hospital_ids=reach, plan="Try one list", did="", saw="", following="", by=person("sitelead"), at=NOW)
        with pytest.raises(NotFound):
            adoptions.stop(code=row.code, hospital_ids=tuple(ids("H07")), reason="x", by=person("sitelead"), at=NOW)
        adoptions.stop(code=row.code, hospital_ids=reach, reason="No trays.", by=person("sitelead"), at=NOW)
        assert AdoptionNote.objects.filter(adoption=row).count() == 1
    with as_person("sitelead"), transaction.atomic(), pytest.raises(IntegrityError, match="never changes"):
        Adoption.objects.filter(pk=row.pk).update(reason="Another.")


def test_the_database_refuses_an_adoption_after_its_start(world):
    made = write(at=NOW - timedelta(days=90), offered_on=TODAY - timedelta(days=80))
    version = selectors.newest_version(made)
    (pk,) = ids("H04")
    with as_person("sitelead"), transaction.atomic(), pytest.raises(IntegrityError, match="before it starts"):
        Adoption.objects.create(
            code="X", version=version, toolkit=made, hospital_id=pk, starts_on=TODAY - timedelta(days=9), measure_code="ssi30", window=4,
            registered_at=NOW, registered_by=person("sitelead"),
        )  # fmt: skip


def test_with_few_adopters_nothing_is_said_of_their_effect(world):
    with machine():
        periods = list(ReportingPeriod.objects.filter(status="CLOSED").order_by("ordinal"))[-4:]
    made = write(at=NOW - timedelta(days=900), offered_on=(NOW - timedelta(days=890)).date())
    start = periods[2].starts_on + timedelta(days=3)
    early = NOW - (TODAY - start) - timedelta(days=9)
    adopt(made, starts_on=start, at=early)
    with worker():
        comparison = Comparison.objects.filter(status="PUBLISHED").order_by("-pk").first()
        assert impacts.assess_all(comparison=comparison, at=NOW) >= 1
        assert impacts.assess_all(comparison=comparison, at=NOW) == 0
    with as_person("sitelead2"), transaction.atomic():
        found = selectors.newest_impact(made)
        assert found.document["verdict"] == "TOO_EARLY"
        assert "effect" not in found.document
        assert ImpactSite.objects.filter(impact=found).count() == 0
    with as_person("sitelead"), transaction.atomic():
        (own,) = ImpactSite.objects.filter(impact=found)
        assert own.document["start"] == own.document["periods"].index(periods[2].label)
    with machine():
        assert selectors.unassessed() == []
        assert Impact.objects.filter(toolkit=made).count() == 1
        assert Hospital.objects.count() == 9

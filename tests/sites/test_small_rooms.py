"""The small rooms of the first floor: names of things, single reads, the page of a job, the API's two permissions."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from sites import codes, outbox
from sites.access.gates import Nobody, SignedIn
from sites.access.roles import Role
from sites.actions import memberships, passwords
from sites.models import Hospital, Job, Membership, Person
from sites.refusals import NotFound, Refusal
from sites.selectors import hospitals, jobs, people
from tests.sites.acting import machine, person, signed_in


def test_things_are_called_by_name():
    assert str(Hospital(code="H01")) == "H01"
    assert str(Person(name="Nora Bell")) == Person(name="Nora Bell").get_short_name() == "Nora Bell"
    assert len(codes.random_code()) == codes.LENGTH
    assert set(codes.random_code()) <= set(codes.ALPHABET)


def test_single_reads_find_what_is_there_and_nothing_else(shared_world):
    with machine():
        some = Hospital.objects.get(code="H01")
        assert hospitals.one(hospital_id=some.pk) == some
        assert hospitals.names(hospital_ids=()) == {}
        assert people.by_id(person_id=person("staff").pk) == person("staff")
        assert ("H04" not in hospitals.names(hospital_ids=(some.pk,)).values()) is True
        assert people.surgeons(hospital_ids=(some.pk,))
        with pytest.raises(NotFound):
            hospitals.one(hospital_id=99999999)


def test_a_jobs_page_is_for_whoever_started_it_and_ends_by_itself(shared_world):
    outbox_job = outbox.after_commit("test.page", at=timezone.now(), by=person("staff"))
    client, where = signed_in("staff"), f"/jobs/{outbox_job.pk}/"
    assert b"Waiting for a worker" in client.get(where).content
    assert signed_in("analyst").get(where).status_code == 404
    Job.objects.filter(pk=outbox_job.pk).update(status="DONE", finished_at=timezone.now())
    assert client.get(where, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert jobs.by_id(job_id=outbox_job.pk).status == "DONE"


def test_the_same_address_is_added_once_and_a_closed_account_gets_no_link(shared_world):
    at = timezone.now()
    with machine():
        with pytest.raises(Refusal, match="already has an account"):
            memberships.add_person(email="STAFF@collaborative.example", name="x", password=None, by="test", at=at)
        row = Membership.objects.select_related("person").filter(role=Role.ABSTRACTOR.value).first()
        row.person.is_active = False
        with pytest.raises(Refusal, match="closed"):
            passwords.offer(membership=row, by="test", at=at)


def test_the_apis_permissions():
    assert not Nobody().has_permission(None, None)
    assert SignedIn().has_permission(SimpleNamespace(user=SimpleNamespace(is_authenticated=True)), None)
    assert not SignedIn().has_permission(SimpleNamespace(user=None), None)

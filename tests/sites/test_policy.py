"""The one lock: what each role may, dated memberships, and guardian's rows as a projection that suffices for nothing."""

from datetime import date, timedelta

import pytest
from guardian.models import UserObjectPermission

from sites.access import grants, policy
from sites.access.permissions import Permission as P
from sites.access.policy import NOBODY, Authority
from sites.access.roles import PERMISSIONS, SENTENCES, Role
from sites.access.scope import Scope
from sites.models import Hospital, Membership, Person
from sites.refusals import NotAllowed, NotFound
from tests.sites.acting import machine, person

# The approved copy, written by hand from the table that people read. Never generated.
APPROVED = {
    "TRAINEE": "train read_catalogue",
    "ABSTRACTOR": "enter_cases import_cases read_cases read_standing read_quality use_api train read_catalogue",
    "SURGEON": "read_own_cases read_standing read_own_standing read_catalogue",
    "SITE_LEAD": (
        "enter_cases import_cases read_cases amend_cases attest_periods read_standing read_quality manage_people use_api"
        " read_trail adopt agree read_agreements read_catalogue"
    ),
    "REABSTRACTOR": "reabstract read_catalogue",
    "CENTRE_STAFF": (
        "import_across read_blinded identify read_quality define raise_queries run_audits close_periods prepare_releases"
        " read_agreements curate read_trail read_catalogue"
    ),
    "CENTRE_ANALYST": "read_blinded read_quality run_comparisons check_releases read_agreements read_trail read_catalogue",
    "CENTRE_LEAD": (
        "read_blinded identify read_quality define raise_queries run_audits close_periods run_comparisons publish_comparisons"
        " check_releases read_agreements manage_people enrol_hospitals curate read_trail read_catalogue"
    ),
}
DAY = date(2026, 6, 1)
EVERY = (1, 2, 3)


def held(*roles: tuple[Role, int | None], **more: object) -> Authority:
    return Authority(person_id=7, active=True, roles=roles, every_hospital=EVERY, **more)


def test_each_role_holds_exactly_what_was_approved():
    assert {role.value: {p.value for p in PERMISSIONS[role]} for role in Role} == {
        k: set(v.split()) for k, v in APPROVED.items()
    }


def test_every_permission_is_somebodys_and_every_role_has_a_sentence():
    assert set(P) == set().union(*PERMISSIONS.values())
    assert set(SENTENCES) == set(Role)
    assert all(permission.words for permission in P)
    assert Role.REABSTRACTOR.words == "re-abstractor"
    assert [role for role in Role if role.is_centre] == [Role.CENTRE_STAFF, Role.CENTRE_ANALYST, Role.CENTRE_LEAD]
    assert len(Role.choices()) == 8


def test_nobody_who_prepares_a_release_checks_one_and_nobody_who_runs_alone_publishes():
    assert not any({P.PREPARE_RELEASES, P.CHECK_RELEASES} <= PERMISSIONS[role] for role in Role)
    assert policy.roles_with(P.PUBLISH_COMPARISONS) == (Role.CENTRE_LEAD,)


def test_the_inactive_may_nothing_whatever_they_hold():
    out = Authority(person_id=7, active=False, roles=((Role.CENTRE_LEAD, None),), every_hospital=EVERY)
    assert out.permissions() == frozenset()
    assert out.hospitals(P.READ_TRAIL) == out.own_hospitals == ()
    assert not out.is_centre
    assert out.scope() == Scope()
    assert not any(policy.can(out, permission) for permission in P)
    assert not any(policy.can(NOBODY, permission) for permission in P)


def test_a_permission_reaches_the_hospitals_of_its_role_alone():
    both = held((Role.SITE_LEAD, 1), (Role.SURGEON, 2))
    assert both.hospitals(P.READ_CASES) == (1,)
    assert both.hospitals(P.READ_STANDING) == (1, 2)
    assert both.own_hospitals == (1, 2)
    assert policy.can(both, P.READ_CASES, hospital_id=1)
    assert not policy.can(both, P.READ_CASES, hospital_id=2)
    assert held((Role.CENTRE_STAFF, None)).hospitals(P.READ_TRAIL) == EVERY


def test_the_scope_of_each_kind_of_person():
    assert held().scope() == Scope(person=7)
    lead = held((Role.SITE_LEAD, 2)).scope()
    assert (lead.hospitals, lead.case_hospitals, lead.result_hospitals, lead.trail_hospitals) == (
        (2,),
        (2,),
        (2,),
        (2,),
    )
    surgeon = held((Role.SURGEON, 1), (Role.SURGEON, 3)).scope()
    assert (surgeon.surgeon, surgeon.case_hospitals, surgeon.result_hospitals) == (7, (), (1, 3))
    staff = held((Role.CENTRE_STAFF, None)).scope()
    assert (staff.hospitals, staff.case_hospitals, staff.result_hospitals, staff.centre) == (EVERY, (), (), True)
    seeing = held((Role.CENTRE_STAFF, None), identified=True).scope()
    assert seeing.case_hospitals == seeing.result_hospitals == EVERY
    analyst = held((Role.CENTRE_ANALYST, None), identified=True).scope()
    assert analyst.case_hospitals == analyst.result_hospitals == ()
    assert staff.narrowed(hospitals=(1,)).hospitals == (1,)


def test_what_lies_outside_is_missing_and_what_lies_inside_is_forbidden():
    lead = held((Role.ABSTRACTOR, 1))
    policy.require(lead, P.ENTER_CASES, hospital_id=1)
    with pytest.raises(NotFound):
        policy.require(lead, P.ENTER_CASES, hospital_id=2)
    with pytest.raises(NotAllowed, match="see the people"):
        policy.require(lead, P.MANAGE_PEOPLE, hospital_id=1)
    with pytest.raises(NotAllowed):
        policy.require(lead, P.MANAGE_PEOPLE)


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (-1, None, True),
        (0, None, True),
        (1, None, False),
        (-9, -1, False),
        (-9, 0, False),
        (-9, 1, True),
        (0, 0, False),
    ],
)
def test_a_membership_holds_from_its_first_day_until_before_its_end(shared_world, starts, ends, holds):
    who = _newcomer(f"dated{starts}{ends}@x.example")
    with machine():
        Membership.objects.create(
            person=who,
            hospital=Hospital.objects.get(code="H01"),
            role="ABSTRACTOR",
            starts_on=DAY + timedelta(days=starts),
            ends_on=None if ends is None else DAY + timedelta(days=ends),
            granted_at="2026-01-01T00:00Z",
        )
    assert bool(policy.authority(who, on=DAY).roles) is holds
    with machine():
        assert (who.pk in policy.who(P.ENTER_CASES, hospital_id=Hospital.objects.get(code="H01").pk, on=DAY)) is holds


def _newcomer(email: str) -> Person:
    return Person.objects.create(email=email, name="Newcomer", password="!")


def test_somebody_deactivated_is_nobody(shared_world):
    who = person("sg-0101")
    who.is_active = False
    assert policy.authority(who, on=DAY) is NOBODY


def _projected(who: Person) -> set[tuple[str, str]]:
    return set(UserObjectPermission.objects.filter(user=who).values_list("permission__codename", "object_pk"))


@pytest.mark.parametrize("name", ["abstractor", "sitelead", "surgeon", "lead", "sg-0301"])
def test_guardians_rows_are_what_the_memberships_give(shared_world, name):
    who = person(name)
    given = policy.authority(who, on=DAY)
    expected = {(p.value, str(h)) for role, h in given.roles if h is not None for p in PERMISSIONS[role]}
    assert _projected(who) == expected


def test_projecting_adds_what_lacks_and_takes_what_is_too_much(shared_world):
    who = person("sg-0302")
    before = _projected(who)
    UserObjectPermission.objects.filter(user=who, permission__codename="read_standing").delete()
    with machine():
        other = Hospital.objects.get(code="H09")
    UserObjectPermission.objects.assign_perm("enter_cases", who, other)
    assert _projected(who) != before
    grants.project(who, on=DAY)
    assert _projected(who) == before


def test_a_row_of_guardian_opens_nothing_by_itself(shared_world):
    from tests.sites.acting import signed_in

    who = person("sg-0303")
    with machine():
        own = policy.authority(who, on=DAY).own_hospitals[0]
        UserObjectPermission.objects.assign_perm("manage_people", who, Hospital.objects.get(pk=own))
    assert who.has_perm("sites.manage_people", Hospital(pk=own))
    assert not policy.can(policy.authority(who, on=DAY), P.MANAGE_PEOPLE)
    assert signed_in("sg-0303").get("/people/").status_code == 403


def test_a_machine_declares_its_reach(shared_world):
    with machine():
        everything = policy.system(name="sweeper")
    assert len(everything.hospitals) == 9
    narrow = policy.system(name="sweeper", hospitals=(4,)).scope()
    assert (narrow.case_hospitals, narrow.person, narrow.centre) == ((4,), 0, True)

"""Row security by the database's own word, and with every filter of the application taken away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from config.database.base import DatabaseWrapper
from registry.models import Case
from sites.access import policy
from sites.access.scope import NOTHING, Scope, bound
from sites.models import Hospital
from tests.databases import as_role
from tests.house import catalog
from tests.house.catalog import ask
from tests.plugin import joined
from tests.sites.acting import person

# Written by hand: a new table with a hospital must be added here, so that somebody thinks about who reads it.
GUARDED = [
    "feedback_caseledger",
    "feedback_release",
    "feedback_releaseobjection",
    "feedback_siteresult",
    "feedback_standing",
    "feedback_surgeonresult",
    "feedback_unblindingconsent",
    "interventions_adoption",
    "interventions_adoptionnote",
    "interventions_barrier",
    "interventions_candidate",
    "interventions_comment",
    "interventions_directoryconsent",
    "interventions_directoryentry",
    "interventions_exemplar",
    "interventions_exemplarstep",
    "interventions_helpoffer",
    "interventions_helprequest",
    "interventions_impactsite",
    "interventions_material",
    "interventions_meetinginvitation",
    "interventions_mentorreply",
    "interventions_mentorrequest",
    "interventions_onboardingtick",
    "interventions_peeranswer",
    "interventions_peerquestion",
    "interventions_practice",
    "interventions_practicestep",
    "interventions_priority",
    "interventions_prioritystep",
    "interventions_recognition",
    "interventions_reportstep",
    "interventions_scoreentry",
    "interventions_scorerequest",
    "interventions_scorestanding",
    "interventions_scoretotal",
    "interventions_sitecontact",
    "interventions_sitepromise",
    "interventions_sitevisit",
    "interventions_uptake",
    "registry_amendment",
    "registry_audit",
    "registry_auditcase",
    "registry_auditreport",
    "registry_case",
    "registry_caseminutes",
    "registry_casereview",
    "registry_caserevision",
    "registry_certification",
    "registry_columnmapping",
    "registry_contactattempt",
    "registry_cycle",
    "registry_dataquery",
    "registry_dataquerymessage",
    "registry_dataqueryvalue",
    "registry_elementdisagreement",
    "registry_findingreason",
    "registry_framecolumn",
    "registry_framerow",
    "registry_frameupload",
    "registry_keptexamination",
    "registry_lockwaiver",
    "registry_operationcount",
    "registry_participation",
    "registry_periodattestation",
    "registry_qualityreport",
    "registry_rulecount",
    "registry_secondreading",
    "registry_snapshotrevision",
    "registry_snapshotsite",
    "registry_trainingassignment",
    "registry_trainingattempt",
    "registry_unfitvalue",
    "registry_upload",
    "sites_agreementstep",
    "sites_apitoken",
    "sites_auditevent",
    "sites_hospital",
    "sites_membership",
]
FILLED = [
    name
    for name in GUARDED
    if name
    not in {
        "feedback_releaseobjection",
        "interventions_adoptionnote",
        "interventions_exemplar",
        "interventions_exemplarstep",
        "interventions_impactsite",
        "interventions_material",
        "interventions_mentorreply",
        "interventions_mentorrequest",
        "interventions_practice",
        "interventions_practicestep",
        "registry_amendment",
        "registry_columnmapping",
        "registry_dataquery",
        "registry_dataquerymessage",
        "registry_dataqueryvalue",
        "registry_findingreason",
        "registry_keptexamination",
        "registry_rulecount",
        "registry_snapshotrevision",
        "registry_unfitvalue",
        "sites_apitoken",
    }
]


def do(statement: str) -> None:
    """Run a statement that gives nothing back."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def planted(defect: str) -> Iterator[None]:
    """Plant a defect as the tables' owner, and take it away again."""
    with as_role("cairn_migrator"), transaction.atomic():
        do(defect)
        yield
        transaction.set_rollback(True)


def seen(table: str) -> int:
    """Count rows with no filter at all."""
    return ask(f"SELECT count(*) FROM {table}")[0][0]


def of_hospitals(table: str, column: str = "hospital_id") -> set[int]:
    return {row[0] for row in ask(f"SELECT DISTINCT {column} FROM {table}")} - {None}


def test_the_tables_with_a_hospital_are_the_ones_we_know(shared_world):
    assert catalog.guarded_tables() == GUARDED


def test_every_table_with_a_hospital_forces_row_security(shared_world):
    assert catalog.unguarded() == []


def test_no_view_opens_a_way_around(shared_world):
    assert catalog.open_views() == []


def test_functions_pin_their_search_path(shared_world):
    assert catalog.loose_functions() == []


def test_functions_with_their_owners_rights_are_for_named_roles(shared_world):
    assert catalog.public_definers() == []


def test_no_role_of_the_application_is_more_than_it_should_be(shared_world):
    assert catalog.mighty_roles() == []
    for role in ("cairn_web", "cairn_worker"):
        with as_role(role):
            assert ask("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") == [(False,)]
            for owner in ("cairn_owner", "postgres"):
                with pytest.raises(ProgrammingError):
                    ask(f"SET ROLE {owner}")


@pytest.mark.parametrize("role", ["cairn_web", "cairn_worker"])
@pytest.mark.parametrize("table", FILLED)
def test_without_a_scope_nothing_is_seen_although_rows_are_there(shared_world, table, role):
    with as_role("superuser"):
        assert seen(table) > 0
    with as_role(role):
        if not ask("SELECT has_table_privilege(%s, %s, 'SELECT')", role, table)[0][0]:
            with pytest.raises(ProgrammingError, match="permission denied"):
                seen(table)
            return
        assert seen(table) == 0  # outside a transaction
        with transaction.atomic():
            assert seen(table) == 0
        with bound(NOTHING), transaction.atomic():
            assert seen(table) == 0


CASE_TABLES = (
    "registry_case",
    "registry_caserevision",
    "registry_upload",
    "feedback_caseledger",
)
RESULT_TABLES = ("feedback_siteresult",)


@pytest.mark.parametrize(
    ("name", "tables", "reaches"),
    [
        ("abstractor", CASE_TABLES + RESULT_TABLES, {"H04"}),
        ("sitelead", (*CASE_TABLES, *RESULT_TABLES, "sites_auditevent", "sites_membership"), {"H04"}),
        ("abstractor2", CASE_TABLES + RESULT_TABLES, {"H07"}),
        ("surgeon", ("registry_case", "registry_caserevision", "feedback_siteresult"), {"H04", "H07"}),
        ("surgeon", ("registry_upload", "feedback_caseledger"), set()),
        ("staff", CASE_TABLES + RESULT_TABLES, set()),
        ("analyst", CASE_TABLES + RESULT_TABLES, set()),
        ("lead", CASE_TABLES + RESULT_TABLES, set()),
    ],
)
def test_with_no_filter_only_rows_of_the_own_hospitals_come(shared_world, name, tables, reaches):
    held = policy.authority(person(name), on=timezone.now().date())
    with as_role("superuser"):
        ids = {code: pk for pk, code in ask("SELECT id, code FROM sites_hospital")}
        for table in tables:
            assert len(of_hospitals(table)) >= 9, f"{table} has rows of every hospital"
    own = {ids[code] for code in reaches}
    with bound(held.scope()), transaction.atomic():
        for table in tables:
            assert of_hospitals(table) <= own
            assert bool(of_hospitals(table)) == bool(own)


def test_a_surgeon_reaches_own_cases_only(shared_world):
    who = person("surgeon")
    held = policy.authority(who, on=timezone.now().date())
    with as_role("superuser"):
        ((others,),) = ask(
            "SELECT count(*) FROM registry_case WHERE surgeon_id <> %s AND hospital_id = ANY (%s)",
            who.pk,
            list(held.own_hospitals),
        )
        assert others > 50
    with bound(held.scope()), transaction.atomic():
        assert {row[0] for row in ask("SELECT DISTINCT surgeon_id FROM registry_case")} == {who.pk}
        assert {row[0] for row in ask("SELECT DISTINCT person_id FROM feedback_surgeonresult")} <= {who.pk}


def test_a_standing_is_for_its_own_set_alone(shared_world):
    held = policy.authority(person("abstractor"), on=timezone.now().date())
    with as_role("superuser"):
        assert ask("SELECT count(DISTINCT own_set) FROM feedback_standing")[0][0] >= 10
    with bound(held.scope()), transaction.atomic():
        assert {tuple(row[0]) for row in ask("SELECT DISTINCT own_set FROM feedback_standing")} == {held.own_hospitals}


def test_the_worker_needs_a_scope_as_well(shared_world):
    with as_role("cairn_worker"):
        with transaction.atomic():
            actor = policy.system(name="test")
        with bound(actor.scope()), transaction.atomic():
            assert seen("registry_case") > 1000
            assert seen("feedback_surgeonresult") > 0
        with bound(Scope(centre=True)), transaction.atomic():
            assert seen("registry_case") == 0


def test_rows_of_another_hospital_cannot_be_written(shared_world):
    held = policy.authority(person("abstractor"), on=timezone.now().date())
    with as_role("superuser"):
        ((theirs,),) = ask(
            "SELECT id FROM registry_case WHERE hospital_id = (SELECT id FROM sites_hospital WHERE code = 'H07') LIMIT 1"
        )
        ((foreign,),) = ask("SELECT id FROM sites_hospital WHERE code = 'H07'")
    with bound(held.scope()), transaction.atomic():
        assert Case.objects.filter(pk=theirs).update(n_soft=7) == 0
    with pytest.raises(ProgrammingError, match="row-level security"), bound(held.scope()), transaction.atomic():
        ask(
            "INSERT INTO sites_membership (person_id, hospital_id, role, surgeon_code, starts_on, granted_at)"
            " VALUES (%s, %s, 'SITE_LEAD', '', '2020-01-01', now()) RETURNING 1",
            held.person_id,
            foreign,
        )
    with pytest.raises(ProgrammingError, match="row-level security"), bound(held.scope()), transaction.atomic():
        Hospital.objects.create(code="XX", name="Own", joined_on="2020-01-01")


def test_a_temporary_table_does_not_unlock_a_closed_case(shared_world):
    """Functions look among temporary tables last; else an empty look-alike of the periods would open the lock."""
    held = policy.authority(person("abstractor"), on=timezone.now().date())
    with bound(held.scope()), transaction.atomic():
        do("CREATE TEMP TABLE registry_reportingperiod (id bigint, status text, registry_id bigint)")
        with pytest.raises(IntegrityError, match="the period is closed"), transaction.atomic():
            do("UPDATE registry_case SET status = 'WITHDRAWN' WHERE status = 'SUBMITTED'")
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("defect", "found"),
    [
        ("ALTER TABLE registry_case NO FORCE ROW LEVEL SECURITY", "registry_case: not forced"),
        ("ALTER TABLE registry_case DISABLE ROW LEVEL SECURITY", "registry_case: row security is off"),
        ("DROP POLICY reach ON feedback_standing", "feedback_standing: no policy for cairn_web"),
        (
            "CREATE POLICY wide ON registry_upload TO cairn_web USING (true)",
            "registry_upload: cairn_web sees every row",
        ),
        (
            "CREATE TABLE planted (hospital_id int); GRANT SELECT ON planted TO cairn_web",
            "planted: row security is off",
        ),
    ],
)
def test_a_planted_hole_is_reported(shared_world, defect, found):
    with planted(defect):
        assert found in catalog.unguarded()


@pytest.mark.parametrize(
    ("defect", "check"),
    [
        (
            "CREATE VIEW planted AS SELECT * FROM registry_case; GRANT SELECT ON planted TO cairn_web",
            catalog.open_views,
        ),
        (
            "CREATE MATERIALIZED VIEW planted AS SELECT 1 AS one; GRANT SELECT ON planted TO cairn_web",
            catalog.open_views,
        ),
        (
            "CREATE FUNCTION cairn_planted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            catalog.loose_functions,
        ),
        (
            "CREATE FUNCTION cairn_planted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            catalog.public_definers,
        ),
        (
            "CREATE FUNCTION cairn_planted() RETURNS int LANGUAGE sql SET search_path = public AS 'SELECT 1'",
            catalog.loose_functions,
        ),
    ],
)
def test_a_planted_way_around_is_reported(shared_world, defect, check):
    with planted(defect):
        assert check()


def test_taking_force_away_shows_rows_to_an_owner_who_has_no_policy(shared_world):
    """What FORCE is for: without it the tables' owner is above every policy."""
    with planted("DROP POLICY owner_all ON registry_case"):
        assert seen("registry_case") == 0
        do("ALTER TABLE registry_case NO FORCE ROW LEVEL SECURITY")
        assert seen("registry_case") > 1000


def test_a_request_whose_scope_is_not_bound_shows_nothing(shared_world, monkeypatch):
    """Taking the binding away shuts everything: no policy falls back to open."""
    client, case = Client(), re.compile(r'href="/cases/[0-9A-Z]{10}/"')
    client.force_login(person("abstractor"), backend="django.contrib.auth.backends.ModelBackend")
    assert case.search(client.get("/cases/?show=all").content.decode())
    monkeypatch.setattr(DatabaseWrapper, "bind_scope", lambda self: None)
    answer = client.get("/cases/?show=all")
    assert answer.status_code == 200
    assert not case.search(answer.content.decode())


def test_a_setting_of_the_session_widens_nothing(shared_world):
    """Code that sets the session's own setting poisons nothing: row security believes only what was sealed for the transaction."""
    with as_role("superuser"):
        ((everything,),) = ask("SELECT array_agg(id)::text FROM sites_hospital")
    ask("SELECT set_config('cairn.case_hospitals', %s, false)", everything)
    ask("SELECT set_config('cairn.scope', %s, false)", f"x|9999999999|0|0|1||{everything}|{everything}|{{}}|{{}}|{{}}")
    assert seen("registry_case") == 0
    with transaction.atomic():
        assert seen("registry_case") == 0
    connection.close()
    assert seen("registry_case") == 0


@pytest.mark.parametrize(
    ("role", "database", "may"),
    [
        ("cairn_web", "registry", True),
        ("cairn_web", "portal", False),
        ("cairn_worker", "portal", False),
        ("cairn_analyst", "portal", False),
        ("cairn_portal", "portal", True),
        ("cairn_portal", "registry", False),
        ("cairn_portal_writer", "portal", True),
        ("cairn_portal_writer", "registry", False),
    ],
)
def test_the_two_databases_have_different_doors(shared_world, role, database, may):
    servers = joined()
    where = connection.settings_dict
    arguments = {
        "host": where["HOST"],
        "port": where["PORT"],
        "user": role,
        "password": servers.credentials.passwords[role],
        "dbname": getattr(shared_world, database),
    }
    if may:
        psycopg.connect(**arguments).close()
    else:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(**arguments)

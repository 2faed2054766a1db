"""What may never change cannot be changed by anybody who works here: not by the web, not by the worker, not by the owner."""

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from sites.access import policy
from sites.access.scope import bound
from sites.actions import sealing
from tests.databases import as_role
from tests.house.catalog import ask
from tests.house.universe import invited_hospitals
from tests.sites.acting import person

# Written by hand: every table whose rows are history.
APPEND_ONLY = [
    "feedback_caseledger",
    "feedback_measurerun",
    "feedback_measureversion",
    "feedback_referencemodel",
    "feedback_siteresult",
    "feedback_standing",
    "feedback_surgeonresult",
    "interventions_adoptionnote",
    "interventions_ballot",
    "interventions_ballotresult",
    "interventions_barrier",
    "interventions_candidate",
    "interventions_comment",
    "interventions_commentstep",
    "interventions_directoryconsent",
    "interventions_elementstep",
    "interventions_elementtest",
    "interventions_evidencestep",
    "interventions_exemplarstep",
    "interventions_impact",
    "interventions_impactsite",
    "interventions_mentorreply",
    "interventions_mentorrequest",
    "interventions_notice",
    "interventions_onboardingtick",
    "interventions_prioritystep",
    "interventions_recognitionrule",
    "interventions_reportstep",
    "interventions_practicestep",
    "interventions_scoreentry",
    "interventions_scoretotal",
    "interventions_search",
    "interventions_sitecontact",
    "interventions_toolkitelement",
    "interventions_toolkitpractice",
    "interventions_toolkitversion",
    "interventions_uptake",
    "interventions_vote",
    "registry_auditreport",
    "registry_caserevision",
    "registry_certification",
    "registry_contactattempt",
    "registry_cycle",
    "registry_dataquerymessage",
    "registry_dataqueryvalue",
    "registry_findingreason",
    "registry_periodattestation",
    "registry_procedurelist",
    "registry_samplingrules",
    "registry_snapshot",
    "registry_snapshotrevision",
    "registry_snapshotsite",
    "sites_agreement",
    "sites_agreementstep",
    "sites_auditevent",
    "sites_audithead",
    "sites_auditlink",
]
ROLES = ("cairn_web", "cairn_worker", "cairn_migrator", "superuser")
# A link of the chain is numbered by its position.
KEYS = {"sites_auditlink": "position"}
STATEMENTS = ("UPDATE {table} SET {key} = {key}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")


def protected() -> set[str]:
    """Name the tables that carry both triggers, switched on."""
    rows = ask(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname IN ('append_only', 'append_only_truncate') AND tgenabled = 'O'"
        " GROUP BY 1 HAVING count(*) = 2"
    )
    return {name for (name,) in rows}


@pytest.fixture(scope="module", autouse=True)
def planted(shared_world):
    """The universe explains no finding and has no sealer running; rows of that history are planted."""
    with bound(everything().scope()), as_role("cairn_worker"), transaction.atomic():
        sealing.run(on=timezone.now().date(), at=timezone.now())
    with as_role("superuser"):
        ids = [pk for (pk,) in ask("SELECT id FROM sites_hospital ORDER BY id LIMIT 1")]
    invited_hospitals(ids)
    with as_role("superuser"), transaction.atomic(), connection.cursor() as cursor:
        for statement in PLANTED:
            cursor.execute(statement)
        cursor.execute(
            'INSERT INTO registry_findingreason (case_id, hospital_id, code, "column", value, reason, at)'
            " SELECT id, hospital_id, 'soft', 'age_years', '1', 'As in the chart.', now() FROM registry_case LIMIT 1"
        )


PLANTED = (
    "INSERT INTO interventions_adoptionnote (adoption_id, hospital_id, plan, did, saw, next, at, by_id)"
    " SELECT id, hospital_id, 'x', '', '', '', now(), registered_by_id FROM interventions_adoption LIMIT 1",
    "INSERT INTO interventions_evidencestep (toolkit_id, was, now, reason, at, by_id)"
    " SELECT t.id, 'ANECDOTE', 'ASSOCIATED', 'x', now(), v.by_id FROM interventions_toolkit t"
    " JOIN interventions_toolkitversion v ON v.toolkit_id = t.id LIMIT 1",
    "INSERT INTO interventions_practice (code, exemplar_id, hospital_id, origin, title, who, what, \"when\", with_what, material, audience, contact,"
    " written_at, written_by_id) SELECT 'PLANTED', e.id, e.hospital_id, 'VISIT', 'x', 'x', 'x', 'x', '', '', 'CENTRE', '', now(), p.id"
    " FROM interventions_exemplar e, sites_person p LIMIT 1",
    "INSERT INTO interventions_practicestep (practice_id, hospital_id, audience, at, by_id)"
    " SELECT id, hospital_id, 'CENTRE', now(), written_by_id FROM interventions_practice LIMIT 1",
    "INSERT INTO interventions_material (code, practice_id, hospital_id, title, file_name, kind, content, n_bytes, sha256, at, by_id)"
    " SELECT 'PLANTED', id, hospital_id, 'x', 'x.txt', 'text/plain', 'x', 1, 'x', now(), written_by_id FROM interventions_practice LIMIT 1",
    "INSERT INTO interventions_toolkitpractice (toolkit_id, practice_id, at, by_id)"
    " SELECT t.id, p.id, now(), p.written_by_id FROM interventions_toolkit t, interventions_practice p LIMIT 1",
    "INSERT INTO interventions_elementstep (element_id, was, now, reason, at, by_id)"
    " SELECT id, 'ANECDOTE', 'RETIRED', 'x', now(), made_by_id FROM interventions_testableelement LIMIT 1",
    "INSERT INTO interventions_commentstep (comment_id, kind, reason, at, by_id)"
    " SELECT id, 'FLAG', 'x', now(), by_id FROM interventions_comment LIMIT 1",
    "INSERT INTO interventions_mentorrequest (code, hospital_id, exemplar_code, measure_title, words, contact, at, by_id)"
    " SELECT 'PLANTED', h.id, 'X', 'x', 'x', 'x', now(), p.id FROM sites_hospital h, sites_person p LIMIT 1",
    "INSERT INTO interventions_mentorreply (request_code, hospital_id, agreed, words, at, by_id)"
    " SELECT 'PLANTED', h.id, true, 'x', now(), p.id FROM sites_hospital h, sites_person p LIMIT 1",
    "INSERT INTO interventions_notice (person_id, kind, key, n, at) SELECT id, 'WEEKLY', 'x', 1, now() FROM sites_person LIMIT 1",
    "INSERT INTO interventions_impactsite (impact_id, hospital_id, document)"
    " SELECT i.id, h.id, '{}' FROM interventions_impact i, sites_hospital h WHERE h.code = 'H09' LIMIT 1",
)


def everything() -> policy.SystemActor:
    with transaction.atomic():
        return policy.system(name="test")


def refused(statement: str) -> str:
    """Run a statement with the widest scope there is and return the refusal."""
    with (
        bound(everything().scope()),
        pytest.raises(Error) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(caught.value)


def test_the_tables_that_are_history_are_protected(shared_world):
    assert protected() == set(APPEND_ONLY)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_history_is_not_changed_not_deleted_not_emptied(shared_world, table, role):
    with as_role("superuser"):
        assert ask(f"SELECT count(*) FROM {table}")[0][0] > 0
    with as_role(role):
        for statement in STATEMENTS:
            words = refused(statement.format(table=table, key=KEYS.get(table, "id")))
            assert "append-only" in words or "permission denied" in words or "append_only" in words, words


def test_a_trigger_that_is_off_is_noticed(shared_world):
    with as_role("cairn_migrator"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sites_auditevent DISABLE TRIGGER append_only")
        assert protected() == set(APPEND_ONLY) - {"sites_auditevent"}
        transaction.set_rollback(True)


CLOSED_CASE = "(SELECT c.id FROM registry_case c JOIN registry_reportingperiod p ON p.id = c.period_id WHERE p.status = 'CLOSED' LIMIT 1)"
LOCKED = [
    (f"UPDATE registry_case SET status = 'WITHDRAWN' WHERE id = {CLOSED_CASE}", "closed"),
    (f"UPDATE registry_case SET answers = array_append(answers, 'x') WHERE id = {CLOSED_CASE}", "closed"),
    (f"UPDATE registry_case SET occurred_on = NULL WHERE id = {CLOSED_CASE}", "closed"),
    (f"UPDATE registry_case SET period_id = NULL WHERE id = {CLOSED_CASE}", "closed"),
    (f"UPDATE registry_case SET key = 'another' WHERE id = {CLOSED_CASE}", "never changes"),
    (f"UPDATE registry_case SET code = 'another' WHERE id = {CLOSED_CASE}", "never changes"),
    (f"DELETE FROM registry_case WHERE id = {CLOSED_CASE}", "never deleted"),
    ("UPDATE registry_dictionaryversion SET source = 'x' WHERE status = 'PUBLISHED'", "never changes"),
    ("UPDATE registry_dictionaryversion SET status = 'DRAFT', published_at = NULL", "never changes"),
    ("DELETE FROM registry_dictionaryversion", "never changes"),
    ("UPDATE registry_reportingperiod SET status = 'OPEN' WHERE status = 'CLOSED'", "never opens again"),
    ("UPDATE registry_reportingperiod SET ends_before = ends_before + 1 WHERE status = 'CLOSED'", "never opens again"),
    ("DELETE FROM registry_reportingperiod", "never opens again"),
    ("UPDATE feedback_release SET title = 'x' WHERE status = 'RELEASED'", "final release"),
    ("UPDATE feedback_release SET artefact = 'x' WHERE status = 'RELEASED'", "never changes"),
    ("UPDATE feedback_release SET status = 'DRAFT' WHERE status = 'RELEASED'", "final release"),
    ("DELETE FROM feedback_release", "never deleted"),
    ("UPDATE feedback_release SET status = 'RELEASED', released_at = now(), released_by_id = 1 WHERE status = 'PREVIEW'", "waits for the end"),
    ("UPDATE feedback_release SET preview_until = '2000-01-01' WHERE status = 'PREVIEW'", "check of a release never changes"),
    ("UPDATE feedback_release SET second_checked_by_id = checked_by_id WHERE status = 'PREVIEW'", "check of a release never changes"),
    ("UPDATE interventions_toolkit SET offered_on = offered_on - 1", "never changes"),
    ("DELETE FROM interventions_toolkit", "never deleted"),
    ("UPDATE interventions_scorecard SET source = 'x' WHERE frozen_at IS NOT NULL", "never change"),
    ("UPDATE interventions_scorecard SET frozen_at = NULL, frozen_by_id = NULL WHERE frozen_at IS NOT NULL", "never change"),
    ("UPDATE interventions_scorecard SET final_at = NULL WHERE final_at IS NOT NULL", "never change"),
    ("DELETE FROM interventions_scorecard", "never deleted"),
    ("UPDATE interventions_scorerequest SET reason = 'x' WHERE status <> 'ASKED'", "never changes"),
    ("DELETE FROM interventions_scorerequest", "never deleted"),
    ("UPDATE interventions_sitepromise SET words = 'x'", "never changes"),
    ("UPDATE interventions_sitepromise SET closing = 'x' WHERE state <> 'OPEN'", "never changes"),
    ("DELETE FROM interventions_sitepromise", "never deleted"),
    ("UPDATE interventions_sitevisit SET report = 'x' WHERE report <> ''", "never change"),
    ("DELETE FROM interventions_sitevisit", "never deleted"),
    ("UPDATE interventions_newsletter SET letter = 'x' WHERE published_at IS NOT NULL", "never changes"),
    ("DELETE FROM interventions_newsletter", "never changes"),
    ("UPDATE interventions_peerquestion SET words = 'x'", "never change"),
    ("DELETE FROM interventions_peerquestion", "never deleted"),
    ("UPDATE interventions_peeranswer SET words = 'x'", "never change"),
    ("DELETE FROM interventions_peeranswer", "never deleted"),
    ("UPDATE interventions_meeting SET notes = 'x' WHERE state = 'HELD'", "never changes"),
    ("UPDATE interventions_meetinginvitation SET person_id = 1", "never changes"),
    ("DELETE FROM interventions_meetinginvitation", "never deleted"),
    ("UPDATE interventions_testableelement SET done_when = 'x'", "never changes"),
    ("DELETE FROM interventions_testableelement", "never deleted"),
    ("UPDATE interventions_practice SET what = 'y'", "never change"),
    ("UPDATE interventions_practice SET audience = 'COLLABORATIVE', expires_on = now() + interval '9 days'", "only its hospital shares"),
    ("DELETE FROM interventions_practice", "never deleted"),
    ("UPDATE interventions_material SET content = 'y'", "never changes"),
    ("DELETE FROM interventions_material", "never deleted"),
    ("DELETE FROM interventions_adoption", "never deleted"),
]
# Only the hospital's own people and jobs reach an adoption: for the web without a person there is no row to change.
DECLARED = [
    "UPDATE interventions_adoption SET starts_on = starts_on + 1",
    "UPDATE interventions_adoption SET measure_code = 'mort30'",
]


@pytest.mark.parametrize("role", ["cairn_web", "cairn_worker", "cairn_migrator"])
@pytest.mark.parametrize(("statement", "words"), LOCKED)
def test_what_is_final_stays(shared_world, statement, words, role):
    with as_role(role):
        said = refused(statement)
    assert words in said or (statement.startswith("DELETE") and "permission denied" in said), said


@pytest.mark.parametrize("statement", DECLARED)
def test_what_was_declared_beforehand_stays(shared_world, statement):
    for role in ("cairn_worker", "cairn_migrator"):
        with as_role(role):
            assert "never changes" in refused(statement)
    with bound(everything().scope()), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 0


def test_a_new_case_cannot_enter_a_closed_period(shared_world):
    copied = (
        "INSERT INTO registry_case (code, registry_id, hospital_id, version_id, period_id, key, status, answers, revision, n_answered, n_hard,"
        " n_soft, opened_at, changed_at) SELECT 'NEWCASE', registry_id, hospital_id, version_id, period_id, 'late', 'DRAFT', answers, 1, 0, 0, 0,"
        f" now(), now() FROM registry_case WHERE id = {CLOSED_CASE}"
    )
    with as_role("cairn_worker"):
        assert "closed" in refused(copied)


def test_a_release_needs_a_second_person(shared_world):
    with as_role("cairn_worker"):
        words = refused(
            "INSERT INTO feedback_release (code, run_id, title, status, artefact, sha256, rules, prepared_by_id, prepared_at,"
            " checked_by_id, reason) SELECT 'SELF', run_id, 'x', 'REJECTED', artefact, sha256, rules, prepared_by_id, now(),"
            " prepared_by_id, '' FROM feedback_release WHERE kind = 'AGGREGATE' LIMIT 1"
        )
    assert "release_needs_a_second_person" in words


def test_nobody_is_ever_superuser(shared_world):
    with as_role("cairn_worker"):
        assert "person_is_never_superuser" in refused("UPDATE sites_person SET is_superuser = true")


def test_the_trail_cannot_be_written_in_the_past_tense_by_changing_it(shared_world):
    """A person may add to the trail, and read own acts only; what stands there stays."""
    held = policy.authority(person("abstractor"), on=timezone.now().date())
    with bound(held.scope()), transaction.atomic():
        ids = {row[0] for row in ask("SELECT DISTINCT person_id FROM sites_auditevent")}
    assert ids <= {held.person_id}

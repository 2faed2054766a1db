"""The payer's process, alone: what it has loaded, what it answers, what it may write. One process answers for all tests."""

import json
import subprocess
import sys

import pytest

from config.embedded import services
from config.embedded.places import PROJECT
from feedback.portal import one_time
from tests.collaborative import FIRST
from tests.databases import as_role
from tests.house.catalog import ask

COUNTS = {"numerator", "denominator", "n", "observed"}
ROUTES = ["", "sign-in/", r"^releases/(?P<sha256>[0-9a-f]{64})\.json\Z"]


@pytest.fixture(scope="module")
def facts(shared_world):
    environment = shared_world.environment(services.PORTAL)
    added = subprocess.run(
        services.ADD_PAYER.argv(),
        env=shared_world.environment(services.ADD_PAYER),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert added.returncode == 0, added.stderr
    command = [sys.executable, "-W", "error::DeprecationWarning", "-m", "tests.feedback.portal.probe"]
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.split("FACTS", 1)[1])


def test_the_process_has_loaded_nothing_of_the_registry(facts):
    ours = {
        name
        for name in facts["modules"]
        if name.split(".")[0] in {"sites", "registry", "interventions", "feedback", "config"}
    }
    strange = {name for name in ours if not name.startswith(("feedback.portal", "config.portal"))} - {
        "feedback",
        "config",
    }
    assert strange == set()
    assert not {"guardian", "rest_framework", "pandas", "numpy"} & set(facts["modules"])


def test_only_its_routes_are_there(facts):
    assert facts["routes"] == ROUTES


def test_everything_else_is_missing(facts):
    for path, statuses in facts["elsewhere"].items():
        if path == "/?next=/cases/":
            assert statuses == {"visitor": 302, "payer": 200}
        else:
            assert statuses["payer"] == 404, path
            assert statuses["visitor"] in {404, 302}, path
    assert facts["missing bodies"] == 1


def test_visitors_are_asked_to_sign_in_and_other_methods_refused(facts):
    for path, by_method in facts["methods"].items():
        for method, status in by_method.items():
            want = {"GET": 200, "HEAD": 200, "POST": 400}.get(method, 405) if path == "/sign-in/" else 302
            assert status == want, (method, path)
    for path, by_method in facts["signed methods"].items():
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            assert by_method[method] == 405, (method, path)


def test_the_list_shows_the_release_and_no_hospital(facts, shared_world):
    assert facts["second factor"]["signed in"] == 200
    assert facts["downloads"]
    with as_role("superuser"):
        names = [name for row in ask("SELECT name, code FROM sites_hospital") for name in row]
        people = [name for row in ask("SELECT name, email FROM sites_person") for name in row]
    said = facts["list"] + json.dumps([download["body"] for download in facts["downloads"]])
    assert FIRST in names
    assert [name for name in (*names, *people) if name in said] == []


def test_nobody_is_in_before_the_code_and_none_works_twice(facts):
    wrong, asks, inside = [400, ""], [302, "/sign-in/"], [302, "/"]
    assert facts["second factor"] == {
        "code before the password": wrong,
        "password": asks,
        "between": 302,
        "key is shown": True,
        "wrong code": wrong,
        "far code": wrong,
        "first": 200,
        "recovery codes": 10,
        "signed in": 200,
        "key is hidden": True,
        "same code again": wrong,
        "recovery code": inside,
        "stolen session": 200,
        "recovery code again": wrong,
        "start again": [*asks, 1],
        "guesses": [400] * 6,
        "right code while braked": wrong,
    }


def test_a_session_ends_when_nobody_uses_it_and_after_twelve_hours(facts):
    assert facts["ends"] == {"in use": [200], "left alone": 302, "after twelve hours": 302}


def test_the_portals_codes_are_those_of_the_standard():
    """RFC 6238, appendix B, SHA-1; ours are the last six of its eight digits."""
    secret = b"12345678901234567890"
    for seconds, digits in ((59, "94287082"), (1111111109, "07081804"), (2000000000, "69279037")):
        assert one_time.code(secret, seconds // 30) == digits[-6:]
        assert one_time.step_of(secret, digits[-6:], now=seconds, after=0) == seconds // 30
        assert one_time.step_of(secret, digits[-6:], now=seconds, after=seconds // 30) is None


def test_no_secret_of_an_app_is_stored_and_the_worker_reads_no_app(shared_world):
    from django.db import Error, connections, transaction

    with (
        pytest.raises(Error, match="permission denied"),
        transaction.atomic(using="portal"),
        connections["portal"].cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM portal_payerapp")


def test_a_download_is_byte_for_byte_what_was_checked(facts, shared_world):
    with as_role("superuser"):
        released = {row[0] for row in ask("SELECT sha256 FROM feedback_release WHERE status = 'RELEASED'")}
    for download in facts["downloads"]:
        assert download["named"] == download["is"]
        assert download["visitor"] == 302
        assert download["same with a query"]
        assert "attachment" in download["disposition"]
    assert {download["named"] for download in facts["downloads"]} == released


def test_counts_in_a_release_are_never_small(facts):
    def numbers(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(inner, int) and not isinstance(inner, bool) and ("count" in key or key in COUNTS):
                    yield key, inner
                yield from numbers(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from numbers(inner)

    found = [pair for download in facts["downloads"] for pair in numbers(download["body"])]
    assert all(count == 0 or count >= 11 for _, count in found), found


def test_query_strings_are_not_read(facts):
    assert facts["query"]


def test_signing_in_needs_the_forms_token_and_brakes_guessing(facts):
    assert facts["csrf"] in {403, 404}
    assert facts["failures"] == {"words": [[400, True]], "braked": 400, "elsewhere": 302}
    assert facts["signed out"] == [302, 302]


def test_every_answer_carries_the_headers(facts):
    for headers in facts["headers"]:
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_portal_cannot_write_artefacts(facts):
    said = facts["writes"]
    assert said.popitem()[1] == "allowed, 0 rows"  # the statistics view is there; the registry's tables are not
    assert all("permission denied" in words or "must be owner" in words for words in said.values()), said


def test_the_worker_may_only_add_artefacts(shared_world):
    from django.db import Error, connections, transaction

    for sql in (
        "UPDATE portal_artefact SET title = 'x'",
        "DELETE FROM portal_artefact",
        "SELECT body FROM portal_artefact",
        "SELECT * FROM portal_payeraccount",
    ):
        with (
            pytest.raises(Error, match="permission denied"),
            transaction.atomic(using="portal"),
            connections["portal"].cursor() as cursor,
        ):
            cursor.execute(sql)


def test_an_artefact_never_changes_not_even_for_the_owner(shared_world):
    import psycopg
    from django.db import connection

    from tests.plugin import joined

    where = connection.settings_dict
    door = {
        "host": where["HOST"],
        "port": where["PORT"],
        "dbname": shared_world.portal,
        "options": "-c role=cairn_portal_owner",
    }
    with psycopg.connect(
        user="cairn_portal_migrator", password=joined().credentials.passwords["cairn_portal_migrator"], **door
    ) as owner:
        for sql in (
            "UPDATE portal_artefact SET title = 'x'",
            "DELETE FROM portal_artefact",
            "TRUNCATE portal_artefact",
        ):
            with pytest.raises(psycopg.Error, match="never changes"), owner.transaction():
                owner.execute(sql)

"""The roles and their doors, asked of the running server."""

import psycopg
import pytest

from config.embedded import postgres, roles
from config.embedded.credentials import LOGINS
from tests import plugin

DOORS = {
    "cairn_migrator": {"registry"},
    "cairn_web": {"registry"},
    "cairn_worker": {"registry"},
    "cairn_analyst": {"registry"},
    "cairn_portal": {"portal"},
    "cairn_portal_writer": {"portal"},
    "cairn_portal_migrator": {"portal"},
}


@pytest.fixture(scope="module")
def server():
    return plugin.joined().superuser


@pytest.fixture(scope="module")
def pair(server, worker_id):
    names = {"registry": f"roles_{worker_id}", "portal": f"roles_{worker_id}_portal"}
    roles.make_database(server=server, name=names["registry"], kind=roles.REGISTRY)
    roles.make_database(server=server, name=names["portal"], kind=roles.PORTAL)
    yield names
    for name in names.values():
        roles.drop_database(server=server, name=name)


def connect(login, database):
    joined = plugin.joined()
    return psycopg.connect(
        host=joined.superuser.host, port=postgres.PORT, user=login, password=joined.credentials.passwords[login], dbname=database
    )


def test_every_login_has_its_doors_listed():
    assert set(DOORS) == set(LOGINS)


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_enters_by_its_own_doors_only(login, pair):
    for kind, database in (*pair.items(), ("maintenance", "postgres"), ("template", "template1")):
        if kind in DOORS[login]:
            with connect(login, database) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (login,)
        else:
            with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
                connect(login, database)


def test_nobody_is_exempt_from_row_security_or_owner(server, pair):
    with server.connection() as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles"
            " WHERE rolname LIKE 'cairn%' ORDER BY 1"
        ).fetchall()
        members = connection.execute(
            "SELECT m.rolname, r.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member"
            " JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname LIKE 'cairn%'"
        ).fetchall()
    assert {row[0] for row in rows} == {*LOGINS, "cairn_owner", "cairn_portal_owner"}
    for name, superuser, bypass, inherits, may_create_roles, may_create_databases, may_log_in in rows:
        assert (superuser, bypass, may_create_roles, may_create_databases) == (False, False, False, False), name
        assert may_log_in == (name in LOGINS), name
        assert not inherits or name not in LOGINS, name
    assert set(members) == {("cairn_migrator", "cairn_owner"), ("cairn_portal_migrator", "cairn_portal_owner")}


@pytest.mark.parametrize("login", ["cairn_web", "cairn_worker", "cairn_analyst"])
def test_a_working_role_may_neither_make_tables_nor_become_the_owner(login, pair):
    with connect(login, pair["registry"]) as connection:
        with pytest.raises(psycopg.errors.Error, match=r"permission denied for schema public|read-only transaction"):
            connection.execute("CREATE TABLE planted (id int)")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE cairn_owner")


def test_the_migrator_acts_as_owner_only_when_it_says_so(pair):
    with connect("cairn_migrator", pair["registry"]) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE planted (id int)")
        connection.rollback()
        connection.execute("SET ROLE cairn_owner")
        connection.execute("CREATE TABLE planted (id int)")
        assert connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'planted'").fetchone() == ("cairn_owner",)
        connection.rollback()


def test_the_web_is_stopped_after_fifteen_seconds_and_may_load_through_a_temporary_table(pair):
    with connect("cairn_web", pair["registry"]) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("15s",)
        connection.execute("CREATE TEMPORARY TABLE staging (line int)")
        with connection.cursor().copy("COPY staging FROM STDIN") as copy:
            copy.write_row([1])
        assert connection.execute("SELECT count(*) FROM staging").fetchone() == (1,)
    with connect("cairn_analyst", pair["registry"]) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("CREATE TABLE planted (id int)")


def test_the_extensions_are_there(server, pair):
    with server.connection(pair["registry"]) as connection:
        found = {name for (name,) in connection.execute("SELECT extname FROM pg_extension").fetchall()}
    assert set(roles.EXTENSIONS) <= found


def test_establishing_again_changes_nothing(server):
    def state():
        with server.connection() as connection:
            question = (
                "SELECT rolname, rolsuper, rolinherit, rolcanlogin, rolbypassrls, rolconfig::text FROM pg_roles"
                " WHERE rolname LIKE 'cairn%' ORDER BY 1"
            )
            databases = "SELECT datname, datacl::text FROM pg_database WHERE datname IN ('cairn', 'cairn_portal', 'postgres') ORDER BY 1"
            return connection.execute(question).fetchall(), connection.execute(databases).fetchall()

    before = state()
    roles.establish(server=server, passwords=plugin.joined().credentials.passwords)
    assert state() == before


def test_a_copy_gets_its_own_right_to_connect(server, pair, worker_id):
    name = f"roles_{worker_id}_copy"
    roles.make_database(server=server, name=name, kind=roles.REGISTRY, template=pair["registry"])
    try:
        with connect("cairn_web", name) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == (name,)
        with pytest.raises(psycopg.OperationalError, match="CONNECT"):
            connect("cairn_portal", name)
    finally:
        roles.drop_database(server=server, name=name)
    assert roles.note(server=server, database=name) is None


def test_a_note_stays_on_its_database(server, pair):
    assert roles.note(server=server, database=pair["registry"]) is None
    roles.leave_note(server=server, database=pair["registry"], words="it's prepared")
    assert roles.note(server=server, database=pair["registry"]) == "it's prepared"

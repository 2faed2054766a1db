"""Sealed row security: whoever writes SQL as the web role, poisons a connection or copies a scope widens nothing."""

import time

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, OperationalError, connection, transaction
from django.utils import timezone

from registry.models import Case
from sites.access import policy, seal
from sites.access.scope import NOTHING, Scope, bound
from tests.databases import as_role
from tests.house.catalog import ask
from tests.plugin import joined
from tests.sites.acting import person

CASES = "SELECT count(*) FROM registry_case"
PLAIN = seal.FUNCTIONS_REVERSE.partition("DROP FUNCTION")[0]


def cases() -> int:
    return ask(CASES)[0][0]


def held(name: str) -> Scope:
    return policy.authority(person(name), on=timezone.now().date()).scope()


@pytest.fixture(scope="module")
def everything(shared_world) -> Scope:
    with as_role("superuser"):
        ((ids,),) = ask("SELECT array_agg(id) FROM sites_hospital")
    return Scope(person=1, hospitals=tuple(ids), case_hospitals=tuple(ids), centre=True)


@pytest.fixture
def forged(everything) -> str:
    """The text of a scope over every hospital, as somebody without the key would write it."""
    return seal.sealed(everything, at=time.time())[0]


def raw(world) -> psycopg.Connection:
    """Open a connection of the web role that knows nothing of Django: what a pooler hands from one to the next."""
    where = connection.settings_dict
    door = {"host": where["HOST"], "port": where["PORT"], "dbname": world.registry}
    return psycopg.connect(user="cairn_web", password=joined().credentials.passwords["cairn_web"], **door)


ATTACKS = {
    "plain settings": "SELECT set_config('cairn.case_hospitals', '{list}', true), set_config('cairn.centre', '1', true)",
    "settings of the session": "SELECT set_config('cairn.scope', '{body}', false)",
    "the text without a seal": "SELECT set_config('cairn.scope', '{body}', true)",
    "the text with somebody's seal": "SELECT set_config('cairn.scope', '{body}', true), set_config('cairn.seal', repeat('0', 64), true)",
    "an empty seal": "SELECT set_config('cairn.scope', '{body}', true), set_config('cairn.seal', '', true)",
    "another key's name": "SELECT set_config('cairn.scope', 'bound' || '{body}', true)",
}
REFUSED = {
    "a signature that is none": "SELECT cairn_bind('{body}', repeat('0', 64))",
    "no signature": "SELECT cairn_bind('{body}', NULL)",
    "the seal as a signature": "SELECT cairn_bind('bound|{body}', current_setting('cairn.seal'))",
    "the key": "SELECT inner_pad FROM cairn_scope_key",
    "a key of one's own": "INSERT INTO cairn_scope_key VALUES ('x', '', '')",
    "another function": "CREATE OR REPLACE FUNCTION cairn_ids(kind text) RETURNS int[] LANGUAGE sql AS 'SELECT NULL::int[]'",
    "another role": "SET LOCAL ROLE cairn_owner",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_injected_settings_widen_nothing(everything, forged, attack):
    sql = ATTACKS[attack].format(body=forged, list="{" + ",".join(map(str, everything.hospitals)) + "}")
    with bound(held("abstractor")), transaction.atomic():
        own = cases()
        ask(sql)
        assert cases() in {0, own}
    with transaction.atomic():
        assert cases() == 0
    connection.close()


@pytest.mark.parametrize("attack", REFUSED)
def test_what_would_make_a_scope_believed_is_refused(everything, forged, attack):
    with pytest.raises(Error), bound(held("abstractor")), transaction.atomic():
        ask(REFUSED[attack].format(body=forged))
    with transaction.atomic():
        assert cases() == 0


def test_with_plain_settings_the_same_injection_would_show_everything(everything):
    """What the seal is for: put the functions back that were there before it, and the injection opens every hospital."""
    sql = ATTACKS["plain settings"].format(body="", list="{" + ",".join(map(str, everything.hospitals)) + "}")
    with as_role("superuser"), transaction.atomic():
        total = cases()
        with connection.cursor() as cursor:
            cursor.execute(PLAIN)
            cursor.execute("SET LOCAL ROLE cairn_web")
        assert cases() == 0
        ask(sql)
        assert cases() == total
        transaction.set_rollback(True)


def test_a_signature_ends_and_an_old_one_is_refused(everything):
    body, signature = seal.sealed(everything, at=time.time() - seal.LASTS_SECONDS - 1)
    with pytest.raises(Error, match="not sealed"), transaction.atomic():
        ask("SELECT cairn_bind(%s, %s)", body, signature)


def test_a_bound_scope_cannot_be_carried_into_another_transaction_or_connection(shared_world):
    scope = held("abstractor")
    with raw(shared_world) as one, raw(shared_world) as other:
        with one.transaction():
            one.execute("SELECT cairn_bind(%s, %s)", seal.sealed(scope, at=time.time()))
            own = one.execute(CASES).fetchone()[0]
            copied = one.execute("SELECT current_setting('cairn.scope'), current_setting('cairn.seal')").fetchone()
        assert own > 0
        for connected in (one, other):
            with connected.transaction():
                connected.execute(
                    "SELECT set_config('cairn.scope', %s, false), set_config('cairn.seal', %s, false)", copied
                )
                assert connected.execute(CASES).fetchone()[0] == 0


def test_two_people_share_one_pooled_connection_and_neither_sees_the_others_rows(shared_world):
    """Transaction pooling, as a pooler does it: each transaction another person, some anonymous, the session never cleaned."""
    scopes = {name: held(name) for name in ("abstractor", "abstractor2", "surgeon")}
    with raw(shared_world) as pooled:
        for turn in range(60):
            name = [*scopes, None][turn * 7 % 4]
            with pooled.transaction():
                if name is None:
                    assert pooled.execute(CASES).fetchone()[0] == 0
                    continue
                pooled.execute("SELECT cairn_bind(%s, %s)", seal.sealed(scopes[name], at=time.time()))
                seen = {row[0] for row in pooled.execute("SELECT DISTINCT hospital_id FROM registry_case")}
                assert seen == set(scopes[name].hospitals)
                pooled.execute("SELECT set_config('cairn.scope', current_setting('cairn.scope'), false)")  # poison


def test_others_see_no_signature_in_the_list_of_running_statements(shared_world):
    with raw(shared_world) as spy, bound(held("abstractor")), transaction.atomic():
        seen = spy.execute("SELECT query FROM pg_stat_activity WHERE usename = 'cairn_web'").fetchall()
        assert any("cairn_bind($1, $2)" in query for (query,) in seen)
        assert not any("|" in query for (query,) in seen)


def test_unbinding_inside_a_transaction_closes_everything(shared_world):
    with bound(held("abstractor")), transaction.atomic():
        assert cases() > 0
        with bound(NOTHING):
            assert cases() == 0
        assert cases() > 0


def test_a_scope_that_is_not_believed_fails_loudly_and_leaves_a_usable_connection(shared_world, settings):
    settings.SCOPE_KEY = "a key that the database was never told"
    with pytest.raises(Error, match="not sealed"), bound(Scope(person=1)), transaction.atomic():
        pass
    with transaction.atomic():
        assert cases() == 0


def test_a_server_that_is_gone_is_an_error_at_once_and_the_next_connection_works(shared_world):
    scope = held("abstractor")
    with raw(shared_world) as other:
        connection.ensure_connection()
        gone = connection.connection.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [gone])
        with pytest.raises(OperationalError), bound(scope), transaction.atomic():
            pass
    assert not connection.is_usable()
    connection.close()
    with bound(scope), transaction.atomic():
        assert cases() > 0


def test_a_new_key_is_believed_beside_the_one_before_it_and_the_third_ends_the_first(world, settings):
    scope = held("abstractor")
    first = settings.SCOPE_KEY
    works = []
    for key in ("second " * 8, "third " * 8):
        settings.SCOPE_KEY = key
        with as_role("cairn_migrator"):
            seal.keep_key()
        for known in (key, first):
            settings.SCOPE_KEY = known
            try:
                with bound(scope), transaction.atomic():
                    works.append(Case.objects.exists())
            except Error:
                works.append("refused")
    assert works == [True, True, True, "refused"]


def test_an_empty_key_seals_nothing(settings):
    settings.SCOPE_KEY = ""
    for act in (lambda: seal.sealed(Scope(person=1), at=0), seal.keep_key):
        with pytest.raises(ImproperlyConfigured, match="CAIRN_SECRET_KEY"):
            act()


def test_a_scope_holds_nothing_that_could_pass_for_two_fields():
    with pytest.raises(ValueError, match="digests"):
        seal.sealed(Scope(token="a|{1}"), at=0)

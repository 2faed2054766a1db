"""The test databases themselves: clones are separate, roles are real, files belong to one world."""

from django.db import connection

from tests.databases import as_role


def _ask(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def test_a_world_is_reached_as_the_web_role(world):
    assert _ask("SELECT current_user") == "cairn_web"
    assert _ask("SELECT current_database()") == world.registry


def test_roles_can_be_changed_and_come_back(empty_world):
    for login, acts_as in (("cairn_worker", "cairn_worker"), ("cairn_migrator", "cairn_owner"), ("superuser", "postgres")):
        with as_role(login):
            assert _ask("SELECT current_user") == acts_as
            assert _ask("SELECT current_database()") == empty_world.registry
    assert _ask("SELECT current_user") == "cairn_web"

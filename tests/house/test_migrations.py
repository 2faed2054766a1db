"""Migrations go forward, back and forward again to the same database; and the models have no change without one."""

import re

from django.core.management import call_command

from tests.databases import as_role
from tests.house.catalog import ask

SHAPE = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT tablename, policyname, roles::text, qual, with_check FROM pg_policies",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc, proconfig::text, prosecdef, coalesce(proacl, acldefault('f', proowner))::text FROM pg_proc WHERE proname LIKE 'cairn%%'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT relname, relrowsecurity, relforcerowsecurity, coalesce(relacl, acldefault('r', relowner))::text FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
)
CASTS = re.compile(r"::text|::character varying|\[\]|[()]")


def shape():
    """Read the database's shape; where PostgreSQL puts the casts of a list differs with how a constraint came to be.

    Rights that nobody wrote down are those that PostgreSQL gives the owner; a dump and a grant write the same ones down.
    """
    return [sorted(CASTS.sub("", str(row)) for row in ask(sql)) for sql in SHAPE]


def test_every_migration_of_ours_can_be_taken_back_and_made_again(empty_world):
    with as_role("cairn_migrator"):
        before = shape()
        for app in ("feedback", "registry"):
            call_command("migrate", app, "zero", verbosity=0)
        call_command("migrate", "sites", "0001", verbosity=0)
        left = {row[0] for row in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        assert not [name for name in left if name.startswith(("feedback_", "registry_"))]
        assert ask("SELECT count(*) FROM pg_policies") == [(0,)]
        assert ask("SELECT count(*) FROM pg_proc WHERE proname LIKE 'cairn%%'") == [(0,)]
        call_command("migrate", verbosity=0)
        after = shape()
    for one, two in zip(before, after, strict=True):
        assert one == two


def test_the_models_have_no_change_without_a_migration(empty_world):
    with as_role("cairn_migrator"):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

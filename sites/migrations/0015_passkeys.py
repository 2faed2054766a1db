"""Passkeys, each read by its own person alone; only the public half is stored."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

OWN = f"({rows.by_person()} OR {rows.IS_JOB})"
# Before anybody is signed in only the passkey itself says whose it is; whoever knows its name learns a number, no more.
OWNER = """
CREATE FUNCTION cairn_passkey_owner(wanted bytea) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT person_id FROM public.sites_passkey WHERE credential_id = wanted $$;
REVOKE ALL ON FUNCTION cairn_passkey_owner(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_passkey_owner(bytea) TO cairn_web;
"""


class Migration(migrations.Migration):
    """Reversible. Taken back, everybody signs in with the app's code, or the password alone, as before."""

    dependencies = [("sites", "0014_idle_sessions")]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credential_id", models.BinaryField(unique=True)),
                ("public_key", models.BinaryField()),
                ("sign_count", models.BigIntegerField(default=0)),
                ("name", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        rows.guard("sites_passkey", *rows.both("SELECT, INSERT, UPDATE, DELETE"), using=OWN),
        migrations.RunSQL(OWNER, "DROP FUNCTION cairn_passkey_owner(bytea);"),
    ]

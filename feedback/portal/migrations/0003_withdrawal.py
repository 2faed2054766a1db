"""Tell the payer what was withdrawn: a row beside the artefact, which itself never changes."""

from django.db import migrations, models

GRANTS = """
GRANT SELECT ON portal_withdrawal TO cairn_portal;
GRANT INSERT, SELECT (sha256) ON portal_withdrawal TO cairn_portal_writer;
GRANT USAGE ON SEQUENCE portal_withdrawal_id_seq TO cairn_portal_writer;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON portal_withdrawal FOR EACH ROW EXECUTE FUNCTION portal_refuse_change();
CREATE TRIGGER immutable_truncate BEFORE TRUNCATE ON portal_withdrawal
  FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse_change();
"""
REVERSE = """
DROP TRIGGER immutable_truncate ON portal_withdrawal; DROP TRIGGER immutable ON portal_withdrawal;
REVOKE ALL ON portal_withdrawal FROM cairn_portal, cairn_portal_writer;
"""


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("portal", "0002_rows")]

    operations = [
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("reason", models.TextField()),
                ("withdrawn_at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(GRANTS, REVERSE),
    ]

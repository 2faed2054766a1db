"""The payer's authenticator apps and recovery codes; no secret stands in a row, and the registry's worker reads none."""

import django.db.models.deletion
from django.db import migrations, models

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON portal_payerapp, portal_payerrecoverycode TO cairn_portal;
GRANT USAGE ON SEQUENCE portal_payerapp_id_seq, portal_payerrecoverycode_id_seq TO cairn_portal;
"""
REVERSE = "REVOKE ALL ON portal_payerapp, portal_payerrecoverycode FROM cairn_portal;"


class Migration(migrations.Migration):
    """Reversible. Taken back, the payer signs in with the password alone, as before."""

    dependencies = [("portal", "0003_withdrawal")]

    operations = [
        migrations.CreateModel(
            name="PayerApp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nonce", models.BinaryField()),
                ("latest_step", models.BigIntegerField(default=0)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("wrong", models.PositiveSmallIntegerField(default=0)),
                ("wrong_since", models.DateTimeField(null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="portal.payeraccount"
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="PayerRecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="portal.payeraccount"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("account", "digest"), name="payer_recovery_code_once")],
            },
        ),
        migrations.RunSQL(GRANTS, REVERSE),
    ]

"""Authenticator apps and recovery codes, each read by its own person alone; no secret stands in a row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

OWN = f"({rows.by_person()} OR {rows.IS_JOB})"


class Migration(migrations.Migration):
    """Reversible. Taken back, everybody of the centre signs in with the password alone, as before."""

    dependencies = [("sites", "0011_agreements")]

    operations = [
        migrations.CreateModel(
            name="Authenticator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nonce", models.BinaryField()),
                ("latest_step", models.BigIntegerField(default=0)),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("person", "digest"), name="recovery_code_once")],
            },
        ),
        rows.guard("sites_authenticator", *rows.both("SELECT, INSERT, UPDATE"), using=OWN),
        rows.guard("sites_recoverycode", *rows.both("SELECT, INSERT, UPDATE"), using=OWN),
    ]

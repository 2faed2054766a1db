"""What the check of a file found out, kept until its commit, within reach of whoever reaches the file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

# The bytes are compressed already; the web puts them away and never reads them.
STORAGE = "ALTER TABLE registry_keptexamination ALTER COLUMN content SET STORAGE EXTERNAL;"
WEB = rows.Grant(role=rows.WEB, privileges="SELECT (id, upload_id, hospital_id, by_id), DELETE")
WORKER = rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT, DELETE")
REACH = f"({rows.in_cases()} OR (hospital_id IS NULL AND ({rows.by_person('by_id')} OR {rows.IS_JOB})))"


class Migration(migrations.Migration):
    """Reversible: the table goes; whatever is committed then is examined again."""

    dependencies = [
        ("registry", "0018_element_minutes"),
        ("sites", "0008_attest_periods"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptExamination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=64)),
                ("seal", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hospital",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sites.hospital",
                    ),
                ),
                (
                    "upload",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.upload"
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        rows.guard("registry_keptexamination", WEB, WORKER, using=REACH),
    ]

"""The chain over the trail: links, and the heads that are published."""

import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from sites.access import rows


class Migration(migrations.Migration):
    """Reversible; taking it back forgets the chain, never an event. Sealing again starts a new chain."""

    dependencies = [("sites", "0005_session_with_person")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("position", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("published_at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event_id", models.BigIntegerField(unique=True)),
                ("digest", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("position__gt", 0)), name="audit_link_is_numbered"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("digest"), 32
                        ),
                        name="audit_link_is_sha256",
                    ),
                ],
            },
        ),
        rows.grants("sites_auditlink", rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT")),
        rows.grants(
            "sites_audithead",
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"),
            rows.Grant(role=rows.WEB, privileges="SELECT"),
        ),
        rows.append_only("sites_auditlink"),
        rows.append_only("sites_audithead"),
    ]

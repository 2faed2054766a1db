"""Data quality: a report a hospital and period, and the elements that the assessment counts."""

import django.db.models.deletion
from django.db import migrations, models

from sites.access import rows


class Migration(migrations.Migration):
    """Reversible; a report that is dropped is assessed again."""

    dependencies = [("registry", "0014_counts_for_the_centre"), ("sites", "0006_audit_chain")]

    operations = [
        migrations.CreateModel(
            name="QualityReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("n_cases", models.PositiveIntegerField()),
                ("light", models.CharField(max_length=6)),
                ("document", models.JSONField()),
                ("assessed_at", models.DateTimeField()),
                (
                    "hospital",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sites.hospital",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.reportingperiod"
                    ),
                ),
                (
                    "registry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.registry"),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("hospital", "period"), name="quality_report_once"),
                    models.CheckConstraint(
                        condition=models.Q(("light__in", ["GREEN", "YELLOW", "RED", "GREY"])), name="quality_light_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WatchedElement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("element", models.CharField(max_length=100)),
                ("kind", models.CharField(max_length=12)),
                ("source", models.CharField(max_length=80)),
                ("set_at", models.DateTimeField()),
                (
                    "registry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.registry"),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("registry", "kind", "element", "source"), name="watched_element_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["ADJUSTER", "COMORBIDITY", "PRESENT", "EVENT"])),
                        name="watched_element_kind_known",
                    ),
                ],
            },
        ),
        rows.guard(
            "registry_qualityreport",
            rows.Grant(role=rows.WEB, privileges="SELECT"),
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT, UPDATE"),
            using=rows.by_hospital(),
        ),
        rows.grants("registry_watchedelement", *rows.both("SELECT, INSERT, DELETE")),
    ]

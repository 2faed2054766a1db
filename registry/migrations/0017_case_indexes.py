"""Keep of a case's indexes those that are asked, in the order they are asked in; each one costs every row of an upload."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Reversible: the old indexes come back; no data is touched."""

    dependencies = [("registry", "0016_audited_first_readings")]

    operations = [
        migrations.RemoveIndex(model_name="case", name="case_worklist"),
        migrations.RemoveIndex(model_name="case", name="case_by_date"),
        migrations.RemoveIndex(model_name="case", name="case_by_change"),
        migrations.AlterField(
            model_name="case",
            name="registry",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to="registry.registry",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=Q(status="DRAFT"), fields=["hospital", "follow_up_due_on", "id"], name="case_drafts_by_due"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                F("hospital"), F("occurred_on").desc(nulls_last=True), F("id").desc(), name="case_by_latest_date"
            ),
        ),
    ]

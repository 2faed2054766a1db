"""Count the cases of a hospital, or of its periods, from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two indexes that hold what a count and row security read; the narrower one of periods goes."""

    dependencies = [("registry", "0020_scores_by_the_worker")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["period", "hospital", "status"], include=["surgeon"], name="case_by_period_and_status"),
        ),
        migrations.RemoveIndex(model_name="case", name="case_by_period"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["hospital", "status"], include=["surgeon"], name="case_by_status"),
        ),
    ]

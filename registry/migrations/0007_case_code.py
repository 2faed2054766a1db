"""Keep one index on a case's code: the second, for searching by its first letters, was never asked and cost every row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Reversible: the old constraint comes back; no data is touched."""

    dependencies = [("registry", "0006_search_paths")]

    operations = [
        migrations.AlterField(model_name="case", name="code", field=models.CharField(max_length=12)),
        migrations.AddConstraint(
            model_name="case", constraint=models.UniqueConstraint(fields=["code"], name="case_code_once")
        ),
    ]

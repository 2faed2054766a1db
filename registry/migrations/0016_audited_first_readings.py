import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0015_quality'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditcase',
            name='answers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), default=list, size=None),
        ),
        migrations.AddField(
            model_name='auditcase',
            name='version',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.dictionaryversion'),
        ),
    ]

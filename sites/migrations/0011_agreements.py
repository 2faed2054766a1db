"""Agreements by version and purpose, and each hospital's word to them; both are history."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0010_agreements_permission'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('QI', 'quality improvement'), ('RESEARCH', 'research'), ('REGULATOR', 'reports to a regulator')], max_length=9)),
                ('number', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=160)),
                ('text', models.TextField()),
                ('required_from', models.DateField()),
                ('published_at', models.DateTimeField()),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('purpose', 'number'), name='agreement_version_once'), models.CheckConstraint(condition=models.Q(('purpose__in', ['QI', 'RESEARCH', 'REGULATOR'])), name='agreement_purpose_known')],
            },
        ),
        migrations.CreateModel(
            name='AgreementStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('accepted', models.BooleanField()),
                ('capacity', models.CharField(blank=True, max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.agreement')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['hospital', 'agreement', '-id'], name='agreement_newest_step')],
                'constraints': [models.CheckConstraint(condition=models.Q(('accepted', False), models.Q(('capacity', ''), _negated=True), _connector='OR'), name='agreement_accepted_in_a_capacity')],
            },
        ),
        rows.grants("sites_agreement", *rows.both("SELECT, INSERT")),
        rows.append_only("sites_agreement"),
        rows.guard("sites_agreementstep", *rows.both("SELECT, INSERT"), using=rows.by_hospital()),
        rows.append_only("sites_agreementstep"),
    ]

"""Add the tables of operating lists, drawn cycles, contacts, minutes, attestations and waivers; a case may come from a list."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Reversible and additive."""

    dependencies = [
        ('registry', '0009_rules_and_queries_rows'),
        ('sites', '0004_trail_of_the_centre'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseMinutes',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('elements', models.JSONField(default=dict)),
                ('latest_seq', models.CharField(blank=True, max_length=60)),
                ('changed_at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='minutes', to='registry.case')),
                ('hospital', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['hospital', '-changed_at'], name='minutes_by_hospital')],
                'constraints': [models.UniqueConstraint(fields=('case', 'by'), name='case_minutes_once')],
            },
        ),
        migrations.CreateModel(
            name='ContactAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_on', models.DateField()),
                ('at', models.DateTimeField()),
                ('method', models.CharField(max_length=10)),
                ('outcome', models.CharField(max_length=10)),
                ('again_on', models.DateField(null=True)),
                ('note', models.TextField(blank=True)),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='registry.case')),
                ('hospital', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['case', '-id'], name='contact_by_case'), models.Index(fields=['hospital', '-id'], name='contact_by_hospital')],
                'constraints': [models.CheckConstraint(condition=models.Q(('method__in', ['CLINIC', 'TELEPHONE', 'LETTER', 'CHART'])), name='contact_method_known'), models.CheckConstraint(condition=models.Q(('outcome__in', ['REACHED', 'NO_ANSWER', 'LOST', 'REFUSED'])), name='contact_outcome_known')],
            },
        ),
        migrations.CreateModel(
            name='FrameColumn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('header', models.CharField(max_length=200)),
                ('column', models.CharField(blank=True, max_length=110)),
                ('changed_at', models.DateTimeField()),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('registry', 'hospital', 'header'), name='frame_column_once')],
            },
        ),
        migrations.CreateModel(
            name='FrameUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('file_name', models.CharField(max_length=200)),
                ('content', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('headers', models.JSONField(default=list)),
                ('mapping', models.JSONField(default=dict)),
                ('status', models.CharField(default='RECEIVED', max_length=10)),
                ('counts', models.JSONField(default=dict)),
                ('findings', models.JSONField(default=list)),
                ('received_at', models.DateTimeField()),
                ('committed_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.job')),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.dictionaryversion')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['hospital', '-id'], name='frame_upload_by_hospital')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'COMMITTED'), _negated=True), ('committed_at__isnull', False), _connector='OR'), name='frame_commit_is_dated')],
            },
        ),
        migrations.CreateModel(
            name='LockWaiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('asked_until', models.DateField()),
                ('asked_at', models.DateTimeField()),
                ('status', models.CharField(default='ASKED', max_length=8)),
                ('granted_until', models.DateField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.TextField(blank=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.reportingperiod')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'ASKED')), fields=('period', 'hospital'), name='waiver_asked_once_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('granted_until__isnull', True), ('status', 'ASKED')), models.Q(('decided_at__isnull', False), ('granted_until__isnull', False), ('status', 'GRANTED')), models.Q(('decided_at__isnull', False), ('granted_until__isnull', True), ('status', 'REFUSED')), _connector='OR'), name='waiver_decision_is_whole'), models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='waiver_needs_a_second_person')],
            },
        ),
        migrations.CreateModel(
            name='PeriodAttestation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('words', models.TextField()),
                ('n_submitted', models.PositiveIntegerField()),
                ('n_drafts', models.PositiveIntegerField()),
                ('n_frame', models.PositiveIntegerField()),
                ('n_selected', models.PositiveIntegerField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.reportingperiod')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ProcedureList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('starts_on', models.DateField()),
                ('element', models.CharField(max_length=100)),
                ('procedures', models.JSONField()),
                ('published_at', models.DateTimeField()),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('registry', 'number'), name='procedure_list_once'), models.UniqueConstraint(fields=('registry', 'starts_on'), name='procedure_list_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='SamplingRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('starts_on', models.DateField()),
                ('first_cycle_on', models.DateField()),
                ('cycle_days', models.PositiveSmallIntegerField(default=8)),
                ('core_per_cycle', models.PositiveSmallIntegerField()),
                ('caps', models.JSONField(default=dict)),
                ('rare', models.JSONField(default=list)),
                ('risk_mix', models.JSONField(default=list)),
                ('published_at', models.DateTimeField()),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('registry', 'number'), name='sampling_rules_once'), models.UniqueConstraint(fields=('registry', 'starts_on'), name='sampling_rules_once_a_day'), models.CheckConstraint(condition=models.Q(('cycle_days__gte', 1)), name='sampling_cycle_has_days')],
            },
        ),
        migrations.CreateModel(
            name='Cycle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('starts_on', models.DateField()),
                ('ends_before', models.DateField()),
                ('seed', models.BigIntegerField()),
                ('n_frame', models.PositiveIntegerField()),
                ('n_eligible', models.PositiveIntegerField()),
                ('n_rare', models.PositiveIntegerField()),
                ('n_selected', models.PositiveIntegerField()),
                ('drawn_at', models.DateTimeField()),
                ('drawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
                ('procedures', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.procedurelist')),
                ('rules', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.samplingrules')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['hospital', 'registry', '-starts_on'], name='cycle_by_hospital')],
                'constraints': [models.UniqueConstraint(fields=('hospital', 'registry', 'number'), name='cycle_drawn_once'), models.CheckConstraint(condition=models.Q(('ends_before__gt', models.F('starts_on'))), name='cycle_is_half_open')],
            },
        ),
        migrations.CreateModel(
            name='FrameRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('operated_on', models.DateField()),
                ('procedure', models.CharField(max_length=40)),
                ('surgeon_code', models.CharField(blank=True, max_length=40)),
                ('values', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=32)),
                ('outcome', models.CharField(default='WAITING', max_length=10)),
                ('chance', models.FloatField(null=True)),
                ('case', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.case')),
                ('cycle', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='registry.cycle')),
                ('hospital', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('registry', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.frameupload')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['hospital', 'registry', 'operated_on', 'id'], name='frame_row_by_day'), models.Index(condition=models.Q(('cycle__isnull', False)), fields=['cycle', 'outcome'], name='frame_row_by_cycle'), models.Index(condition=models.Q(('case__isnull', False)), fields=['case'], name='frame_row_by_case')],
                'constraints': [models.UniqueConstraint(fields=('hospital', 'registry', 'key'), name='frame_row_once'), models.CheckConstraint(condition=models.Q(('outcome__in', ['WAITING', 'RARE', 'CORE', 'LEFT', 'LATE', 'UNLISTED'])), name='frame_outcome_known'), models.CheckConstraint(condition=models.Q(('chance__isnull', True), models.Q(('chance__gte', 0), ('chance__lte', 1)), _connector='OR'), name='frame_chance_is_one')],
            },
        ),
        migrations.RemoveConstraint(
            model_name='caserevision',
            name='revision_door_known',
        ),
        migrations.AddField(
            model_name='registry',
            name='lock_days',
            field=models.PositiveSmallIntegerField(default=75),
        ),
        migrations.AddConstraint(
            model_name='caserevision',
            constraint=models.CheckConstraint(condition=models.Q(('door__in', ['FORM', 'UPLOAD', 'API', 'SYSTEM', 'FRAME'])), name='revision_door_known'),
        ),
    ]

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0011_frames_and_follow_up_rows'),
        ('sites', '0007_audits_and_training'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Audit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('status', models.CharField(default='NOTICE', max_length=12)),
                ('starts_on', models.DateField(null=True)),
                ('ends_before', models.DateField(null=True)),
                ('noticed_on', models.DateField()),
                ('draws_on', models.DateField()),
                ('respond_by', models.DateField(null=True)),
                ('plan', models.JSONField()),
                ('seed', models.BigIntegerField()),
                ('reviewers', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=None)),
                ('n_frame', models.PositiveIntegerField(null=True)),
                ('n_cases', models.PositiveIntegerField(default=0)),
                ('n_values', models.PositiveIntegerField(default=0)),
                ('n_differing', models.PositiveIntegerField(default=0)),
                ('agreement', models.FloatField(null=True)),
                ('agreement_lower', models.FloatField(null=True)),
                ('agreement_upper', models.FloatField(null=True)),
                ('agreement_before', models.FloatField(null=True)),
                ('noticed_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('final_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AuditCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('stratum', models.CharField(max_length=12)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AuditReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CaseReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('submitted_at', models.DateTimeField()),
                ('decision', models.CharField(blank=True, max_length=8)),
                ('decided_at', models.DateTimeField(null=True)),
                ('words', models.TextField(blank=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Certification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=11)),
                ('on_day', models.DateField()),
                ('until', models.DateField(null=True)),
                ('evidence', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ElementDisagreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('element', models.CharField(max_length=100)),
                ('first', models.TextField(blank=True)),
                ('second', models.TextField(blank=True)),
                ('other', models.TextField(null=True)),
                ('kind', models.CharField(max_length=10)),
                ('response', models.CharField(blank=True, max_length=8)),
                ('response_words', models.TextField(blank=True)),
                ('responded_at', models.DateTimeField(null=True)),
                ('ruling', models.CharField(blank=True, max_length=8)),
                ('ruling_words', models.TextField(blank=True)),
                ('value', models.TextField(null=True)),
                ('ruled_at', models.DateTimeField(null=True)),
                ('correction', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='GoldCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('position', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=120)),
                ('vignette', models.TextField()),
                ('given', models.JSONField(default=dict)),
                ('answers', models.JSONField()),
                ('weights', models.JSONField(default=dict)),
                ('tolerances', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SecondReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('answers', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), size=None)),
                ('reasons', models.JSONField(default=list)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('status', models.CharField(default='OPEN', max_length=8)),
                ('n_answered', models.PositiveSmallIntegerField(default=0)),
                ('opened_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('place', models.PositiveSmallIntegerField()),
                ('reader', models.PositiveSmallIntegerField()),
                ('key', models.CharField(max_length=64)),
                ('occurred_on', models.DateField(null=True)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='TrainingAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('elements', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('reason', models.TextField()),
                ('given_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='TrainingAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('answers', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), size=None)),
                ('reasons', models.JSONField(default=list)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('status', models.CharField(default='OPEN', max_length=8)),
                ('n_answered', models.PositiveSmallIntegerField(default=0)),
                ('opened_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('score', models.FloatField(null=True)),
                ('detail', models.JSONField(default=list)),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='TrainingRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pass_mark', models.FloatField(default=0.9)),
                ('n_gold', models.PositiveSmallIntegerField(default=3)),
                ('n_reviewed', models.PositiveSmallIntegerField(default=20)),
                ('valid_days', models.PositiveSmallIntegerField(default=365)),
                ('most_disagreement', models.FloatField(default=0.05)),
                ('introduced_on', models.DateField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_status_known',
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['DRAFT', 'REVIEW', 'SUBMITTED', 'WITHDRAWN'])), name='case_status_known'),
        ),
        migrations.AddField(
            model_name='audit',
            name='hospital',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='audit',
            name='job',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.job'),
        ),
        migrations.AddField(
            model_name='audit',
            name='noticed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='audit',
            name='registry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry'),
        ),
        migrations.AddField(
            model_name='auditcase',
            name='abstractor',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='auditcase',
            name='audit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='registry.audit'),
        ),
        migrations.AddField(
            model_name='auditcase',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.case'),
        ),
        migrations.AddField(
            model_name='auditcase',
            name='hospital',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='auditreport',
            name='audit',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='report', to='registry.audit'),
        ),
        migrations.AddField(
            model_name='auditreport',
            name='hospital',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='casereview',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='registry.case'),
        ),
        migrations.AddField(
            model_name='casereview',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='casereview',
            name='hospital',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='casereview',
            name='submitted_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='certification',
            name='audit',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.audit'),
        ),
        migrations.AddField(
            model_name='certification',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='certification',
            name='hospital',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='certification',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='certification',
            name='registry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry'),
        ),
        migrations.AddField(
            model_name='elementdisagreement',
            name='abstractor',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='elementdisagreement',
            name='audit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disagreements', to='registry.audit'),
        ),
        migrations.AddField(
            model_name='elementdisagreement',
            name='audit_case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disagreements', to='registry.auditcase'),
        ),
        migrations.AddField(
            model_name='elementdisagreement',
            name='hospital',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='elementdisagreement',
            name='responded_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='elementdisagreement',
            name='ruled_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='goldcase',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='goldcase',
            name='registry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry'),
        ),
        migrations.AddField(
            model_name='goldcase',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.dictionaryversion'),
        ),
        migrations.AddField(
            model_name='secondreading',
            name='audit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='registry.audit'),
        ),
        migrations.AddField(
            model_name='secondreading',
            name='hospital',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='secondreading',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondreading',
            name='version',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.dictionaryversion'),
        ),
        migrations.AddField(
            model_name='trainingassignment',
            name='audit',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.audit'),
        ),
        migrations.AddField(
            model_name='trainingassignment',
            name='hospital',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='trainingassignment',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='trainingassignment',
            name='registry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry'),
        ),
        migrations.AddField(
            model_name='trainingattempt',
            name='gold',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='registry.goldcase'),
        ),
        migrations.AddField(
            model_name='trainingattempt',
            name='hospital',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='trainingattempt',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='trainingattempt',
            name='registry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry'),
        ),
        migrations.AddField(
            model_name='trainingattempt',
            name='version',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.dictionaryversion'),
        ),
        migrations.AddField(
            model_name='trainingrules',
            name='introduced_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='trainingrules',
            name='registry',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='training_rules', to='registry.registry'),
        ),
        migrations.AddIndex(
            model_name='audit',
            index=models.Index(fields=['registry', 'hospital', '-final_at'], name='reabstraction_by_hospital'),
        ),
        migrations.AddConstraint(
            model_name='audit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ends_before__isnull', True), ('starts_on__isnull', True)), ('ends_before__gt', models.F('starts_on')), _connector='OR'), name='audit_window_is_half_open'),
        ),
        migrations.AddConstraint(
            model_name='audit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'FINAL'), _negated=True), ('final_at__isnull', False), _connector='OR'), name='audit_final_is_dated'),
        ),
        migrations.AddConstraint(
            model_name='auditcase',
            constraint=models.UniqueConstraint(fields=('audit', 'case'), name='audit_case_once'),
        ),
        migrations.AddConstraint(
            model_name='auditcase',
            constraint=models.UniqueConstraint(fields=('audit', 'place'), name='audit_case_place_once'),
        ),
        migrations.AddConstraint(
            model_name='auditcase',
            constraint=models.CheckConstraint(condition=models.Q(('stratum__in', ['RANDOM', 'HIGH_YIELD', 'ZERO'])), name='audit_case_stratum_known'),
        ),
        migrations.AddConstraint(
            model_name='casereview',
            constraint=models.CheckConstraint(condition=models.Q(('decision__in', ['', 'RELEASED', 'RETURNED'])), name='case_review_decision_known'),
        ),
        migrations.AddConstraint(
            model_name='casereview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decision', 'RELEASED'), _negated=True), models.Q(('decided_by', models.F('submitted_by')), _negated=True), _connector='OR'), name='case_review_by_a_second_person'),
        ),
        migrations.AddConstraint(
            model_name='casereview',
            constraint=models.UniqueConstraint(condition=models.Q(('decision', '')), fields=('case',), name='case_review_one_open'),
        ),
        migrations.AddIndex(
            model_name='certification',
            index=models.Index(fields=['person', 'hospital', 'registry', '-id'], name='certification_newest'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['TRAINEE', 'PROVISIONAL', 'CERTIFIED', 'LAPSED'])), name='certification_state_known'),
        ),
        migrations.AddConstraint(
            model_name='elementdisagreement',
            constraint=models.UniqueConstraint(fields=('audit_case', 'element'), name='disagreement_once_per_element'),
        ),
        migrations.AddConstraint(
            model_name='elementdisagreement',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['UNDER', 'INACCURATE', 'OVER'])), name='disagreement_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='elementdisagreement',
            constraint=models.CheckConstraint(condition=models.Q(('response__in', ['', 'ACCEPT', 'DISPUTE'])), name='disagreement_response_known'),
        ),
        migrations.AddConstraint(
            model_name='elementdisagreement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('response', 'DISPUTE'), _negated=True), models.Q(('response_words', ''), _negated=True), _connector='OR'), name='disagreement_dispute_has_words'),
        ),
        migrations.AddConstraint(
            model_name='elementdisagreement',
            constraint=models.CheckConstraint(condition=models.Q(('ruling__in', ['', 'FIRST', 'SECOND', 'OTHER'])), name='disagreement_ruling_known'),
        ),
        migrations.AddConstraint(
            model_name='goldcase',
            constraint=models.UniqueConstraint(fields=('registry', 'position'), name='gold_case_place_once'),
        ),
        migrations.AddConstraint(
            model_name='secondreading',
            constraint=models.UniqueConstraint(fields=('audit', 'place', 'reader'), name='second_reading_once'),
        ),
        migrations.AddConstraint(
            model_name='secondreading',
            constraint=models.UniqueConstraint(fields=('audit', 'place', 'reviewer'), name='second_reading_by_two_people'),
        ),
        migrations.AddConstraint(
            model_name='secondreading',
            constraint=models.CheckConstraint(condition=models.Q(('reader__in', [1, 2])), name='second_reading_of_one_or_two'),
        ),
        migrations.AddConstraint(
            model_name='secondreading',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status', 'OPEN')), models.Q(('finished_at__isnull', False), ('status', 'DONE')), _connector='OR'), name='second_reading_done_is_dated'),
        ),
        migrations.AddConstraint(
            model_name='trainingattempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('score__isnull', True), ('status', 'OPEN')), models.Q(('score__isnull', False), ('status', 'DONE')), _connector='OR'), name='training_attempt_done_is_scored'),
        ),
        migrations.AddConstraint(
            model_name='trainingattempt',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'OPEN')), fields=('person', 'gold'), name='training_attempt_one_open'),
        ),
    ]

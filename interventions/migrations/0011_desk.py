"""The site desk: contacts, promises, visits, ticks, shared by a hospital and the centre; the newsletter, written by the centre."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

LOCKS = """
CREATE FUNCTION cairn_lock_promise() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE closing text[] := ARRAY['state', 'closing', 'closed_at', 'closed_by_id'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a promise is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> 'OPEN' OR (to_jsonb(NEW) - closing) IS DISTINCT FROM (to_jsonb(OLD) - closing) THEN
    RAISE EXCEPTION 'what was promised never changes; it is closed once' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_promise BEFORE UPDATE OR DELETE ON interventions_sitepromise
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_promise();
CREATE FUNCTION cairn_lock_visit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a visit is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (OLD.report <> '' AND NEW.report <> OLD.report) OR (OLD.answer <> '' AND NEW.answer <> OLD.answer)
     OR NEW.hospital_id <> OLD.hospital_id OR NEW.code <> OLD.code THEN
    RAISE EXCEPTION 'a report that was sent, and its answer, never change' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_visit BEFORE UPDATE OR DELETE ON interventions_sitevisit
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_visit();
CREATE FUNCTION cairn_lock_newsletter() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE written text[] := ARRAY['letter', 'published_at', 'published_by_id'];
BEGIN
  IF TG_OP = 'DELETE' OR OLD.published_at IS NOT NULL OR (to_jsonb(NEW) - written) IS DISTINCT FROM (to_jsonb(OLD) - written) THEN
    RAISE EXCEPTION 'a newsletter that was published never changes, and what happened never does' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_newsletter BEFORE UPDATE OR DELETE ON interventions_newsletter
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_newsletter();
"""
LOCKS_REVERSE = """
DROP TRIGGER lock_newsletter ON interventions_newsletter; DROP FUNCTION cairn_lock_newsletter();
DROP TRIGGER lock_promise ON interventions_sitepromise; DROP FUNCTION cairn_lock_promise();
DROP TRIGGER lock_visit ON interventions_sitevisit; DROP FUNCTION cairn_lock_visit();
"""
# One ticks for one's own side: a hospital cannot tick for the centre, nor the centre for a hospital. Promises of a visit's report are
# written for both sides by the centre; that each side closes its own is the application's to hold.
SIDE = f"({rows.by_hospital()} AND side = CASE WHEN {rows.IS_CENTRE} THEN 'CENTRE' ELSE 'HOSPITAL' END)"
CENTRES = f"({rows.by_hospital()} AND {rows.IS_CENTRE})"


class Migration(migrations.Migration):
    dependencies = [
        ("interventions", "0009_scorecard"),
        ("sites", "0012_second_factor"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SiteVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('on_day', models.DateField()),
                ('purpose', models.CharField(max_length=200)),
                ('preparation', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('PREPARED', 'being prepared'), ('HELD', 'held, report due'), ('REPORTED', 'reported'), ('ANSWERED', 'answered by the hospital'), ('CANCELLED', 'cancelled')], default='PREPARED', max_length=10)),
                ('report', models.TextField(blank=True)),
                ('answer', models.TextField(blank=True)),
                ('made_at', models.DateTimeField()),
                ('reported_at', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reported_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('report', ''), ('reported_at__isnull', True)), models.Q(('reported_at__isnull', False), models.Q(('report', ''), _negated=True)), _connector='OR'), name='site_visit_report_is_whole'), models.CheckConstraint(condition=models.Q(('answered_at__isnull', True), ('reported_at__isnull', False), _connector='OR'), name='site_visit_answer_follows_report')],
            },
        ),
        migrations.CreateModel(
            name='SitePromise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('CENTRE', 'the centre'), ('HOSPITAL', 'the hospital')], max_length=8)),
                ('words', models.CharField(max_length=300)),
                ('due_on', models.DateField()),
                ('remind_on', models.DateField()),
                ('state', models.CharField(choices=[('OPEN', 'open'), ('KEPT', 'kept'), ('DROPPED', 'dropped')], default='OPEN', max_length=8)),
                ('made_at', models.DateTimeField()),
                ('closing', models.CharField(blank=True, max_length=300)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('visit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.sitevisit')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('state', 'OPEN')), fields=['hospital', 'due_on'], name='site_promise_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='site_promise_closing_is_dated'), models.CheckConstraint(condition=models.Q(('remind_on__lte', models.F('due_on'))), name='site_promise_reminds_in_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'DROPPED'), _negated=True), models.Q(('closing', ''), _negated=True), _connector='OR'), name='site_promise_dropped_with_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='Newsletter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('title', models.CharField(max_length=120)),
                ('since', models.DateField()),
                ('until', models.DateField()),
                ('letter', models.TextField(blank=True)),
                ('happened', models.JSONField()),
                ('made_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('since__lt', models.F('until'))), name='newsletter_has_a_window'), models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', True), ('published_by__isnull', True)), models.Q(('published_at__isnull', False), ('published_by__isnull', False)), _connector='OR'), name='newsletter_published_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='OnboardingTick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.SlugField(max_length=24)),
                ('side', models.CharField(choices=[('CENTRE', 'the centre'), ('HOSPITAL', 'the hospital')], max_length=8)),
                ('ticked', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(models.F('hospital'), models.F('step'), models.F('side'), models.OrderBy(models.F('id'), descending=True), name='onboarding_tick_newest')],
            },
        ),
        migrations.CreateModel(
            name='SiteContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('CALL', 'call'), ('MAIL', 'mail'), ('MEETING', 'meeting'), ('VISIT', 'visit')], max_length=8)),
                ('on_day', models.DateField()),
                ('words', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['hospital', '-on_day'], name='site_contact_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='site_contact_has_words')],
            },
        ),
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.guard("interventions_sitecontact", *rows.both("SELECT, INSERT"), using=rows.by_hospital(), check=CENTRES),
        rows.append_only("interventions_sitecontact"),
        rows.guard("interventions_onboardingtick", *rows.both("SELECT, INSERT"), using=rows.by_hospital(), check=SIDE),
        rows.append_only("interventions_onboardingtick"),
        rows.guard("interventions_sitepromise", *rows.both("SELECT, INSERT, UPDATE"), using=rows.by_hospital()),
        rows.guard("interventions_sitevisit", *rows.both("SELECT, INSERT, UPDATE"), using=rows.by_hospital()),
        rows.guard(
            "interventions_newsletter",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=f"({rows.IS_CENTRE} OR published_at IS NOT NULL)",
            check=rows.IS_CENTRE,
        ),
    ]

"""Scorecard: rules that freeze before their year, and row security on what is a hospital's own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

LOCKS = """
CREATE FUNCTION cairn_lock_scorecard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE later text[] := ARRAY['appeals_until', 'final_at', 'final_by_id', 'released_at', 'released_by_id'];
  one text; was jsonb; new_row jsonb;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a scorecard is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.frozen_at IS NOT NULL THEN
      RAISE EXCEPTION 'a scorecard begins as a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.frozen_at IS NULL THEN
    IF NEW.frozen_at IS NOT NULL AND NEW.frozen_at >= make_timestamptz(NEW.year, 1, 1, 0, 0, 0, 'UTC') THEN
      RAISE EXCEPTION 'rules are frozen before their year begins' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  was := to_jsonb(OLD); new_row := to_jsonb(NEW);
  IF (new_row - later) IS DISTINCT FROM (was - later) THEN
    RAISE EXCEPTION 'frozen rules never change' USING ERRCODE = 'restrict_violation';
  END IF;
  FOREACH one IN ARRAY later LOOP
    IF was ->> one IS NOT NULL AND (new_row ->> one) IS DISTINCT FROM (was ->> one) THEN
      RAISE EXCEPTION 'frozen rules never change: what is final stays' USING ERRCODE = 'restrict_violation';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_scorecard BEFORE INSERT OR UPDATE OR DELETE ON interventions_scorecard
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_scorecard();
CREATE FUNCTION cairn_score_is_open() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.interventions_scorecard s
                 WHERE s.id = NEW.scorecard_id AND s.frozen_at IS NOT NULL AND s.final_at IS NULL) THEN
    RAISE EXCEPTION 'the scorecard is not open' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER score_is_open BEFORE INSERT ON interventions_scoreentry
  FOR EACH ROW EXECUTE FUNCTION cairn_score_is_open();
CREATE TRIGGER score_is_open BEFORE INSERT OR UPDATE ON interventions_scorerequest
  FOR EACH ROW EXECUTE FUNCTION cairn_score_is_open();
CREATE FUNCTION cairn_lock_score_request() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE decision text[] := ARRAY['status', 'share', 'reason', 'decided_at', 'decided_by_id'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'what was asked is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status <> 'ASKED' OR (to_jsonb(NEW) - decision) IS DISTINCT FROM (to_jsonb(OLD) - decision) THEN
    RAISE EXCEPTION 'what was asked never changes; it is decided once' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_score_request BEFORE UPDATE OR DELETE ON interventions_scorerequest
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_score_request();
CREATE FUNCTION cairn_lock_score_standing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.interventions_scoretotal t
             WHERE t.scorecard_id = OLD.scorecard_id AND t.hospital_id = OLD.hospital_id) THEN
    RAISE EXCEPTION 'a final card never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_score_standing BEFORE UPDATE OR DELETE ON interventions_scorestanding
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_score_standing();
"""
LOCKS_REVERSE = """
DROP TRIGGER lock_scorecard ON interventions_scorecard; DROP FUNCTION cairn_lock_scorecard();
DROP TRIGGER score_is_open ON interventions_scoreentry; DROP TRIGGER score_is_open ON interventions_scorerequest;
DROP FUNCTION cairn_score_is_open();
DROP TRIGGER lock_score_request ON interventions_scorerequest; DROP FUNCTION cairn_lock_score_request();
DROP TRIGGER lock_score_standing ON interventions_scorestanding; DROP FUNCTION cairn_lock_score_standing();
"""
WEB_READS = rows.Grant(role=rows.WEB, privileges="SELECT")
ASKS = f"({rows.by_hospital()} AND ({rows.IS_CENTRE} OR status = 'ASKED'))"
# A card is its hospital's own; the centre reads the part that says nothing of how patients fared.
CARD = (
    f"({rows.IS_JOB} OR (audience = 'OWN' AND {rows.by_result()})"
    f" OR (audience = 'CENTRE' AND {rows.IS_CENTRE} AND {rows.by_hospital()}))"
)
TOTAL = f"({rows.IS_JOB} OR {rows.by_result()} OR ({rows.IS_CENTRE} AND {rows.by_hospital()}))"


class Migration(migrations.Migration):
    """Reversible: policies, grants, triggers and tables come off again."""

    dependencies = [
        ("interventions", "0010_bundles"),
        ("registry", "0019_kept_examinations"),
        ("sites", "0009_learning"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Scorecard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=48, unique=True)),
                ('year', models.PositiveSmallIntegerField()),
                ('version', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=120)),
                ('source', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('drafted_at', models.DateTimeField()),
                ('frozen_at', models.DateTimeField(null=True)),
                ('appeals_until', models.DateField(null=True)),
                ('final_at', models.DateTimeField(null=True)),
                ('released_at', models.DateTimeField(null=True)),
                ('drafted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('final_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('frozen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(condition=models.Q(('frozen_at__isnull', False)), fields=('registry', 'year'), name='scorecard_one_frozen_a_year'), models.CheckConstraint(condition=models.Q(('frozen_by__isnull', True), models.Q(('frozen_by', models.F('drafted_by')), _negated=True), _connector='OR'), name='scorecard_frozen_by_a_second_person'), models.CheckConstraint(condition=models.Q(('released_by__isnull', True), models.Q(('released_by', models.F('final_by')), _negated=True), _connector='OR'), name='scorecard_released_by_a_second_person'), models.CheckConstraint(condition=models.Q(models.Q(('frozen_at__isnull', False), ('appeals_until__isnull', True), _connector='OR'), models.Q(('appeals_until__isnull', False), ('final_at__isnull', True), _connector='OR'), models.Q(('final_at__isnull', False), ('released_at__isnull', True), _connector='OR')), name='scorecard_steps_in_order')],
            },
        ),
        migrations.CreateModel(
            name='ScoreEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.SlugField(max_length=48)),
                ('on_day', models.DateField()),
                ('words', models.TextField()),
                ('withdrawn', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('scorecard', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.scorecard')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='score_entry_has_words')],
            },
        ),
        migrations.CreateModel(
            name='ScoreRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('WAIVER', 'waiver'), ('APPEAL', 'appeal')], max_length=6)),
                ('item', models.SlugField(max_length=48)),
                ('words', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('ASKED', 'waits for the centre'), ('GRANTED', 'granted'), ('DECLINED', 'declined')], default='ASKED', max_length=8)),
                ('share', models.FloatField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('scorecard', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.scorecard')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'ASKED')), fields=('scorecard', 'hospital', 'kind', 'item'), name='score_request_once_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('status', 'ASKED')), models.Q(('decided_at__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='score_request_decision_has_a_reason'), models.CheckConstraint(condition=models.Q(('share__isnull', True), models.Q(('kind', 'APPEAL'), ('share__gte', 0), ('share__lte', 1), ('status', 'GRANTED')), _connector='OR'), name='score_request_share'), models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='score_request_by_a_second_person')],
            },
        ),
        migrations.CreateModel(
            name='ScoreStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(choices=[('OWN', 'the hospital'), ('CENTRE', 'the centre: participation alone')], max_length=6)),
                ('document', models.JSONField()),
                ('at', models.DateTimeField()),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('scorecard', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.scorecard')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('scorecard', 'hospital', 'audience'), name='score_standing_once')],
            },
        ),
        migrations.CreateModel(
            name='ScoreTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('total', models.DecimalField(decimal_places=1, max_digits=4)),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('scorecard', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.scorecard')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('scorecard', 'hospital'), name='score_total_once'), models.CheckConstraint(condition=models.Q(('total__gte', 0), ('total__lte', 100)), name='score_total_of_a_hundred')],
            },
        ),
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.grants("interventions_scorecard", *rows.both("SELECT, INSERT, UPDATE")),
        rows.guard(
            "interventions_scoreentry",
            *rows.both("SELECT, INSERT"),
            using=rows.by_hospital(),
            check=f"({rows.IS_CENTRE} AND {rows.by_hospital()})",
        ),
        rows.append_only("interventions_scoreentry"),
        rows.guard(
            "interventions_scorerequest", *rows.both("SELECT, INSERT, UPDATE"), using=rows.by_hospital(), check=ASKS
        ),
        rows.guard(
            "interventions_scorestanding",
            WEB_READS,
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT, UPDATE"),
            using=CARD,
            check=rows.IS_JOB,
        ),
        rows.guard(
            "interventions_scoretotal",
            WEB_READS,
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"),
            using=TOTAL,
            check=rows.IS_JOB,
        ),
        rows.append_only("interventions_scoretotal"),
    ]

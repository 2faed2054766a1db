"""Two checkers, a preview that hospitals can stop, and statements of participation. Old releases stay what they were."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

# What was final before this is valid by the rules of its day: one checker, no preview.
BACKFILL = """
ALTER TABLE feedback_release DISABLE TRIGGER lock_release;
UPDATE feedback_release SET checkers = 1 WHERE status IN ('RELEASED', 'REJECTED', 'WITHDRAWN');
UPDATE feedback_release SET released_by_id = checked_by_id, released_at = checked_at WHERE status = 'RELEASED';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE feedback_release ENABLE TRIGGER lock_release;
"""
# Backwards, what was under way waits for its one checker again; statements of participation did not exist.
UNFILL = """
DELETE FROM feedback_releaseobjection;
ALTER TABLE feedback_release DISABLE TRIGGER lock_release;
DELETE FROM feedback_release WHERE kind = 'PARTICIPATION';
UPDATE feedback_release SET status = 'SUBMITTED', checked_by_id = NULL, checked_at = NULL WHERE status IN ('CHECKED', 'PREVIEW');
UPDATE feedback_release SET status = 'RELEASED' WHERE status = 'WITHDRAWN' AND released_at IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE feedback_release ENABLE TRIGGER lock_release;
"""
LOCK = """
CREATE OR REPLACE FUNCTION cairn_lock_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before jsonb; after jsonb;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a release is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.checkers <> 2 THEN
      RAISE EXCEPTION 'a new release has two checkers' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  before := to_jsonb(OLD) - 'delivered_at'; after := to_jsonb(NEW) - 'delivered_at';
  IF OLD.status = 'RELEASED' AND NEW.status = 'WITHDRAWN' AND NEW.withdrawn_by_id IS NOT NULL AND NEW.withdrawn_at IS NOT NULL THEN
    before := before - '{status,withdrawn_by_id,withdrawn_at,withdrawal}'::text[];
    after := after - '{status,withdrawn_by_id,withdrawn_at,withdrawal}'::text[];
  END IF;
  IF OLD.status IN ('RELEASED', 'REJECTED', 'WITHDRAWN') AND after IS DISTINCT FROM before THEN
    RAISE EXCEPTION 'a final release never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status <> 'DRAFT' AND (NEW.artefact, NEW.sha256, NEW.prepared_by_id, NEW.kind, NEW.rules) IS DISTINCT FROM
     (OLD.artefact, OLD.sha256, OLD.prepared_by_id, OLD.kind, OLD.rules) THEN
    RAISE EXCEPTION 'what a checker is shown never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.checkers <> OLD.checkers OR (OLD.checked_by_id IS NOT NULL AND NEW.checked_by_id IS DISTINCT FROM OLD.checked_by_id)
     OR (OLD.second_checked_by_id IS NOT NULL AND (NEW.second_checked_by_id, NEW.preview_until) IS DISTINCT FROM
         (OLD.second_checked_by_id, OLD.preview_until)) THEN
    RAISE EXCEPTION 'a check of a release never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
      ('DRAFT', 'SUBMITTED'), ('DRAFT', 'WITHDRAWN'), ('SUBMITTED', 'CHECKED'), ('SUBMITTED', 'REJECTED'), ('SUBMITTED', 'WITHDRAWN'),
      ('CHECKED', 'PREVIEW'), ('CHECKED', 'REJECTED'), ('CHECKED', 'WITHDRAWN'), ('PREVIEW', 'RELEASED'), ('PREVIEW', 'WITHDRAWN'),
      ('RELEASED', 'WITHDRAWN')) THEN
    RAISE EXCEPTION 'a release skips no step: % to %', OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status = 'PREVIEW' AND NEW.status = 'RELEASED' THEN
    IF (NEW.released_at AT TIME ZONE 'UTC')::date <= OLD.preview_until THEN
      RAISE EXCEPTION 'a release waits for the end of its preview' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM public.feedback_releaseobjection o WHERE o.release_id = OLD.id AND o.taken_back_at IS NULL) THEN
      RAISE EXCEPTION 'an objection stands against this release' USING ERRCODE = 'restrict_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER lock_release ON feedback_release;
CREATE TRIGGER lock_release BEFORE INSERT OR UPDATE OR DELETE ON feedback_release
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_release();
"""
LOCK_REVERSE = """
CREATE OR REPLACE FUNCTION cairn_lock_release() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a release is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status IN ('RELEASED', 'REJECTED', 'WITHDRAWN') AND
     (to_jsonb(NEW) - 'delivered_at') IS DISTINCT FROM (to_jsonb(OLD) - 'delivered_at') THEN
    RAISE EXCEPTION 'a final release never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status <> 'DRAFT' AND NEW.artefact IS DISTINCT FROM OLD.artefact THEN
    RAISE EXCEPTION 'what a checker is shown never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER lock_release ON feedback_release;
CREATE TRIGGER lock_release BEFORE UPDATE OR DELETE ON feedback_release
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_release();
"""
# Everything that ever left, for every member. What is another hospital's alone shows its hash and its day, not its name.
LEDGER = """
CREATE FUNCTION cairn_payer_ledger() RETURNS TABLE (
  code text, kind text, title text, label text, sha256 text, rules text, prepared_by text, checked_by text, second_checked_by text,
  released_by text, released_at timestamptz, delivered_at timestamptz, withdrawn_at timestamptz, withdrawal text, own boolean
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN mine.is THEN r.code::text ELSE '' END, r.kind::text, r.title::text, coalesce(c.label, p.label)::text, r.sha256::text,
    r.rules::text, one.name::text, two.name::text, three.name::text, four.name::text, r.released_at, r.delivered_at, r.withdrawn_at,
    CASE WHEN mine.is THEN r.withdrawal ELSE '' END, mine.is
  FROM public.feedback_release r
  CROSS JOIN LATERAL (SELECT r.hospital_id IS NULL OR r.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[]) AS is) mine
  LEFT JOIN public.feedback_measurerun m ON m.id = r.run_id
  LEFT JOIN public.feedback_comparison c ON c.id = m.comparison_id
  LEFT JOIN public.registry_reportingperiod p ON p.id = r.period_id
  JOIN public.sites_person one ON one.id = r.prepared_by_id
  LEFT JOIN public.sites_person two ON two.id = r.checked_by_id
  LEFT JOIN public.sites_person three ON three.id = r.second_checked_by_id
  LEFT JOIN public.sites_person four ON four.id = r.released_by_id
  WHERE r.released_at IS NOT NULL AND (
    (SELECT public.cairn_ids('hospitals')) <> '{}' OR (SELECT public.cairn_number('centre')) = 1)
  ORDER BY r.released_at DESC, r.id DESC
$$;
REVOKE ALL ON FUNCTION cairn_payer_ledger() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_payer_ledger() TO cairn_web, cairn_worker;
"""
LEDGER_REVERSE = "DROP FUNCTION cairn_payer_ledger();"
BY_CENTRE = f"({rows.IS_JOB} OR {rows.IS_CENTRE})"
SEEN = (
    f"({BY_CENTRE} OR ((status = 'PREVIEW' OR released_at IS NOT NULL) AND CASE WHEN hospital_id IS NULL"
    f" THEN (SELECT cairn_ids('hospitals')) <> '{{}}' ELSE {rows.by_hospital()} END))"
)
OBJECTION = "SELECT, INSERT, UPDATE (taken_back_by_id, taken_back_at)"


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0004_standings_of_a_set'),
        ('registry', '0003_rows'),
        ('sites', '0009_learning'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReleaseObjection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('taken_back_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='feedback.release')),
                ('taken_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(condition=models.Q(('taken_back_at__isnull', True)), fields=('release', 'hospital'), name='one_standing_objection_of_a_hospital')],
            },
        ),
        migrations.RemoveConstraint(
            model_name='release',
            name='release_is_checked',
        ),
        migrations.AddField(
            model_name='release',
            name='checkers',
            field=models.PositiveSmallIntegerField(db_default=2, default=2),
        ),
        migrations.AddField(
            model_name='release',
            name='hospital',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital'),
        ),
        migrations.AddField(
            model_name='release',
            name='kind',
            field=models.CharField(choices=[('AGGREGATE', 'aggregate'), ('PARTICIPATION', 'participation statement')], db_default='AGGREGATE', default='AGGREGATE', max_length=13),
        ),
        migrations.AddField(
            model_name='release',
            name='period',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.reportingperiod'),
        ),
        migrations.AddField(
            model_name='release',
            name='preview_until',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='release',
            name='released_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='release',
            name='released_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='release',
            name='second_checked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='release',
            name='second_checked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='release',
            name='withdrawal',
            field=models.TextField(blank=True, db_default=''),
        ),
        migrations.AddField(
            model_name='release',
            name='withdrawn_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='release',
            name='withdrawn_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='release',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='feedback.measurerun'),
        ),
        migrations.AlterField(
            model_name='release',
            name='status',
            field=models.CharField(choices=[('DRAFT', 'being built'), ('SUBMITTED', 'waits for the first checker'), ('CHECKED', 'waits for the second checker'), ('PREVIEW', 'in preview'), ('RELEASED', 'released'), ('REJECTED', 'rejected'), ('WITHDRAWN', 'withdrawn')], default='DRAFT', max_length=10),
        ),
        migrations.RunSQL(BACKFILL, UNFILL),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(('second_checked_by__isnull', True), models.Q(('checked_by__isnull', False), models.Q(('second_checked_by', models.F('prepared_by')), _negated=True), models.Q(('second_checked_by', models.F('checked_by')), _negated=True)), _connector='OR'), name='release_needs_a_third_person'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['CHECKED', 'PREVIEW', 'RELEASED', 'REJECTED']), _negated=True), ('checked_by__isnull', False), _connector='OR'), name='release_is_checked'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['PREVIEW', 'RELEASED']), _negated=True), ('checkers', 1), models.Q(('preview_until__isnull', False), ('second_checked_by__isnull', False)), _connector='OR'), name='release_is_checked_twice_and_previewed'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'RELEASED'), _negated=True), models.Q(('released_at__isnull', False), ('released_by__isnull', False)), _connector='OR'), name='release_is_somebodys'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hospital__isnull', True), ('kind', 'AGGREGATE'), ('period__isnull', True), ('run__isnull', False)), models.Q(('hospital__isnull', False), ('kind', 'PARTICIPATION'), ('period__isnull', False), ('run__isnull', True)), _connector='OR'), name='release_is_of_all_or_of_one_hospitals_participation'),
        ),
        migrations.RunSQL(
            "REVOKE ALL ON feedback_release FROM cairn_web, cairn_worker;",
            "GRANT SELECT, INSERT, UPDATE ON feedback_release TO cairn_web, cairn_worker;",
        ),
        rows.guard("feedback_release", *rows.both("SELECT, INSERT, UPDATE"), using=SEEN, check=BY_CENTRE),
        rows.guard("feedback_releaseobjection", *rows.both(OBJECTION), using=rows.by_hospital()),
        migrations.RunSQL(LOCK, LOCK_REVERSE),
        migrations.RunSQL(LEDGER, LEDGER_REVERSE),
    ]

"""Consents to be named: hospital, measure, audience, day; who may be named under the complement rule."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

# B18: where fewer than five hospitals of the registry would stay unnamed for a measure and an audience, nobody is named.
UNBLINDED = """
CREATE FUNCTION cairn_unblinded(on_day date) RETURNS TABLE (
  registry_id bigint, measure_code text, measure_title text, audience text, hospital_id bigint, hospital text, expires_on date
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH holding AS (
    SELECT c.* FROM public.feedback_unblindingconsent c WHERE c.revoked_at IS NULL AND c.expires_on > on_day
  ), open AS (
    SELECT k.registry_id, k.measure_code, k.audience FROM holding k
    GROUP BY k.registry_id, k.measure_code, k.audience
    HAVING (SELECT count(*) FROM public.registry_participation p WHERE p.registry_id = k.registry_id) - count(DISTINCT k.hospital_id) >= 5
  )
  SELECT k.registry_id, k.measure_code::text, k.measure_title::text, k.audience::text, h.id, h.name::text, k.expires_on
  FROM holding k JOIN open o USING (registry_id, measure_code, audience) JOIN public.sites_hospital h ON h.id = k.hospital_id
  WHERE (SELECT public.cairn_number('centre')) = 1 OR (k.audience = 'COLLABORATIVE' AND EXISTS (
    SELECT 1 FROM public.registry_participation own
    WHERE own.registry_id = k.registry_id AND own.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  ))
  ORDER BY k.measure_title, k.audience, h.name
$$;
REVOKE ALL ON FUNCTION cairn_unblinded(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_unblinded(date) TO cairn_web, cairn_worker;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0005_release_states'),
        ('registry', '0003_rows'),
        ('sites', '0011_agreements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UnblindingConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure_code', models.CharField(max_length=40)),
                ('measure_title', models.CharField(max_length=160)),
                ('audience', models.CharField(choices=[('MEETING', 'those invited to a meeting'), ('COLLABORATIVE', 'every member of the collaborative')], max_length=13)),
                ('expires_on', models.DateField()),
                ('given_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('registry', 'hospital', 'measure_code', 'audience'), name='one_consent_of_a_hospital')],
            },
        ),
        rows.guard(
            "feedback_unblindingconsent",
            *rows.both("SELECT, INSERT, UPDATE (revoked_by_id, revoked_at)"),
            using=rows.by_hospital(),
        ),
        migrations.RunSQL(UNBLINDED, "DROP FUNCTION cairn_unblinded(date);"),
    ]

"""Meetings: rows for those invited; the deck as the database lets a person read it at a moment."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

# Whoever is not the centre changes nothing of an invitation but the own answer; a meeting that is over keeps what it was, but for
# the window of its deck.
LOCKS = """
CREATE FUNCTION cairn_lock_invitation() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an invitation is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF (SELECT public.cairn_number('centre')) <> 1 THEN
      RAISE EXCEPTION 'the centre alone invites' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.meeting_id <> OLD.meeting_id OR NEW.person_id <> OLD.person_id OR NEW.hospital_id IS DISTINCT FROM OLD.hospital_id
     OR ((SELECT public.cairn_number('centre')) <> 1
         AND (to_jsonb(NEW) - 'answer' - 'answered_at') IS DISTINCT FROM (to_jsonb(OLD) - 'answer' - 'answered_at')) THEN
    RAISE EXCEPTION 'whom an invitation is for never changes; one answers for oneself alone' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_invitation BEFORE INSERT OR UPDATE OR DELETE ON interventions_meetinginvitation
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_invitation();
CREATE FUNCTION cairn_lock_meeting() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE deck text[] := ARRAY['deck_from', 'deck_until'];
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.state <> 'PLANNED' AND (to_jsonb(NEW) - deck) IS DISTINCT FROM (to_jsonb(OLD) - deck)) THEN
    RAISE EXCEPTION 'a meeting that is over never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_meeting BEFORE UPDATE OR DELETE ON interventions_meeting
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_meeting();
"""
LOCKS_REVERSE = """
DROP TRIGGER lock_meeting ON interventions_meeting; DROP FUNCTION cairn_lock_meeting();
DROP TRIGGER lock_invitation ON interventions_meetinginvitation; DROP FUNCTION cairn_lock_invitation();
"""

# Whether the deck is open to the bound person: invited, not declined, still of the place they were invited for, and in time.
# Who is named: consent for this measure holds now, and five others stay unnamed for the reader with the most own hospitals (B18).
DECK = """
CREATE FUNCTION cairn_deck_open(of_meeting bigint, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM public.interventions_meeting m JOIN public.interventions_meetinginvitation i ON i.meeting_id = m.id
    WHERE m.id = of_meeting AND m.state <> 'CANCELLED' AND m.deck_from <= moment AND moment < m.deck_until
      AND (SELECT public.cairn_number('person')) <> 0 AND i.person_id = (SELECT public.cairn_number('person'))
      AND i.withdrawn_at IS NULL AND i.answer <> 'NO'
      AND CASE WHEN i.hospital_id IS NULL THEN (SELECT public.cairn_number('centre')) = 1
               ELSE i.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[]) END
  )
$$;
REVOKE ALL ON FUNCTION cairn_deck_open(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_deck_open(bigint, timestamptz) TO cairn_web, cairn_worker;
CREATE FUNCTION cairn_deck(of_meeting bigint, moment timestamptz) RETURNS TABLE (
  place int, measure_code text, measure_title text, label text, contributing bigint, largest_own bigint, field jsonb, named jsonb
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH meeting AS (
    SELECT m.*, (moment AT TIME ZONE 'UTC')::date AS today FROM public.interventions_meeting m
    WHERE m.id = of_meeting AND public.cairn_deck_open(of_meeting, moment)
  ), newest AS (
    SELECT c.id, c.label FROM public.feedback_comparison c JOIN meeting m ON m.registry_id = c.registry_id
    WHERE c.status = 'PUBLISHED' ORDER BY c.published_at DESC, c.id DESC LIMIT 1
  ), slide AS (
    SELECT s.position, v.code, s.measure_title, n.label, r.id AS run FROM public.interventions_deckslide s
    JOIN meeting m ON m.id = s.meeting_id CROSS JOIN newest n JOIN public.feedback_measurerun r ON r.comparison_id = n.id AND r.refusal = '[]'
    JOIN public.feedback_measureversion v ON v.id = r.measure_id AND v.code = s.measure_code
    WHERE NOT s.dropped
  ), result AS (
    SELECT s.run, x.hospital_id, x.document FROM slide s JOIN public.feedback_siteresult x ON x.run_id = s.run
    WHERE (x.document->>'n')::int > 0
  ), consenting AS (
    SELECT DISTINCT s.run, k.hospital_id FROM slide s CROSS JOIN meeting m
    JOIN public.feedback_unblindingconsent k ON k.registry_id = m.registry_id AND k.measure_code = s.code
      AND k.revoked_at IS NULL AND k.expires_on > m.today
    JOIN result x ON x.run = s.run AND x.hospital_id = k.hospital_id
  ), reader AS (
    SELECT coalesce(max(z.n), 0) AS largest FROM (
      SELECT count(DISTINCT b.hospital_id) AS n FROM meeting m JOIN public.interventions_meetinginvitation i ON i.meeting_id = m.id
      JOIN public.sites_membership b ON b.person_id = i.person_id AND b.hospital_id IS NOT NULL AND b.starts_on <= m.today
        AND (b.ends_on IS NULL OR b.ends_on > m.today)
      WHERE i.withdrawn_at IS NULL GROUP BY i.person_id
    ) z
  ), counted AS (
    SELECT s.run, (SELECT count(*) FROM result x WHERE x.run = s.run) AS all_of_them,
      (SELECT count(*) FROM consenting k WHERE k.run = s.run) AS consent FROM slide s
  )
  SELECT s.position::int, s.code::text, s.measure_title::text, s.label::text, c.all_of_them, r.largest,
    jsonb_build_object('peers', d.document->'peers', 'collaborative', d.document->'collaborative'),
    CASE WHEN c.all_of_them - c.consent - r.largest >= 5 THEN coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', h.id, 'hospital', h.name, 'better', x.document->>'verdict' = 'LIKELY_BETTER',
        'rate', CASE WHEN x.document->>'verdict' = 'TOO_FEW' THEN NULL ELSE round((x.document->>'shrunken_rate')::numeric, 3) END) ORDER BY h.name)
      FROM consenting k JOIN result x ON x.run = k.run AND x.hospital_id = k.hospital_id JOIN public.sites_hospital h ON h.id = k.hospital_id
      WHERE k.run = s.run
    ), '[]'::jsonb) ELSE '[]'::jsonb END
  FROM slide s JOIN counted c ON c.run = s.run CROSS JOIN reader r
  JOIN public.feedback_standing d ON d.run_id = s.run AND d.own_set = '{}'
  ORDER BY s.position, s.code
$$;
REVOKE ALL ON FUNCTION cairn_deck(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_deck(bigint, timestamptz) TO cairn_web, cairn_worker;
"""
DECK_REVERSE = "DROP FUNCTION cairn_deck(bigint, timestamptz); DROP FUNCTION cairn_deck_open(bigint, timestamptz);"
MINE = f"({rows.IS_CENTRE} OR {rows.by_person()} OR {rows.by_hospital()})"
# Invited people read a meeting; the notes of a call are read by every member once it was held.
INVITED = (
    f"({rows.IS_CENTRE} OR EXISTS (SELECT 1 FROM interventions_meetinginvitation i WHERE i.meeting_id = interventions_meeting.id"
    " AND i.withdrawn_at IS NULL AND i.person_id = (SELECT cairn_number('person')))"
    " OR (state = 'HELD' AND kind IN ('SURGEONS', 'ABSTRACTORS') AND (SELECT cairn_number('person')) <> 0))"
)
OF_A_MEETING = "EXISTS (SELECT 1 FROM interventions_meeting m WHERE m.id = meeting_id)"


class Migration(migrations.Migration):
    dependencies = [
        ("interventions", "0011_desk"),
        ("registry", "0020_scores_by_the_worker"),
        ("sites", "0012_second_factor"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Meeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('QUARTERLY', 'meeting of the collaborative'), ('SURGEONS', 'surgeons’ call'), ('ABSTRACTORS', 'abstractors’ call'), ('COMMITTEE', 'steering committee')], max_length=12)),
                ('title', models.CharField(max_length=120)),
                ('place', models.CharField(blank=True, max_length=160)),
                ('starts_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('PLANNED', 'planned'), ('HELD', 'held'), ('CANCELLED', 'cancelled')], default='PLANNED', max_length=10)),
                ('deck_from', models.DateTimeField(null=True)),
                ('deck_until', models.DateTimeField(null=True)),
                ('notes', models.TextField(blank=True)),
                ('made_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('registry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.registry')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('deck_from__isnull', True), ('deck_until__isnull', True)), ('deck_from__lte', models.F('deck_until')), _connector='OR'), name='meeting_deck_is_open_for_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('notes', ''), ('state', 'PLANNED')), models.Q(models.Q(('state', 'PLANNED'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='meeting_closes_once')],
            },
        ),
        migrations.CreateModel(
            name='DeckSlide',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('measure_code', models.SlugField(max_length=48)),
                ('measure_title', models.CharField(max_length=160)),
                ('dropped', models.BooleanField(default=False)),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.meeting')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AgendaItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('words', models.CharField(max_length=200)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('exemplar_code', models.CharField(blank=True, max_length=12)),
                ('dropped', models.BooleanField(default=False)),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.meeting')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('minutes__gte', 1), ('minutes__lte', 240)), name='agenda_item_takes_time')],
            },
        ),
        migrations.CreateModel(
            name='MeetingInvitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('ASKED', 'asked'), ('YES', 'comes'), ('NO', 'cannot come')], default='ASKED', max_length=6)),
                ('answered_at', models.DateTimeField(null=True)),
                ('came', models.BooleanField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('invited_at', models.DateTimeField()),
                ('hospital', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.meeting')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('meeting', 'person'), name='invited_once')],
            },
        ),
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.guard(
            "interventions_meetinginvitation",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=MINE,
            check=f"({rows.IS_CENTRE} OR {rows.by_person()})",
        ),
        rows.guard("interventions_meeting", *rows.both("SELECT, INSERT, UPDATE"), using=INVITED, check=rows.IS_CENTRE),
        rows.guard(
            "interventions_agendaitem", *rows.both("SELECT, INSERT, UPDATE"), using=OF_A_MEETING, check=rows.IS_CENTRE
        ),
        rows.guard(
            "interventions_deckslide", *rows.both("SELECT, INSERT, UPDATE"), using=OF_A_MEETING, check=rows.IS_CENTRE
        ),
        migrations.RunSQL(DECK, DECK_REVERSE),
    ]

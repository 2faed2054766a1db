"""The community, the steering committee and notices: who reads what of them, by the database's own word."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

# The centre alone moderates; words never change. A vote is cast by whoever sits on the committee, in time, for an option that was given.
LOCKS = """
CREATE FUNCTION cairn_lock_moderated() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE moderation text[] := ARRAY['state', 'reason', 'moderated_at', 'moderated_by_id'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'what was written to peers is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'WAITING' THEN
      RAISE EXCEPTION 'somebody reads it first' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (SELECT public.cairn_number('centre')) <> 1 OR OLD.state = 'DECLINED' OR NEW.state = 'WAITING' OR NEW.moderated_by_id = OLD.person_id
     OR (to_jsonb(NEW) - moderation) IS DISTINCT FROM (to_jsonb(OLD) - moderation) THEN
    RAISE EXCEPTION 'words to peers never change, and somebody else of the centre moderates them' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_moderated BEFORE INSERT OR UPDATE OR DELETE ON interventions_peerquestion
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_moderated();
CREATE TRIGGER lock_moderated BEFORE INSERT OR UPDATE OR DELETE ON interventions_peeranswer
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_moderated();
CREATE FUNCTION cairn_check_vote() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM public.interventions_ballot b WHERE b.id = NEW.ballot_id AND b.opens_at <= NEW.at AND NEW.at < b.closes_at
      AND (NEW.choice = ANY (b.options) OR NEW.choice = 'ABSTAIN')
  ) OR NOT EXISTS (
    SELECT 1 FROM public.interventions_committeeseat s WHERE s.person_id = NEW.person_id AND s.starts_on <= (NEW.at AT TIME ZONE 'UTC')::date
      AND (s.ends_on IS NULL OR s.ends_on > (NEW.at AT TIME ZONE 'UTC')::date)
  ) THEN
    RAISE EXCEPTION 'a vote is cast by a member of the committee, in time, for an option' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_vote BEFORE INSERT ON interventions_vote FOR EACH ROW EXECUTE FUNCTION cairn_check_vote();
CREATE FUNCTION cairn_check_result() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.interventions_ballot b WHERE b.id = NEW.ballot_id AND NEW.at < b.closes_at) THEN
    RAISE EXCEPTION 'a vote is counted when it is over' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_result BEFORE INSERT ON interventions_ballotresult FOR EACH ROW EXECUTE FUNCTION cairn_check_result();
"""
LOCKS_REVERSE = """
DROP TRIGGER check_result ON interventions_ballotresult; DROP FUNCTION cairn_check_result();
DROP TRIGGER check_vote ON interventions_vote; DROP FUNCTION cairn_check_vote();
DROP TRIGGER lock_moderated ON interventions_peeranswer; DROP TRIGGER lock_moderated ON interventions_peerquestion;
DROP FUNCTION cairn_lock_moderated();
"""

# What members read of others: people by two consents, questions and answers without their writers, requests to an exemplar.
READ = """
CREATE FUNCTION cairn_directory(on_day date) RETURNS TABLE (person text, role text, hospital text, topics text, contact text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH lets AS (
    SELECT DISTINCT ON (c.hospital_id) c.hospital_id, c.listed FROM public.interventions_directoryconsent c ORDER BY c.hospital_id, c.id DESC
  )
  SELECT p.name::text, (SELECT string_agg(DISTINCT replace(lower(m.role), '_', ' '), ', ') FROM public.sites_membership m
      WHERE m.person_id = e.person_id AND m.hospital_id = e.hospital_id AND m.starts_on <= on_day AND (m.ends_on IS NULL OR m.ends_on > on_day)),
    h.name::text, e.topics::text, e.contact::text
  FROM public.interventions_directoryentry e JOIN lets l ON l.hospital_id = e.hospital_id AND l.listed
  JOIN public.sites_person p ON p.id = e.person_id AND p.is_active JOIN public.sites_hospital h ON h.id = e.hospital_id
  WHERE e.listed AND (SELECT public.cairn_number('person')) <> 0
    AND ((SELECT public.cairn_number('centre')) = 1 OR cardinality((SELECT public.cairn_ids('hospitals'))) > 0)
    AND EXISTS (SELECT 1 FROM public.sites_membership m WHERE m.person_id = e.person_id AND m.hospital_id = e.hospital_id
      AND m.starts_on <= on_day AND (m.ends_on IS NULL OR m.ends_on > on_day))
  ORDER BY p.name, h.name
$$;
CREATE FUNCTION cairn_peer_questions() RETURNS TABLE (id bigint, code text, about text, words text, on_day date, n bigint, own boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT q.id, q.code::text, q.about::text, q.words, (q.moderated_at AT TIME ZONE 'UTC')::date,
    (SELECT count(*) FROM public.interventions_peeranswer a WHERE a.question_id = q.id AND a.state = 'PUBLISHED'),
    q.person_id = (SELECT public.cairn_number('person'))
  FROM public.interventions_peerquestion q WHERE q.state = 'PUBLISHED' AND (SELECT public.cairn_number('person')) <> 0
  ORDER BY q.moderated_at DESC, q.id DESC
$$;
CREATE FUNCTION cairn_peer_answers(of_code text) RETURNS TABLE (words text, on_day date, centre boolean, own boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.words, (a.moderated_at AT TIME ZONE 'UTC')::date, a.hospital_id IS NULL, a.person_id = (SELECT public.cairn_number('person'))
  FROM public.interventions_peeranswer a JOIN public.interventions_peerquestion q ON q.id = a.question_id
  WHERE q.code = of_code AND q.state = 'PUBLISHED' AND a.state = 'PUBLISHED' AND (SELECT public.cairn_number('person')) <> 0
  ORDER BY a.moderated_at, a.id
$$;
CREATE FUNCTION cairn_mentor_requests() RETURNS TABLE (
  code text, mentor_id bigint, measure_title text, hospital text, words text, contact text, on_day date
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.code::text, e.hospital_id, r.measure_title::text, h.name::text, r.words, r.contact::text, (r.at AT TIME ZONE 'UTC')::date
  FROM public.interventions_mentorrequest r JOIN public.interventions_exemplar e ON e.code = r.exemplar_code
  JOIN public.sites_hospital h ON h.id = r.hospital_id
  WHERE (SELECT public.cairn_number('person')) <> 0 AND (SELECT public.cairn_number('centre')) <> 1
    AND e.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  ORDER BY r.id DESC
$$;
CREATE FUNCTION cairn_mentor_replies() RETURNS TABLE (code text, agreed boolean, words text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT DISTINCT ON (p.request_code) p.request_code::text, p.agreed, p.words
  FROM public.interventions_mentorreply p JOIN public.interventions_mentorrequest r ON r.code = p.request_code
  JOIN public.interventions_exemplar e ON e.code = r.exemplar_code AND e.hospital_id = p.hospital_id
  WHERE (SELECT public.cairn_number('person')) <> 0 AND (SELECT public.cairn_number('centre')) <> 1
    AND r.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  ORDER BY p.request_code, p.id DESC
$$;
""" + "".join(
    f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {name} TO cairn_web, cairn_worker;\n"
    for name in (
        "cairn_directory(date)", "cairn_peer_questions()", "cairn_peer_answers(text)", "cairn_mentor_requests()", "cairn_mentor_replies()",
    )
)  # fmt: skip
READ_REVERSE = """
DROP FUNCTION cairn_mentor_replies(); DROP FUNCTION cairn_mentor_requests(); DROP FUNCTION cairn_peer_answers(text);
DROP FUNCTION cairn_peer_questions(); DROP FUNCTION cairn_directory(date);
"""
# What one wrote oneself, and for the centre all of it: it moderates. Other members read words through the functions above alone.
MINE_OR_CENTRE = f"({rows.IS_CENTRE} OR {rows.by_person()})"
# A hospital's own affair: neither the centre nor another hospital reads it here.
OWN = f"({rows.IS_JOB} OR (NOT {rows.IS_CENTRE} AND {rows.by_hospital()}))"
ENTRY = f"({rows.IS_JOB} OR {rows.by_person()})"


class Migration(migrations.Migration):
    dependencies = [
        ("interventions", "0012_meetings"),
        ("sites", "0012_second_factor"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Ballot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('MEASURE', 'a measure'), ('UNBLINDING', 'unblinding'), ('RETIREMENT', 'retiring a measure'), ('OTHER', 'something else'), ('POLL', 'a poll, which binds nobody')], max_length=10)),
                ('question', models.CharField(max_length=300)),
                ('options', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None)),
                ('quorum', models.PositiveSmallIntegerField()),
                ('opens_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('opens_at__lt', models.F('closes_at')), ('quorum__gte', 1)), name='ballot_has_a_time_and_a_quorum')],
            },
        ),
        migrations.CreateModel(
            name='BallotResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counts', models.JSONField()),
                ('seats', models.PositiveSmallIntegerField()),
                ('quorate', models.BooleanField()),
                ('decision', models.CharField(blank=True, max_length=80)),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('ballot', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.ballot')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='CommitteeSeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(null=True)),
                ('given_at', models.DateTimeField()),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='seat_ends_after_it_starts'), models.UniqueConstraint(condition=models.Q(('ends_on__isnull', True)), fields=('person',), name='seat_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='DirectoryConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('listed', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(models.F('hospital'), models.OrderBy(models.F('id'), descending=True), name='directory_consent_newest')],
            },
        ),
        migrations.CreateModel(
            name='DirectoryEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topics', models.CharField(max_length=200)),
                ('contact', models.CharField(max_length=160)),
                ('listed', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('person', 'hospital'), name='directory_entry_once')],
            },
        ),
        migrations.CreateModel(
            name='MentorReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request_code', models.CharField(max_length=12)),
                ('agreed', models.BooleanField()),
                ('words', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='MentorRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('exemplar_code', models.CharField(max_length=12)),
                ('measure_title', models.CharField(max_length=160)),
                ('words', models.TextField()),
                ('contact', models.CharField(max_length=160)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('words', ''), _negated=True), models.Q(('contact', ''), _negated=True)), name='mentor_request_is_whole')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('WEEKLY', 'weekly digest'), ('URGENT', 'urgent')], max_length=6)),
                ('key', models.CharField(max_length=80)),
                ('n', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('person', 'kind', 'key'), name='notice_once')],
            },
        ),
        migrations.CreateModel(
            name='NoticePreference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekly', models.BooleanField(default=True)),
                ('urgent', models.BooleanField(default=True)),
                ('at', models.DateTimeField()),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='PeerQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('about', models.CharField(blank=True, max_length=160)),
                ('words', models.TextField()),
                ('state', models.CharField(choices=[('WAITING', 'waits for the centre'), ('PUBLISHED', 'read by members'), ('DECLINED', 'not published')], default='WAITING', max_length=9)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('moderated_at', models.DateTimeField(null=True)),
                ('hospital', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('moderated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='peer_question_has_words'), models.CheckConstraint(condition=models.Q(('state', 'WAITING'), ('moderated_by__isnull', False), _connector='OR'), name='peer_question_is_moderated'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'DECLINED'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='peer_question_declined_with_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='PeerAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.TextField()),
                ('state', models.CharField(choices=[('WAITING', 'waits for the centre'), ('PUBLISHED', 'read by members'), ('DECLINED', 'not published')], default='WAITING', max_length=9)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('moderated_at', models.DateTimeField(null=True)),
                ('hospital', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sites.hospital')),
                ('moderated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.peerquestion')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='peer_answer_has_words'), models.CheckConstraint(condition=models.Q(('state', 'WAITING'), ('moderated_by__isnull', False), _connector='OR'), name='peer_answer_is_moderated'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'DECLINED'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='peer_answer_declined_with_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('choice', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('ballot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interventions.ballot')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('ballot', 'person'), name='vote_once')],
            },
        ),
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.guard("interventions_directoryentry", *rows.both("SELECT, INSERT, UPDATE"), using=ENTRY),
        rows.guard("interventions_directoryconsent", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_directoryconsent"),
        rows.guard("interventions_peerquestion", *rows.both("SELECT, INSERT, UPDATE"), using=MINE_OR_CENTRE),
        rows.guard("interventions_peeranswer", *rows.both("SELECT, INSERT, UPDATE"), using=MINE_OR_CENTRE),
        rows.guard("interventions_mentorrequest", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_mentorrequest"),
        rows.guard("interventions_mentorreply", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_mentorreply"),
        rows.guard(
            "interventions_committeeseat",
            *rows.both("SELECT, INSERT, UPDATE"),
            using="(SELECT cairn_number('person')) <> 0 OR " + rows.IS_CENTRE,
            check=rows.IS_CENTRE,
        ),
        rows.guard(
            "interventions_ballot",
            *rows.both("SELECT, INSERT"),
            using="(SELECT cairn_number('person')) <> 0 OR " + rows.IS_CENTRE,
            check=rows.IS_CENTRE,
        ),
        rows.append_only("interventions_ballot"),
        rows.guard("interventions_vote", *rows.both("SELECT, INSERT"), using=MINE_OR_CENTRE, check=ENTRY),
        rows.append_only("interventions_vote"),
        rows.guard(
            "interventions_ballotresult",
            *rows.both("SELECT, INSERT"),
            using="(SELECT cairn_number('person')) <> 0 OR " + rows.IS_CENTRE,
            check=rows.IS_CENTRE,
        ),
        rows.append_only("interventions_ballotresult"),
        rows.guard("interventions_noticepreference", *rows.both("SELECT, INSERT, UPDATE"), using=ENTRY),
        rows.guard(
            "interventions_notice",
            rows.Grant(role=rows.WEB, privileges="SELECT"),
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"),
            using=ENTRY,
        ),
        rows.append_only("interventions_notice"),
        migrations.RunSQL(READ, READ_REVERSE),
    ]

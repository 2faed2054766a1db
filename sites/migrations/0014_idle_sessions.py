"""Let a session end by itself when nobody uses it, and after its longest time however much it is used."""

import datetime

from django.db import migrations, models

COLUMNS = """
  session_data text, id bigint, password text, email text, name text, is_active boolean, last_login timestamptz,
  seen_at timestamptz, roles json, every int[]
"""
# Read session, person and roles; in the same statement, and at most once a minute, note that the session is in use.
WHO = f"""
CREATE FUNCTION cairn_who(wanted text, at timestamptz, stays interval) RETURNS TABLE ({COLUMNS})
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE today date := (at AT TIME ZONE 'UTC')::date;
BEGIN
  UPDATE public.sites_session s SET expire_date = least(at + stays, s.ends_at)
    WHERE s.session_key = wanted AND s.person_id IS NOT NULL AND s.expire_date > at
      AND s.expire_date < least(at + stays, s.ends_at) - interval '1 minute';
  RETURN QUERY
    SELECT s.session_data, p.id, p.password::text, p.email::text, p.name::text, p.is_active, p.last_login, p.seen_at, held.roles,
      CASE WHEN held.centre THEN (SELECT array_agg(h.id ORDER BY h.id)::int[] FROM public.sites_hospital h) END
    FROM public.sites_session s
    LEFT JOIN public.sites_person p ON p.id = s.person_id
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_array(m.role, m.hospital_id, h.name) ORDER BY m.id) AS roles,
        bool_or(m.hospital_id IS NULL) AS centre
      FROM public.sites_membership m LEFT JOIN public.sites_hospital h ON h.id = m.hospital_id
      WHERE m.person_id = p.id AND m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on > today)
    ) held ON true
    WHERE s.session_key = wanted AND s.expire_date > at;
END $$;
REVOKE ALL ON FUNCTION cairn_who(text, timestamptz, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_who(text, timestamptz, interval) TO cairn_web;
"""


class Migration(migrations.Migration):
    """Reversible. Who is signed in when this runs signs in again. The function with two arguments stays for a web of before."""

    dependencies = [("sites", "0013_sealed_scope")]

    operations = [
        migrations.RunSQL("DELETE FROM sites_session;", migrations.RunSQL.noop),
        migrations.AddField(
            "session",
            "ends_at",
            models.DateTimeField(default=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)),
            preserve_default=False,
        ),
        migrations.RunSQL(WHO, "DROP FUNCTION cairn_who(text, timestamptz, interval);"),
    ]

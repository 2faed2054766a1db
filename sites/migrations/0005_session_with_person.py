"""Keep sessions with their person, and read session, person and roles in one statement."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

WHO = """
CREATE FUNCTION cairn_who(wanted text, at timestamptz) RETURNS TABLE (
  session_data text, id bigint, password text, email text, name text, is_active boolean, last_login timestamptz,
  seen_at timestamptz, roles json, every int[]
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE today date := (at AT TIME ZONE 'UTC')::date;
BEGIN
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
REVOKE ALL ON FUNCTION cairn_who(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_who(text, timestamptz) TO cairn_web;
"""


class Migration(migrations.Migration):
    """Reversible. Who is signed in when this runs signs in again."""

    dependencies = [("sites", "0004_trail_of_the_centre")]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        rows.grants("sites_session", rows.Grant(role=rows.WEB, privileges="SELECT, INSERT, UPDATE, DELETE")),
        migrations.RunSQL(WHO, "DROP FUNCTION cairn_who(text, timestamptz);"),
    ]

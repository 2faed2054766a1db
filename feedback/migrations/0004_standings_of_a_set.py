"""Find every standing of an own set in one statement with a plan that PostgreSQL keeps; row security stays the caller's."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION cairn_standings(own int[]) RETURNS TABLE (
  registry_id bigint, code text, title text, comparison_id bigint, published_at timestamptz, ids bigint[], digests text[],
  measures text[]
) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT r.id, r.code::text, r.title::text, newest.id, newest.published_at, found.ids, found.digests,
      found.measures
    FROM (
      SELECT DISTINCT ON (c.registry_id) c.registry_id, c.id, c.published_at FROM public.feedback_comparison c
      WHERE c.status = 'PUBLISHED' ORDER BY c.registry_id, c.published_at DESC, c.id DESC
    ) newest
    JOIN public.registry_registry r ON r.id = newest.registry_id
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(p.hospital_id ORDER BY p.hospital_id), '{}')::int[] AS own_set
      FROM public.registry_participation p WHERE p.registry_id = r.id AND p.hospital_id = ANY (own)
    ) mine
    CROSS JOIN LATERAL (
      SELECT array_agg(s.id ORDER BY s.id) AS ids, array_agg(m.digest::text ORDER BY s.id) AS digests,
        array_agg(v.code::text ORDER BY s.id) AS measures
      FROM public.feedback_measurerun m JOIN public.feedback_standing s ON s.run_id = m.id
      JOIN public.feedback_measureversion v ON v.id = m.measure_id
      WHERE m.comparison_id = newest.id AND s.own_set = mine.own_set
    ) found
    WHERE own = '{}' OR mine.own_set <> '{}'
    ORDER BY r.code;
END $$;
REVOKE ALL ON FUNCTION cairn_standings(int[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_standings(int[]) TO cairn_web, cairn_worker;
"""


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("feedback", "0003_rows"), ("registry", "0003_rows")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION cairn_standings(int[]);")]

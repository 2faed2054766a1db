"""Minutes that each element takes, for who sees hospitals but not their cases: a sum over all measured cases, nothing by case or hospital."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION cairn_element_minutes(of_registry bigint) RETURNS TABLE (element text, minutes double precision, n_cases bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_catalog, pg_temp AS $$
  WITH measured AS (
    SELECT m.case_id, m.elements FROM registry_caseminutes m JOIN registry_case c ON c.id = m.case_id
    WHERE c.registry_id = of_registry AND m.hospital_id = ANY ((SELECT cairn_ids('hospitals'))::int[])
      AND (SELECT cairn_number('centre')) = 1),
  whole AS (SELECT count(DISTINCT case_id) AS n FROM measured)
  SELECT e.key, sum(e.value::double precision) / 60 / max(w.n), max(w.n)
  FROM measured m CROSS JOIN whole w, LATERAL jsonb_each_text(m.elements) e GROUP BY e.key $$;
REVOKE ALL ON FUNCTION cairn_element_minutes(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_element_minutes(bigint) TO cairn_web, cairn_worker;
"""


class Migration(migrations.Migration):
    """Reversible: the function comes off again."""

    dependencies = [("registry", "0017_case_indexes")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION cairn_element_minutes(bigint);")]

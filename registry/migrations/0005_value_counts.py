"""Count stored values of a column for who sees hospitals but not their cases: publishing a dictionary shows its impact."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION cairn_value_counts(of_version bigint, place int, of_code text) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_catalog AS $$
  SELECT count(*) FROM registry_case c
  WHERE c.version_id = of_version AND c.hospital_id = ANY ((SELECT cairn_ids('hospitals'))::int[])
    AND (SELECT cairn_number('centre')) = 1
    AND c.answers[place] IS NOT NULL AND (of_code IS NULL OR c.answers[place] = of_code) $$;
REVOKE ALL ON FUNCTION cairn_value_counts(bigint, int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_value_counts(bigint, int, text) TO cairn_web, cairn_worker;
"""


class Migration(migrations.Migration):
    """Reversible: the function comes off again."""

    dependencies = [("registry", "0004_references")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION cairn_value_counts(bigint, int, text);")]

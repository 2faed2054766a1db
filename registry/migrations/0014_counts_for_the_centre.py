"""Counts for who sees hospitals but not their cases: overrides of checks, values of elements, drafts of earlier versions, unfit values."""

from django.db import migrations

ASKED = "ANY ((SELECT cairn_ids(CASE WHEN cairn_number('centre') = 1 THEN 'hospitals' ELSE 'case_hospitals' END))::int[])"
CENTRE = "= ANY ((SELECT cairn_ids('hospitals'))::int[]) AND (SELECT cairn_number('centre')) = 1"
DEFINER = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_catalog, pg_temp"
# A reason is shown without its case; runs of four digits and more, which could name one, are struck out.
FUNCTIONS = f"""
CREATE FUNCTION cairn_overrides(of_registry bigint, of_code text, of_hospital bigint) RETURNS TABLE (code text, col text,
    hospital_id bigint, hospital text, n bigint, n_cases bigint, latest_at timestamptz, reasons jsonb) {DEFINER} AS $$
  WITH kept AS (
    SELECT r.code, r."column" AS col, r.hospital_id, r.case_id, r.at, regexp_replace(r.reason, '\\d{{4,}}', '…', 'g') AS words
    FROM registry_findingreason r JOIN registry_case c ON c.id = r.case_id
    WHERE c.registry_id = of_registry AND r.hospital_id = {ASKED}
      AND (of_code IS NULL OR r.code = of_code) AND (of_hospital IS NULL OR r.hospital_id = of_hospital)),
  ranked AS (
    SELECT k.code, k.col, k.hospital_id, k.words, count(*) AS times,
      row_number() OVER (PARTITION BY k.code, k.col, k.hospital_id ORDER BY count(*) DESC, k.words) AS place
    FROM kept k GROUP BY k.code, k.col, k.hospital_id, k.words),
  told AS (
    SELECT r.code, r.col, r.hospital_id, jsonb_agg(jsonb_build_array(r.words, r.times) ORDER BY r.place) AS reasons
    FROM ranked r WHERE r.place <= 5 GROUP BY r.code, r.col, r.hospital_id)
  SELECT k.code::text, k.col::text, k.hospital_id, h.name::text, count(*), count(DISTINCT k.case_id), max(k.at), t.reasons
  FROM kept k JOIN sites_hospital h ON h.id = k.hospital_id
    JOIN told t ON t.code = k.code AND t.col = k.col AND t.hospital_id = k.hospital_id
  GROUP BY k.code, k.col, k.hospital_id, h.name, t.reasons ORDER BY count(*) DESC, 1, 2, 4 LIMIT 500 $$;

CREATE FUNCTION cairn_filled_counts(of_version bigint, places int[]) RETURNS TABLE (place int, n bigint) {DEFINER} AS $$
  SELECT p.place, count(*) FROM registry_case c, unnest(places) AS p (place)
  WHERE c.version_id = of_version AND c.hospital_id {CENTRE} AND c.answers[p.place] IS NOT NULL GROUP BY p.place $$;

CREATE FUNCTION cairn_draft_counts(of_registry bigint) RETURNS TABLE (version_id bigint, n bigint) {DEFINER} AS $$
  SELECT c.version_id, count(*) FROM registry_case c
  WHERE c.registry_id = of_registry AND c.status = 'DRAFT' AND c.hospital_id {CENTRE} GROUP BY c.version_id $$;

CREATE FUNCTION cairn_unfit_counts(of_registry bigint, version smallint) RETURNS TABLE (col text, hospital text, n bigint, n_open bigint)
  {DEFINER} AS $$
  SELECT u."column"::text, h.name::text, count(*), count(*) FILTER (WHERE u.settled_at IS NULL)
  FROM registry_unfitvalue u JOIN registry_case c ON c.id = u.case_id JOIN sites_hospital h ON h.id = u.hospital_id
  WHERE c.registry_id = of_registry AND u.now_version = version AND u.hospital_id {CENTRE}
  GROUP BY u."column", h.name ORDER BY 1, 2 $$;
"""
NAMES = (
    "cairn_overrides(bigint, text, bigint)",
    "cairn_filled_counts(bigint, int[])",
    "cairn_draft_counts(bigint)",
    "cairn_unfit_counts(bigint, smallint)",
)
RIGHTS = "\n".join(
    f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {name} TO cairn_web, cairn_worker;" for name in NAMES
)


class Migration(migrations.Migration):
    """Reversible: the functions come off again."""

    dependencies = [("registry", "0013_audits_and_training_rows")]

    operations = [
        migrations.RunSQL(FUNCTIONS + RIGHTS, "\n".join(f"DROP FUNCTION {name};" for name in NAMES)),
    ]

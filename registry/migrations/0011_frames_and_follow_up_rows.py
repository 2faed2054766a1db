"""Row security of operating lists, cycles, contacts, minutes, attestations and waivers; what was on a list never changes."""

from django.db import migrations

from sites.access import rows

# The centre reads counts and decisions of every hospital; a hospital its own; a surgeon none of them.
COUNTED = (
    "hospital_id = ANY ((SELECT cairn_ids(CASE WHEN cairn_number('centre') = 1 THEN 'hospitals' ELSE 'case_hospitals' END))::int[])"
)
LOCK = """
CREATE FUNCTION cairn_lock_frame() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an operation never leaves its list' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.registry_id, NEW.hospital_id, NEW.upload_id, NEW.key, NEW.operated_on, NEW.procedure, NEW.surgeon_code, NEW.values, NEW.digest)
    IS DISTINCT FROM
    (OLD.registry_id, OLD.hospital_id, OLD.upload_id, OLD.key, OLD.operated_on, OLD.procedure, OLD.surgeon_code, OLD.values, OLD.digest) THEN
    RAISE EXCEPTION 'what was on an operating list never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.cycle_id IS NOT NULL AND (NEW.cycle_id, NEW.outcome, NEW.chance) IS DISTINCT FROM (OLD.cycle_id, OLD.outcome, OLD.chance) THEN
    RAISE EXCEPTION 'a cycle is drawn once' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_frame BEFORE UPDATE OR DELETE ON registry_framerow FOR EACH ROW EXECUTE FUNCTION cairn_lock_frame();

CREATE FUNCTION cairn_frame_counts(of_registry bigint, since date, before date)
  RETURNS TABLE (hospital_id bigint, outcome text, n bigint, n_submitted bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_catalog, pg_temp AS $$
  SELECT f.hospital_id, f.outcome::text, count(*), count(*) FILTER (WHERE c.status = 'SUBMITTED')
  FROM registry_framerow f LEFT JOIN registry_case c ON c.id = f.case_id
  WHERE f.registry_id = of_registry AND f.operated_on >= since AND f.operated_on < before AND f.hospital_id = ANY ((SELECT cairn_ids(
    CASE WHEN cairn_number('centre') = 1 THEN 'hospitals' ELSE 'case_hospitals' END))::int[])
  GROUP BY f.hospital_id, f.outcome $$;
REVOKE ALL ON FUNCTION cairn_frame_counts(bigint, date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_frame_counts(bigint, date, date) TO cairn_web, cairn_worker;
"""
LOCK_REVERSE = """
DROP FUNCTION cairn_frame_counts(bigint, date, date);
DROP TRIGGER lock_frame ON registry_framerow; DROP FUNCTION cairn_lock_frame();
"""


class Migration(migrations.Migration):
    """Reversible: policies, grants, triggers and the function come off again; no data is touched."""

    dependencies = [("registry", "0010_frames_and_follow_up")]

    operations = [
        rows.grants("registry_procedurelist", *rows.both("SELECT, INSERT")),
        rows.append_only("registry_procedurelist"),
        rows.grants("registry_samplingrules", *rows.both("SELECT, INSERT")),
        rows.append_only("registry_samplingrules"),
        rows.guard("registry_frameupload", *rows.both("SELECT, INSERT, UPDATE"), using=rows.in_cases()),
        rows.guard("registry_framecolumn", *rows.both("SELECT, INSERT, UPDATE"), using=rows.in_cases()),
        rows.guard("registry_cycle", *rows.both("SELECT, INSERT"), using=COUNTED, check=rows.in_cases()),
        rows.append_only("registry_cycle"),
        rows.guard("registry_framerow", *rows.both("SELECT, INSERT, UPDATE"), using=rows.in_cases()),
        rows.guard("registry_contactattempt", *rows.both("SELECT, INSERT"), using=rows.in_cases()),
        rows.append_only("registry_contactattempt"),
        rows.guard("registry_caseminutes", *rows.both("SELECT, INSERT, UPDATE"), using=rows.in_cases()),
        rows.guard("registry_periodattestation", *rows.both("SELECT, INSERT"), using=COUNTED, check=rows.in_cases()),
        rows.append_only("registry_periodattestation"),
        rows.guard("registry_lockwaiver", *rows.both("SELECT, INSERT, UPDATE"), using=COUNTED),
        migrations.RunSQL(LOCK, LOCK_REVERSE),
    ]

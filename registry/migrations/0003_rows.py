"""Row security, append-only tables and the locks of closed periods and published dictionaries."""

from django.db import migrations

from sites.access import rows

LOCKS = """
CREATE FUNCTION cairn_lock_case() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog AS $$
DECLARE locked boolean;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a case is never deleted; withdraw it' USING ERRCODE = 'restrict_violation';
  END IF;
  SELECT EXISTS (SELECT 1 FROM registry_reportingperiod p WHERE p.status <> 'OPEN'
      AND (p.id = NEW.period_id OR (TG_OP = 'UPDATE' AND p.id = OLD.period_id))) INTO locked;
  IF TG_OP = 'INSERT' THEN
    IF locked THEN
      RAISE EXCEPTION 'the period is closed: a new case cannot enter it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.code, NEW.registry_id, NEW.hospital_id, NEW.key) IS DISTINCT FROM (OLD.code, OLD.registry_id, OLD.hospital_id, OLD.key) THEN
    RAISE EXCEPTION 'what names a case never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF locked AND (NEW.answers, NEW.status, NEW.period_id, NEW.occurred_on, NEW.version_id)
      IS DISTINCT FROM (OLD.answers, OLD.status, OLD.period_id, OLD.occurred_on, OLD.version_id)
    AND NOT EXISTS (SELECT 1 FROM registry_caserevision r WHERE r.case_id = OLD.id AND r.number = NEW.revision
      AND r.number > OLD.revision AND r.reason <> '' AND r.second_id IS NOT NULL AND r.second_id <> r.by_id) THEN
    RAISE EXCEPTION 'the period is closed: a change needs a revision with a reason and a second person'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_case BEFORE INSERT OR UPDATE OR DELETE ON registry_case
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_case();

CREATE FUNCTION cairn_lock_published() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF OLD.status = 'PUBLISHED' THEN
    RAISE EXCEPTION 'a published dictionary version never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER lock_published BEFORE UPDATE OR DELETE ON registry_dictionaryversion
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_published();

CREATE FUNCTION cairn_lock_period() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.status = 'CLOSED' THEN
    RAISE EXCEPTION 'a closed period never opens again' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_period BEFORE UPDATE OR DELETE ON registry_reportingperiod
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_period();

CREATE FUNCTION cairn_case_counts(of_period bigint) RETURNS TABLE (hospital_id bigint, status text, n bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_catalog AS $$
  SELECT c.hospital_id, c.status::text, count(*) FROM registry_case c
  WHERE c.period_id = of_period AND c.hospital_id = ANY ((SELECT cairn_ids('hospitals'))::int[])
  GROUP BY c.hospital_id, c.status $$;
REVOKE ALL ON FUNCTION cairn_case_counts(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_case_counts(bigint) TO cairn_web, cairn_worker;
"""
LOCKS_REVERSE = """
DROP FUNCTION cairn_case_counts(bigint);
DROP TRIGGER lock_period ON registry_reportingperiod; DROP FUNCTION cairn_lock_period();
DROP TRIGGER lock_published ON registry_dictionaryversion; DROP FUNCTION cairn_lock_published();
DROP TRIGGER lock_case ON registry_case; DROP FUNCTION cairn_lock_case();
"""
CASE_ROWS = {"using": rows.by_case(), "check": rows.in_cases()}


class Migration(migrations.Migration):
    """Reversible: policies, grants and triggers come off again; no data is touched."""

    dependencies = [("registry", "0002_initial"), ("sites", "0002_rows")]

    operations = [
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.grants("registry_registry", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants("registry_dictionaryversion", *rows.both("SELECT, INSERT, UPDATE, DELETE")),
        rows.grants("registry_reportingperiod", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants(
            "registry_snapshot", *rows.both("SELECT, INSERT"), rows.Grant(role=rows.ANALYST, privileges="SELECT")
        ),
        rows.append_only("registry_snapshot"),
        rows.guard(
            "registry_participation",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=rows.by_hospital(),
            check=rows.IS_CENTRE,
        ),
        rows.guard("registry_operationcount", *rows.both("SELECT, INSERT, UPDATE"), using=rows.by_hospital()),
        rows.guard("registry_snapshotsite", *rows.both("SELECT, INSERT"), using=rows.by_hospital()),
        rows.append_only("registry_snapshotsite"),
        rows.guard("registry_case", *rows.both("SELECT, INSERT, UPDATE"), **CASE_ROWS),
        rows.guard("registry_caserevision", *rows.both("SELECT, INSERT"), **CASE_ROWS),
        rows.append_only("registry_caserevision"),
        rows.guard("registry_findingreason", *rows.both("SELECT, INSERT"), **CASE_ROWS),
        rows.append_only("registry_findingreason"),
        rows.guard("registry_amendment", *rows.both("SELECT, INSERT, UPDATE"), using=rows.in_cases()),
        rows.guard(
            "registry_upload",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=f"({rows.in_cases()} OR (hospital_id IS NULL AND ({rows.by_person('by_id')} OR {rows.IS_JOB})))",
        ),
        rows.guard(
            "registry_columnmapping",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=f"({rows.in_cases()} OR (hospital_id IS NULL AND {rows.IS_CENTRE}))",
        ),
    ]

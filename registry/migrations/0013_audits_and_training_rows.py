"""Row security of audits and training, the locks of what is done, and the two hands on every disagreement."""

from django.db import migrations

from sites.access import rows

# A reviewer reaches the charts assigned to that person and nothing else of an audit: no case, no stratum, no first value.
READING = f"({rows.by_person('reviewer_id')} OR {rows.in_audits()} OR {rows.IS_JOB})"
ATTEMPT = f"({rows.by_person()} OR {rows.in_trail()} OR {rows.IS_JOB})"
BOTH_SIDES = f"({rows.in_cases()} OR {rows.in_audits()})"
BY_JOB = rows.IS_JOB

LOCKS = """
CREATE FUNCTION cairn_lock_audit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.status IN ('FINAL', 'CALLED_OFF') THEN
    RAISE EXCEPTION 'an audit that is over never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.code, NEW.registry_id, NEW.hospital_id, NEW.plan, NEW.seed, NEW.starts_on, NEW.ends_before)
      IS DISTINCT FROM (OLD.code, OLD.registry_id, OLD.hospital_id, OLD.plan, OLD.seed, OLD.starts_on, OLD.ends_before) THEN
    RAISE EXCEPTION 'what an audit gave notice of never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_audit BEFORE UPDATE OR DELETE ON registry_audit FOR EACH ROW EXECUTE FUNCTION cairn_lock_audit();

CREATE FUNCTION cairn_lock_sheet() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.status = 'DONE' THEN
    RAISE EXCEPTION 'a sheet that is done never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_sheet BEFORE UPDATE OR DELETE ON registry_secondreading FOR EACH ROW EXECUTE FUNCTION cairn_lock_sheet();
CREATE TRIGGER lock_sheet BEFORE UPDATE OR DELETE ON registry_trainingattempt FOR EACH ROW EXECUTE FUNCTION cairn_lock_sheet();

CREATE FUNCTION cairn_lock_disagreement() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_catalog, pg_temp AS $$
DECLARE stands text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a disagreement is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.audit_id, NEW.audit_case_id, NEW.hospital_id, NEW.element, NEW.first, NEW.second, NEW.other, NEW.kind, NEW.abstractor_id)
      IS DISTINCT FROM (OLD.audit_id, OLD.audit_case_id, OLD.hospital_id, OLD.element, OLD.first, OLD.second, OLD.other, OLD.kind, OLD.abstractor_id) THEN
    RAISE EXCEPTION 'what was read never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  SELECT a.status INTO stands FROM registry_audit a WHERE a.id = OLD.audit_id;
  IF (NEW.response, NEW.response_words) IS DISTINCT FROM (OLD.response, OLD.response_words)
      AND (stands <> 'PRELIMINARY' OR NOT OLD.hospital_id = ANY (cairn_ids('case_hospitals'))) THEN
    RAISE EXCEPTION 'the hospital responds, while its window is open' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.ruling, NEW.ruling_words, NEW.value) IS DISTINCT FROM (OLD.ruling, OLD.ruling_words, OLD.value)
      AND (stands <> 'RESPONDED' OR NOT OLD.hospital_id = ANY (cairn_ids('audit_hospitals'))) THEN
    RAISE EXCEPTION 'the centre settles, after the hospital has responded' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_disagreement BEFORE UPDATE OR DELETE ON registry_elementdisagreement
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_disagreement();
"""
LOCKS_REVERSE = """
DROP TRIGGER lock_disagreement ON registry_elementdisagreement; DROP FUNCTION cairn_lock_disagreement();
DROP TRIGGER lock_sheet ON registry_trainingattempt; DROP TRIGGER lock_sheet ON registry_secondreading; DROP FUNCTION cairn_lock_sheet();
DROP TRIGGER lock_audit ON registry_audit; DROP FUNCTION cairn_lock_audit();
"""


def web(privileges: str) -> rows.Grant:
    """Give privileges to the web."""
    return rows.Grant(role=rows.WEB, privileges=privileges)


def worker(privileges: str) -> rows.Grant:
    """Give privileges to the worker."""
    return rows.Grant(role=rows.WORKER, privileges=privileges)


class Migration(migrations.Migration):
    """Reversible: policies, grants and triggers come off again; no data is touched."""

    dependencies = [("registry", "0012_audits_and_training"), ("sites", "0007_audits_and_training")]

    operations = [
        rows.guard("registry_audit", *rows.both("SELECT, INSERT, UPDATE"), using=rows.by_hospital(), check=BOTH_SIDES),
        rows.guard("registry_auditcase", web("SELECT"), worker("SELECT, INSERT"), using=BOTH_SIDES, check=BY_JOB),
        rows.guard(
            "registry_secondreading",
            web("SELECT, UPDATE"),
            worker("SELECT, INSERT, UPDATE"),
            using=READING,
            check=f"({rows.by_person('reviewer_id')} OR {BY_JOB})",
        ),
        rows.guard("registry_elementdisagreement", web("SELECT, UPDATE"), worker("SELECT, INSERT, UPDATE"), using=BOTH_SIDES),
        rows.guard(
            "registry_auditreport",
            web("SELECT"),
            worker("SELECT, INSERT"),
            using=f"({rows.by_result()} OR {rows.in_audits()})",
            check=BY_JOB,
        ),
        rows.append_only("registry_auditreport"),
        rows.grants("registry_trainingrules", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants("registry_goldcase", *rows.both("SELECT, INSERT, UPDATE (retired_at)")),
        rows.guard(
            "registry_trainingattempt",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=ATTEMPT,
            check=f"({rows.by_person()} OR {BY_JOB})",
        ),
        rows.guard(
            "registry_certification",
            *rows.both("SELECT, INSERT"),
            using=rows.by_hospital(),
            check=f"({rows.in_audits()} OR {BY_JOB})",
        ),
        rows.append_only("registry_certification"),
        rows.guard(
            "registry_trainingassignment",
            web("SELECT"),
            worker("SELECT, INSERT, UPDATE"),
            using=rows.by_hospital(),
            check=BY_JOB,
        ),
        rows.guard("registry_casereview", *rows.both("SELECT, INSERT, UPDATE"), using=rows.in_cases()),
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
    ]

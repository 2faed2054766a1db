"""Row security on adoptions and own series; what is declared before a start stays as it was declared."""

from django.db import migrations

from sites.access import rows

LOCKS = """
CREATE FUNCTION cairn_lock_adoption() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an adoption is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.registered_at::date >= NEW.starts_on THEN
      RAISE EXCEPTION 'an adoption is registered before it starts' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.stopped_on IS NOT NULL OR
     (to_jsonb(NEW) - 'stopped_on' - 'reason') IS DISTINCT FROM (to_jsonb(OLD) - 'stopped_on' - 'reason') THEN
    RAISE EXCEPTION 'what an adoption declared never changes; it may only be stopped' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_adoption BEFORE INSERT OR UPDATE OR DELETE ON interventions_adoption
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_adoption();
CREATE FUNCTION cairn_lock_toolkit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a toolkit is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (to_jsonb(NEW) - 'state') IS DISTINCT FROM (to_jsonb(OLD) - 'state') THEN
    RAISE EXCEPTION 'what a toolkit declared never changes, least of all the day it was first offered' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_toolkit BEFORE UPDATE OR DELETE ON interventions_toolkit
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_toolkit();
"""
LOCKS_REVERSE = """
DROP TRIGGER lock_adoption ON interventions_adoption; DROP FUNCTION cairn_lock_adoption();
DROP TRIGGER lock_toolkit ON interventions_toolkit; DROP FUNCTION cairn_lock_toolkit();
"""
WORKER_WRITES = (rows.Grant(role=rows.WEB, privileges="SELECT"), rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"))
# An adoption is its hospital's and the jobs': the centre learns of it in counts.
OWN = f"({rows.IS_JOB} OR (NOT {rows.IS_CENTRE} AND {rows.by_hospital()}))"


class Migration(migrations.Migration):
    """Reversible: policies, grants and triggers come off again."""

    dependencies = [("interventions", "0003_toolkits")]

    operations = [
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.grants("interventions_toolkit", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants("interventions_toolkitversion", *rows.both("SELECT, INSERT")),
        rows.append_only("interventions_toolkitversion"),
        rows.grants("interventions_evidencestep", *rows.both("SELECT, INSERT")),
        rows.append_only("interventions_evidencestep"),
        rows.guard("interventions_adoption", *rows.both("SELECT, INSERT, UPDATE"), using=OWN),
        rows.guard("interventions_adoptionnote", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_adoptionnote"),
        rows.grants("interventions_impact", *WORKER_WRITES),
        rows.append_only("interventions_impact"),
        rows.guard("interventions_impactsite", *WORKER_WRITES, using=f"({rows.IS_JOB} OR {rows.by_result()})"),
        rows.append_only("interventions_impactsite"),
    ]

"""Row security of data queries, rules' counts, carried values and revised cases; a published rule never changes."""

from django.db import migrations

from sites.access import rows

# The centre reads questions and counts of every hospital; a hospital those of its own cases; a surgeon none of them.
ASKED = (
    "hospital_id = ANY ((SELECT cairn_ids(CASE WHEN cairn_number('centre') = 1 THEN 'hospitals' ELSE 'case_hospitals' END))::int[])"
)
LOCK = """
CREATE FUNCTION cairn_lock_rule() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a rule is never deleted; retire it' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status IN ('PUBLISHED', 'RETIRED') AND (NEW.registry_id, NEW.code, NEW.version, NEW.expression, NEW.severity, NEW.message,
      NEW.remedy, NEW.elements, NEW.starts_on, NEW.ends_before, NEW.author_id, NEW.published_by_id)
    IS DISTINCT FROM (OLD.registry_id, OLD.code, OLD.version, OLD.expression, OLD.severity, OLD.message,
      OLD.remedy, OLD.elements, OLD.starts_on, OLD.ends_before, OLD.author_id, OLD.published_by_id) THEN
    RAISE EXCEPTION 'a published rule never changes; write its next version' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_rule BEFORE UPDATE OR DELETE ON registry_editrule FOR EACH ROW EXECUTE FUNCTION cairn_lock_rule();
"""
LOCK_REVERSE = "DROP TRIGGER lock_rule ON registry_editrule; DROP FUNCTION cairn_lock_rule();"


class Migration(migrations.Migration):
    """Reversible: policies, grants and the trigger come off again; no data is touched."""

    dependencies = [("registry", "0008_rules_and_queries")]

    operations = [
        rows.grants("registry_editrule", *rows.both("SELECT, INSERT, UPDATE")),
        migrations.RunSQL(LOCK, LOCK_REVERSE),
        rows.grants("registry_ruling", *rows.both("SELECT, INSERT, UPDATE")),
        rows.guard("registry_rulecount", *rows.both("SELECT, INSERT, DELETE"), using=ASKED),
        rows.guard("registry_dataquery", *rows.both("SELECT, INSERT, UPDATE"), using=ASKED),
        rows.guard("registry_dataquerymessage", *rows.both("SELECT, INSERT"), using=ASKED),
        rows.append_only("registry_dataquerymessage"),
        rows.guard("registry_dataqueryvalue", *rows.both("SELECT, INSERT"), using=rows.in_cases()),
        rows.append_only("registry_dataqueryvalue"),
        rows.guard(
            "registry_unfitvalue", *rows.both("SELECT, INSERT, UPDATE"), using=rows.by_case(), check=rows.in_cases()
        ),
        rows.guard("registry_snapshotrevision", *rows.both("SELECT, INSERT"), using=ASKED),
        rows.append_only("registry_snapshotrevision"),
    ]

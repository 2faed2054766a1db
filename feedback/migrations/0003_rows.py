"""Row security on results and standings; results are inserted, never updated."""

from django.db import migrations

from sites.access import rows

FINAL = """
CREATE FUNCTION cairn_lock_release() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a release is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status IN ('RELEASED', 'REJECTED', 'WITHDRAWN') AND
     (to_jsonb(NEW) - 'delivered_at') IS DISTINCT FROM (to_jsonb(OLD) - 'delivered_at') THEN
    RAISE EXCEPTION 'a final release never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.status <> 'DRAFT' AND NEW.artefact IS DISTINCT FROM OLD.artefact THEN
    RAISE EXCEPTION 'what a checker is shown never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_release BEFORE UPDATE OR DELETE ON feedback_release
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_release();
"""
FINAL_REVERSE = "DROP TRIGGER lock_release ON feedback_release; DROP FUNCTION cairn_lock_release();"
SIGNED_IN = "(SELECT cairn_number('person')) <> 0"
OWN_SET = (
    f"({rows.IS_JOB} OR ({SIGNED_IN} AND own_set <@ (SELECT cairn_ids('result_hospitals'))"
    f" AND (own_set <> '{{}}' OR {rows.IS_CENTRE})))"
)


class Migration(migrations.Migration):
    """Reversible: policies, grants and triggers come off again; no data is touched."""

    dependencies = [("feedback", "0002_initial"), ("registry", "0003_rows")]

    operations = [
        migrations.RunSQL(FINAL, FINAL_REVERSE),
        rows.grants("feedback_measureversion", *rows.both("SELECT, INSERT")),
        rows.append_only("feedback_measureversion"),
        rows.grants("feedback_comparison", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants(
            "feedback_measurerun",
            rows.Grant(role=rows.WEB, privileges="SELECT"),
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"),
        ),
        rows.append_only("feedback_measurerun"),
        rows.grants("feedback_referencemodel", *rows.both("SELECT, INSERT")),
        rows.append_only("feedback_referencemodel"),
        rows.grants("feedback_release", *rows.both("SELECT, INSERT, UPDATE")),
        *[
            operation
            for table, using in (
                ("feedback_siteresult", rows.by_result()),
                ("feedback_caseledger", rows.in_cases()),
                ("feedback_standing", OWN_SET),
                ("feedback_surgeonresult", f"({rows.by_person()} OR {rows.IS_JOB})"),
            )
            for operation in (
                rows.guard(
                    table,
                    rows.Grant(role=rows.WEB, privileges="SELECT"),
                    rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"),
                    using=using,
                ),
                rows.append_only(table),
            )
        ],
    ]

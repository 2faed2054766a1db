"""Scores of practice come from the worker alone: the web reads no agreed answer and writes no score."""

from django.db import migrations, models
from django.db.models import Q

from sites.access import rows

ATTEMPT = "registry_trainingattempt"
OWN = rows.by_person()
# The web cannot read the agreed answers of a practice case, nor how they weigh.
READABLE = "id, code, registry_id, version_id, position, title, vignette, given, made_at, made_by_id, retired_at"
SCORES = f"""
DROP TRIGGER lock_sheet ON {ATTEMPT};
CREATE FUNCTION cairn_lock_attempt() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.status = 'DONE' AND (OLD.score IS NOT NULL
      OR to_jsonb(NEW) - 'score' - 'detail' IS DISTINCT FROM to_jsonb(OLD) - 'score' - 'detail')) THEN
    RAISE EXCEPTION 'an attempt that is done never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_attempt BEFORE UPDATE OR DELETE ON {ATTEMPT} FOR EACH ROW EXECUTE FUNCTION cairn_lock_attempt();
ALTER POLICY reach ON {ATTEMPT} WITH CHECK (({OWN} AND score IS NULL AND detail = '[]'::jsonb) OR {rows.IS_JOB});
REVOKE SELECT ON registry_goldcase FROM {rows.WEB};
GRANT SELECT ({READABLE}) ON registry_goldcase TO {rows.WEB};
"""
SCORES_REVERSE = f"""
GRANT SELECT ON registry_goldcase TO {rows.WEB};
REVOKE SELECT ({READABLE}) ON registry_goldcase FROM {rows.WEB};
GRANT SELECT ON registry_goldcase TO {rows.WEB};
ALTER POLICY reach ON {ATTEMPT} WITH CHECK ({OWN} OR {rows.IS_JOB});
DROP TRIGGER lock_attempt ON {ATTEMPT};
DROP FUNCTION cairn_lock_attempt();
CREATE TRIGGER lock_sheet BEFORE UPDATE OR DELETE ON {ATTEMPT} FOR EACH ROW EXECUTE FUNCTION cairn_lock_sheet();
"""


class Migration(migrations.Migration):
    """Reversible while every finished attempt is scored."""

    dependencies = [("registry", "0019_kept_examinations")]

    operations = [
        migrations.RemoveConstraint(model_name="trainingattempt", name="training_attempt_done_is_scored"),
        migrations.AddConstraint(
            model_name="trainingattempt",
            constraint=models.CheckConstraint(condition=Q(status="DONE") | Q(score__isnull=True), name="training_attempt_scored_when_done"),
        ),
        migrations.RunSQL(SCORES, SCORES_REVERSE),
    ]

"""Check what cases, revisions and reasons refer to once per statement instead of once per row (decision 0012)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PERSON = settings.AUTH_USER_MODEL
CASE = {
    "registry": ("registry.registry", {}),
    "hospital": ("sites.hospital", {"db_index": False}),
    "version": ("registry.dictionaryversion", {"db_index": False}),
    "period": ("registry.reportingperiod", {"db_index": False, "null": True}),
    "surgeon": (PERSON, {"db_index": False, "null": True}),
}
REVISION = {
    "case": ("registry.case", {"db_index": False, "related_name": "revisions"}),
    "hospital": ("sites.hospital", {"db_index": False}),
    "surgeon": (PERSON, {"db_index": False, "null": True}),
    "by": (PERSON, {"db_index": False, "null": True}),
    "second": (PERSON, {"db_index": False, "null": True}),
    "upload": ("registry.upload", {"db_index": False, "null": True}),
}
REASON = {
    "case": ("registry.case", {"related_name": "finding_reasons"}),
    "hospital": ("sites.hospital", {"db_index": False}),
    "surgeon": (PERSON, {"db_index": False, "null": True}),
    "by": (PERSON, {"db_index": False, "null": True}),
}

# What is referred to can never be deleted by the application's roles, so looking when a row arrives is enough. A row
# that refers to nothing is refused at the end of its statement. The functions run as the owner, who sees every row.
REFERENCES = """
CREATE FUNCTION cairn_case_refers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT DISTINCT registry_id, hospital_id, version_id, period_id, surgeon_id FROM arrived) n
      LEFT JOIN registry_registry r ON r.id = n.registry_id
      LEFT JOIN sites_hospital h ON h.id = n.hospital_id
      LEFT JOIN registry_dictionaryversion v ON v.id = n.version_id AND v.registry_id = n.registry_id AND v.status = 'PUBLISHED'
      LEFT JOIN registry_reportingperiod p ON p.id = n.period_id AND p.registry_id = n.registry_id
      LEFT JOIN sites_person s ON s.id = n.surgeon_id
      WHERE r.id IS NULL OR h.id IS NULL OR v.id IS NULL OR (n.period_id IS NOT NULL AND p.id IS NULL)
        OR (n.surgeon_id IS NOT NULL AND s.id IS NULL)) THEN
    RAISE EXCEPTION 'a case refers to something that is not there' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF TG_OP = 'INSERT' AND EXISTS (SELECT 1 FROM (SELECT DISTINCT period_id FROM arrived) n
      JOIN registry_reportingperiod p ON p.id = n.period_id WHERE p.status <> 'OPEN') THEN
    RAISE EXCEPTION 'the period is closed: a new case cannot enter it' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER case_refers AFTER INSERT ON registry_case REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION cairn_case_refers();
CREATE TRIGGER case_still_refers AFTER UPDATE ON registry_case REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION cairn_case_refers();

CREATE FUNCTION cairn_revision_refers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM arrived n LEFT JOIN registry_case c ON c.id = n.case_id AND c.hospital_id = n.hospital_id WHERE c.id IS NULL)
    OR EXISTS (SELECT 1 FROM (SELECT DISTINCT surgeon_id, by_id, second_id, upload_id FROM arrived) n
      LEFT JOIN sites_person s ON s.id = n.surgeon_id LEFT JOIN sites_person b ON b.id = n.by_id
      LEFT JOIN sites_person o ON o.id = n.second_id LEFT JOIN registry_upload u ON u.id = n.upload_id
      WHERE (n.surgeon_id IS NOT NULL AND s.id IS NULL) OR (n.by_id IS NOT NULL AND b.id IS NULL)
        OR (n.second_id IS NOT NULL AND o.id IS NULL) OR (n.upload_id IS NOT NULL AND u.id IS NULL)) THEN
    RAISE EXCEPTION 'a revision refers to something that is not there' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER revision_refers AFTER INSERT ON registry_caserevision REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION cairn_revision_refers();

CREATE FUNCTION cairn_reason_refers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM arrived n LEFT JOIN registry_case c ON c.id = n.case_id AND c.hospital_id = n.hospital_id WHERE c.id IS NULL)
    OR EXISTS (SELECT 1 FROM (SELECT DISTINCT surgeon_id, by_id FROM arrived) n
      LEFT JOIN sites_person s ON s.id = n.surgeon_id LEFT JOIN sites_person b ON b.id = n.by_id
      WHERE (n.surgeon_id IS NOT NULL AND s.id IS NULL) OR (n.by_id IS NOT NULL AND b.id IS NULL)) THEN
    RAISE EXCEPTION 'a reason refers to something that is not there' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER reason_refers AFTER INSERT ON registry_findingreason REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION cairn_reason_refers();

DROP TRIGGER lock_case ON registry_case;
CREATE TRIGGER lock_case BEFORE UPDATE OR DELETE ON registry_case FOR EACH ROW EXECUTE FUNCTION cairn_lock_case();
"""
REFERENCES_REVERSE = """
DROP TRIGGER lock_case ON registry_case;
CREATE TRIGGER lock_case BEFORE INSERT OR UPDATE OR DELETE ON registry_case FOR EACH ROW EXECUTE FUNCTION cairn_lock_case();
DROP TRIGGER reason_refers ON registry_findingreason; DROP FUNCTION cairn_reason_refers();
DROP TRIGGER revision_refers ON registry_caserevision; DROP FUNCTION cairn_revision_refers();
DROP TRIGGER case_still_refers ON registry_case; DROP TRIGGER case_refers ON registry_case; DROP FUNCTION cairn_case_refers();
"""


def _loosened(model: str, fields: dict) -> list[migrations.AlterField]:
    """Take the row-by-row constraint off each reference of a model."""
    return [
        migrations.AlterField(
            model_name=model,
            name=name,
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                to=target,
                **({"related_name": "+"} | options),
            ),
        )
        for name, (target, options) in fields.items()
    ]


class Migration(migrations.Migration):
    """Reversible: constraints come back as they were; no data is touched."""

    dependencies = [("registry", "0003_rows")]

    operations = [
        *_loosened("case", CASE),
        *_loosened("caserevision", REVISION),
        *_loosened("findingreason", REASON),
        migrations.RunSQL(REFERENCES, REFERENCES_REVERSE),
    ]

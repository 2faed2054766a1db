"""Open the portal's tables: the portal reads artefacts and never writes them; the registry's worker only inserts them."""

from django.db import migrations

GRANTS = """
GRANT SELECT ON portal_artefact, django_content_type, auth_permission, auth_group, auth_group_permissions TO cairn_portal;
GRANT SELECT, INSERT, UPDATE ON portal_payeraccount TO cairn_portal;
GRANT USAGE ON SEQUENCE portal_payeraccount_id_seq TO cairn_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO cairn_portal;
GRANT INSERT ON portal_artefact TO cairn_portal_writer;
GRANT SELECT (sha256) ON portal_artefact TO cairn_portal_writer;
GRANT USAGE ON SEQUENCE portal_artefact_id_seq TO cairn_portal_writer;
CREATE FUNCTION portal_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'an artefact never changes' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON portal_artefact FOR EACH ROW EXECUTE FUNCTION portal_refuse_change();
CREATE TRIGGER immutable_truncate BEFORE TRUNCATE ON portal_artefact
  FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse_change();
"""
REVERSE = """
DROP TRIGGER immutable_truncate ON portal_artefact; DROP TRIGGER immutable ON portal_artefact;
DROP FUNCTION portal_refuse_change();
REVOKE ALL ON portal_artefact, portal_payeraccount, django_session, django_content_type,
  auth_permission, auth_group, auth_group_permissions FROM cairn_portal, cairn_portal_writer;
"""


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [
        ("portal", "0001_initial"),
        ("sessions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunSQL(GRANTS, REVERSE)]

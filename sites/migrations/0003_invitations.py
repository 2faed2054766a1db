"""Let a role end on the day it was granted; tell whether somebody holds roles beyond the asker's hospitals."""

from django.db import migrations, models
from django.db.models import F, Q

# One bit, and only about hospitals outside the bound scope: a site lead may hand a sign-in link only to people who
# are wholly their own. Runs as the owner, who sees every membership.
FUNCTION = """
CREATE FUNCTION cairn_known_elsewhere(of_person bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS
  $$ SELECT EXISTS (SELECT 1 FROM public.sites_membership m WHERE m.person_id = of_person
       AND (m.hospital_id IS NULL OR NOT m.hospital_id = ANY (public.cairn_ids('hospitals')))) $$;
REVOKE ALL ON FUNCTION cairn_known_elsewhere(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_known_elsewhere(bigint) TO cairn_web, cairn_worker;
"""
FUNCTION_REVERSE = "DROP FUNCTION cairn_known_elsewhere(bigint);"


class Migration(migrations.Migration):
    """Reversible while no role has ended on the day it started."""

    dependencies = [("sites", "0002_rows")]

    operations = [
        migrations.RemoveConstraint(model_name="membership", name="membership_ends_after_it_starts"),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="membership_never_ends_before_it_starts",
            ),
        ),
        migrations.RunSQL(FUNCTION, FUNCTION_REVERSE),
    ]

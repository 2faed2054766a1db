"""Row security on searches and exemplars; the names that consent lets others read, under the complement rule."""

from django.db import migrations

from sites.access import rows

# B18: a name is read by others only while consent holds, and nobody is named where fewer than five would stay unnamed.
NAMED = """
CREATE FUNCTION cairn_named_exemplars(on_day date) RETURNS TABLE (
  code text, registry_id bigint, measure_code text, measure_title text, hospital text, contact text, practice text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH named AS (
    SELECT e.* FROM public.interventions_exemplar e
    WHERE e.state = 'ACCEPTED' AND e.audience = 'COLLABORATIVE' AND e.expires_on > on_day
  ), open AS (
    SELECT p.registry_id FROM public.registry_participation p
    LEFT JOIN (SELECT DISTINCT n.registry_id, n.hospital_id FROM named n) k
      ON k.registry_id = p.registry_id AND k.hospital_id = p.hospital_id
    GROUP BY p.registry_id HAVING count(*) FILTER (WHERE k.hospital_id IS NULL) >= 5
  )
  SELECT n.code::text, n.registry_id, n.measure_code::text, n.measure_title::text, h.name::text, n.contact::text, n.practice
  FROM named n JOIN open o ON o.registry_id = n.registry_id JOIN public.sites_hospital h ON h.id = n.hospital_id
  WHERE (SELECT public.cairn_number('centre')) = 1 OR ((SELECT public.cairn_number('person')) <> 0 AND EXISTS (
    SELECT 1 FROM public.registry_participation own
    WHERE own.registry_id = n.registry_id AND own.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  ))
  ORDER BY n.measure_title, h.name
$$;
REVOKE ALL ON FUNCTION cairn_named_exemplars(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_named_exemplars(date) TO cairn_web, cairn_worker;
"""


class Migration(migrations.Migration):
    """Reversible: policies, grants, triggers and the function come off again."""

    dependencies = [("interventions", "0001_bright_spots"), ("registry", "0003_rows"), ("sites", "0009_learning")]

    operations = [
        rows.guard(
            "interventions_search",
            rows.Grant(role=rows.WEB, privileges="SELECT"),
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"),
            using=rows.IS_CENTRE,
        ),
        rows.append_only("interventions_search"),
        rows.guard("interventions_candidate", rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"), using=rows.IS_JOB),
        rows.append_only("interventions_candidate"),
        rows.guard(
            "interventions_exemplar",
            rows.Grant(role=rows.WEB, privileges="SELECT, UPDATE"),
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT, UPDATE"),
            using=rows.by_hospital(),
        ),
        rows.guard("interventions_exemplarstep", *rows.both("SELECT, INSERT"), using=rows.by_hospital()),
        rows.append_only("interventions_exemplarstep"),
        migrations.RunSQL(NAMED, "DROP FUNCTION cairn_named_exemplars(date);"),
    ]

"""Let the centre choose whom to introduce, among hospitals that agreed, to one that agreed."""

import django.db.models.deletion
from django.db import migrations, models

WAYS = [
    ("PEER", "a hospital that overcame it"), ("CHOSEN", "a hospital that the coordinating centre chooses"),
    ("CALL", "a call from the coordinating centre"), ("MATERIAL", "material"),
]  # fmt: skip

TRIGGER = """
DROP TRIGGER keep ON interventions_helprequest;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON interventions_helprequest
  FOR EACH ROW EXECUTE FUNCTION cairn_keep_but('state', 'contact', 'answer', 'chosen_id');
"""
TRIGGER_REVERSE = """
DROP TRIGGER keep ON interventions_helprequest;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON interventions_helprequest
  FOR EACH ROW EXECUTE FUNCTION cairn_keep_but('state', 'contact', 'answer');
"""
# Where the centre chooses, only the one it chose is introduced.
INTRODUCED = """
CREATE OR REPLACE FUNCTION cairn_introductions() RETURNS TABLE (code text, side text, asked bigint, agreed boolean, peer text, contact text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.code::text, 'ASKER', count(o.id), coalesce(bool_or(o.state = 'AGREED'), false),
    max(h.name) FILTER (WHERE o.state = 'AGREED' AND r.state = 'AGREED' AND (r.way <> 'CHOSEN' OR o.id = r.chosen_id))::text,
    max(o.contact) FILTER (WHERE o.state = 'AGREED' AND r.state = 'AGREED' AND (r.way <> 'CHOSEN' OR o.id = r.chosen_id))::text
  FROM public.interventions_helprequest r
  LEFT JOIN public.interventions_helpoffer o ON o.request_id = r.id LEFT JOIN public.sites_hospital h ON h.id = o.hospital_id
  WHERE (SELECT public.cairn_number('centre')) = 0 AND r.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  GROUP BY r.id
  UNION ALL
  SELECT o.code::text, 'HELPER', 1, o.state = 'AGREED',
    CASE WHEN o.state = 'AGREED' AND r.state = 'AGREED' AND (r.way <> 'CHOSEN' OR o.id = r.chosen_id) THEN h.name END::text,
    CASE WHEN o.state = 'AGREED' AND r.state = 'AGREED' AND (r.way <> 'CHOSEN' OR o.id = r.chosen_id) THEN r.contact END::text
  FROM public.interventions_helpoffer o
  JOIN public.interventions_helprequest r ON r.id = o.request_id JOIN public.sites_hospital h ON h.id = r.hospital_id
  WHERE (SELECT public.cairn_number('centre')) = 0 AND o.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
$$;
"""
INTRODUCED_REVERSE = """
CREATE OR REPLACE FUNCTION cairn_introductions() RETURNS TABLE (code text, side text, asked bigint, agreed boolean, peer text, contact text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.code::text, 'ASKER', count(o.id), coalesce(bool_or(o.state = 'AGREED'), false),
    max(h.name) FILTER (WHERE o.state = 'AGREED' AND r.state = 'AGREED')::text,
    max(o.contact) FILTER (WHERE o.state = 'AGREED' AND r.state = 'AGREED')::text
  FROM public.interventions_helprequest r
  LEFT JOIN public.interventions_helpoffer o ON o.request_id = r.id LEFT JOIN public.sites_hospital h ON h.id = o.hospital_id
  WHERE (SELECT public.cairn_number('centre')) = 0 AND r.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  GROUP BY r.id
  UNION ALL
  SELECT o.code::text, 'HELPER', 1, o.state = 'AGREED',
    CASE WHEN o.state = 'AGREED' AND r.state = 'AGREED' THEN h.name END::text,
    CASE WHEN o.state = 'AGREED' AND r.state = 'AGREED' THEN r.contact END::text
  FROM public.interventions_helpoffer o
  JOIN public.interventions_helprequest r ON r.id = o.request_id JOIN public.sites_hospital h ON h.id = r.hospital_id
  WHERE (SELECT public.cairn_number('centre')) = 0 AND o.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
$$;
"""
# Names reach the centre here only after both sides have agreed, and only where it was asked to choose.
CHOICES = """
CREATE FUNCTION cairn_help_choices() RETURNS TABLE (request_code text, offer_code text, offer_id bigint, hospital_id bigint, hospital text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.code::text, o.code::text, o.id, o.hospital_id, h.name::text
  FROM public.interventions_helprequest r JOIN public.interventions_helpoffer o ON o.request_id = r.id
  JOIN public.sites_hospital h ON h.id = o.hospital_id
  WHERE (SELECT public.cairn_number('centre')) = 1 AND r.way = 'CHOSEN' AND r.state = 'AGREED' AND o.state = 'AGREED'
  ORDER BY r.id, h.name
$$;
REVOKE ALL ON FUNCTION cairn_help_choices() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_help_choices() TO cairn_web, cairn_worker;
"""


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("interventions", "0014_material")]

    operations = [
        migrations.AlterField(model_name="helprequest", name="way", field=models.CharField(choices=WAYS, max_length=8)),
        migrations.AddField(model_name="helpoffer", name="way", field=models.CharField(choices=WAYS, default="PEER", max_length=8)),
        migrations.AddField(
            model_name="helprequest",
            name="chosen",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="interventions.helpoffer"
            ),
        ),
        migrations.RunSQL(TRIGGER, TRIGGER_REVERSE),
        migrations.RunSQL(INTRODUCED, INTRODUCED_REVERSE),
        migrations.RunSQL(CHOICES, "DROP FUNCTION cairn_help_choices();"),
    ]

"""Row security on plans, help and recognition; what the centre and other hospitals read of them: counts, and names by two consents."""

from django.db import migrations

from sites.access import rows

# What a priority declared stays; it gets another owner, or ends. Nothing of a help request but its state and what a state brings.
LOCKS = """
CREATE FUNCTION cairn_keep_but() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION '% is never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  IF (to_jsonb(NEW) - TG_ARGV) IS DISTINCT FROM (to_jsonb(OLD) - TG_ARGV) THEN
    RAISE EXCEPTION 'what % declared never changes', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON interventions_priority
  FOR EACH ROW EXECUTE FUNCTION cairn_keep_but('owner_id', 'state', 'ended_on', 'reason');
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON interventions_helprequest
  FOR EACH ROW EXECUTE FUNCTION cairn_keep_but('state', 'contact', 'answer');
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON interventions_helpoffer
  FOR EACH ROW EXECUTE FUNCTION cairn_keep_but('state', 'contact');
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON interventions_recognition
  FOR EACH ROW EXECUTE FUNCTION cairn_keep_but('state', 'shown_until', 'answered_at', 'answered_by_id');
CREATE FUNCTION cairn_declared_beforehand() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.declared_at::date >= NEW.counts_from THEN
    RAISE EXCEPTION 'a rule is declared before it counts' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER declared_beforehand BEFORE INSERT ON interventions_recognitionrule
  FOR EACH ROW EXECUTE FUNCTION cairn_declared_beforehand();
"""
LOCKS_REVERSE = """
DROP TRIGGER declared_beforehand ON interventions_recognitionrule; DROP FUNCTION cairn_declared_beforehand();
DROP TRIGGER keep ON interventions_priority; DROP TRIGGER keep ON interventions_helprequest;
DROP TRIGGER keep ON interventions_helpoffer; DROP TRIGGER keep ON interventions_recognition; DROP FUNCTION cairn_keep_but();
"""

# How far each published report came, in numbers of hospitals: the centre's alone, and without saying which.
CYCLE = """
CREATE FUNCTION cairn_report_cycle() RETURNS TABLE (
  registry text, label text, published_at timestamptz, delivered bigint, opened bigint, drilled bigint, acknowledged bigint, acting bigint,
  moved bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH delivered AS (
    SELECT m.comparison_id, s.hospital_id FROM public.feedback_siteresult s JOIN public.feedback_measurerun m ON m.id = s.run_id GROUP BY 1, 2
  ), step AS (
    SELECT comparison_id, kind, count(DISTINCT hospital_id) AS n FROM public.interventions_reportstep GROUP BY 1, 2
  ), acting AS (
    SELECT comparison_id, count(DISTINCT hospital_id) AS n FROM public.interventions_priority GROUP BY 1
  )
  SELECT r.title::text, c.label::text, c.published_at, (SELECT count(*) FROM delivered d WHERE d.comparison_id = c.id),
    coalesce((SELECT n FROM step s WHERE s.comparison_id = c.id AND s.kind = 'OPENED'), 0),
    coalesce((SELECT n FROM step s WHERE s.comparison_id = c.id AND s.kind = 'DRILLED'), 0),
    coalesce((SELECT n FROM step s WHERE s.comparison_id = c.id AND s.kind = 'ACKNOWLEDGED'), 0),
    coalesce((SELECT n FROM acting a WHERE a.comparison_id = c.id), 0),
    coalesce((SELECT n FROM step s WHERE s.comparison_id = c.id AND s.kind = 'MOVED'), 0)
  FROM public.feedback_comparison c JOIN public.registry_registry r ON r.id = c.registry_id
  WHERE c.status = 'PUBLISHED' AND (SELECT public.cairn_number('centre')) = 1
  ORDER BY r.title, c.published_at DESC, c.id DESC
$$;
REVOKE ALL ON FUNCTION cairn_report_cycle() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_report_cycle() TO cairn_web, cairn_worker;
"""

# Components by hospitals, with when each began and stopped, and why not. The first function is nobody's but the owner's.
SPREAD = """
CREATE FUNCTION cairn_uptake_all() RETURNS TABLE (
  toolkit_id bigint, place bigint, component text, hospital_id bigint, starts_on date, stopped_on date, declined_on date, hindrance text, words text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH newest AS (
    SELECT DISTINCT ON (v.toolkit_id) v.toolkit_id, v.components FROM public.interventions_toolkitversion v ORDER BY v.toolkit_id, v.number DESC
  ), component AS (
    SELECT n.toolkit_id, c.place, c.words FROM newest n, unnest(n.components) WITH ORDINALITY AS c(words, place)
  ), said AS (
    SELECT DISTINCT ON (u.toolkit_id, u.hospital_id, u.component) u.*,
      (SELECT min(f.on_day) FROM public.interventions_uptake f WHERE f.toolkit_id = u.toolkit_id AND f.hospital_id = u.hospital_id
        AND f.component = u.component AND f.kind = 'STARTS') AS first_on
    FROM public.interventions_uptake u ORDER BY u.toolkit_id, u.hospital_id, u.component, u.id DESC
  )
  SELECT c.toolkit_id, c.place, c.words, p.hospital_id::bigint,
    CASE WHEN s.kind = 'DECLINES' AND s.first_on IS NULL THEN NULL ELSE coalesce(s.first_on, a.starts_on) END,
    CASE WHEN s.kind = 'STOPS' OR (s.kind = 'DECLINES' AND s.first_on IS NOT NULL) THEN s.on_day
         WHEN a.running THEN NULL ELSE a.stopped_on END,
    CASE WHEN s.kind = 'DECLINES' THEN s.on_day END,
    coalesce(s.hindrance, '')::text, coalesce(nullif(s.words, ''), a.reason, '')
  FROM component c
  JOIN public.interventions_toolkit t ON t.id = c.toolkit_id
  JOIN public.registry_participation p ON p.registry_id = t.registry_id
  LEFT JOIN LATERAL (
    SELECT max(x.registered_at) AS registered_at, min(x.starts_on) AS starts_on, max(x.stopped_on) AS stopped_on, bool_or(x.stopped_on IS NULL) AS running,
      (array_agg(x.reason ORDER BY x.id DESC))[1] AS reason
    FROM public.interventions_adoption x JOIN public.interventions_toolkitversion v ON v.id = x.version_id
    WHERE x.toolkit_id = c.toolkit_id AND x.hospital_id = p.hospital_id AND c.words = ANY (v.components)
  ) a ON true
  -- What was said before the hospital adopted anew is overtaken, but for a start.
  LEFT JOIN said s ON s.toolkit_id = c.toolkit_id AND s.hospital_id = p.hospital_id AND s.component = c.words
    AND (a.registered_at IS NULL OR s.at >= a.registered_at OR s.kind = 'STARTS')
$$;
REVOKE ALL ON FUNCTION cairn_uptake_all() FROM PUBLIC;
CREATE FUNCTION cairn_spread() RETURNS TABLE (
  toolkit_id bigint, place bigint, component text, hospital_id bigint, starts_on date, stopped_on date, declined_on date, hindrance text, words text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT u.* FROM public.cairn_uptake_all() u
  WHERE (SELECT public.cairn_number('centre')) = 1 OR u.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  ORDER BY u.toolkit_id, u.place, u.starts_on NULLS LAST, u.hospital_id
$$;
REVOKE ALL ON FUNCTION cairn_spread() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_spread() TO cairn_web, cairn_worker;
-- How many other hospitals had begun by the end of each quarter, where they are three or more.
CREATE FUNCTION cairn_spread_counts(on_day date) RETURNS TABLE (toolkit_id bigint, place bigint, quarter date, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH others AS (
    SELECT u.* FROM public.cairn_uptake_all() u JOIN public.interventions_toolkit t ON t.id = u.toolkit_id
    WHERE u.starts_on <= on_day AND (SELECT public.cairn_number('person')) <> 0
      AND NOT u.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
      AND EXISTS (SELECT 1 FROM public.registry_participation own
        WHERE own.registry_id = t.registry_id AND own.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[]))
  ), quarters AS (
    SELECT generate_series(date_trunc('quarter', (SELECT min(starts_on) FROM others)::timestamp), on_day::timestamp, '3 months')::date AS quarter
  )
  SELECT o.toolkit_id, o.place, q.quarter, count(*) FROM others o JOIN quarters q ON o.starts_on < q.quarter + interval '3 months'
  GROUP BY 1, 2, 3 HAVING count(*) >= 3 ORDER BY 1, 2, 3
$$;
REVOKE ALL ON FUNCTION cairn_spread_counts(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_spread_counts(date) TO cairn_web, cairn_worker;
-- Why other hospitals stopped or did not begin, where three or more say the same.
CREATE FUNCTION cairn_spread_reasons() RETURNS TABLE (toolkit_id bigint, hindrance text, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT u.toolkit_id, u.hindrance, count(DISTINCT u.hospital_id)
  FROM public.cairn_uptake_all() u JOIN public.interventions_toolkit t ON t.id = u.toolkit_id
  WHERE u.hindrance <> '' AND (SELECT public.cairn_number('person')) <> 0 AND NOT u.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
    AND EXISTS (SELECT 1 FROM public.registry_participation own
      WHERE own.registry_id = t.registry_id AND own.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[]))
  GROUP BY 1, 2 HAVING count(DISTINCT u.hospital_id) >= 3 ORDER BY 1, 3 DESC
$$;
REVOKE ALL ON FUNCTION cairn_spread_reasons() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_spread_reasons() TO cairn_web, cairn_worker;
"""

# Two hospitals learn each other's names when, and only as long as, both agree. The centre reads none of it here.
INTRODUCED = """
CREATE FUNCTION cairn_introductions() RETURNS TABLE (code text, side text, asked bigint, agreed boolean, peer text, contact text)
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
REVOKE ALL ON FUNCTION cairn_introductions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_introductions() TO cairn_web, cairn_worker;
"""

# B18 again: shown by consent, until a day, and never where fewer than five would stay unnamed by that rule.
RECOGNISED = """
CREATE FUNCTION cairn_recognised(on_day date) RETURNS TABLE (title text, kind text, hospital text, label text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH shown AS (
    SELECT r.*, u.registry_id, u.title, u.kind FROM public.interventions_recognition r JOIN public.interventions_recognitionrule u ON u.id = r.rule_id
    WHERE r.state = 'SHOWN' AND r.shown_until > on_day
  ), open AS (
    SELECT p.registry_id FROM public.registry_participation p
    WHERE NOT EXISTS (SELECT 1 FROM shown s WHERE s.registry_id = p.registry_id AND s.hospital_id = p.hospital_id)
    GROUP BY p.registry_id HAVING count(*) >= 5
  )
  SELECT s.title::text, s.kind::text, h.name::text, c.label::text FROM shown s JOIN open o ON o.registry_id = s.registry_id
  JOIN public.sites_hospital h ON h.id = s.hospital_id JOIN public.feedback_comparison c ON c.id = s.comparison_id
  WHERE (SELECT public.cairn_number('centre')) = 1 OR ((SELECT public.cairn_number('person')) <> 0 AND EXISTS (
    SELECT 1 FROM public.registry_participation own
    WHERE own.registry_id = s.registry_id AND own.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
  ))
  ORDER BY s.title, h.name
$$;
REVOKE ALL ON FUNCTION cairn_recognised(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_recognised(date) TO cairn_web, cairn_worker;
"""
FUNCTIONS_REVERSE = """
DROP FUNCTION cairn_recognised(date); DROP FUNCTION cairn_introductions(); DROP FUNCTION cairn_spread_reasons();
DROP FUNCTION cairn_spread_counts(date); DROP FUNCTION cairn_spread(); DROP FUNCTION cairn_uptake_all(); DROP FUNCTION cairn_report_cycle();
"""
# The hospital's own and the jobs': the centre learns of it in counts, or from the hospital.
OWN = f"({rows.IS_JOB} OR (NOT {rows.IS_CENTRE} AND {rows.by_hospital()}))"


class Migration(migrations.Migration):
    """Reversible: policies, grants, triggers and functions come off again."""

    dependencies = [("interventions", "0007_spreading")]

    operations = [
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.guard("interventions_priority", *rows.both("SELECT, INSERT, UPDATE"), using=OWN),
        rows.guard("interventions_prioritystep", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_prioritystep"),
        rows.guard("interventions_reportstep", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_reportstep"),
        rows.guard("interventions_uptake", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_uptake"),
        rows.guard("interventions_barrier", *rows.both("SELECT, INSERT"), using=OWN),
        rows.append_only("interventions_barrier"),
        rows.guard(
            "interventions_helprequest",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=f"({rows.IS_JOB} OR {rows.by_hospital()})",
        ),
        rows.guard(
            "interventions_helpoffer",
            rows.Grant(role=rows.WEB, privileges="SELECT, UPDATE"),
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT, UPDATE"),
            using=OWN,
        ),
        rows.grants("interventions_recognitionrule", *rows.both("SELECT, INSERT")),
        rows.append_only("interventions_recognitionrule"),
        rows.guard(
            "interventions_recognition",
            rows.Grant(role=rows.WEB, privileges="SELECT, UPDATE"),
            rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT, UPDATE"),
            using=OWN,
        ),
        migrations.RunSQL(CYCLE + SPREAD + INTRODUCED + RECOGNISED, FUNCTIONS_REVERSE),
    ]

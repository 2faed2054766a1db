"""Row security on practices and comments; what others read of them goes through functions that know the consent."""

from django.db import migrations

from sites.access import rows

LOCKS = """
CREATE FUNCTION cairn_lock_practice() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a practice is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'audience' - 'expires_on' - 'contact') IS DISTINCT FROM
     (to_jsonb(OLD) - 'audience' - 'expires_on' - 'contact') THEN
    RAISE EXCEPTION 'the words of a practice never change; write another' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.audience = 'COLLABORATIVE' AND (TG_OP = 'INSERT' OR (SELECT public.cairn_number('centre')) = 1) THEN
    RAISE EXCEPTION 'only its hospital shares a practice' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_practice BEFORE INSERT OR UPDATE OR DELETE ON interventions_practice
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_practice();
CREATE FUNCTION cairn_lock_element() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an element is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (to_jsonb(NEW) - 'state') IS DISTINCT FROM (to_jsonb(OLD) - 'state') THEN
    RAISE EXCEPTION 'what an element asks never changes; write another' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_element BEFORE UPDATE OR DELETE ON interventions_testableelement
  FOR EACH ROW EXECUTE FUNCTION cairn_lock_element();
"""
LOCKS_REVERSE = """
DROP TRIGGER lock_practice ON interventions_practice; DROP FUNCTION cairn_lock_practice();
DROP TRIGGER lock_element ON interventions_testableelement; DROP FUNCTION cairn_lock_element();
"""
# B18: the words of a practice are read by others while its hospital lets them and takes part as an exemplar; its name and whom to ask only
# where the exemplar's own consent names it. Nobody reads them where fewer than five hospitals, the reader's not counted, could be meant.
TOLD = """
CREATE FUNCTION cairn_told_practices(on_day date) RETURNS TABLE (
  practice_id bigint, code text, registry_id bigint, measure_code text, measure_title text, origin text, title text, who text, what text,
  "when" text, with_what text, material text, hospital text, contact text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH named AS MATERIALIZED (SELECT n.code, n.hospital FROM public.cairn_named_exemplars(on_day) n),
  open AS (
    SELECT p.registry_id FROM public.registry_participation p
    WHERE NOT p.hospital_id = ANY (
        CASE WHEN (SELECT public.cairn_number('centre')) = 1 THEN '{}' ELSE (SELECT public.cairn_ids('hospitals'))::int[] END)
      AND NOT EXISTS (
        SELECT 1 FROM public.interventions_exemplar x JOIN named k ON k.code = x.code
        WHERE x.registry_id = p.registry_id AND x.hospital_id = p.hospital_id
      )
    GROUP BY p.registry_id HAVING count(DISTINCT p.hospital_id) >= 5
  )
  SELECT t.id, t.code::text, e.registry_id, e.measure_code::text, e.measure_title::text, t.origin::text, t.title::text, t.who::text, t.what,
    t."when"::text, t.with_what::text, t.material::text, coalesce(n.hospital, ''), CASE WHEN n.code IS NULL THEN '' ELSE t.contact::text END
  FROM public.interventions_practice t
  JOIN public.interventions_exemplar e ON e.id = t.exemplar_id
  JOIN open o ON o.registry_id = e.registry_id
  LEFT JOIN named n ON n.code = e.code
  WHERE t.audience = 'COLLABORATIVE' AND t.expires_on > on_day AND e.state IN ('ACCEPTED', 'UNNAMED')
    AND ((SELECT public.cairn_number('centre')) = 1 OR ((SELECT public.cairn_number('person')) <> 0 AND EXISTS (
      SELECT 1 FROM public.registry_participation own
      WHERE own.registry_id = e.registry_id AND own.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
    )))
  ORDER BY e.measure_title, t.title, t.code
$$;
REVOKE ALL ON FUNCTION cairn_told_practices(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_told_practices(date) TO cairn_web, cairn_worker;

CREATE FUNCTION cairn_toolkit_use(on_day date) RETURNS TABLE (toolkit_id bigint, hospitals int, adapted int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH running AS (
    SELECT a.toolkit_id, a.hospital_id, bool_or(a.adapted <> '') AS adapted,
      a.hospital_id = ANY (
        CASE WHEN (SELECT public.cairn_number('centre')) = 1 THEN '{}' ELSE (SELECT public.cairn_ids('hospitals'))::int[] END) AS own
    FROM public.interventions_adoption a
    WHERE a.starts_on <= on_day AND (a.stopped_on IS NULL OR a.stopped_on > on_day)
      AND ((SELECT public.cairn_number('centre')) = 1 OR (SELECT public.cairn_number('person')) <> 0)
    GROUP BY a.toolkit_id, a.hospital_id
  )
  SELECT r.toolkit_id, count(*)::int, CASE WHEN count(*) FILTER (WHERE r.adapted AND NOT r.own) >= 5 THEN (count(*) FILTER (WHERE r.adapted))::int END
  FROM running r GROUP BY r.toolkit_id HAVING count(*) FILTER (WHERE NOT r.own) >= 5
$$;
REVOKE ALL ON FUNCTION cairn_toolkit_use(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_toolkit_use(date) TO cairn_web, cairn_worker;

CREATE FUNCTION cairn_comments(of_toolkit bigint) RETURNS TABLE (code text, words text, on_day date, own boolean, centre boolean, standing text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.code::text, CASE WHEN coalesce(s.kind, 'KEEP') = 'KEEP' THEN c.words ELSE '' END, c.at::date,
    c.by_id = (SELECT public.cairn_number('person')), c.hospital_id IS NULL, coalesce(s.kind, '')::text
  FROM public.interventions_comment c
  JOIN public.interventions_toolkit t ON t.id = c.toolkit_id
  LEFT JOIN LATERAL (
    SELECT l.kind FROM public.interventions_commentstep l WHERE l.comment_id = c.id ORDER BY l.id DESC LIMIT 1
  ) s ON true
  WHERE c.toolkit_id = of_toolkit
    AND ((SELECT public.cairn_number('centre')) = 1 OR ((SELECT public.cairn_number('person')) <> 0 AND EXISTS (
      SELECT 1 FROM public.registry_participation own
      WHERE own.registry_id = t.registry_id AND own.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[])
    )))
  ORDER BY c.id
$$;
REVOKE ALL ON FUNCTION cairn_comments(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_comments(bigint) TO cairn_web, cairn_worker;

CREATE FUNCTION cairn_flag_comment(of_code text, why text, moment timestamptz, who bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE found bigint;
BEGIN
  IF (SELECT public.cairn_number('person')) <> who OR who = 0 THEN RETURN false; END IF;
  SELECT c.id INTO found FROM public.interventions_comment c
  WHERE c.code = of_code AND EXISTS (SELECT 1 FROM public.cairn_comments(c.toolkit_id) k WHERE k.code = c.code AND k.standing = '');
  IF found IS NULL THEN RETURN false; END IF;
  INSERT INTO public.interventions_commentstep (comment_id, kind, reason, at, by_id) VALUES (found, 'FLAG', why, moment, who);
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION cairn_flag_comment(text, text, timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_flag_comment(text, text, timestamptz, bigint) TO cairn_web, cairn_worker;
"""
TOLD_REVERSE = """
DROP FUNCTION cairn_flag_comment(text, text, timestamptz, bigint); DROP FUNCTION cairn_comments(bigint);
DROP FUNCTION cairn_toolkit_use(date); DROP FUNCTION cairn_told_practices(date);
"""
WORKER_WRITES = (
    rows.Grant(role=rows.WEB, privileges="SELECT"),
    rows.Grant(role=rows.WORKER, privileges="SELECT, INSERT"),
)
OWN_OR_CENTRE = f"({rows.IS_CENTRE} OR {rows.by_hospital()})"


class Migration(migrations.Migration):
    """Reversible: policies, grants, triggers and functions come off again."""

    dependencies = [("interventions", "0005_practices_and_elements")]

    operations = [
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        rows.guard("interventions_practice", *rows.both("SELECT, INSERT, UPDATE"), using=rows.by_hospital()),
        rows.guard("interventions_practicestep", *rows.both("SELECT, INSERT"), using=rows.by_hospital()),
        rows.append_only("interventions_practicestep"),
        rows.grants("interventions_toolkitpractice", *rows.both("SELECT, INSERT")),
        rows.append_only("interventions_toolkitpractice"),
        rows.grants("interventions_testableelement", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants("interventions_elementstep", *rows.both("SELECT, INSERT")),
        rows.append_only("interventions_elementstep"),
        rows.grants("interventions_toolkitelement", *rows.both("SELECT, INSERT")),
        rows.append_only("interventions_toolkitelement"),
        rows.grants("interventions_elementtest", *WORKER_WRITES),
        rows.append_only("interventions_elementtest"),
        rows.guard("interventions_comment", *rows.both("SELECT, INSERT"), using=OWN_OR_CENTRE),
        rows.append_only("interventions_comment"),
        rows.guard("interventions_commentstep", *rows.both("SELECT, INSERT"), using=rows.IS_CENTRE),
        rows.append_only("interventions_commentstep"),
        migrations.RunSQL(TOLD, TOLD_REVERSE),
    ]

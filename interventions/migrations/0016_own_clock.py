"""The database's own clock: no caller replays a consent, a deck or a vote with another moment; a name once shown counts until the next results.

B10 and B18 together: whoever consented at any moment since a deck first showed the measure, and since the results were published, counts as
named. So two looks at a deck between which hospitals gave and took back their consent leave five others unnamed as well.
"""

from collections.abc import Iterable
from importlib import import_module

from django.db import migrations

from sites.access import rows

TODAY = "(clock_timestamp() AT TIME ZONE 'UTC')::date"

DECK = """
CREATE FUNCTION cairn_deck_open(of_meeting bigint) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM public.interventions_meeting m JOIN public.interventions_meetinginvitation i ON i.meeting_id = m.id
    WHERE m.id = of_meeting AND m.state <> 'CANCELLED' AND m.deck_from <= clock_timestamp() AND clock_timestamp() < m.deck_until
      AND (SELECT public.cairn_number('person')) <> 0 AND i.person_id = (SELECT public.cairn_number('person'))
      AND i.withdrawn_at IS NULL AND i.answer <> 'NO'
      AND CASE WHEN i.hospital_id IS NULL THEN (SELECT public.cairn_number('centre')) = 1
               ELSE i.hospital_id = ANY ((SELECT public.cairn_ids('hospitals'))::int[]) END
  )
$$;
REVOKE ALL ON FUNCTION cairn_deck_open(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_deck_open(bigint) TO cairn_web, cairn_worker;
CREATE FUNCTION cairn_deck(of_meeting bigint) RETURNS TABLE (
  place int, measure_code text, measure_title text, label text, contributing bigint, largest_own bigint, consented bigint, field jsonb, named jsonb
) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH meeting AS MATERIALIZED (
    SELECT m.*, (clock_timestamp() AT TIME ZONE 'UTC')::date AS today FROM public.interventions_meeting m
    WHERE m.id = of_meeting AND public.cairn_deck_open(of_meeting)
  ), newest AS (
    SELECT c.id, c.label, c.published_at FROM public.feedback_comparison c JOIN meeting m ON m.registry_id = c.registry_id
    WHERE c.status = 'PUBLISHED' ORDER BY c.published_at DESC, c.id DESC LIMIT 1
  ), slide AS (
    SELECT s.position, v.code, s.measure_title, n.label, r.id AS run, greatest(n.published_at, (
        SELECT min(o.deck_from) FROM public.interventions_meeting o JOIN public.interventions_deckslide d ON d.meeting_id = o.id
        WHERE o.registry_id = m.registry_id AND d.measure_code = s.measure_code)) AS since
    FROM public.interventions_deckslide s
    JOIN meeting m ON m.id = s.meeting_id CROSS JOIN newest n JOIN public.feedback_measurerun r ON r.comparison_id = n.id AND r.refusal = '[]'
    JOIN public.feedback_measureversion v ON v.id = r.measure_id AND v.code = s.measure_code
    WHERE NOT s.dropped
  ), result AS (
    SELECT s.run, x.hospital_id, x.document FROM slide s JOIN public.feedback_siteresult x ON x.run_id = s.run
    WHERE (x.document->>'n')::int > 0
  ), consent AS (
    SELECT s.run, k.hospital_id, bool_or(k.revoked_at IS NULL AND k.expires_on > m.today) AS holds
    FROM slide s CROSS JOIN meeting m
    JOIN public.feedback_unblindingconsent k ON k.registry_id = m.registry_id AND k.measure_code = s.code
      AND (k.revoked_at IS NULL OR (k.revoked_at > s.since AND k.revoked_at > k.given_at))
      AND k.expires_on > (s.since AT TIME ZONE 'UTC')::date
    JOIN result x ON x.run = s.run AND x.hospital_id = k.hospital_id
    GROUP BY s.run, k.hospital_id
  ), reader AS (
    SELECT coalesce(max(z.n), 0) AS largest FROM (
      SELECT count(DISTINCT b.hospital_id) AS n FROM meeting m JOIN public.interventions_meetinginvitation i ON i.meeting_id = m.id
      JOIN public.sites_membership b ON b.person_id = i.person_id AND b.hospital_id IS NOT NULL AND b.starts_on <= m.today
        AND (b.ends_on IS NULL OR b.ends_on > m.today)
      WHERE i.withdrawn_at IS NULL GROUP BY i.person_id
    ) z
  ), counted AS (
    SELECT s.run, (SELECT count(*) FROM result x WHERE x.run = s.run) AS all_of_them,
      (SELECT count(*) FROM consent k WHERE k.run = s.run) AS consented FROM slide s
  )
  SELECT s.position::int, s.code::text, s.measure_title::text, s.label::text, c.all_of_them, r.largest, c.consented,
    jsonb_build_object('peers', d.document->'peers', 'collaborative', d.document->'collaborative'),
    CASE WHEN c.all_of_them - c.consented - r.largest >= 5 THEN coalesce((
      SELECT jsonb_agg(jsonb_build_object('id', h.id, 'hospital', h.name, 'better', x.document->>'verdict' = 'LIKELY_BETTER',
        'rate', CASE WHEN x.document->>'verdict' = 'TOO_FEW' THEN NULL ELSE round((x.document->>'shrunken_rate')::numeric, 3) END) ORDER BY h.name)
      FROM consent k JOIN result x ON x.run = k.run AND x.hospital_id = k.hospital_id JOIN public.sites_hospital h ON h.id = k.hospital_id
      WHERE k.run = s.run AND k.holds
    ), '[]'::jsonb) ELSE '[]'::jsonb END
  FROM slide s JOIN counted c ON c.run = s.run CROSS JOIN reader r
  JOIN public.feedback_standing d ON d.run_id = s.run AND d.own_set = '{}'
  ORDER BY s.position, s.code
$$;
REVOKE ALL ON FUNCTION cairn_deck(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_deck(bigint) TO cairn_web, cairn_worker;
"""
DECK_REVERSE = "DROP FUNCTION cairn_deck(bigint); DROP FUNCTION cairn_deck_open(bigint);"

# The first moment a deck was open stays what it was: it says from when on names were shown.
FIRST = """
CREATE FUNCTION cairn_keep_deck_from() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.deck_from IS NOT NULL AND NEW.deck_from IS DISTINCT FROM OLD.deck_from THEN
    RAISE EXCEPTION 'when a deck was first open never changes' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_deck_from BEFORE UPDATE ON interventions_meeting FOR EACH ROW EXECUTE FUNCTION cairn_keep_deck_from();
"""
FIRST_REVERSE = "DROP TRIGGER keep_deck_from ON interventions_meeting; DROP FUNCTION cairn_keep_deck_from();"

# How somebody votes is read by nobody else before the end. The web neither votes nor counts with another moment than the clock's.
VOTES = f"""
ALTER POLICY reach ON interventions_vote USING ({rows.by_person()} OR ({rows.IS_CENTRE} AND EXISTS (
  SELECT 1 FROM interventions_ballot b WHERE b.id = ballot_id AND b.closes_at <= clock_timestamp())));
CREATE FUNCTION cairn_vote_by_the_clock() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF session_user = 'cairn_web' AND NOT EXISTS (
    SELECT 1 FROM public.interventions_ballot b WHERE b.id = NEW.ballot_id
      AND CASE TG_ARGV[0] WHEN 'vote' THEN b.opens_at <= clock_timestamp() AND clock_timestamp() < b.closes_at
               ELSE b.closes_at <= clock_timestamp() END
  ) THEN
    RAISE EXCEPTION 'by the clock of the database a vote % now', CASE TG_ARGV[0] WHEN 'vote' THEN 'is not cast' ELSE 'is not counted' END
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER vote_by_the_clock BEFORE INSERT ON interventions_vote FOR EACH ROW EXECUTE FUNCTION cairn_vote_by_the_clock('vote');
CREATE TRIGGER vote_by_the_clock BEFORE INSERT ON interventions_ballotresult FOR EACH ROW EXECUTE FUNCTION cairn_vote_by_the_clock('count');
"""
VOTES_REVERSE = f"""
DROP TRIGGER vote_by_the_clock ON interventions_ballotresult; DROP TRIGGER vote_by_the_clock ON interventions_vote;
DROP FUNCTION cairn_vote_by_the_clock();
ALTER POLICY reach ON interventions_vote USING ({rows.IS_CENTRE} OR {rows.by_person()});
"""


def before(name: str) -> object:
    """Return an earlier migration of this floor."""
    return import_module(f"interventions.migrations.{name}")


def changed(sql: str, *changes: tuple[str, str]) -> migrations.RunSQL:
    """Put a function again with other conditions; back again, the one that was."""
    now = sql
    for old, new in changes:
        if now.count(old) != 1:
            raise ValueError(f"{old!r} stands {now.count(old)} times in the function.")
        now = now.replace(old, new)
    return migrations.RunSQL(_again(now), _again(sql))


def _again(sql: str) -> str:
    return sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def _one(sql: str, name: str) -> str:
    """Cut one function out of several."""
    _, found, rest = sql.partition(f"CREATE FUNCTION {name}(")
    return found + rest.partition("$$;\n")[0] + "$$;\n"


def _days() -> Iterable[migrations.RunSQL]:
    """Who is named is decided by what holds today; a later day of the caller only takes names away."""
    yield changed(
        before("0002_bright_spots_rows").NAMED,
        ("e.expires_on > on_day", f"e.expires_on > {TODAY}"),
        ("WHERE (SELECT public.cairn_number('centre')) = 1 OR (", "WHERE n.expires_on > on_day AND ((SELECT public.cairn_number('centre')) = 1 OR ("),
        ("  ))\n  ORDER BY", "  )))\n  ORDER BY"),
    )  # fmt: skip
    yield changed(
        _one(before("0006_practices_and_elements_rows").TOLD, "cairn_told_practices"),
        ("cairn_named_exemplars(on_day)", f"cairn_named_exemplars({TODAY})"),
        ("t.expires_on > on_day", f"t.expires_on > greatest(on_day, {TODAY})"),
    )
    yield changed(
        before("0008_spreading_rows").RECOGNISED,
        ("r.shown_until > on_day", f"r.shown_until > {TODAY}"),
        ("WHERE (SELECT public.cairn_number('centre')) = 1 OR (", "WHERE s.shown_until > on_day AND ((SELECT public.cairn_number('centre')) = 1 OR ("),
        ("  ))\n  ORDER BY", "  )))\n  ORDER BY"),
    )  # fmt: skip
    found = _one(before("0013_community").READ, "cairn_directory")
    yield migrations.RunSQL(
        _again(found.replace("m.starts_on <= on_day", f"m.starts_on <= {TODAY}").replace("> on_day", f"> greatest(on_day, {TODAY})")),
        _again(found),
    )  # fmt: skip


class Migration(migrations.Migration):
    """Reversible: the functions that took a moment from their caller come back."""

    dependencies = [("interventions", "0015_chosen_help")]

    operations = [
        migrations.RunSQL(before("0012_meetings").DECK_REVERSE, before("0012_meetings").DECK),
        migrations.RunSQL(DECK, DECK_REVERSE),
        migrations.RunSQL(FIRST, FIRST_REVERSE),
        migrations.RunSQL(VOTES, VOTES_REVERSE),
        *_days(),
    ]

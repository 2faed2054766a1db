"""The switch list: what somebody might get wrong, and the tests that ought to notice."""

from datetime import timedelta

from tests.defects.planting import Defect

BLIND = ("tests/feedback/test_blinding.py",)
CELL = ("tests/feedback/test_disclosure.py",)
JOINT = ("tests/feedback/test_joint_disclosure.py",)
POLICY = ("tests/sites/test_policy.py",)
SESSIONS = ("tests/sites/test_sessions.py",)
CODES = ("tests/sites/test_second_factor.py",)
SEAL = ("tests/sites/test_seal.py",)
SCOPE = ("tests/sites/test_scope.py",)
ROWS = ("tests/house/test_rows.py",)
GATES = ("tests/house/test_gates.py",)
HEADERS = ("tests/house/test_headers.py",)
TRAIL = ("tests/sites/test_sealing.py",)
RELEASES = ("tests/feedback/test_releases.py",)
FILES = ("tests/registry/test_export.py",)
LOOKS = ("tests/interventions/test_meetings.py::test_two_looks_between_which_consents_changed_name_no_more_than_one_would",)
DAYS = ("tests/interventions/test_meetings.py::test_a_later_day_names_nobody_who_is_unnamed_today",)
VOTES = ("tests/interventions/test_community.py::test_nobody_reads_how_others_vote_before_the_end",)


def code(words: str, where: str, old: str, new: str, tests: tuple[str, ...]) -> Defect:
    """Exchange one text in a function."""
    return Defect(words=words, where=where, old=old, new=new, tests=tests)


def value(words: str, where: str, value: object, tests: tuple[str, ...]) -> Defect:
    """Exchange one constant."""
    return Defect(words=words, where=where, value=value, tests=tests)


def database(words: str, sql: str, tests: tuple[str, ...]) -> Defect:
    """Change something in the database."""
    return Defect(words=words, sql=sql, tests=tests)


BLINDING = "feedback.blinding"
DISCLOSURE = "feedback.disclosure"
EVERYBODY = "CREATE POLICY planted ON registry_case FOR SELECT TO cairn_web USING (true)"
UNSEALED = (
    "CREATE OR REPLACE FUNCTION cairn_ids(kind text) RETURNS int[] LANGUAGE sql STABLE SET search_path = pg_catalog AS"
    " $$ SELECT coalesce(nullif(current_setting('cairn.' || kind, true), ''), '{}')::int[] $$"
)
WITHOUT_TIME = "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('cairn_bind'::regproc), 'extract(epoch FROM clock_timestamp())', '0'); END $$"
WITHOUT_TRANSACTION = (
    "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('cairn_bind'::regproc), 'transaction_timestamp()', '''2026-01-01''::timestamptz');"
    " EXECUTE replace(pg_get_functiondef('cairn_scope_part'::regproc), 'transaction_timestamp()', '''2026-01-01''::timestamptz'); END $$"
)
WITHOUT_SIGNATURE = "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('cairn_bind'::regproc), 'signature IS DISTINCT FROM', 'NULL::text ='); END $$"

ONLY_TODAY = "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('cairn_deck'::regproc), 'k.revoked_at > s.since', 'false'); END $$"
THEIR_DAY = (
    "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('cairn_unblinded'::regproc),"
    " '(clock_timestamp() AT TIME ZONE ''UTC'')::date', 'on_day'); END $$"
)

DEFECTS = (
    # Between hospitals
    code("a few peers are drawn singly after few left", f"{BLINDING}:blind", "if singly and len", "if len", BLIND),
    code("seven peers are drawn singly", f"{BLINDING}:blind", ">= POINTS_FROM", ">= POINTS_FROM - 1", BLIND),
    code("four peers are pooled", f"{BLINDING}:blind", ">= POOLED_FROM", ">= POOLED_FROM - 1", BLIND),
    code("peers keep their unrounded rates", f"{BLINDING}:blind", "round(peer.rate, DECIMALS)", "peer.rate", BLIND),
    code("peers stand in the order of hospitals", f"{BLINDING}:blind", "values = sorted(", "values = list(", BLIND),
    code("the extremes are drawn", f"{BLINDING}:blind", "values[IN_END_BIN:-IN_END_BIN]", "values", BLIND),
    code("a pool that one hospital dominates is shown", f"{BLINDING}:blind", "and _nobody_dominates(counted)", "and True", BLIND),
    code("the collaborative's rate is always shown", f"{BLINDING}:may_show_collaborative", "len(counted) >= POOLED_FROM and", "True or", BLIND),
    code("one joiner is drawn at once", f"{BLINDING}:moved", "if len(joined) < MOVE_FROM", "if len(joined) < 1", BLIND),
    code("a leaver hides nobody", f"{BLINDING}:moved", "0 < len(left) < MOVE_FROM", "False", BLIND),
    code("the own hospital is among its peers", f"{BLINDING}:standing", "if h not in set(own_set)", "if True", BLIND),
    code("who waits is drawn", f"{BLINDING}:standing", "if h not in change.waiting", "if True", BLIND),
    # Towards the payer
    value("five hospitals are enough for a release", f"{DISCLOSURE}:FEWEST_SITES", 5, CELL),
    code("one hospital may dominate a cell", f"{DISCLOSURE}:judge_cell", "sizes[0] > LARGEST_SHARE * denominator", "False", CELL),
    code("two hospitals may dominate a cell", f"{DISCLOSURE}:judge_cell", "sum(sizes[:2]) > LARGEST_TWO_SHARE", "sum(sizes[:2]) > 9", CELL),
    code("the complement is not counted", f"{DISCLOSURE}:judge_cell", "denominator - numerator", "denominator", CELL),
    value("ten people are enough", f"{DISCLOSURE}:SMALLEST_COUNT", 10, CELL),
    code("0 and 100 per cent leave", f"{DISCLOSURE}:judge_cell", "numerator in {0, denominator}", "False", CELL),
    value("the lag is a month", f"{DISCLOSURE}:LAG", timedelta(days=30), CELL),
    value("a month is long enough", f"{DISCLOSURE}:SHORTEST", timedelta(days=25), CELL),
    code("counts leave unrounded", f"{DISCLOSURE}:rounded", "ROUND_TO * ((count + ROUND_TO // 2) // ROUND_TO)", "count", CELL),
    code("the rate is that of the exact counts", f"{DISCLOSURE}:cell", "round(numerator / denominator, 4)",
         "sum(c.numerator for c in contributions) / sum(c.denominator for c in contributions)", CELL),
    code("the audit looks at one measure only", "feedback.joint_disclosure:audit", "in sorted({statement.measure for statement in statements})",
         "in sorted({statement.measure for statement in statements})[-1:]", JOINT),
    code("two alike are taken for safe", "feedback.joint_disclosure:_split", "< ENOUGH_ALIKE", "< ENOUGH_ALIKE - 1", JOINT),
    code("a narrow range passes", "feedback.joint_disclosure:_audit_measure", "max(SMALLEST_COUNT, NARROWEST_SHARE * upper)", "1", JOINT),
    code("whoever prepared a release releases it", "feedback.actions.releases:finish", "row.prepared_by_id == by.pk", "False", RELEASES),
    code("a preview ends a week early", "feedback.preview:is_over", "today > until", "today + timedelta(days=7) > until", RELEASES),
    code("an objection stops nothing", "feedback.actions.releases:finish", "taken_back_at__isnull=True).exists()",
         "taken_back_at__isnull=True).none().exists()", RELEASES),
    code("earlier releases are forgotten", "feedback.actions.releases:reasons_against_all", "[*others, release]", "[release]", RELEASES),
    # Who may what
    code("the inactive keep their rights", "sites.access.policy:Authority.hospitals", "if not self.active:", "if False:", POLICY),
    code("a surgeon reads the whole hospital's cases", "sites.access.policy:Authority.scope", "set(self.hospitals(Permission.READ_CASES))",
         "set(self.own_hospitals)", POLICY),
    code("identified mode needs no right", "sites.access.policy:Authority.scope", "self.identified and Permission.IDENTIFY in self.permissions()",
         "self.identified", (*POLICY, *SESSIONS)),
    code("everybody belongs to the centre", "sites.access.policy:Authority.is_centre", "hospital_id is None for", "True for", POLICY),
    code("a role holds on its last day", "sites.access.policy:_valid", "ends_on__gt=on", "ends_on__gte=on", POLICY),
    code("a role holds before its first day", "sites.access.policy:_valid", "Q(starts_on__lte=on) &", "Q() &", POLICY),
    code("the gate asks for nothing", "sites.access.policy:can", "permission in held.permissions()", "True", GATES),
    code("an address without a gate is open", "config.middleware:DefaultDeny.process_view", "if gate is None:", "if gate == 0:", GATES),
    # At the door
    code("a code works twice", "sites.one_time:match", "and number > after", "", CODES),
    value("a code lives for five minutes", "sites.one_time:DRIFT", 10, CODES),
    code("a recovery code works twice", "sites.actions.second_factor:check", ", used_at__isnull=True", "", CODES),
    code("the centre needs no code", "sites.actions.second_factor:needed", ".is_centre or", ".is_centre and", CODES),
    value("a fresh code lasts a day", "sites.access.gates:FRESH_FOR", timedelta(days=1), CODES),
    value("the password alone waits for the code all day", "sites.views.second_factor:HALF_LASTS", timedelta(days=1), CODES),
    code("guessing is not braked", "sites.actions.sessions:too_many_failures", "any(", "not any((1,)) and any(", SESSIONS),
    code("anybody names the place they come from", "config.middleware:source", "named[-proxies]", "named[0]", SESSIONS),
    code("identified mode never ends", "config.middleware:_identified", "now < datetime.fromisoformat(until)", "True", SESSIONS),
    code("sign-in leads to another house", "sites.views.second_factor:safe", 'target if target and allowed else "/"', 'target or "/"', SESSIONS),
    code("a page may be kept by a cache", "config.middleware:Headers.__call__", '"private, no-store"', '"private"', HEADERS),
    # In the database
    database("the case table's row security is not forced", "ALTER TABLE registry_case NO FORCE ROW LEVEL SECURITY", ROWS),
    database("one policy shows every case", EVERYBODY, ROWS),
    database("the scope is believed unsealed", UNSEALED, SEAL),
    database("a signature never ends", WITHOUT_TIME, SEAL),
    database("a seal outlives its transaction", WITHOUT_TRANSACTION, SEAL),
    database("no signature is needed", WITHOUT_SIGNATURE, SEAL),
    database("the web reads the key", "GRANT SELECT ON cairn_scope_key TO cairn_web", SEAL),
    database("the trail can be changed", "DROP TRIGGER append_only ON sites_auditevent", ("tests/house/test_append_only.py",)),
    code("what is bound inside a transaction stays", "sites.access.scope:_tell_open_transaction", "connection.bind_scope()", "pass", SCOPE),
    code("a line's reason is not sealed", "sites.chain:canonical", "for name in FIELDS}", 'for name in FIELDS if name != "reason"}', TRAIL),
    database("whoever took the consent back is forgotten at once", ONLY_TODAY, LOOKS),
    database("the caller says what day it is", THEIR_DAY, DAYS),
    database("the centre reads votes before the end", "ALTER POLICY reach ON interventions_vote USING (true)", VOTES),
    # In files
    code("a formula stays alive", "registry.export:safe", "in STARTERS and", "in STARTERS[1:] and", FILES),
    code("a formula behind unseen marks stays alive", "registry.export:safe", "text.strip(UNSEEN)", "text", FILES),
)  # fmt: skip

"""Row-level security as SQL: which rows each database role may reach. Migrations apply it; tests read it back.

Three rules hold for every table. A table nobody granted is closed. A table with a hospital has forced row security.
Each table has one policy for its owner, so that migrations still work.
"""

from dataclasses import dataclass

from django.db.migrations import RunSQL

WEB, WORKER, ANALYST, OWNER = "cairn_web", "cairn_worker", "cairn_analyst", "cairn_owner"

FUNCTIONS = """
CREATE FUNCTION cairn_ids(kind text) RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE
  SET search_path = pg_catalog AS
  $$ SELECT coalesce(nullif(current_setting('cairn.' || kind, true), ''), '{}')::int[] $$;
CREATE FUNCTION cairn_number(kind text) RETURNS int LANGUAGE sql STABLE PARALLEL SAFE
  SET search_path = pg_catalog AS
  $$ SELECT coalesce(nullif(current_setting('cairn.' || kind, true), ''), '0')::int $$;
CREATE FUNCTION cairn_hospital_ids() RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog AS
  $$ SELECT coalesce(array_agg(id ORDER BY id), '{}')::int[] FROM public.sites_hospital $$;
REVOKE ALL ON FUNCTION cairn_hospital_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_hospital_ids() TO cairn_web, cairn_worker;
CREATE FUNCTION cairn_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""
FUNCTIONS_REVERSE = """
DROP FUNCTION cairn_ids(text); DROP FUNCTION cairn_number(text);
DROP FUNCTION cairn_hospital_ids(); DROP FUNCTION cairn_refuse_change();
"""


def _in(column: str, kind: str) -> str:
    return f"{column} = ANY ((SELECT cairn_ids('{kind}'))::int[])"


def by_hospital(column: str = "hospital_id") -> str:
    """Rows of the hospitals whose directory entry one may see (own ones; all for the centre)."""
    return _in(column, "hospitals")


def by_result(column: str = "hospital_id") -> str:
    """Rows of the hospitals whose results one may see."""
    return _in(column, "result_hospitals")


def by_case(column: str = "hospital_id", surgeon: str | None = "surgeon_id") -> str:
    """Rows of cases: the whole hospital's, or a surgeon's own."""
    whole = _in(column, "case_hospitals")
    if surgeon is None:
        return whole
    return f"({whole} OR ({surgeon} = (SELECT cairn_number('surgeon')) AND {_in(column, 'hospitals')}))"


def by_person(column: str = "person_id") -> str:
    """Rows of the bound person alone."""
    return f"({column} = (SELECT cairn_number('person')) AND (SELECT cairn_number('person')) <> 0)"


def in_trail(column: str = "hospital_id") -> str:
    """Rows of the trail of the hospitals whose trail one may read."""
    return _in(column, "trail_hospitals")


def in_cases(column: str = "hospital_id") -> str:
    """Rows that carry cases of a whole hospital, never a surgeon's share."""
    return _in(column, "case_hospitals")


def in_audits(column: str = "hospital_id") -> str:
    """Rows of the hospitals whose audits one runs."""
    return _in(column, "audit_hospitals")


IS_CENTRE = "((SELECT cairn_number('centre')) = 1)"
# A job: the worker's role with a system actor's scope bound. Without the scope the worker sees nothing either.
IS_JOB = f"(current_user = '{WORKER}' AND {IS_CENTRE})"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Table privileges of one database role, such as ``SELECT, INSERT``."""

    role: str
    privileges: str


def grants(table: str, *given: Grant) -> RunSQL:
    """Open a table that has no hospital in it to the named roles."""
    sql = [f"GRANT {grant.privileges} ON {table} TO {grant.role};" for grant in given]
    sql += [_sequence(table, given)]
    undo = [f"REVOKE ALL ON {table} FROM {grant.role};" for grant in given]
    return RunSQL("\n".join(sql), "\n".join(undo))


def guard(table: str, *given: Grant, using: str, check: str | None = None) -> RunSQL:
    """Force row security on a table: ``using`` says which rows are seen, ``check`` which may be written."""
    roles = ", ".join(grant.role for grant in given)
    sql = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
        f"CREATE POLICY owner_all ON {table} TO {OWNER} USING (true) WITH CHECK (true);",
        f"CREATE POLICY reach ON {table} TO {roles} USING ({using}) WITH CHECK ({check or using});",
    ]
    sql += [f"GRANT {grant.privileges} ON {table} TO {grant.role};" for grant in given]
    sql += [_sequence(table, given)]
    undo = [f"REVOKE ALL ON {table} FROM {grant.role};" for grant in given]
    undo += [
        f"DROP POLICY reach ON {table};",
        f"DROP POLICY owner_all ON {table};",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    ]
    return RunSQL("\n".join(sql), "\n".join(undo))


def _sequence(table: str, given: tuple[Grant, ...]) -> str:
    roles = ", ".join(sorted({grant.role for grant in given if "INSERT" in grant.privileges}))
    if not roles:
        return ""
    return (
        f"DO $$ DECLARE s text; BEGIN s := pg_get_serial_sequence('{table}', 'id'); "
        f"IF s IS NOT NULL THEN EXECUTE format('GRANT USAGE ON SEQUENCE %s TO {roles}', s); END IF; "
        "EXCEPTION WHEN undefined_column THEN NULL; END $$;"
    )


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on a table, the owner's included."""
    return RunSQL(
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
          FOR EACH ROW EXECUTE FUNCTION cairn_refuse_change();
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table}
          FOR EACH STATEMENT EXECUTE FUNCTION cairn_refuse_change();
        """,
        f"DROP TRIGGER append_only ON {table}; DROP TRIGGER append_only_truncate ON {table};",
    )


def both(privileges: str) -> tuple[Grant, Grant]:
    """Give the same privileges to the web and the worker."""
    return Grant(role=WEB, privileges=privileges), Grant(role=WORKER, privileges=privileges)

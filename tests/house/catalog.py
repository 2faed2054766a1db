"""What the database's own catalogue says about row security: each function returns the faults it finds."""

from django.db import connection

APPLICATION = ("cairn_web", "cairn_worker", "cairn_analyst")


def ask(sql: str, *values: object) -> list[tuple]:
    """Read from the connection as it is."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return cursor.fetchall()


def guarded_tables() -> list[str]:
    """Name every table with a hospital or a set of hospitals in it, and the hospitals themselves; readable or not."""
    rows = ask(
        "SELECT DISTINCT t.relname FROM pg_attribute c JOIN pg_class t ON t.oid = c.attrelid"
        " WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT c.attisdropped"
        " AND c.attname IN ('hospital_id', 'hospital', 'own_set')"
    )
    return sorted({name for (name,) in rows} | {"sites_hospital", "feedback_surgeonresult"})


def unguarded() -> list[str]:
    """Name guarded tables whose row security is off, not forced, or without a policy for a role that may touch them."""
    faults = []
    for table in guarded_tables():
        ((on, forced),) = ask(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", table
        )
        faults += [f"{table}: row security is off"] * (not on) + [f"{table}: not forced"] * (not forced)
        for role in APPLICATION:
            ((may,),) = ask("SELECT has_table_privilege(%s, %s, 'SELECT, INSERT, UPDATE, DELETE')", role, table)
            policies = ask("SELECT qual FROM pg_policies WHERE tablename = %s AND %s = ANY (roles)", table, role)
            faults += [f"{table}: no policy for {role}"] * (may and not policies)
            faults += [f"{table}: {role} sees every row"] * any(qual in {"true", "(true)"} for (qual,) in policies)
    return faults


def open_views() -> list[str]:
    """Name views that an application role may read: they would run as their owner, past row security."""
    rows = ask(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    )
    return [
        name
        for (name,) in rows
        if any(ask("SELECT has_table_privilege(%s, %s, 'SELECT')", role, name)[0][0] for role in APPLICATION)
    ]


def loose_functions() -> list[str]:
    """Name functions of ours that do not pin search_path, or let a temporary table stand before a real one."""
    rows = ask(
        "SELECT p.proname, p.prosecdef, coalesce(array_to_string(p.proconfig, ';'), ''), p.prosrc FROM pg_proc p"
        " WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'cairn%%'"
    )
    faults = []
    for name, _, config, _ in rows:
        path = next(
            (part.removeprefix("search_path=") for part in config.split(";") if part.startswith("search_path=")), ""
        )
        faults += [f"{name}: search_path is not pinned"] * (not path)
        faults += [f"{name}: temporary tables come first"] * ("public" in path and not path.endswith("pg_temp"))
    return sorted(faults)


def public_definers() -> list[str]:
    """Name functions with their owner's rights that everybody may call."""
    rows = ask(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef AND prorettype <> 'trigger'::regtype"
        " AND has_function_privilege('cairn_analyst', oid, 'EXECUTE')"
    )
    return [name for (name,) in rows]


def mighty_roles() -> list[str]:
    """Name application roles that are more than they should be."""
    rows = ask(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'cairn%%' AND rolname NOT IN ('cairn_owner', 'cairn_portal_owner')"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"
    )
    owners = ask(
        "SELECT m.rolname FROM pg_auth_members g JOIN pg_roles r ON r.oid = g.roleid JOIN pg_roles m ON m.oid = g.member"
        " WHERE r.rolname IN ('cairn_owner', 'cairn_portal_owner') AND m.rolname NOT IN ('cairn_migrator', 'cairn_portal_migrator', 'postgres')"
    )
    makers = ask(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s) AND has_schema_privilege(rolname, 'public', 'CREATE')",
        list(APPLICATION),
    )
    return [name for (name,) in (*rows, *owners, *makers)]

"""Look for tables in the schema first and among temporary ones last.

PostgreSQL looks among temporary tables first unless told otherwise. A session that may make one could set an empty
look-alike of the periods before the real table, and the lock of closed cases would find no closed period.
"""

from django.db import migrations

FUNCTIONS = (
    "cairn_lock_case()",
    "cairn_case_counts(bigint)",
    "cairn_case_refers()",
    "cairn_revision_refers()",
    "cairn_reason_refers()",
    "cairn_value_counts(bigint, int, text)",
)
FORWARD = "\n".join(f"ALTER FUNCTION {name} SET search_path = public, pg_catalog, pg_temp;" for name in FUNCTIONS)
BACKWARD = "\n".join(f"ALTER FUNCTION {name} SET search_path = public, pg_catalog;" for name in FUNCTIONS)


class Migration(migrations.Migration):
    """Reversible: the paths become what they were."""

    dependencies = [("registry", "0005_value_counts")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""Who is named is decided by what holds today by the database's clock; a later day of the caller only takes names away."""

from importlib import import_module

from django.db import migrations

TODAY = "(clock_timestamp() AT TIME ZONE 'UTC')::date"
BEFORE = import_module("feedback.migrations.0006_consents").UNBLINDED.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
NOW = BEFORE.replace("c.expires_on > on_day", f"c.expires_on > {TODAY}").replace(
    "WHERE (SELECT public.cairn_number('centre')) = 1 OR (k.audience = 'COLLABORATIVE' AND EXISTS (",
    "WHERE k.expires_on > on_day AND ((SELECT public.cairn_number('centre')) = 1 OR (k.audience = 'COLLABORATIVE' AND EXISTS (",
).replace("  ))\n  ORDER BY", "  )))\n  ORDER BY")  # fmt: skip


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("feedback", "0006_consents")]

    operations = [migrations.RunSQL(NOW, BEFORE)]

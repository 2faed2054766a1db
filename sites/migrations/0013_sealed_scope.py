"""Row security believes only a scope that the house sealed for this very transaction."""

from django.db import migrations

from sites.access import rows, seal

TOKEN = "ALTER POLICY reach ON sites_apitoken USING ({own} OR digest = (SELECT nullif({token}, '')))"


class Migration(migrations.Migration):
    """Reversible. Taken back, scopes are plain settings again, as before."""

    dependencies = [("sites", "0012_second_factor")]

    operations = [
        migrations.RunSQL(seal.FUNCTIONS, seal.FUNCTIONS_REVERSE),
        migrations.RunSQL(
            TOKEN.format(own=rows.by_hospital(), token="public.cairn_scope_part('token')"),
            TOKEN.format(own=rows.by_hospital(), token="current_setting('cairn.token', true)"),
        ),
    ]

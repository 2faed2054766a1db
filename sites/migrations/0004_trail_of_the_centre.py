"""Let the centre read the events that are about no hospital: comparisons published, releases checked, people added."""

from django.db import migrations

from sites.access import rows

WIDE = f"({rows.in_trail()} OR {rows.by_person()} OR (hospital_id IS NULL AND {rows.IS_CENTRE}))"
NARROW = f"({rows.in_trail()} OR {rows.by_person()})"


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("sites", "0003_invitations")]

    operations = [
        migrations.RunSQL(
            f"ALTER POLICY reach ON sites_auditevent USING ({WIDE});",
            f"ALTER POLICY reach ON sites_auditevent USING ({NARROW});",
        )
    ]

"""Nothing any more: the references, constraints and indexes that this step added stand in 0001, where each table is made.

Kept, so that a database that has taken this step and one that begins anew have the same list of steps.
"""

from django.db import migrations


class Migration(migrations.Migration):
    """Reversible: nothing is done either way."""

    initial = True

    dependencies = [
        ('registry', '0001_initial'),
        ('sites', '0001_initial'),
    ]

    operations = []

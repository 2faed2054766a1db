"""Open the tables of the first floor to the database roles, and put row security on those with a hospital."""

from django.db import migrations

from sites.access import rows

DJANGO_TABLES = ("auth_permission", "auth_group", "auth_group_permissions", "django_content_type")
PERSON_TABLES = ("sites_person_groups", "sites_person_user_permissions")


class Migration(migrations.Migration):
    """Reversible: it grants, and takes the grants away again."""

    dependencies = [
        ("sites", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
    ]

    operations = [
        migrations.RunSQL(rows.FUNCTIONS, rows.FUNCTIONS_REVERSE),
        *[rows.grants(table, *rows.both("SELECT")) for table in (*DJANGO_TABLES, *PERSON_TABLES)],
        rows.grants("django_session", rows.Grant(role=rows.WEB, privileges="SELECT, INSERT, UPDATE, DELETE")),
        rows.grants("guardian_userobjectpermission", *rows.both("SELECT, INSERT, DELETE")),
        rows.grants("guardian_groupobjectpermission", *rows.both("SELECT")),
        rows.grants("sites_person", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants("sites_job", *rows.both("SELECT, INSERT, UPDATE")),
        rows.grants("sites_heartbeat", *rows.both("SELECT, INSERT, UPDATE")),
        rows.guard(
            "sites_hospital",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=f"({rows.by_hospital('id')} OR {rows.IS_CENTRE})",
            check=rows.IS_CENTRE,
        ),
        rows.guard(
            "sites_membership",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=f"({rows.by_person()} OR {rows.by_hospital()} OR (hospital_id IS NULL AND {rows.IS_CENTRE}))",
            check=f"({rows.by_hospital()} OR (hospital_id IS NULL AND {rows.IS_CENTRE}))",
        ),
        rows.guard(
            "sites_apitoken",
            *rows.both("SELECT, INSERT, UPDATE"),
            using=f"({rows.by_hospital()} OR digest = (SELECT nullif(current_setting('cairn.token', true), '')))",
            check=rows.by_hospital(),
        ),
        # Anybody may append an event, a failed sign-in too; reading is narrow.
        rows.guard(
            "sites_auditevent",
            *rows.both("SELECT, INSERT"),
            using=f"({rows.in_trail()} OR {rows.by_person()})",
            check="true",
        ),
        rows.append_only("sites_auditevent"),
    ]

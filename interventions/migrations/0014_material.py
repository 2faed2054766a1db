"""Files of practices and toolkits: a practice's file is read exactly where its words are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from sites.access import rows

KINDS = [
    ("application/pdf", "PDF"), ("image/png", "picture (PNG)"), ("image/jpeg", "picture (JPEG)"), ("text/plain", "plain text"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word document"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel sheet"),
]  # fmt: skip

LOCKS = """
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON interventions_material
  FOR EACH ROW EXECUTE FUNCTION cairn_keep_but('withdrawn_at', 'withdrawn_by_id');
CREATE FUNCTION cairn_lock_material() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.practice_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM public.interventions_practice p WHERE p.id = NEW.practice_id AND p.hospital_id = NEW.hospital_id
  ) THEN
    RAISE EXCEPTION 'a practice''s file is its own hospital''s' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.practice_id IS NOT NULL AND (SELECT public.cairn_number('centre')) = 1 AND EXISTS (
    SELECT 1 FROM public.interventions_practice p WHERE p.id = NEW.practice_id AND p.audience = 'COLLABORATIVE'
  ) THEN
    RAISE EXCEPTION 'only its hospital adds to a practice that others read' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lock_material BEFORE INSERT ON interventions_material FOR EACH ROW EXECUTE FUNCTION cairn_lock_material();
"""
LOCKS_REVERSE = """
DROP TRIGGER lock_material ON interventions_material; DROP FUNCTION cairn_lock_material(); DROP TRIGGER keep ON interventions_material;
"""
# B18 holds through the function that tells practices: no row of it, no file.
TOLD = """
CREATE FUNCTION cairn_told_materials(on_day date) RETURNS TABLE (
  code text, practice_code text, title text, file_name text, kind text, n_bytes int, sha256 text, on_date date
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.code::text, t.code, m.title::text, m.file_name::text, m.kind::text, m.n_bytes, m.sha256::text, m.at::date
  FROM public.cairn_told_practices(on_day) t JOIN public.interventions_material m ON m.practice_id = t.practice_id
  WHERE m.withdrawn_at IS NULL ORDER BY m.id
$$;
REVOKE ALL ON FUNCTION cairn_told_materials(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_told_materials(date) TO cairn_web, cairn_worker;
CREATE FUNCTION cairn_told_material(on_day date, of_code text) RETURNS TABLE (file_name text, kind text, content bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.file_name::text, m.kind::text, m.content
  FROM public.interventions_material m JOIN public.cairn_told_practices(on_day) t ON t.practice_id = m.practice_id
  WHERE m.code = of_code AND m.withdrawn_at IS NULL
$$;
REVOKE ALL ON FUNCTION cairn_told_material(date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_told_material(date, text) TO cairn_web, cairn_worker;
"""
TOLD_REVERSE = "DROP FUNCTION cairn_told_material(date, text); DROP FUNCTION cairn_told_materials(date);"
# A toolkit's file is read by whoever reads the library, and written by the centre.
READER = f"({rows.IS_JOB} OR {rows.IS_CENTRE} OR (SELECT cairn_number('person')) <> 0)"
READ = f"((hospital_id IS NULL AND {READER}) OR {rows.IS_JOB} OR {rows.by_hospital()})"
WRITE = f"({rows.IS_JOB} OR (hospital_id IS NULL AND {rows.IS_CENTRE}) OR {rows.by_hospital()})"


class Migration(migrations.Migration):
    """Reversible: the functions, triggers and policies come off again, then the table."""

    dependencies = [("interventions", "0013_community"), ("sites", "0012_second_factor"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Material",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=12, unique=True)),
                ("title", models.CharField(max_length=120)),
                ("file_name", models.CharField(max_length=120)),
                ("kind", models.CharField(choices=KINDS, max_length=80)),
                ("content", models.BinaryField()),
                ("n_bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("hospital", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sites.hospital")),
                ("practice", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="interventions.practice")),
                ("toolkit", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="interventions.toolkit")),
                (
                    "withdrawn_by",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(practice__isnull=False, toolkit__isnull=True, hospital__isnull=False)
                        | models.Q(practice__isnull=True, toolkit__isnull=False, hospital__isnull=True),
                        name="material_of_one_thing",
                    ),
                    models.CheckConstraint(condition=models.Q(n_bytes__gt=0, n_bytes__lte=5242880), name="material_is_not_too_big"),
                ],
            },
        ),
        rows.guard("interventions_material", *rows.both("SELECT, INSERT, UPDATE"), using=READ, check=WRITE),
        migrations.RunSQL(LOCKS, LOCKS_REVERSE),
        migrations.RunSQL(TOLD, TOLD_REVERSE),
    ]

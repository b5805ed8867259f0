"""Where chains ended on sealed days; indexes in the order of the audit page; heads move with their owner's rights only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
-- With the rights of the tables' owner: the application's role needs none on the heads, so it can't move them itself.
-- The fixed search path keeps anybody from putting a table of their own in front.
ALTER FUNCTION history_chain() SECURITY DEFINER;
ALTER FUNCTION history_chain() SET search_path = public, pg_temp;

CREATE TRIGGER sealed_end_frozen BEFORE UPDATE OR DELETE ON history_sealedend
    FOR EACH ROW EXECUTE FUNCTION history_refuse_change();
CREATE TRIGGER sealed_end_kept BEFORE TRUNCATE ON history_sealedend
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER sealed_end_frozen ON history_sealedend;
DROP TRIGGER sealed_end_kept ON history_sealedend;
ALTER FUNCTION history_chain() SECURITY INVOKER;
ALTER FUNCTION history_chain() RESET search_path;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0002_append_only"),
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SealedEnd",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "case", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("case", models.CharField(max_length=60)),
                ("seq", models.PositiveIntegerField()),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "sealed end",
                "verbose_name_plural": "sealed ends",
            },
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="event_by_unit",
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="event_by_actor",
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="event_by_act",
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="event_by_time",
        ),
        migrations.AlterField(
            model_name="event",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.unit",
                verbose_name="unit",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["-at", "-id"], name="event_by_time"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["label", "-at", "-id"], name="event_by_label"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["act", "-at", "-id"], name="event_by_act"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["actor", "-at", "-id"], name="event_by_actor"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["unit", "-at", "-id"], name="event_by_unit"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["source", "-at", "-id"], name="event_by_source"),
        ),
        migrations.AddIndex(
            model_name="sealedend",
            index=models.Index(fields=["case"], name="sealed_end_by_case"),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

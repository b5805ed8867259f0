"""A watch says by itself what is watched: type, unit and exact place of its incident."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE capa_recurrencewatch SET type_id = i.type_id, unit_id = i.unit_id, place = lower(btrim(i.place))
FROM incidents_incident i WHERE i.id = incident_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("capa", "0006_archive_indexes"),
        ("incidents", "0006_links"),
        ("people", "0004_api_tokens"),
    ]

    operations = [
        migrations.AddField(
            "recurrencewatch",
            "type",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incidents.incidenttype",
            ),
        ),
        migrations.AddField(
            "recurrencewatch",
            "unit",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.unit",
            ),
        ),
        migrations.AddField(
            "recurrencewatch", "place", models.CharField(blank=True, default="", max_length=200), False
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            "recurrencewatch",
            "type",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incidents.incidenttype",
            ),
        ),
        migrations.AlterField(
            "recurrencewatch",
            "unit",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.unit",
            ),
        ),
        migrations.AddIndex(
            "recurrencewatch", models.Index(fields=["unit", "type", "ends_at"], name="watch_of_unit")
        ),
        migrations.AddIndex(
            "recurrencewatch",
            models.Index(
                condition=models.Q(("place", ""), _negated=True),
                fields=["type", "place", "ends_at"],
                name="watch_of_place",
            ),
        ),
    ]

"""A request for erasure belongs to the unit of the case with which it began."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0006_retention_and_erasure"), ("people", "0006_contacts_by_name")]

    operations = [
        migrations.RenameField("erasure", "company", "unit"),
        migrations.AlterField(
            "erasure",
            "unit",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="erasures",
                to="people.unit",
                verbose_name="unit",
            ),
        ),
        migrations.RenameIndex("erasure", new_name="erasure_by_unit", old_name="erasure_by_company"),
    ]

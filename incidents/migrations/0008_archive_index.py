from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0007_exports_of_measures"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("stage", "closed")),
                fields=["-closed_at", "-id"],
                name="incident_in_archive",
            ),
        ),
    ]

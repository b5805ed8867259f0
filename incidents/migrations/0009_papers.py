from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0008_archive_index")]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="kind",
            field=models.CharField(
                choices=[
                    ("check-incidents", "Dry run of an incident import"),
                    ("import-incidents", "Import of incidents"),
                    ("export-incidents", "Export of incidents"),
                    ("export-measures", "Export of measures"),
                    ("paper", "Paper as PDF"),
                ],
                max_length=30,
            ),
        ),
    ]

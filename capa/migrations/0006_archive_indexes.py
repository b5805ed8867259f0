from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("capa", "0005_agenda_facts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="cause",
            index=models.Index(
                condition=models.Q(("is_root", True)),
                fields=["category", "incident"],
                name="root_cause_by_category",
            ),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(
                condition=models.Q(("status", "done")),
                fields=["strength", "incident"],
                name="done_measure_by_strength",
            ),
        ),
        migrations.AddIndex(
            model_name="verification",
            index=models.Index(fields=["verdict", "incident"], name="verification_by_verdict"),
        ),
        migrations.AddIndex(
            model_name="verification",
            index=models.Index(fields=["-judged_at", "-id"], name="verification_newest"),
        ),
    ]

"""Until when a unit answers is kept with the lesson that was passed on to it; earlier ones take it from their deadline."""

from django.conf import settings
from django.db import migrations, models

FILL = """
    UPDATE capa_improvement SET acknowledge_by = coalesce(
        (SELECT (due_at AT TIME ZONE %s)::date FROM reminders_deadline
          WHERE kind = 'acknowledge:' || capa_improvement.id ORDER BY cycle DESC LIMIT 1),
        due_on)
     WHERE kind = 'spread'
"""


class Migration(migrations.Migration):
    dependencies = [("capa", "0008_rules_end"), ("reminders", "0001_initial")]

    operations = [
        migrations.AddField("improvement", "acknowledge_by", models.DateField(null=True)),
        migrations.RunSQL([(FILL, [settings.TIME_ZONE])], migrations.RunSQL.noop),
    ]

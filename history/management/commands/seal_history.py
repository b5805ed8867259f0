import datetime as dt

from django.core.management.base import BaseCommand
from django.utils import timezone

from history.sealing import latest_seal, seal


class Command(BaseCommand):
    help = "Seal every finished day of the history and print the latest seal as JSON, to be kept elsewhere."

    def handle(self, **options):
        yesterday = timezone.now().astimezone(dt.UTC).date() - dt.timedelta(days=1)
        for new in seal(until=yesterday):
            self.stderr.write(f"sealed {new.day}: {new.chains} chains")
        if latest := latest_seal():
            self.stdout.write(latest.as_json())
        else:
            self.stderr.write("There is no finished day to seal yet.")

import datetime as dt
import itertools
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from history.models import Event
from history.sealing import read_copies
from history.verification import verify

#: More findings than that say nothing new.
SHOWN = 1000


class Command(BaseCommand):
    help = (
        "Compute every chain, head and seal of the history again and report what contradicts; exit 1 on any finding. "
        "Keep the output of seal_history elsewhere and give it here: it finds who rewrote everything alike."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--case", default="", help="one case: its number (SQ-2026-000123) or name (incident:12)"
        )
        parser.add_argument(
            "--since", type=dt.date.fromisoformat, help="only what grew since this day (2026-11-20)"
        )
        parser.add_argument(
            "--seals", type=Path, help="file with seals kept elsewhere, as seal_history printed them"
        )

    def handle(self, *, case, since, seals, **options):
        case = self._named(case) if case else ""
        copies = self._copies(seals) if seals else []
        findings = list(itertools.islice(verify(case=case, since=since, copies=copies), SHOWN))
        for finding in findings:
            self.stdout.write(str(finding))
        if len(findings) == SHOWN:
            self.stdout.write(f"… and perhaps more: only the first {SHOWN} are shown.")
        if findings:
            raise CommandError(
                f"{len(findings)} findings: the history was changed or is incomplete.", returncode=1
            )
        self.stdout.write(self._all_clear(case, since, copies))

    def _named(self, name: str) -> str:
        case = (
            name
            if ":" in name
            else Event.objects.filter(label=name).values_list("case", flat=True).order_by("id").first()
        )
        if case is None:
            raise CommandError(f"There is no history of {name}.", returncode=2)
        return case

    def _copies(self, path: Path):
        try:
            return read_copies(path.read_text())
        except (OSError, ValueError) as error:
            raise CommandError(f"{path}: {error}", returncode=2) from error

    def _all_clear(self, case, since, copies) -> str:
        events = Event.objects.all()
        if case:
            return (
                f"{case}: {events.of(case).count()} events, unbroken. Seals are compared only without --case."
            )
        checked = f"{events.count()} events" if since is None else f"what grew since {since}"
        kept = f" {len(copies)} seals kept elsewhere agree." if copies else ""
        return f"No finding in {checked}: chains, heads and seals agree.{kept}"

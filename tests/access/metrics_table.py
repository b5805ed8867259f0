"""The part of the authorisation table about figures, early warnings, reports and assessment."""

import datetime as dt
import uuid
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from incidents.identify import follow_token
from incidents.models import Job
from metrics import own
from metrics.assessment import schemes
from metrics.models import Note, Recognition, ReportReader, Scorecard, Signal
from metrics.periods import Period
from metrics.reporting import making, papers
from metrics.suggestions import acts
from tests.access.cells import EVERYBODY, NOBODY, PUBLIC, Cell, only  # noqa: F401

#: Who sees the figures of the crew's unit by a post there or above it, and who keeps them.
READERS = frozenset({"site_manager", "supervisor", "quality", "handler", "executive"})
KEEPERS = frozenset({"quality"})
#: Who sees figures at all, those of their own units; who keeps some.
READERS_ANYWHERE = READERS | {"depot_manager", "west_manager", "hotel_quality"}
KEEPERS_ANYWHERE = KEEPERS | {"west_manager", "hotel_quality"}

#: url name -> (GET, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    # Indicators: whoever sees figures of any unit has a catalogue; the ones asked for here are the crew's.
    "indicators": (only(READERS_ANYWHERE), NOBODY),
    "indicator": (only(READERS_ANYWHERE), NOBODY),
    "indicator-csv": (only(READERS_ANYWHERE), NOBODY),
    "indicator-xlsx": (only(READERS_ANYWHERE), NOBODY),
    "indicator-svg": (only(READERS_ANYWHERE), NOBODY),
    "indicator-png": (only(READERS_ANYWHERE), NOBODY),
    "indicator-note": (NOBODY, only(KEEPERS_ANYWHERE, refused=READERS_ANYWHERE - KEEPERS_ANYWHERE)),
    "indicator-note-withdraw": (NOBODY, only(KEEPERS, refused=READERS - KEEPERS)),
}

#: Reports are of the crew: a draft is the keepers' alone, a signed one is for everybody who sees the figures.
DRAFT, SIGNED = only(KEEPERS), only(READERS)
TABLE |= {
    "reports": (only(READERS_ANYWHERE, denied=403), only(KEEPERS_ANYWHERE, denied=403)),
    "report-readers": (only(KEEPERS_ANYWHERE, denied=403), only(KEEPERS_ANYWHERE, denied=403)),
    "report-reader-remove": (NOBODY, only(KEEPERS)),
    "report-page": (SIGNED, NOBODY),
    "report-paper": (SIGNED, NOBODY),
    "report-margins": (SIGNED, NOBODY),
    "report-pdf": (SIGNED, SIGNED),
    "report-correct": (NOBODY, only(KEEPERS, refused=READERS - KEEPERS)),
    "report-amend": (DRAFT, DRAFT),
    "report-remake": (NOBODY, DRAFT),
    "report-sign": (DRAFT, DRAFT),
    "figures-pdf": (NOBODY, only(READERS_ANYWHERE, denied=403)),
}

#: The dashboards begin with the reader's own units; a list behind a figure without a figure leads there.
TABLE |= {
    "dashboard": (only(READERS_ANYWHERE), NOBODY),
    "figures-of-unit": (only(READERS), NOBODY),
    "loop-health": (only(READERS_ANYWHERE), NOBODY),
    "week": (only(EVERYBODY), NOBODY),
    "metrics-cases": (only(READERS_ANYWHERE), NOBODY),
    "metrics-cases-export": (NOBODY, only(READERS_ANYWHERE)),
}

#: Early warnings: the one asked for is of the crew, the quality manager's to look into.
TABLE |= {
    "warning-list": (only(READERS_ANYWHERE, denied=403), NOBODY),
    "warning": (only(READERS), NOBODY),
    "warning-act": (only(KEEPERS, refused=READERS - KEEPERS), only(KEEPERS, refused=READERS - KEEPERS)),
    "backtest": (only(READERS_ANYWHERE), NOBODY),
    "watch-switch": (NOBODY, only(KEEPERS_ANYWHERE, refused=READERS_ANYWHERE - KEEPERS_ANYWHERE)),
}

#: Assessment: a scheme and an issued card of the crew, whose site manager answers it. Suggestions and thanks are
#: everybody's; the ones asked for are Zhou's, about the crew.
SCHEME_KEPT = only(KEEPERS, refused=READERS - KEEPERS)
THANKERS = frozenset({"site_manager", "quality", "executive"})
ANSWERERS = frozenset({"site_manager", "quality"})
SUGGESTED = READERS | {"reporter"}
TABLE |= {
    "assessment": (only(EVERYBODY), NOBODY),
    "scheme-new": (only(KEEPERS_ANYWHERE, denied=403), only(KEEPERS_ANYWHERE, denied=403)),
    "scheme": (only(READERS), NOBODY),
    "scheme-change": (SCHEME_KEPT, SCHEME_KEPT),
    "scheme-retire": (SCHEME_KEPT, SCHEME_KEPT),
    "scheme-make": (NOBODY, SCHEME_KEPT),
    "ranking": (only(READERS), NOBODY),
    "scorecard": (only(READERS), NOBODY),
    "scorecard-act": (only({"site_manager"}, refused=READERS), only({"site_manager"}, refused=READERS)),
    "suggestion-list": (only(EVERYBODY), NOBODY),
    "suggestion-new": (only(EVERYBODY), only(EVERYBODY)),
    "suggestion-follow": (PUBLIC, NOBODY),
    "suggestion": (only(SUGGESTED), NOBODY),
    "suggestion-act": (only(ANSWERERS, refused=SUGGESTED), only(ANSWERERS, refused=SUGGESTED)),
    "thanks": (only(EVERYBODY), NOBODY),
    "thanks-wall": (only(EVERYBODY), NOBODY),
    "thanks-give": (only(THANKERS | {"west_manager", "hotel_quality"}, denied=403), NOBODY),
    "thank": (only(THANKERS), only(THANKERS)),
    "thanks-on-wall": (NOBODY, only({"reporter"})),
}

#: Figures from elsewhere: who sees figures reads them, quality managers enter and import them. A file is its sender's
#: alone; what a company defines is kept by the quality managers of all of it.
FILE = only({"quality"}, refused=EVERYBODY - KEEPERS_ANYWHERE)
WHOLE_COMPANY = frozenset({"quality", "hotel_quality"})
DEFINED = only({"quality"}, refused={"west_manager"})
TABLE |= {
    "volumes": (only(READERS_ANYWHERE, denied=403), only(KEEPERS_ANYWHERE, denied=403)),
    "volume-imports": (only(KEEPERS_ANYWHERE, denied=403), only(KEEPERS_ANYWHERE, denied=403)),
    "volume-import-columns": (FILE, FILE),
    "volume-import-start": (NOBODY, FILE),
    "targets": (only(READERS_ANYWHERE, denied=403), NOBODY),
    "target": (only(KEEPERS_ANYWHERE, denied=403), only(KEEPERS_ANYWHERE, denied=403)),
    "own-indicators": (only(KEEPERS_ANYWHERE, denied=403), NOBODY),
    "own-series-new": (only(WHOLE_COMPANY, denied=403), only(WHOLE_COMPANY, denied=403)),
    "own-kpi-new": (only(WHOLE_COMPANY, denied=403), only(WHOLE_COMPANY, denied=403)),
    "own-series": (DEFINED, DEFINED),
    "own-kpi": (DEFINED, DEFINED),
    "api-volumes": (only(READERS_ANYWHERE, 403, anonymous=401), only(KEEPERS_ANYWHERE, 403, anonymous=401)),
    "api-figures": (only(READERS_ANYWHERE, 403, anonymous=401), only((), anonymous=401)),
}

#: Counting anew concerns all figures and shows none.
RECOUNTERS = KEEPERS_ANYWHERE | {"admin"}
TABLE |= {"figures-rebuild": (only(RECOUNTERS, denied=403), only(RECOUNTERS, denied=403))}


def volumes(cast, company) -> dict:
    """A file that was sent, one that was tried, and what the company has defined."""
    mapping = {
        "columns": {"unit": "unit", "period": "month", "value": "value"},
        "options": {"series": "calls.offered"},
    }
    table = SimpleUploadedFile("figures.csv", b"unit,month,value\nER-E,2026-01,5\n")
    sent, tried = (
        Job.objects.create(
            kind=Job.Kind.CHECK_VOLUMES,
            owner=cast.quality,
            file=table,
            name="figures.csv",
            status=status,
            options=mapping,
        )
        for status in (Job.Status.QUEUED, Job.Status.DONE)
    )
    series = own.define_series(company, by=cast.quality, code="delay", name="Delay")
    kpi = own.define_kpi(
        company, by=cast.quality, code="delays", name="Delays", numerator=series.key, data="count"
    )
    return {
        "volume-import-columns": [sent.pk], "volume-import-start": [tried.pk], "target": ["csi"],
        "own-series": [series.pk], "own-kpi": [kpi.pk],
    }  # fmt: skip


def assessment(cast, unit) -> dict:
    scheme = schemes.set_scheme(
        by=cast.quality, unit=unit, name="Crew", assessed="units", grain="month", level=0,
        lines=[schemes.Line("csi", 100, Decimal(80), Decimal(60))],
    )  # fmt: skip
    now = timezone.now()
    card = Scorecard.objects.create(
        scheme=scheme, basis=scheme.versions.get(), unit=unit, grain="month", begins_on=dt.date(2026, 10, 1),
        state="issued", points=70, issued_by=cast.quality, issued_at=now, object_until=now + dt.timedelta(days=5),
    )  # fmt: skip
    suggestion = acts.suggest(by=cast.reporter, unit=unit, text="A second trolley in car 8")
    key = uuid.uuid4()
    acts.suggest(by=cast.reporter, unit=unit, text="A fairer roster, please", is_anonymous=True, key=key)
    thanked = Recognition.objects.create(
        person=cast.reporter, unit=unit, kind="suggestion", suggestion=suggestion
    )
    return {
        **dict.fromkeys(("scheme", "scheme-change", "scheme-retire", "scheme-make", "ranking"), [scheme.pk]),
        **dict.fromkeys(("thank", "thanks-on-wall"), [thanked.pk]),
        "scorecard": [card.pk],
        "scorecard-act": [card.pk, "agree"],
        "suggestion": [suggestion.number],
        "suggestion-act": [suggestion.number, "decline"],
        "suggestion-follow": [follow_token(key)],
    }


def warnings(cast, unit) -> dict:
    day = dt.date(2026, 10, 1)
    signal = Signal.objects.create(
        kpi="complaint-rate", unit=unit, grain="month", rule="limit", side=1, begins_on=day, ends_on=day,
        owner=cast.quality,
    )  # fmt: skip
    named = dict.fromkeys(("backtest", "watch-switch"), ["complaint-rate"])
    return named | {"warning": [signal.pk], "warning-act": [signal.pk, "close"]}


def reports(cast, unit) -> dict:
    """A draft of October, a signed report of September with its paper, and one reader."""
    draft, signed = (
        making.make(unit, Period.parse(month), by=cast.quality, language="en")
        for month in ("2026-10", "2026-09")
    )
    signed.status, signed.signed_by, signed.signed_at = "signed", cast.quality, timezone.now()
    signed.save()
    papers.keep(signed, b"%PDF-1.7")
    reader = ReportReader.objects.create(unit=unit, person=cast.executive, set_by=cast.quality)
    ours = {name: [draft.pk] for name in ("report-remake", "report-sign")}
    ours |= {
        name: [signed.pk]
        for name in ("report-page", "report-paper", "report-margins", "report-pdf", "report-correct")
    }
    return ours | {"report-amend": [draft.pk, "remarks"], "report-reader-remove": [reader.pk]}


def world(cast, units) -> dict:
    """What the addresses above need: url name -> arguments."""
    note = Note.objects.create(
        kpi="complaint-rate", unit=units.crew, day=dt.date(2026, 3, 1), text="A new rule", by=cast.quality
    )
    indicator = (
        "indicator",
        "indicator-csv",
        "indicator-xlsx",
        "indicator-svg",
        "indicator-png",
        "indicator-note",
    )
    ours = {name: ["complaint-rate"] for name in indicator} | {"indicator-note-withdraw": [note.pk]}
    ours["figures-of-unit"] = [units.crew.code]
    ours |= assessment(cast, units.crew)
    ours |= volumes(cast, units.rail)
    return ours | warnings(cast, units.crew) | reports(cast, units.crew)

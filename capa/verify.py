"""Stage 6, verify effect: what was counted before and after, what the data say, and what a person concludes."""

import datetime as dt
import decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Signature
from history.signing import sign
from incidents.errors import Invalid
from incidents.lifecycle import change, hold_in, move, tell
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person
from reminders.deadlines import postpone

from . import evaluation
from .design import design_of, verdict_due
from .evaluation import Prescription
from .measuring import TYPED, incident_scope, like
from .models import Plan, Verification, VerificationDesign
from .plan import business_end

Verdict = Verification.Verdict

#: What counts where no design says it.
UNDESIGNED = {
    "source_key": TYPED,
    "data": VerificationDesign.Data.RATE,
    "direction": VerificationDesign.Direction.LOWER,
}


@transaction.atomic
def judge(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    verdict: str,
    reasons: str,
    source: str = "",
    satisfaction: str = "",
    recurrences: int | None = None,
    departure: str = "",
    watch_until: dt.date | None = None,
    method: str = Signature.Method.SESSION,
    source_key: str | None = None,
    data: str | None = None,
    direction: str | None = None,
    metric: str | None = None,
    unit_of_exposure: str | None = None,
    before_from: dt.date | None = None,
    before_until: dt.date | None = None,
    before_events: int | None = None,
    before_exposure: decimal.Decimal | None = None,
    after_from: dt.date | None = None,
    after_until: dt.date | None = None,
    after_events: int | None = None,
    after_exposure: decimal.Decimal | None = None,
) -> Incident:
    """Give the verdict on this round's measures, with its data and reasons, and sign it.

    Effective: on to the lessons. Not effective: the next round begins at the root cause. Inconclusive: the case stays
    here and is watched until `watch_until`. The verdict may differ from what the data say: the proposal is kept.

    What isn't given is as the design prescribes it and as its source counts it now. What is given and differs departs
    from the design: `departure` has to say why, and is shown for ever.
    """
    row = hold_in(Stage.VERIFY, incident, "judge", by=by, version=version)
    design = design_of(row)
    asked = evaluation.prescription(design)
    given = {
        "source_key": source_key, "data": data, "direction": direction, "metric": metric,
        "unit_of_exposure": unit_of_exposure, "before_from": before_from, "before_until": before_until,
        "before_events": before_events, "before_exposure": before_exposure, "after_from": after_from,
        "after_until": after_until, "after_events": after_events, "after_exposure": after_exposure,
    }  # fmt: skip
    given = {name: _stripped(value) for name, value in given.items() if value is not None}
    departures = asked.departures(given) if asked else []
    verification = Verification(
        incident=row, cycle=row.cycle, **((asked.figures if asked else UNDESIGNED) | given),
        source=source.strip() or _source_of(asked, departures), satisfaction=satisfaction.strip(),
        recurrences=_recurrences(row, asked) if recurrences is None else recurrences,
        verdict=verdict, reasons=reasons.strip(), departure=departure.strip() if departures else "",
        watch_until=watch_until if verdict == Verdict.INCONCLUSIVE else None, judged_by=by,
    )  # fmt: skip
    _examine(verification, asked, departures)
    verification.proposal = evaluation.by_design(verification, design).row.proposal
    verification.save()
    verification = Verification.objects.get(pk=verification.pk)
    signature = sign(
        row.case, Signature.Meaning.VERDICT, of=signed_as(verification), content=said_by(verification),
        by=by, method=method,
    )  # fmt: skip
    kept = _described(verification) | {"signature": signature.pk}
    if verdict == Verdict.EFFECTIVE:
        return move(row, "judge_effective", by=by, version=row.version, note=reasons, after=kept)
    if verdict == Verdict.NOT_EFFECTIVE:
        return _loop_back(row, reasons, kept, by=by)
    return _watch_on(row, verification, design, kept, by=by)


def _stripped(value):
    return value.strip() if isinstance(value, str) else value


def _source_of(asked: Prescription | None, departures: list[str]) -> str:
    """Numbers that the system counted say so themselves; typed ones must."""
    counted = asked and asked.source.counts and not asked.to_be_typed and not departures
    return str(asked.source.label) if counted else ""


def _recurrences(row: Incident, asked: Prescription | None) -> int:
    """Incidents like this one since the observation began, whatever the verdict is judged by."""
    if asked is None or not asked.has_begun:
        return 0
    if asked.source.counts:
        return asked.series.events_between(asked.begins, asked.ends)
    return like(incident_scope(row, {}), asked.begins, asked.ends).count()


def _loop_back(row: Incident, reasons: str, kept: dict, *, by: Person) -> Incident:
    owners = [
        measure.owner
        for measure in row.measures.filter(
            plan__cycle=row.cycle, plan__status=Plan.Status.APPROVED
        ).select_related("owner")
    ]
    row = move(row, "judge_not_effective", by=by, version=row.version, note=reasons, after=kept)
    tell(row, [row.responsible_person, row.reporter, *owners], "looped", cycle=row.cycle, reason=reasons)
    return row


def _watch_on(
    row: Incident, verification: Verification, design: VerificationDesign | None, kept: dict, *, by: Person
) -> Incident:
    """The observation goes on; when its new end has passed, the verifier is told again."""
    until = verification.watch_until
    row.due_at = business_end(until, row.unit)
    if design:
        design.observed_until, design.opened_at = until, None
        design.save(update_fields=["observed_until", "opened_at"])
        row.due_at = verdict_due(row, until)
    postpone(row.case, row.stage, cycle=row.cycle, due_at=row.due_at)
    change(row, "judge_inconclusive", by=by, reason=verification.reasons, after=kept)
    tell(row, [row.owner, row.responsible_person], "watched", until=str(until))
    return row


# What is refused -----------------------------------------------------------------------------------------------------
def _examine(row: Verification, asked: Prescription | None, departures: list[str]) -> None:
    """Refuse what can't be: windows the wrong way round or in the future, exposures of nothing, no reasons."""
    wrong = {}
    if row.verdict not in Verdict.values:
        wrong["verdict"] = _("Choose a verdict.")
    if not row.reasons:
        wrong["reasons"] = _("Give the reasons for the verdict.")
    for field in ("metric", "unit_of_exposure", "source"):
        if not getattr(row, field):
            wrong[field] = _("Say what was counted, per what, and where the numbers come from.")
    wrong |= _wrong_windows(row) | _wrong_figures(row)
    if asked:
        wrong |= _wrong_by_design(row, asked, departures)
    if row.verdict == Verdict.INCONCLUSIVE and (
        row.watch_until is None or row.watch_until <= timezone.localdate()
    ):
        wrong["watch_until"] = _("Say until when it is watched on: a day to come.")
    if wrong:
        raise Invalid(wrong)


def _wrong_windows(row: Verification) -> dict:
    wrong = {}
    ends = ("before_from", "before_until", "after_from", "after_until")
    if any(getattr(row, name) is None for name in ends):
        return {name: _("Say from when until when.") for name in ends if getattr(row, name) is None}
    if row.before_until < row.before_from:
        wrong["before_until"] = _("This lies before the beginning of the baseline.")
    if row.after_from <= row.before_until:
        wrong["after_from"] = _("The observation begins after the baseline ends.")
    if row.after_until < row.after_from:
        wrong["after_until"] = _("This lies before the beginning of the observation.")
    if row.after_until > timezone.localdate():
        wrong["after_until"] = _("This lies in the future: only what has been observed counts.")
    return wrong


def _wrong_figures(row: Verification) -> dict:
    wrong = {}
    for when in ("before", "after"):
        events, exposure = getattr(row, f"{when}_events"), getattr(row, f"{when}_exposure")
        if events is None:
            wrong[f"{when}_events"] = _("Say how many were counted.")
        elif events < 0:
            wrong[f"{when}_events"] = _("A count can't be less than nothing.")
        elif row.data == VerificationDesign.Data.PROPORTION and exposure is not None and events > exposure:
            wrong[f"{when}_events"] = _("A part can't be more than the whole.")
        if exposure is None or exposure <= 0:
            wrong[f"{when}_exposure"] = _("The exposure must be more than nothing.")
    if row.recurrences < 0:
        wrong["recurrences"] = _("A count can't be less than nothing.")
    if row.data not in VerificationDesign.Data.values:
        wrong["data"] = _("Choose what kind of data it is.")
    if row.direction not in VerificationDesign.Direction.values:
        wrong["direction"] = _("Choose whether less or more is better.")
    return wrong


def _wrong_by_design(row: Verification, asked: Prescription, departures: list[str]) -> dict:
    wrong, until = {}, asked.design.observed_until
    if departures and not row.departure:
        what = ", ".join(str(evaluation.PRESCRIBED[name]) for name in departures)
        wrong["departure"] = _("This isn't as it was fixed with the plan (%(what)s). Say why.") % {
            "what": what
        }
    if row.verdict == Verdict.EFFECTIVE and not asked.is_over:
        wrong["verdict"] = _(
            "The observation that was fixed with the plan runs until %(day)s: only then can the measures be called "
            "effective. That they didn't work, or that nobody can tell yet, can be said at any time."
        ) % {"day": until}
    if not asked.has_begun and not departures:
        wrong["after_from"] = _("Nothing is observed yet: the observation begins on %(day)s.") % {
            "day": asked.design.observed_from or ""
        }
    if row.watch_until and until and row.watch_until < until:
        wrong["watch_until"] = _("The observation runs until %(day)s in any case.") % {"day": until}
    return wrong


# What is kept --------------------------------------------------------------------------------------------------------
SAID = (
    *evaluation.PRESCRIBED, "source", "satisfaction", "recurrences", "proposal", "verdict", "reasons", "departure",
    "watch_until",
)  # fmt: skip


def signed_as(row: Verification) -> str:
    """Its name in Signature.of."""
    return f"verification:{row.pk}"


def said_by(row: Verification) -> dict:
    """What is signed: the verdict with all its data, `row` as the database has it."""
    return {"round": row.cycle, **{name: getattr(row, name) for name in SAID}}


def _described(row: Verification) -> dict:
    kept = {
        "verification": row.pk,
        "metric": row.metric,
        "before": f"{row.before_events} / {row.before_exposure.normalize():f}",
        "after": f"{row.after_events} / {row.after_exposure.normalize():f}",
        "proposal": row.proposal,
        "verdict": row.verdict,
        "watch_until": row.watch_until,
    }
    return kept | ({"departure": row.departure} if row.departure else {})

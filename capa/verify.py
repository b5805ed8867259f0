"""Stage 6, verify effect: what was counted before and after, what the data say, and what a person concludes."""

import datetime as dt
import decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid
from incidents.lifecycle import change, hold_in, move, tell
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person
from reminders.deadlines import postpone

from .effect import propose, rate_ratio
from .models import Plan, Verification
from .plan import business_end

Verdict = Verification.Verdict


@transaction.atomic
def judge(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    verdict: str,
    reasons: str,
    metric: str,
    unit_of_exposure: str,
    before_from: dt.date,
    before_until: dt.date,
    before_events: int,
    before_exposure: decimal.Decimal,
    after_from: dt.date,
    after_until: dt.date,
    after_events: int,
    after_exposure: decimal.Decimal,
    source: str,
    satisfaction: str = "",
    recurrences: int = 0,
    watch_until: dt.date | None = None,
) -> Incident:
    """Give the verdict on this round's measures, with its data and reasons.

    Effective: on to the lessons. Not effective: the next round begins at the root cause. Inconclusive: the case stays
    here and is watched until `watch_until`. The verdict may differ from what the data say: the proposal is kept.
    """
    row = hold_in(Stage.VERIFY, incident, "judge", by=by, version=version)
    verification = Verification(
        incident=row, cycle=row.cycle, metric=metric.strip(), unit_of_exposure=unit_of_exposure.strip(),
        before_from=before_from, before_until=before_until, before_events=before_events,
        before_exposure=before_exposure, after_from=after_from, after_until=after_until,
        after_events=after_events, after_exposure=after_exposure, source=source.strip(),
        satisfaction=satisfaction.strip(), recurrences=recurrences, verdict=verdict, reasons=reasons.strip(),
        watch_until=watch_until if verdict == Verdict.INCONCLUSIVE else None, judged_by=by,
    )  # fmt: skip
    _examine(verification)
    ratio = rate_ratio(after_events, after_exposure, before_events, before_exposure)
    verification.proposal = propose(ratio)
    verification.save()
    kept = _described(verification)
    if verdict == Verdict.EFFECTIVE:
        return move(row, "judge_effective", by=by, version=row.version, note=reasons, after=kept)
    if verdict == Verdict.NOT_EFFECTIVE:
        return _loop_back(row, reasons, kept, by=by)
    return _watch_on(row, verification, kept, by=by)


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


def _watch_on(row: Incident, verification: Verification, kept: dict, *, by: Person) -> Incident:
    row.due_at = business_end(verification.watch_until)
    postpone(row.case, row.stage, cycle=row.cycle, due_at=row.due_at)
    change(row, "judge_inconclusive", by=by, reason=verification.reasons, after=kept)
    tell(row, [row.owner, row.responsible_person], "watched", until=str(verification.watch_until))
    return row


def _examine(row: Verification) -> None:
    """Refuse what can't be: windows the wrong way round or in the future, exposures of nothing, no reasons."""
    wrong = {}
    if row.verdict not in Verdict.values:
        wrong["verdict"] = _("Choose a verdict.")
    if not row.reasons:
        wrong["reasons"] = _("Give the reasons for the verdict.")
    for field in ("metric", "unit_of_exposure", "source"):
        if not getattr(row, field):
            wrong[field] = _("Say what was counted, per what, and where the numbers come from.")
    if row.before_until < row.before_from:
        wrong["before_until"] = _("This lies before the beginning of the baseline.")
    if row.after_from <= row.before_until:
        wrong["after_from"] = _("The observation begins after the baseline ends.")
    if row.after_until < row.after_from:
        wrong["after_until"] = _("This lies before the beginning of the observation.")
    if row.after_until > timezone.localdate():
        wrong["after_until"] = _("This lies in the future: only what has been observed counts.")
    for field in ("before_exposure", "after_exposure"):
        if getattr(row, field) <= 0:
            wrong[field] = _("The exposure must be more than nothing.")
    for field in ("before_events", "after_events", "recurrences"):
        if getattr(row, field) < 0:
            wrong[field] = _("A count can't be less than nothing.")
    if row.verdict == Verdict.INCONCLUSIVE and (
        row.watch_until is None or row.watch_until <= timezone.localdate()
    ):
        wrong["watch_until"] = _("Say until when it is watched on: a day to come.")
    if wrong:
        raise Invalid(wrong)


def _described(row: Verification) -> dict:
    return {
        "verification": row.pk,
        "metric": row.metric,
        "before": f"{row.before_events} / {row.before_exposure}",
        "after": f"{row.after_events} / {row.after_exposure}",
        "proposal": row.proposal,
        "verdict": row.verdict,
        "watch_until": row.watch_until,
    }

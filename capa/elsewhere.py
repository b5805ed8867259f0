"""Other places with the same risk (横向排查): who looks where until when, and what they find.

It belongs to the analysis and may go on after it, until the case is closed; no gate waits for it.
"""

import datetime as dt
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.access import admit
from incidents.errors import Invalid, Stale
from incidents.lifecycle import change, hold, refuse_unless_allowed, tell
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person, Unit
from reminders.deadlines import close_deadline, open_deadline

from .models import Cause, ElsewhereCheck
from .plan import business_end

#: From the analysis on, until the case is closed.
STAGES = (Stage.ANALYSE, Stage.PLAN, Stage.TRACK, Stage.VERIFY, Stage.IMPROVE)


@transaction.atomic
def add_elsewhere_check(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    unit: Unit,
    owner: Person,
    due_on: dt.date,
    text: str,
    place: str = "",
    cause: Cause | None = None,
) -> Incident:
    """Ask somebody to look for the same risk in another place; they see the case from now on."""
    row = _hold(incident, "check_elsewhere", by=by, version=version)
    wrong = {}
    if not text.strip():
        wrong["text"] = _("Say what to look for.")
    if unit.company_id != row.unit.company_id:
        wrong["unit"] = _("Choose a unit of the company.")
    if not owner.is_active or row.unit.company_id not in owner.company_ids:
        wrong["owner"] = _("Name somebody of the company who sees to it.")
    if due_on < timezone.localdate():
        wrong["due_on"] = _("Choose a day to come.")
    if cause is not None and not row.causes.filter(pk=cause.pk).exists():
        wrong["cause"] = _("This cause doesn't belong to the round you are in.")
    if wrong:
        raise Invalid(wrong)
    check = ElsewhereCheck.objects.create(
        incident=row, cycle=row.cycle, cause=cause, unit=unit, place=place.strip(), text=text.strip(), owner=owner,
        due_on=due_on, added_by=by,
    )  # fmt: skip
    admit(row, owner)
    open_deadline(
        row.case, check.deadline_kind, cycle=row.cycle, label=row.number, owner=owner, unit=unit,
        due_at=business_end(due_on, unit),
    )  # fmt: skip
    change(row, "check_elsewhere", by=by, after=_described(check))
    if owner != by:
        tell(
            row, [owner], "elsewhere-assigned", url=page_of(row), about=str(check.pk), what=check.text,
            due=str(due_on), place=where(check),
        )  # fmt: skip
    return row


@transaction.atomic
def record_elsewhere_result(
    incident: Incident, *, by: Person, version: int | None, check: ElsewhereCheck, result: str, finding: str
) -> Incident:
    """Somebody has looked: is the same risk there? What was found is told to who asked and whose turn the case is."""
    row = _hold(incident, "record_elsewhere", by=by, version=version)
    check = _theirs(row, check, by=by)
    if result not in (ElsewhereCheck.Result.CLEAR, ElsewhereCheck.Result.FOUND):
        raise Invalid({"result": _("Say whether the same risk is there.")})
    if not finding.strip():
        raise Invalid({"finding": _("Say what was found, and how.")})
    before = _described(check)
    check.result, check.finding = result, finding.strip()
    check.checked_by, check.checked_at = by, timezone.now()
    check.save()
    close_deadline(row.case, check.deadline_kind, cycle=check.cycle)
    change(row, "record_elsewhere", by=by, before=before, after=_described(check))
    if result == ElsewhereCheck.Result.FOUND:
        tell(
            row, [person for person in (check.added_by, row.owner) if person != by], "elsewhere-found",
            url=page_of(row), about=str(check.pk), place=where(check), reason=check.finding,
        )  # fmt: skip
    return row


@transaction.atomic
def name_raised(
    incident: Incident, *, by: Person, version: int | None, check: ElsewhereCheck, number: str
) -> Incident:
    """Which incident was raised for what was found there."""
    row = _hold(incident, "record_elsewhere", by=by, version=version)
    check = _theirs(row, check, by=by)
    if check.result != ElsewhereCheck.Result.FOUND:
        raise Invalid({"check": _("Nothing was found there for which an incident could be raised.")})
    raised = Incident.objects.visible_to(by).filter(number=number.strip().upper()).exclude(pk=row.pk).first()
    if raised is None:
        raise Invalid({"number": _("You see no other incident with this number.")})
    check.raised = raised
    check.save()
    return change(row, "name_raised", by=by, after=_described(check) | {"raised": raised.number})


def _hold(incident: Incident, act: str, *, by: Person, version: int | None) -> Incident:
    row = hold(incident, act, by=by, version=version)
    if row.stage not in STAGES:
        raise Stale()
    return row


def _theirs(row: Incident, check: ElsewhereCheck, *, by: Person) -> ElsewhereCheck:
    """The check as it is now, if it is of this case, and this person's or one they may answer for."""
    found = row.elsewhere_checks.select_related("unit", "owner", "added_by").filter(pk=check.pk).first()
    if found is None:
        raise Invalid({"check": _("This doesn't belong to the case.")})
    if found.owner_id != by.pk:
        refuse_unless_allowed(row, "check_elsewhere", by=by)
    return found


# Reading -------------------------------------------------------------------------------------------------------------
def has_elsewhere() -> Exists:
    """Is the same risk looked for elsewhere at all? To be asked with the incident itself, as `has_elsewhere`."""
    return Exists(ElsewhereCheck.objects.filter(incident=OuterRef("pk")))


def listed(incident: Incident, person: Person, *, may_ask: bool) -> dict:
    """All checks of the case, the open ones first, and what this person may do about each.

    `may_ask`: may they ask for more, and answer for others?
    """
    rows = incident.elsewhere_checks.select_related(
        "unit", "owner", "checked_by", "added_by", "raised", "cause"
    )
    checks = list(rows) if getattr(incident, "has_elsewhere", True) else []
    going_on = incident.stage in STAGES and not incident.short_path
    may_ask = going_on and may_ask
    for check in checks:
        check.is_open = check.result == ElsewhereCheck.Result.PENDING
        check.is_late = check.is_open and going_on and check.due_on < timezone.localdate()
        check.yours = going_on and (may_ask or check.owner_id == person.pk)
        check.report_url = report_url(check)
    checks.sort(key=lambda check: not check.is_open)
    return {"checks": checks, "open": sum(check.is_open for check in checks), "may_ask": may_ask}


def report_url(check: ElsewhereCheck) -> str:
    """The report form with the place filled in."""
    return f"{reverse('report')}?{urlencode({'unit': check.unit.code, 'place': check.place})}"


def page_of(incident: Incident) -> str:
    return f"{reverse('workbench', args=[incident.number])}#elsewhere"


def where(check: ElsewhereCheck) -> str:
    return f"{check.unit} · {check.place}" if check.place else str(check.unit)


def _described(check: ElsewhereCheck) -> dict:
    return {
        "check": check.pk,
        "where": where(check),
        "text": check.text,
        "owner": check.owner.display_name,
        "due_on": check.due_on,
        "result": check.result,
        "finding": check.finding,
    }

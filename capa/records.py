"""What can be recorded on the page of a measure: one page for each, and a big button on a phone."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.permissions import Standing
from incidents.stages import Stage
from people.models import Person

from . import track
from .forms import track as forms
from .models import LedgerEntry, Measure


@dataclass(frozen=True)
class Record:
    """An act on one measure. `rule` is its key in permissions.ACTS; None: the owner's own acts."""

    slug: str
    title: Promise
    button: Promise
    perform: Callable
    form: type[forms.RecordForm]
    icon: str
    rule: str | None = None
    text: Promise | str = ""
    finished_too: bool = False
    is_primary: bool = False


RECORDS = {
    record.slug: record
    for record in (
        Record(
            "progress", _("Record progress"), _("Record progress"), track.record_progress, forms.ProgressForm,
            "pencil", is_primary=True,
        ),
        Record(
            "complete", _("The measure is done"), _("It is done"), track.complete_measure, forms.CompleteForm,
            "check", text=_("Show that it is done: a photo, a document, or where the record is kept."),
        ),
        Record(
            "deviation", _("Report a deviation"), _("Report a deviation"), track.record_deviation,
            forms.DeviationForm, "warning", text=_("The responsible person and the quality manager are told."),
        ),
        Record(
            "extension", _("Ask for more time"), _("Ask for more time"), track.request_extension,
            forms.ExtensionForm, "due",
            text=_("A quality manager decides. The original date stays visible."),
        ),
        Record(
            "withdrawal", _("Ask to withdraw the measure"), _("Ask to withdraw"), track.request_withdrawal,
            forms.WithdrawalForm, "undo", text=_("A quality manager decides."),
        ),
        Record(
            "hand-over", _("Hand the measure over"), _("Hand over…"), track.hand_over, forms.HandOverForm,
            "user-round-plus", rule="record_for_owner", text=_("The due date stays."),
        ),
        Record(
            "check", _("Check the execution"), _("Check"), track.check, forms.CheckForm, "clipboard-check",
            rule="check", finished_too=True,
            text=_("Look at it on the spot. If something is found, a finished measure goes back to its owner."),
        ),
        Record(
            "decide", _("Decide the request"), _("Decide the request"), track.decide_change, forms.DecideForm,
            "scale", rule="decide_change",
        ),
    )
}  # fmt: skip


def open_to(person: Person, measure: Measure, request: LedgerEntry | None) -> dict[str, Record]:
    """What this person may record about this measure now. The functions check it again."""
    incident = measure.incident
    if (
        incident.stage != Stage.TRACK
        or measure.plan.cycle != incident.cycle
        or measure.status == Measure.Status.WITHDRAWN
    ):
        return {}
    standing = Standing(person, incident)
    is_own = measure.owner_id == person.pk or standing.allows("record_for_owner")

    def is_open(record: Record) -> bool:
        if measure.is_finished and not record.finished_too:
            return False
        if record.slug == "decide" and (request is None or request.by_id == person.pk):
            return False
        if record.slug == "complete" and not (
            measure.owner_id == person.pk or standing.allows("complete_for_owner")
        ):
            return False
        if record.slug in ("extension", "withdrawal", "complete") and request is not None:
            return False
        return is_own if record.rule is None else standing.allows(record.rule)

    return {slug: record for slug, record in RECORDS.items() if is_open(record)}

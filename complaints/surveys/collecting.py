"""Links and QR codes of places: whoever is there can answer, one answer for each device and day."""

import datetime as dt
import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from people.models import Person, Unit

from ..models import Collector, Survey
from .making import may_keep


@transaction.atomic
def set_up(survey: Survey, *, by: Person, unit: Unit, place: str = "") -> Collector:
    """A link of its own for a unit within the survey's, or for one place of it. Raises NotAllowed, Invalid, Stale."""
    row = Survey.objects.select_for_update(of=("self",)).select_related("unit").get(pk=survey.pk)
    if not may_keep(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if row.ended_at is not None:
        raise Stale(_("This survey has ended."))
    if not unit.path.startswith(row.unit.path):
        raise Invalid({"unit": _("The survey is not asked there.")})
    collector = Collector.objects.create(
        survey=row, unit=unit, place=place.strip()[:120], code=secrets.token_urlsafe(9)
    )
    record(
        f"survey:{row.pk}", "survey.collect", label=row.name, by=by, unit=row.unit,
        after={"collector": collector.pk, "at": unit, "place": collector.place},
    )  # fmt: skip
    return collector


@transaction.atomic
def take_down(collector: Collector, *, by: Person) -> None:
    """Let this link be answered no more."""
    row = (
        Collector.objects.select_for_update(of=("self",))
        .select_related("survey__unit", "unit")
        .get(pk=collector.pk)
    )
    if not may_keep(by, row.survey):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if row.ended_at is not None:
        raise Stale(_("This link has ended already."))
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    record(
        f"survey:{row.survey_id}", "survey.collect_end", label=row.survey.name, by=by, unit=row.survey.unit,
        after={"collector": row.pk, "at": row.unit, "place": row.place},
    )  # fmt: skip


def address_of(collector: Collector) -> str:
    """What the QR code holds."""
    return f"{settings.BASE_URL}{reverse('survey-place', args=[collector.code])}"


def device_digest(collector: Collector, device: str, day: dt.date) -> str:
    """A device at this collector on this day: equal only to itself, and nothing leads back from it to the device."""
    return salted_hmac("surveys.device", f"{collector.pk}:{day}:{device}", algorithm="sha256").hexdigest()

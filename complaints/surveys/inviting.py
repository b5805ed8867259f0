"""Asking customers after their case has closed: found by the worker, once each, and not too often.

The link is composed when the letter is sent, or the customer's page is shown: signed, good for one invitation, and
nothing of it is stored. Asked is who agreed to be contacted; never about what is visible to named people only.
"""

import datetime as dt

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from history.recording import record
from incidents.models import Incident
from incidents.stages import ReporterKind, Stage
from people.models import Contact, Unit
from reminders.deliveries.customers import write_letter

from ..customers import by_email, by_phone, findable
from ..links import digest_of, new_token
from ..models import Complaint, Invitation, Response, Survey, SurveyVersion
from ..states import State

SALT = "surveys.invitation"
#: How far back the worker looks: what closed while it stood still is asked about, what is long past isn't.
LOOKS_BACK = dt.timedelta(days=7)
#: Cases fetched at a time.
AT_ONCE = 200


# Whom -----------------------------------------------------------------------------------------------------------------
def invite_closed(now: dt.datetime | None = None) -> int:
    """Invite the customers whose case has closed since; gives how many."""
    now = now or timezone.now()
    asked = _surveys_by_unit()
    if not asked:
        return 0
    invited = 0
    for kind, cases in (
        ("complaint", complaints_to_ask_about(now)),
        ("incident", incidents_to_ask_about(now)),
    ):
        for case in cases.iterator(AT_ONCE):
            version = _nearest(asked, case.unit)
            if version is not None and not asked_lately(version.survey, case.contact, now):
                invited += invite(version, now=now, **{kind: case}) is not None
    return invited


def complaints_to_ask_about(now: dt.datetime) -> QuerySet[Complaint]:
    """Closed complaints of customers who agreed, about which nobody was asked in this round.

    Who complained by a bad rating isn't asked to rate that in turn.
    """
    asked = Invitation.objects.filter(complaint=OuterRef("pk"), round=OuterRef("round"))
    return (
        Complaint.objects.filter(
            closed_at__gte=now - LOOKS_BACK, anonymised_at=None, state=State.CLOSED, sensitive=False,
            anonymous=False, consented_at__isnull=False, contact__isnull=False, contact__erased_at=None,
        )
        .exclude(Exists(asked))
        .exclude(Exists(Response.objects.filter(complaint=OuterRef("pk"))))
        .select_related("unit", "contact")
        .order_by("closed_at")
    )  # fmt: skip


def incidents_to_ask_about(now: dt.datetime) -> QuerySet[Incident]:
    """Closed incidents that a customer reported with an address, and that no complaint speaks for."""
    asked = Invitation.objects.filter(incident=OuterRef("pk"), round=OuterRef("cycle"))
    return (
        Incident.objects.filter(
            stage=Stage.CLOSED, closed_at__gte=now - LOOKS_BACK, contact__isnull=False, contact__erased_at=None,
            reporter_kind=ReporterKind.OTHER, external_source="",
        )
        .exclude(contact__email="")
        .exclude(Exists(asked))
        .exclude(Exists(Complaint.objects.filter(incident=OuterRef("pk"))))
        .select_related("unit", "contact")
        .order_by("closed_at")
    )  # fmt: skip


@transaction.atomic
def invite(
    version: SurveyVersion,
    *,
    complaint: Complaint | None = None,
    incident: Incident | None = None,
    now: dt.datetime | None = None,
) -> Invitation | None:
    """Ask the customer of a closed case, by letter where there is an address. None when they are not to be asked (any
    more): asked lately, or the case has changed meanwhile. Once for each round of a case, however often it is called.
    """
    now = now or timezone.now()
    case = (
        complaints_to_ask_about(now).filter(pk=complaint.pk).select_for_update(of=("self",)).first()
        if complaint is not None
        else incidents_to_ask_about(now).filter(pk=incident.pk).select_for_update(of=("self",)).first()
    )
    survey = Survey.objects.select_for_update().get(
        pk=version.survey_id
    )  # one after another, for asked_lately
    if case is None or survey.ended_at is not None or asked_lately(survey, case.contact, now):
        return None
    invitation = Invitation.objects.create(
        survey=survey, version=version, unit=case.unit, contact=case.contact, digest=digest_of(new_token()),
        complaint=case if complaint is not None else None, incident=case if incident is not None else None,
        round=case.round if complaint is not None else case.cycle, created_at=now,
        expires_at=now + dt.timedelta(days=survey.valid_days),
    )  # fmt: skip
    record(
        case.case, f"{case.case.partition(':')[0]}.invited", label=case.number, by=None, unit=case.unit,
        after={"invitation": invitation.pk},
    )  # fmt: skip
    write_letter(case.contact, f"invitation:{invitation.pk}", subject=case.case)
    return invitation


def asked_lately(survey: Survey, contact: Contact, now: dt.datetime) -> bool:
    """Was this customer, known by address or number, invited to any survey within the days of rest?"""
    same = Q(contact=contact)
    if contact.email:
        same |= Q(contact__in=findable().filter(by_email(contact.email)).values("pk"))
    if contact.phone_digits:
        same |= Q(contact__in=findable().filter(by_phone(contact.phone_digits)).values("pk"))
    since = now - dt.timedelta(days=survey.rest_days)
    return Invitation.objects.filter(same, created_at__gt=since).exists()


def _surveys_by_unit() -> dict[int, SurveyVersion]:
    """What is asked after a case, by the unit that it is asked in: the newest survey where there are several."""
    versions = (
        SurveyVersion.objects.filter(
            published_at__isnull=False, retired_at=None, survey__purpose=Survey.Purpose.AFTER_CASE, survey__ended_at=None
        )
        .select_related("survey")
        .order_by("survey_id")
    )  # fmt: skip
    return {version.survey.unit_id: version for version in versions}


def _nearest(asked: dict[int, SurveyVersion], unit: Unit) -> SurveyVersion | None:
    return next((asked[pk] for pk in reversed(unit.lineage) if pk in asked), None)


# The link -------------------------------------------------------------------------------------------------------------
def address_of(invitation: Invitation) -> str:
    """The address of the questions for this customer, with a token of its own."""
    token = signing.dumps([invitation.pk, _fingerprint(invitation)], salt=SALT)
    return f"{settings.BASE_URL}{reverse('survey', args=[token])}"


def find(token: str) -> Invitation | None:
    """The invitation that this token opens, expired ones too: their page says so. None for what nobody was sent."""
    try:
        pk, fingerprint = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    invitation = find_by_pk(pk)
    if invitation is None or not constant_time_compare(_fingerprint(invitation), fingerprint):
        return None
    return invitation


def find_by_pk(pk: int) -> Invitation | None:
    rows = Invitation.objects.select_related(
        "version__survey__unit",
        "survey",
        "unit",
        "contact",
        "complaint__unit",
        "complaint__contact",
        "incident__unit",
    )
    return rows.filter(pk=pk).first()


def is_open(invitation: Invitation, now: dt.datetime | None = None) -> bool:
    """May it still be answered? Not after the customer's data was erased, nor when it became one for few eyes."""
    sealed = invitation.complaint is not None and invitation.complaint.sensitive
    erased = invitation.contact is None or invitation.contact.erased_at is not None
    ended = invitation.survey.ended_at is not None or invitation.expires_at <= (now or timezone.now())
    return not (sealed or erased or ended)


def invitation_for(complaint: Complaint) -> Invitation | None:
    """What the customer's page offers after the complaint has closed: the latest invitation that is still open."""
    rows = Invitation.objects.filter(complaint=complaint, expires_at__gt=timezone.now())
    invitation = rows.select_related("survey", "contact", "complaint").order_by("-pk").first()
    return invitation if invitation is not None and is_open(invitation) else None


def offer_for(complaint: Complaint) -> dict | None:
    """For the customer's page: {"url", "answered", "until"} of the open invitation, or None."""
    invitation = invitation_for(complaint)
    if invitation is None:
        return None
    answered = Response.objects.filter(invitation=invitation).exists()
    return {"url": address_of(invitation), "answered": answered, "until": invitation.expires_at}


def reference_of(invitation: Invitation) -> str:
    """All that the page tells about the case, besides its unit."""
    case = invitation.complaint or invitation.incident
    return case.number if case is not None else ""


def _fingerprint(invitation: Invitation) -> str:
    """Which invitation it is, without telling the digest that is stored."""
    return salted_hmac(SALT, invitation.digest, algorithm="sha256").hexdigest()[:16]

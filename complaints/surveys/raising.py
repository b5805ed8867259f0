"""A bad rating becomes a complaint, once: who is dissatisfied is heard without having to complain as well."""

from django.utils import translation
from django.utils.translation import gettext as _

from history.recording import record

from .. import intake
from ..models import Response
from ..states import Channel


def raise_if_bad(response: Response) -> None:
    """Raise a complaint when the index lies below what the survey says is bad. In the transaction of the answer."""
    survey = response.version.survey
    bad = survey.bad_below is not None and response.index is not None and response.index < survey.bad_below
    if not bad or response.complaint_id is not None or response.channel == Response.Channel.IMPORT:
        return
    invitation = response.invitation
    earlier = invitation.complaint if invitation else None
    contact = invitation.contact if invitation else None
    language = response.language or (earlier.language if earlier else "zh-hans")
    with translation.override(language):
        words = response.comment or _("A customer was not satisfied: %(index)s of 100 points.") % {
            "index": f"{response.index:.0f}"
        }
        about = _("Survey “%(survey)s”") % {"survey": survey.name}
        if earlier is not None:
            about = f"{about}, {earlier.number}"
    complaint, _token = intake.receive(
        by=None, unit=response.unit, text=f"{words}\n\n({about})", title=words[:160], channel=Channel.SURVEY,
        contact=contact if contact is not None and contact.erased_at is None else None, language=language,
        consented=earlier is not None and earlier.consented_at is not None, anonymous=contact is None,
        place=response.collector.place if response.collector else "", close_as=earlier,
    )  # fmt: skip
    response.complaint = complaint
    response.save(update_fields=["complaint"])
    if earlier is not None:
        record(
            earlier.case, "complaint.rated_badly", label=earlier.number, by=None, unit=earlier.unit,
            after={"raised": complaint.number},
        )  # fmt: skip

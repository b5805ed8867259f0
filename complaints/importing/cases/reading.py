"""Rows of a file -> complaints as we understand them, or what is wrong with them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from complaints.states import Channel
from incidents.identify import title_from
from incidents.importing.fields import tidy
from incidents.importing.reading import DESCRIPTION_LIMIT, Reader, Told
from incidents.importing.sample import Sample

from .fields import BY_NAME, ComplaintCatalogues, ComplaintMapping

TITLE_LIMIT = Complaint._meta.get_field("title").max_length


class ComplaintReader(Reader):
    """The values of a case are the arguments of `intake.receive`, and the reply that was given elsewhere."""

    CATALOGUES = ComplaintCatalogues
    LABELS = BY_NAME

    def _values(self, told: Told) -> dict[str, Any]:
        text, title = tidy(told.text("description")), " ".join(told.text("title").split())
        more = [f"{heading}: {value}" for heading, value in told.also()]
        if len(title) > TITLE_LIMIT:  # nothing is lost: what doesn't fit begins the text
            text, title = f"{title}\n{text}".strip(), title_from(title)
        text = "\n".join([*filter(None, [text or ("" if more else title)]), *more])
        if not text:
            told.problem("description", _("Nothing says what happened."))
        if len(text) > DESCRIPTION_LIMIT:
            told.problem("description", _("Longer than %(limit)s characters."), limit=DESCRIPTION_LIMIT)
        received = told.moment("reported_at") or self.default_at
        if received is None and not told.has_problem("reported_at"):
            told.problem("reported_at", _("The date is missing."))
        contact = {part: told.limited(f"contact_{part}") for part in ("name", "phone")} | {
            "email": told.email()
        }
        return {
            "category": told.choice("type"),
            "unit": told.choice("unit"),
            "title": title,
            "text": text,
            "place": told.limited("place"),
            "occurred_at": told.moment("occurred_at"),
            "received_at": received,
            "channel": told.choice("channel") or Channel.WEB,
            "contact": contact if any(contact.values()) else None,
            "external_source": self.options.source,
            "external_id": told.case.external_id,
            "reply": told.limited("reply"),
            "replied_at": told.moment("replied_at"),
        }

    def _close(self, told: Told) -> None:
        """Was it over in the source? Where nothing says so, an answer was the end of it."""
        values = told.case.values
        closed = told.moment("closed_at")
        if values["reply"] and values["replied_at"] is None and not told.has_problem("replied_at"):
            if "replied_at" in self.places:
                told.problem("replied_at", _("There is a reply, but nothing says when."))
            values["replied_at"] = closed
        state = told.choice("state") if "state" in self.places else ""
        if state == "open":
            return
        if closed is None and values["replied_at"] is not None:
            self.remark("closed", _("A complaint with a reply counts as closed at the moment of the reply."))
            closed = values["replied_at"]
        if state == "closed" and closed is None and not told.has_problem("closed_at"):
            told.problem("state", _("It is closed, but nothing says when."))
        told.case.closed_at = closed

    def _check_times(self, told: Told) -> None:
        values, closed = told.case.values, told.case.closed_at
        received, replied, occurred = values["received_at"], values["replied_at"], values["occurred_at"]
        for name, moment in (
            ("occurred_at", occurred), ("reported_at", received), ("replied_at", replied), ("closed_at", closed),
        ):  # fmt: skip
            if moment is not None and moment > self.now and name in self.places:
                told.problem(name, _("This lies in the future."))
        if received is None:
            return
        if occurred is not None and received < occurred:
            told.problem("reported_at", _("It was received before it happened."))
        if replied is not None and replied < received:
            told.problem("replied_at", _("It was answered before it was received."))
        elif closed is not None and closed < received:
            told.problem("closed_at", _("It was closed before it was received."))


class ComplaintSample(Sample):
    MAPPING = ComplaintMapping
    READER = ComplaintReader

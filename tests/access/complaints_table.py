"""The part of the authorisation table about complaints, surveys and the pages of customers."""

import datetime as dt
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from complaints import attaching, intake, reply_rules, reply_templates
from complaints.models import Category, Erasure, IncomingMail, Invitation, Mailbox, Response
from complaints.states import Channel
from complaints.surveys import answering, collecting, inviting, making
from incidents.models import Job
from people.models import Contact
from tests.access.cells import (
    ADMIN_LIST,
    ADMIN_OBJECT,
    API,
    EVERYBODY,
    IMPORTERS,
    LOGIN_ONLY,
    NEITHER,
    NOBODY,
    PUBLIC,
    Cell,
    only,
)
from tests.complaints import answers
from tests.complaints.asking_customers import survey
from tests.incidents import samples

#: Who sees a complaint of the crew's unit by a post there or above it.
DESK = frozenset({"site_manager", "supervisor", "quality", "handler", "executive"})

#: Who deals with customers: there, and in any unit. Who rules over a whole company.
CARE = frozenset({"handler", "quality"})
CARE_ANYWHERE = CARE | {"west_manager", "hotel_quality"}
RULERS = frozenset({"quality", "admin", "hotel_quality"})

#: url name -> (GET, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    "complaint": (only(DESK), NOBODY),
    # customers' personal data: tests/complaints/test_personal_*.py
    "complaint-contact": (only(CARE, refused=DESK), only(CARE, refused=DESK)),
    "complaint-customer": (only(CARE, refused=DESK), NOBODY),
    "customer-hand-out": (only(CARE, refused=DESK), only(CARE, refused=DESK)),
    "customer-erase": (only(CARE, refused=DESK), only(CARE, refused=DESK)),
    "customers": (only(CARE_ANYWHERE, 403), only(CARE_ANYWHERE, 403)),
    "erasures": (only(CARE_ANYWHERE, 403), NOBODY),
    "erasure": (only(CARE), NOBODY),
    "erasure-confirm": (NOBODY, only(CARE)),
    "erasure-decline": (NOBODY, only(CARE)),
    "retention": (only(RULERS, 403), only(RULERS, 403)),
    # of customers, without an account: whoever holds the link; what a foreign link opens: tests/complaints
    "tell": (PUBLIC, PUBLIC),
    "tell-at": (PUBLIC, PUBLIC),
    "tell-places": (PUBLIC, NEITHER),
    "tell-upload": (NEITHER, PUBLIC),
    "tell-take-back": (NOBODY, NOBODY),  # DELETE: see tests/complaints/test_public_form.py
    "customer-lookup": (PUBLIC, PUBLIC),
    "customer-renew": (PUBLIC, PUBLIC),
    "customer-page": (PUBLIC, NEITHER),
    "customer-write": (NEITHER, PUBLIC),
    "customer-not-solved": (PUBLIC, PUBLIC),
    "customer-solved": (PUBLIC, PUBLIC),
    "customer-file": (PUBLIC, NEITHER),
    "customer-thumbnail": (PUBLIC, NEITHER),
    "customer-poster": (
        only({"site_manager", "supervisor", "quality", "handler", "executive", "admin"}),
        NOBODY,
    ),
}

#: Who sees a survey of the whole company: whoever oversees some unit in it. Two of them make it.
ASKING = DESK | {"west_manager"}
MAKERS = frozenset({"quality", "handler"})
MADE = only(MAKERS, refused=ASKING)
CUSTOMERS_ONLY = only((), denied=403, anonymous="in")

TABLE |= {
    "survey-list": (only(ASKING | {"hotel_quality"}, denied=403), NOBODY),
    "survey-new": (
        only(MAKERS | {"west_manager", "hotel_quality"}),
        only(MAKERS | {"west_manager", "hotel_quality"}),
    ),
    "survey-page": (only(ASKING), NOBODY),
    "survey-preview": (only(ASKING), NOBODY),
    "survey-settings": (MADE, MADE),
    "survey-questions": (MADE, MADE),
    "survey-question-add": (MADE, MADE),
    "survey-question": (MADE, MADE),
    **dict.fromkeys(
        (
            "survey-draft", "survey-publish", "survey-discard", "survey-end", "survey-question-move",
            "survey-question-remove", "survey-place-add", "survey-place-end",
        ),
        (NOBODY, MADE),
    ),
    "survey-place-poster": (only(DESK), NOBODY),
    "survey-type": (  # the manager of the west types in what was answered there
        only(MAKERS | {"west_manager"}, refused=ASKING),
        only(MAKERS | {"west_manager"}, refused=ASKING),
    ),
    "survey-correct": (only(MAKERS, refused=DESK), only(MAKERS, refused=DESK)),
    "survey": (PUBLIC, CUSTOMERS_ONLY),  # staff look at a preview and never rate
    "survey-place": (PUBLIC, CUSTOMERS_ONLY),
}  # fmt: skip


#: Who writes templates of replies; the quality managers among them set the rules. Each for their own units.
WRITERS = frozenset({"quality", "handler", "west_manager", "hotel_quality"})
RULERS = WRITERS - {"handler"}

TABLE |= {
    "reply-templates": (only(WRITERS, denied=403), NOBODY),
    "reply-template-add": (only(WRITERS, denied=403), only(WRITERS, denied=403)),
    "reply-template": (only(MAKERS, refused=EVERYBODY - WRITERS),) * 2,
    "reply-template-retire": (NOBODY, only(MAKERS, refused=EVERYBODY - WRITERS)),
    "reply-rules": (only(RULERS, denied=403), only(RULERS, denied=403)),
    "reply-rule-end": (NOBODY, only({"quality"}, refused=EVERYBODY - RULERS)),
}

TABLE |= {
    "mailboxes": (ADMIN_LIST, NOBODY),
    "mailbox-add": (ADMIN_LIST, ADMIN_LIST),
    "mailbox": (ADMIN_OBJECT, ADMIN_OBJECT),
    "mailbox-log": (ADMIN_OBJECT, NOBODY),
    "mailbox-test": (NOBODY, ADMIN_OBJECT),
    "mailbox-end": (NOBODY, ADMIN_OBJECT),
    "mailbox-mail-again": (NOBODY, ADMIN_OBJECT),
}

#: Who takes down, in a unit of their own: everybody who works in one. Who works on a complaint opens its files.
WORKING = frozenset({"site_manager", "supervisor", "quality", "handler"})
OVERSEERS = frozenset({"quality", "west_manager", "hotel_quality", "admin"})
#: The catalogue is the whole installation's: for whole companies only.
CATALOGUE = frozenset({"quality", "hotel_quality", "admin"})

TABLE |= {
    "complaint-list": (LOGIN_ONLY, NOBODY),
    "api-complaints": (API, API),
    "api-complaint": (only(DESK, anonymous=401), NOBODY),
    "complaint-export": (NOBODY, LOGIN_ONLY),
    "complaint-call": (LOGIN_ONLY, LOGIN_ONLY),
    "complaint-call-find": (NOBODY, LOGIN_ONLY),
    "complaint-call-told": (NOBODY, LOGIN_ONLY),
    "complaint-alike": (only(DESK), NOBODY),
    **dict.fromkeys(
        ("complaint-file", "complaint-file-inline", "complaint-file-thumbnail", "complaint-file-view"),
        (only(WORKING), NOBODY),
    ),
    "complaint-categories": (only(OVERSEERS), NOBODY),
    "complaint-category-add": (only(CATALOGUE), only(CATALOGUE)),
    "complaint-category": (only(CATALOGUE), only(CATALOGUE)),
    "complaint-category-change": (NOBODY, only(CATALOGUE)),
}


#: Who imports from other systems; a file is its sender's alone.
SENT = only({"quality"}, refused=EVERYBODY - IMPORTERS)

TABLE |= {
    "survey-results": (only(ASKING), NOBODY),
    "survey-results-csv": (only(ASKING), NOBODY),
    "survey-results-xlsx": (only(ASKING), NOBODY),
    "survey-results-svg": (only(DESK), NOBODY),  # in the west nobody has answered: nothing to draw
    "survey-results-png": (only(DESK), NOBODY),
    "survey-comments": (only(ASKING), NOBODY),
    "comment-classify": (NOBODY, only(MAKERS, refused=DESK)),
    "comment-raise": (NOBODY, only(MAKERS, refused=DESK)),
    "complaint-figures": (only(DESK | {"west_manager", "hotel_quality"}, denied=403), NOBODY),
    "complaint-figures-csv": (only(DESK | {"west_manager", "hotel_quality"}, denied=403), NOBODY),
    "complaint-imports": (only(IMPORTERS, 403), only(IMPORTERS, 403)),
    "complaint-import-columns": (SENT, SENT),
    "complaint-import-start": (NOBODY, SENT),
    "answer-imports": (only(IMPORTERS, 403), only(IMPORTERS, 403)),
    "answer-import-columns": (SENT, SENT),
    "answer-import-start": (NOBODY, SENT),
}


def world(cast, units) -> dict:
    """What the addresses are filled with: a complaint about the crew that Zhao took down."""
    complaint, _token = intake.receive(
        by=cast.handler, unit=units.crew, text="The conductor was rude to my mother.", channel=Channel.PHONE
    )
    return (
        {"complaint": [complaint.number]}
        | _desk(cast, units, complaint)
        | _personal(cast, units)
        | _of_a_customer(units)
        | _replies(cast, units)
        | _survey(cast, units, complaint)
        | _results(cast, units)
        | _mailbox(cast, units)
    )


def _desk(cast, units, complaint) -> dict:
    """A letter about the crew with a photo, and a category to be reworded."""
    key = uuid.uuid4()
    photo = attaching.store(SimpleUploadedFile("letter.jpg", samples.picture()), by=cast.handler, key=key)
    intake.receive(
        by=cast.handler, unit=units.crew, text="See the letter.", channel=Channel.PAPER, key=key,
        uploads=[photo.pk],
    )  # fmt: skip
    names = ("complaint-file", "complaint-file-inline", "complaint-file-thumbnail", "complaint-file-view")
    kind = Category.objects.get(code="attitude")
    return {
        **dict.fromkeys(("complaint-alike", "api-complaint"), [complaint.number]),
        **dict.fromkeys(names, [photo.pk]),
        **dict.fromkeys(("complaint-category", "complaint-category-change"), [kind.pk]),
    }


def _personal(cast, units) -> dict:
    """A customer of the crew who left a number, and a request to erase what is held about them."""
    complaint, _token = intake.receive(
        by=cast.handler, unit=units.crew, text="The conductor was rude.", channel=Channel.PHONE,
        contact={"name": "Huang", "phone": "13912341402"},
    )  # fmt: skip
    erasure = Erasure.objects.create(
        unit=units.crew, contacts=[complaint.contact_id], reason=Erasure.Reason.REQUEST, asked_by=cast.handler
    )
    about = ("complaint-contact", "complaint-customer", "customer-hand-out", "customer-erase")
    return {
        **dict.fromkeys(about, [complaint.number]),
        **dict.fromkeys(("erasure", "erasure-confirm", "erasure-decline"), [erasure.pk]),
    }


def _mailbox(cast, units) -> dict:
    """A mailbox of the crew, whose server isn't there, and a mail that was held back."""
    mailbox = Mailbox.objects.create(
        unit=units.crew, address="crew@rail.example", host="127.0.0.1", port=1, security=Mailbox.Security.NONE,
        username="crew", set_by=cast.admin,
    )  # fmt: skip
    mail = IncomingMail.objects.create(mailbox=mailbox, message_id="1@x", uid=1, outcome="flood")
    names = ("mailbox", "mailbox-log", "mailbox-test", "mailbox-end")
    return dict.fromkeys(names, [mailbox.pk]) | {"mailbox-mail-again": [mail.pk]}


def _replies(cast, units) -> dict:
    """A template and a rule of the crew."""
    template = reply_templates.add_template(
        by=cast.quality, unit=units.crew, name="Delay", language="en", text="We are sorry: {finding}"
    )
    rule = reply_rules.set_rule(by=cast.quality, unit=units.crew, min_priority=3)
    names = ("reply-template", "reply-template-retire")
    return dict.fromkeys(names, [template.pk]) | {"reply-rule-end": [rule.pk]}


def _survey(cast, units, complaint) -> dict:
    """A survey of the railway, asked at the crew, by letter and on paper, whose next version is being written."""
    asked = survey(units, cast.quality)
    draft = making.draft(asked.survey, by=cast.quality)
    place = collecting.set_up(asked.survey, by=cast.quality, unit=units.crew)
    sheet = answering.answer(
        asked, scores={"a": 3}, unit=units.crew, channel=Response.Channel.PAPER, entered_by=cast.handler
    )
    invitation = Invitation.objects.create(
        survey=asked.survey, version=asked, unit=units.crew, complaint=complaint, digest="d" * 64,
        contact=Contact.objects.create(name="Huang", email="huang@example.org"),
        expires_at=timezone.now() + dt.timedelta(days=14),
    )  # fmt: skip
    item = draft.items.first()
    names = (
        "page",
        "preview",
        "settings",
        "questions",
        "question-add",
        "draft",
        "publish",
        "discard",
        "end",
        "place-add",
        "type",
    )
    return {
        **{f"survey-{name}": [asked.survey_id] for name in names},
        **{f"survey-question{name}": [item.pk] for name in ("", "-move", "-remove")},
        "survey-place-poster": [place.pk], "survey-place-end": [place.pk], "survey-place": [place.code],
        "survey-correct": [sheet.pk], "survey": [inviting.address_of(invitation).split("/")[-2]],
    }  # fmt: skip


def _results(cast, units) -> dict:
    """What six customers of the crew answered, one in words; a file of each kind, sent and tried."""
    version = answers.survey_of(units.rail, cast.quality)
    first, *_others = answers.answer(version, units.crew, *[(4, 5, 4, 9, None)] * 6, comment="Cold.")
    names = ("results", "results-csv", "results-xlsx", "comments")
    args = {
        **{f"survey-{name}": [version.survey_id] for name in names},
        **{f"survey-results-{kind}": [version.survey_id, "dimensions"] for kind in ("svg", "png")},
        "comment-classify": [first.pk], "comment-raise": [first.pk],
    }  # fmt: skip
    for name, kind in (("complaint", Job.Kind.CHECK_COMPLAINTS), ("answer", Job.Kind.CHECK_ANSWERS)):
        table = SimpleUploadedFile("told.csv", b"what,when,a\r\nLate,2026-11-01,4\r\n")
        draft, tried = (
            Job.objects.create(kind=kind, owner=cast.quality, file=table, name="told.csv", status=status)
            for status in (Job.Status.QUEUED, Job.Status.DONE)
        )
        args |= {f"{name}-import-columns": [draft.pk], f"{name}-import-start": [tried.pk]}
    return args


def _of_a_customer(units) -> dict:
    """What a customer who wrote with a photo opens by their link."""
    key = uuid.uuid4()
    photo = attaching.store(SimpleUploadedFile("seat.jpg", samples.picture()), by=None, key=key)
    _complaint, token = intake.receive(
        by=None,
        unit=units.station,
        text="Seats are broken.",
        channel=Channel.WEB,
        key=key,
        uploads=[photo.pk],
    )
    names = ("customer-page", "customer-write", "customer-not-solved", "customer-solved")
    return {
        **dict.fromkeys(names, [token]),
        **dict.fromkeys(("customer-file", "customer-thumbnail"), [token, photo.pk]),
        "tell-at": [units.station.code], "customer-poster": [units.crew.code], "tell-take-back": [photo.pk],
    }  # fmt: skip

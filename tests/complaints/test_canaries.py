"""Nobody reads what identifies a customer who doesn't have to deal with them (QUALITY D10, D11).

In every row of the world of the authorisation table a customer's name, numbers and addresses are put wherever words can
stand; then every page of complaints and surveys is opened by everybody, and what comes back is searched for them. URLs
and acts that are added later are walked by themselves.
"""

import pytest
from django.apps import apps
from django.db import models, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from complaints import acts
from complaints.models import Complaint, Erasure, Response
from complaints.urls import urlpatterns
from config.api.urls import urlpatterns as api_patterns
from people.models import Contact
from tests.access import complaints_table
from tests.complaints import canaries
from tests.complaints.canaries import NAME

pytestmark = pytest.mark.django_db

#: In the table of contacts: for nobody, but once and for a reason. In free text: for those who deal with customers.
PHONE, EMAIL = "13987651402", "canary@customer.example"
SAID_PHONE, SAID_EMAIL, WORD = "13612345678", "said@customer.example", "Zeisigwort"
TEXT = f"{WORD}: I am {NAME}, {SAID_PHONE}, {SAID_EMAIL}."
#: Who deals with the customers of the crew and the station.
CARE = ("quality", "handler")
#: Who sees those complaints at all.
DESK = ("site_manager", "supervisor", "quality", "handler", "executive")

#: One of each kind; the access table walks with everybody.
WALKERS = ("supervisor", "executive", "handler", "hotel_quality", "stranger")

#: Words of ours, which name nobody: what is asked, what templates say, codes, digests, settings.
OURS = {
    "Category", "ReplyTemplate", "ReplyRule", "Survey", "SurveyVersion", "Item", "Collector", "Mailbox", "Invitation",
    "RetentionRule", "IncomingMail",
}  # fmt: skip
KEPT_FIELDS = {
    "number", "incident_stage", "link_digest", "external_source", "external_id", "language", "device", "group",
    "content_type", "sha256", "stored_sha256", "file", "thumbnail", "message_id", "currency", "reason",
}  # fmt: skip


def plant() -> None:
    """Put the canaries into every text of every row about a customer."""
    customer = Contact.objects.create()
    Complaint.objects.update(contact=customer, anonymous=False)
    Erasure.objects.update(contacts=[customer.pk])
    Contact.objects.update(name=NAME, phone=PHONE, phone_digits=PHONE, phone_ending=PHONE[-4:], email=EMAIL)
    for model in apps.get_app_config("complaints").get_models():
        if model.__name__ in OURS:
            continue
        fields = [
            field
            for field in model._meta.get_fields()
            if isinstance(field, models.CharField | models.TextField)
            and not field.choices
            and not isinstance(field, models.FileField)
            and field.name not in KEPT_FIELDS
            and field.max_length != 64
        ]
        for row in model.objects.all():
            texts = {field.name: TEXT[: field.max_length] for field in fields if field.name != "state"}
            if texts:
                model.objects.filter(pk=row.pk).update(**texts)
    Response.objects.filter(invitation=None).update(
        comment=f"{WORD} {SAID_PHONE} {SAID_EMAIL}"
    )  # nobody knows whose


def addresses(args: dict, number: str) -> dict[str, str]:
    """Every address of the app, and of the API about it."""
    api = [name for name in names_of(api_patterns) if "complaint" in name or "survey" in name]
    found, unknown = {}, []
    for name in [*(pattern.name for pattern in urlpatterns), *api]:
        if name == "complaint-act":
            found |= {f"act {act.slug}": reverse(name, args=[number, act.slug]) for act in acts.all_acts()}
            continue
        for given in (args.get(name, []), [number], *args.values()):
            try:
                found[name] = reverse(name, args=given)
                break
            except NoReverseMatch:
                continue
        else:
            unknown += [name] if name in complaints_table.TABLE else []  # else the access table asks for it
    assert not unknown, f"say in tests/access/complaints_table.py how to fill {unknown}"
    return found


def names_of(patterns) -> list[str]:
    """The names of these addresses, whatever they stand in."""
    nested = [names_of(p.url_patterns) if hasattr(p, "url_patterns") else [p.name] for p in patterns]
    return [name for names in nested for name in names if name]


#: Posts that change nothing, or hand something out.
POSTED = {
    "complaint-export": {"format": "csv"},
    "audit-export": {"format": "csv"},
    "customers": {"q": PHONE[-4:]},
}


def answers(client: Client, name: str, url: str):
    """What comes back: by GET, and by POST where that shows or hands out something. Nothing of it is kept.

    The address itself is left out of it: a page that isn't there repeats it.
    """
    for method, body in (("GET", None), ("POST", POSTED.get(name))):
        if method == "POST" and body is None:
            continue
        with transaction.atomic():
            response = client.get(url) if method == "GET" else client.post(url, body)
            content = b"".join(response) if getattr(response, "streaming", False) else response.content
            transaction.set_rollback(True)
        text = content.decode(errors="replace") + str(response.headers)
        yield method, response, text.replace(url, "") if response.status_code >= 400 else text


@pytest.fixture
def world(cast, units) -> dict:
    args = complaints_table.world(cast, units)
    plant()
    return args


OTHERS = {"mywork", "notices", "notices-bell", "audit", "incident-list", "incident-board"}


def walk(cast, args, number, people):
    """(who, where, status, text) of everything that these people can open."""
    urls = (
        addresses(args, number)
        | {name: reverse(name) for name in OTHERS}
        | {"audit-export": reverse("audit-export")}
    )
    for who in people:
        client = Client()
        if who != "stranger":
            client.force_login(getattr(cast, who))
        for name, url in urls.items():
            for method, response, text in answers(client, name, url):
                yield who, f"{method} {name}", response.status_code, text


def test_no_canary_is_seen_by_anybody_who_is_not_entitled(world, cast, units):
    number = world["complaint"][0]
    tokens = {str(arg) for name, given in world.items() for arg in given if len(str(arg)) > 40}
    by_token = {name for name, given in world.items() if tokens & {str(arg) for arg in given}}
    leaks, seen = [], set()
    for who, where, status, text in walk(cast, world, number, WALKERS):
        name = where.split()[1]
        if status >= 500:
            leaks.append(f"{where} by {who}: {status}")
        if name in by_token and name not in ("complaint",):
            continue  # the customer's own page, whoever holds the link
        found = [word for word in (PHONE, EMAIL) if word in text]
        if who not in CARE:
            found += [word for word in (NAME, SAID_PHONE, SAID_EMAIL) if word in text]
        if who not in DESK:
            found += [WORD] if WORD in text else []
        found += [token for token in tokens if token in text]
        if found:
            leaks.append(f"{where} by {who}: {found}")
        if WORD in text:
            seen.add((who, name))
    assert not leaks, "\n" + "\n".join(leaks)
    assert {(who, "complaint") for who in DESK if who in WALKERS} <= seen, (
        "the canaries are not where they are looked for"
    )


def test_nothing_of_a_sensitive_complaint_is_seen_by_anybody_but_the_named(world, cast, units):
    Complaint.objects.update(
        sensitive=True, readers=[f"p{cast.handler.pk}"], owner=cast.handler, handler=cast.handler
    )
    Response.objects.filter(invitation=None, complaint=None).update(comment="")  # about no complaint
    numbers = list(Complaint.objects.values_list("number", flat=True))
    tokens = {str(arg) for given in world.values() for arg in given if len(str(arg)) > 40}
    by_token = {name for name, given in world.items() if tokens & {str(arg) for arg in given}}
    leaks, seen = [], set()
    for who, where, _status, text in walk(cast, world, numbers[0], ("handler", "supervisor", "quality")):
        name = where.split()[1]
        if name in by_token:
            continue
        found = {word for word in (WORD, *numbers) if word in text}
        if who == "handler":
            seen |= {name} if found else set()
        elif found:
            leaks.append(f"{where} by {who}: {found}")
    assert not leaks, "\n" + "\n".join(leaks)
    assert {"complaint", "mywork"} <= seen


#: Tables in which something personal may stand; what machines keep (history, notices, jobs, caches) is not among them.
MAY_HOLD = {
    "people_contact", "complaints_complaint", "complaints_message", "complaints_reply", "complaints_followup",
    "complaints_call", "complaints_compensation", "complaints_attachment", "complaints_response",
}  # fmt: skip


def test_nothing_personal_is_in_what_machines_keep(cast, units, caplog):
    complaint, token = canaries.told(units.station)
    canaries.closed(complaint, cast, units)
    held = {
        row.split(":")[0]
        for row in canaries.found_in_the_database(
            NAME, canaries.PHONE, "139 8765 1402", canaries.EMAIL, canaries.WORD
        )
    }
    assert "complaints_complaint" in held
    assert held <= MAY_HOLD, held - MAY_HOLD
    assert not canaries.found_in_the_database(token)
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert not any(word in logged for word in (*canaries.PERSONAL, canaries.WORD, token))

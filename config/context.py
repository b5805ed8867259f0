"""What every page's frame needs: language, theme, navigation, unread notices."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from incidents.listing import open_work
from people.models import CASE_ROLES, Person, Role
from reminders.models import Notice

#: Django's language codes as BCP 47 tags.
HTML_LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}

THEMES = (
    ("system", _("As the device"), "monitor"),
    ("light", _("Light"), "sun"),
    ("dark", _("Dark"), "moon"),
)

EVERYBODY: tuple[str, ...] = ()
#: So many entries fit below each other on a usual screen.
SHORT = 16


@dataclass(frozen=True)
class Item:
    """A line of the navigation. Shown to holders of one of `roles` (to everybody without any)."""

    key: str
    label: str
    url_name: str
    icon: str
    roles: tuple[str, ...] = EVERYBODY
    group: str = ""


#: What the bar of a phone shows; who handles complaints has them there, an executive the dashboard.
ON_PHONES = ("mywork", "incidents", "board", "measures")
ON_HANDLERS_PHONES = ("mywork", "complaints", "incidents", "measures")
ON_EXECUTIVES_PHONES = ("mywork", "incidents", "dashboard", "measures")

#: The headings; entries of the last are folded away until one of them is open.
FIGURES, LEARNING, ADMINISTRATION = _("Figures and assessment"), _("Learning"), _("Administration")

NAVIGATION = (
    Item("mywork", _("My work"), "mywork", "inbox"),
    Item("incidents", _("Incidents"), "incident-list", "clipboard-list"),
    Item("board", _("Board"), "incident-board", "square-kanban", CASE_ROLES),
    Item("measures", _("Measures"), "measure-list", "wrench"),
    Item("complaints", _("Complaints"), "complaint-list", "message-circle", CASE_ROLES),
    Item("call", _("Take a call"), "complaint-call", "phone", (Role.HANDLER, Role.QUALITY)),
    Item("customers", _("Customers"), "customers", "user-search", (Role.QUALITY, Role.HANDLER)),
    Item("dashboard", _("Dashboard"), "dashboard", "layout-dashboard", CASE_ROLES, FIGURES),
    Item("warnings", _("Early warnings"), "warning-list", "activity", CASE_ROLES, FIGURES),
    Item("indicators", _("Indicators"), "indicators", "chart-spline", CASE_ROLES, FIGURES),
    Item("reports", _("Monthly reports"), "reports", "file-chart-column", CASE_ROLES, FIGURES),
    Item("volumes", _("Volumes"), "volumes", "table-2", (Role.QUALITY,), FIGURES),
    Item("assessment", _("Assessment"), "assessment", "award", CASE_ROLES, FIGURES),
    Item("suggestions", _("Suggestions"), "suggestion-list", "lightbulb", EVERYBODY, LEARNING),
    Item("archive", _("Archive"), "archive", "archive", EVERYBODY, LEARNING),
    Item("surveys", _("Surveys"), "survey-list", "message-square-heart", CASE_ROLES, LEARNING),
    Item("meetings", _("Meetings"), "meeting-list", "presentation", CASE_ROLES, LEARNING),
    Item("imports", _("Imports"), "imports", "upload", (Role.QUALITY, Role.HANDLER), ADMINISTRATION),
    Item("audit", _("Audit"), "audit", "history", (Role.QUALITY, Role.ADMINISTRATOR), ADMINISTRATION),
    Item(
        "cosign-rules", _("Co-signatures"), "cosign-rules", "pen-line",
        (Role.QUALITY, Role.EXECUTIVE), ADMINISTRATION,
    ),
    Item(
        "reply-templates", _("Reply templates"), "reply-templates", "file-text",
        (Role.QUALITY, Role.HANDLER), ADMINISTRATION,
    ),
    Item("limits", _("Time limits"), "limits", "timer", (Role.QUALITY,), ADMINISTRATION),
    Item(
        "endpoints", _("Robots and webhooks"), "endpoints", "webhook",
        (Role.QUALITY, Role.ADMINISTRATOR), ADMINISTRATION,
    ),
    Item(
        "mailboxes", _("Mailboxes"), "mailboxes", "mailbox", (Role.ADMINISTRATOR,), ADMINISTRATION,
    ),
    Item(
        "retention", _("Keeping personal data"), "retention", "eraser", (Role.ADMINISTRATOR,), ADMINISTRATION,
    ),
    Item(
        "operations", _("Operations"), "operations", "activity", (Role.ADMINISTRATOR,), ADMINISTRATION,
    ),
    Item("people", _("People"), "people", "users", (Role.ADMINISTRATOR,), ADMINISTRATION),
    Item("units", _("Units"), "units", "network", (Role.ADMINISTRATOR,), ADMINISTRATION),
    Item(
        "types", _("Incident types"), "incident-types", "list-tree",
        (Role.QUALITY, Role.ADMINISTRATOR), ADMINISTRATION,
    ),
    Item(
        "categories", _("Complaint categories"), "complaint-categories", "tags",
        (Role.QUALITY, Role.ADMINISTRATOR), ADMINISTRATION,
    ),
)  # fmt: skip


def _on_phones(person: Person) -> tuple[str, ...]:
    if person.has_any_role(Role.HANDLER):
        return ON_HANDLERS_PHONES
    return ON_EXECUTIVES_PHONES if person.has_any_role(Role.EXECUTIVE) else ON_PHONES


def _entries(person) -> list[dict]:
    """The navigation of this person, without pages that don't exist in this installation."""
    entries, group = [], ""
    on_phones = _on_phones(person)
    for item in NAVIGATION:
        if item.roles and not person.has_any_role(*item.roles):
            continue
        try:
            url = reverse(item.url_name)
        except NoReverseMatch:
            continue
        heading = item.group if item.group != group else ""
        group = item.group
        entries.append(
            {
                "key": item.key,
                "label": item.label,
                "url": url,
                "icon": item.icon,
                "group": heading,
                "section": item.group,
                "is_folded": item.group == ADMINISTRATION,
                "on_phone": item.key in on_phones and on_phones.index(item.key) + 1,
            }
        )
    return entries


def _bar(entries: list[dict]) -> list[dict]:
    """The entries of the bar at the bottom of a phone, in its order."""
    return sorted((entry for entry in entries if entry["on_phone"]), key=lambda entry: entry["on_phone"])


def _current_key(request: HttpRequest, entries: list[dict]) -> str:
    """The entry whose address begins this one, the longest wins: an incident's page belongs to the list."""
    matching = [entry for entry in entries if request.path.startswith(entry["url"]) and entry["url"] != "/"]
    exact = [entry for entry in entries if request.path == entry["url"]]
    found = exact or sorted(matching, key=lambda entry: len(entry["url"]))
    return found[-1]["key"] if found else ""


def _section(key: str, entries: list[dict]) -> str:
    """The heading under which the current entry stands; a short navigation is shown whole."""
    folded = [entry for entry in entries if entry["is_folded"]]
    if len(entries) <= SHORT and folded:
        return folded[0]["section"]
    return next((entry["section"] for entry in entries if entry["key"] == key), "")


def _figures(person: Person) -> dict[str, int]:
    """The figures beside the bell and My work, in one statement over two partial indexes."""
    unread = Notice.objects.filter(recipient=OuterRef("pk"), read_at=None).values("recipient")
    todo = open_work(OuterRef("pk")).values("owner")
    found = Person.objects.filter(pk=person.pk).values(unread=_counted(unread), todo=_counted(todo))
    return found.get()


def _counted(rows: QuerySet) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().annotate(n=Count("pk")).values("n")), 0)


def shell(request: HttpRequest) -> dict:
    person = getattr(request, "user", None)
    signed_in = person is not None and person.is_authenticated
    theme = person.theme if signed_in else "system"
    context = {
        "html_lang": HTML_LANGUAGES.get(get_language() or settings.LANGUAGE_CODE, "en"),
        "theme": theme,
        "themes": THEMES,
        "nav": [],
        "nav_key": "",
        "unread_count": 0,
        "open_count": 0,
    }
    if signed_in:  # lazily: a fragment or a download has no frame and asks nothing
        figures = SimpleLazyObject(lambda: _figures(person))
        nav = SimpleLazyObject(lambda: _entries(person))
        nav_key = SimpleLazyObject(lambda: _current_key(request, nav))
        context |= {
            "nav": nav,
            "phone_nav": SimpleLazyObject(lambda: _bar(nav)),
            "nav_key": nav_key,
            "nav_section": SimpleLazyObject(lambda: _section(nav_key, nav)),
            "unread_count": SimpleLazyObject(lambda: figures["unread"]),
            "open_count": SimpleLazyObject(lambda: figures["todo"]),
        }
    return context

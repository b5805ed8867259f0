"""Presentation: template tags that draw icons, people, fields, moments and time limits. They know no model."""

import datetime as dt
import functools
import re
import unicodedata
from decimal import Decimal

import segno
from django import forms, template
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from lucide.templatetags.lucide import lucide

from people import punctuation
from reminders.durations import duration_in_words, moment_in_words

register = template.Library()

#: What a thing is called here -> the name of its drawing in lucide. Any other name is lucide's own.
ICONS = {
    "loop": "rotate-cw",
    "more": "ellipsis",
    "warning": "triangle-alert",
    "ok": "circle-check",
    "undo": "undo-2",
    "due": "calendar-clock",
    "evidence-add": "image-plus",
    "document": "file-text",
    "audio": "mic",
    "video": "video",
    "spreadsheet": "table",
    "image": "image",
    "system": "bell",
    "filter": "funnel",
}

SEVERITIES = {1: "minor", 2: "moderate", 3: "serious", 4: "major"}

AVATAR_COLOURS = 4


@register.simple_tag
@functools.lru_cache(maxsize=512)
def icon(name: str, classes: str = "") -> SafeString:
    """An inline SVG that is only seen: what it means must stand beside it or in the control's name."""
    return lucide(
        ICONS.get(name, name),
        size=None,
        **{"class": f"i {classes}".strip(), "aria-hidden": "true", "focusable": "false"},
    )


# People --------------------------------------------------------------------------------------------------------------
def initials(name: str) -> str:
    """王强 -> 王, Wang Qiang -> WQ, quality -> Q."""
    name = name.strip()
    if not name:
        return "?"
    if not unicodedata.name(name[0], "").startswith("LATIN"):
        return name[0]
    words = re.findall(r"\w+", name)
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.simple_tag
def avatar(person, size: str = "") -> SafeString:
    """A person's initials in a disc; without a person, the system. Decoration: the name must stand beside it."""
    size_class = f" ava-{size}" if size else ""
    if person is None or person == "":
        return format_html(
            '<span class="ava ava-sys{}" aria-hidden="true">{}</span>', size_class, icon("system")
        )
    colour = (getattr(person, "pk", None) or 0) % AVATAR_COLOURS + 1
    return format_html(
        '<span class="ava ava-{}{}" aria-hidden="true">{}</span>', colour, size_class, initials(str(person))
    )


@register.simple_tag
def qr_code(text: str, label: str) -> SafeString:
    """The text as a QR code: an inline SVG in black, for a white background."""
    modules = segno.make(text, error="m").svg_inline(
        scale=4, border=0, omitsize=True, svgclass=None, lineclass=None
    )
    return format_html('<span role="img" aria-label="{}">{}</span>', label, SafeString(modules))


@register.simple_tag
def severity_badge(severity) -> SafeString:
    """The severity as a word in a box; nothing while it has not been judged."""
    if not severity:
        return SafeString("")
    words = {
        1: pgettext("severity", "Minor"),
        2: pgettext("severity", "Moderate"),
        3: pgettext("severity", "Serious"),
        4: pgettext("severity", "Major"),
    }
    return format_html('<span class="sev sev-{}">{}</span>', SEVERITIES[int(severity)], words[int(severity)])


# Forms ---------------------------------------------------------------------------------------------------------------
def _classes(bound: forms.BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxInput):
        added = "cb"
    elif isinstance(widget, forms.FileInput):
        added = "inp inp-file"
    elif isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        added = "choices"
    else:
        added = "inp"
    return f"{widget.attrs.get('class', '')} {added}".strip()


@register.inclusion_tag("parts/_field.html")
def field(
    bound: forms.BoundField,
    label: str | None = None,
    hint: str | None = None,
    optional: bool = True,
    placeholder: str | bool | None = None,
) -> dict:
    """A field with its label, hint, errors and control. Required is the rule: the others say that they are optional.

    `placeholder=False` takes away one that only repeats the label.
    """
    widget = bound.field.widget
    attrs = {"class": _classes(bound)}
    if placeholder is not None:
        attrs["placeholder"] = placeholder
    return {
        "bound": bound,
        "label": bound.label if label is None else label,
        "hint": bound.help_text if hint is None else hint,
        "control": bound.as_widget(attrs=attrs),
        "hidden": bound.is_hidden,
        "checkbox": isinstance(widget, forms.CheckboxInput),
        "group": isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)),
        "say_optional": optional and not bound.field.required and not isinstance(widget, forms.CheckboxInput),
        "counter": widget.attrs.get("maxlength") if isinstance(widget, forms.Textarea) else None,
    }


@register.inclusion_tag("parts/_error_summary.html")
def form_errors(*forms_and_formsets) -> dict:
    """Everything wrong in the given forms and formsets, as links to the fields. Nothing when all is well."""
    problems: list[tuple[str, str]] = []
    for item in forms_and_formsets:
        if not item:
            continue
        if isinstance(item, forms.BaseFormSet):
            problems += [("", error) for error in item.non_form_errors()]
            for form in item.forms:
                problems += _problems(form)
        else:
            problems += _problems(item)
    return {"problems": problems}


def _problems(form: forms.BaseForm) -> list[tuple[str, str]]:
    if not form.is_bound:
        return []
    found = [("", error) for error in form.non_field_errors()]
    for bound in form:
        target = bound.auto_id
        if isinstance(bound.field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
            target = f"{bound.auto_id}_0"
        for error, words in zip(bound.errors.as_data(), bound.errors, strict=True) if bound.errors else ():
            if _is_generic(error, bound.field):
                words = _("%(label)s: %(problem)s") % {"label": bound.label, "problem": words}
            found.append((target, words))
    return found


def _is_generic(error: ValidationError, field: forms.Field) -> bool:
    """Django's own words don't say which field they mean; ours do."""
    if not error.code:
        return False
    own = field.error_messages.get(error.code)
    stock = [
        cls.default_error_messages.get(error.code)
        for cls in type(field).__mro__
        if hasattr(cls, "default_error_messages")
    ]
    return own is None or own in stock


# Addresses -----------------------------------------------------------------------------------------------------------
#: Where in a list one stands. Any other change of the address goes back to the first page.
CURSORS = ("after", "before")


def changed_query(query: QueryDict, **changes) -> str:
    """The query string with some values replaced; None or "" takes a key away."""
    query = query.copy()
    if not any(key in CURSORS for key in changes):
        changes |= dict.fromkeys(CURSORS)
    else:
        changes = dict.fromkeys(CURSORS) | changes
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, (list, tuple)):
            query.setlist(key, [str(item) for item in value])
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag
def query(request: HttpRequest, **changes) -> str:
    """{% query request stage="confirm" %}: this page with that value changed, from its first page."""
    return changed_query(request.GET, **changes)


@register.simple_tag
def query_without(request: HttpRequest, key: str, value="") -> str:
    """This page without one value of a filter that may hold several (without a value: without the filter)."""
    kept = [item for item in request.GET.getlist(key) if value != "" and item != str(value)]
    return changed_query(request.GET, **{key: kept or None})


# Punctuation ---------------------------------------------------------------------------------------------------------
for sign in (punctuation.colon, punctuation.semicolon, punctuation.comma):
    register.simple_tag(sign)
register.filter(punctuation.joined)


@register.filter
def figure(value: Decimal | float | None) -> str:
    """A figure without empty decimals, in thousands as the reader writes them: 1.8 and 1,200, not 1200.00."""
    if value is None:
        return ""
    return formats.number_format(f"{Decimal(str(value)).normalize():f}", use_l10n=True, force_grouping=True)


# Moments and time limits ---------------------------------------------------------------------------------------------
@register.filter
def in_words(span: dt.timedelta | None) -> str:
    return "" if span is None else duration_in_words(span)


@register.simple_tag
def when(moment: dt.datetime | dt.date | None, short: bool = False) -> SafeString:
    """A <time>: the words people use; the exact moment on hover and for machines. `short`: far dates without time."""
    if moment is None:
        return SafeString("")
    if not isinstance(moment, dt.datetime):
        return format_html(
            '<time datetime="{}">{}</time>', moment.isoformat(), formats.date_format(moment, "Y-m-d")
        )
    local = timezone.localtime(moment)
    words = moment_in_words(moment)
    full = formats.date_format(local, "Y-m-d H:i")
    if short and words == full:
        words = formats.date_format(local, "Y-m-d")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="seconds"), full, words
    )


@register.inclusion_tag("parts/_due_chip.html")
def due_chip(
    due_at: dt.datetime | None, met_at: dt.datetime | None = None, paused: dt.datetime | bool | None = None
) -> dict:
    """A time limit in words: red only when overdue, amber within a day, otherwise when it ends; or that it stands."""
    if paused and met_at is None:
        return {"state": "paused", "text": _("Paused"), "due_at": None}
    if due_at is None:
        return {"state": ""}
    if met_at is not None:
        late = met_at > due_at
        return {
            "state": "late" if late else "met",
            "text": _("Met late") if late else _("Met"),
            "due_at": due_at,
        }
    left = due_at - timezone.now()
    if left < dt.timedelta():
        return {
            "state": "overdue",
            "text": _("Overdue %(span)s") % {"span": duration_in_words(left)},
            "due_at": due_at,
        }
    text = _("%(span)s left") % {"span": duration_in_words(left)}
    return {"state": "soon" if left < dt.timedelta(days=1) else "later", "text": text, "due_at": due_at}


#: What a browser calls itself: the first that fits is its name.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(user_agent: str) -> str:
    """Chrome · Android, from what the browser said about itself; its own words if nothing fits."""
    found = [next((name for mark, name in marks if mark in user_agent), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found)) or user_agent[:60]


# Lists ---------------------------------------------------------------------------------------------------------------
@register.inclusion_tag("parts/_steps7.html")
def steps7(rail) -> dict:
    """Seven little bars from the states of the seven stages (objects with .state, or the states themselves)."""
    return {"states": [getattr(stage, "state", None) or _state(stage) for stage in rail]}


def _state(stage) -> str:
    return stage["state"] if isinstance(stage, dict) else str(stage)


@register.simple_tag
def loop_arc(start: int, end: int) -> SafeString:
    """The arc under the rail from one stage's number back to another's: stage n stands at 100n - 50 of 700."""
    tail, head = 100 * start - 50, 100 * end - 50
    return format_html(
        '<path d="M{0} 0C{0} 26 {1} 28 {2} 28H{3}C{4} 28 {5} 26 {5} 5"/>',
        tail, tail - 10, tail - 30, head + 30, head + 10, head,
    )  # fmt: skip


@register.filter
def get_item(mapping, key):
    """mapping[key] for a key known only in the template."""
    return mapping.get(key)

"""JSON bodies for the forms behind the acts, and the forms as JSON schemas: one form serves page and API alike."""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from incidents.forms.evidence import FilesField
from people.fields import PersonField

from .errors import TooLarge, Unprocessable

#: Fields that serve the page only.
OF_THE_PAGE = {"upload_key"}
MOST_LINES = 50
NO_SUCH_FIELD = _("There is no such field.")


class ObjectParser(JSONParser):
    """One JSON object, of a size and a depth that can be handled, and of characters that can be stored."""

    def parse(self, stream, media_type=None, parser_context=None) -> dict:
        request = parser_context["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        try:
            body = super().parse(stream, media_type, parser_context)
            json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair can't be stored
        except (RecursionError, UnicodeEncodeError) as error:
            raise ParseError from error
        if not isinstance(body, dict):
            raise ParseError
        return body


# JSON -> what a form takes -------------------------------------------------------------------------------------------
def form_data(body: dict[str, Any], form: type[forms.Form]) -> QueryDict:
    """The body as if a page had sent it. Unknown names and wrong shapes are told, never ignored."""
    lists, data, wrong = _lists(form), QueryDict(mutable=True), {}
    for name, value in body.items():
        if name in lists:
            wrong |= _add_lines(data, name, value, *lists[name])
        elif name not in form.base_fields:
            wrong[name] = [NO_SUCH_FIELD]
        elif problem := _add(data, name, value, form.base_fields[name]):
            wrong[name] = [problem]
    for name, (prefix, _formset) in lists.items():
        if name not in body:
            _add_lines(data, name, [], prefix, _formset)
    if wrong:
        raise Unprocessable(wrong)
    return data


def _lists(form: type[forms.Form]) -> dict:
    return getattr(form, "lists", {})


def _takes_many(field: forms.Field) -> bool:
    return isinstance(
        field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField | FilesField
    ) or isinstance(field.widget, forms.MultipleHiddenInput)


def _add(data: QueryDict, key: str, value: Any, field: forms.Field):
    if isinstance(field, forms.FileField):
        return _("Files are sent as multipart/form-data.")
    if value is None:
        data.setlist(key, [])
        return None
    if isinstance(value, list) != _takes_many(field):
        return _("A list is expected here.") if _takes_many(field) else _("One value is expected here.")
    values = value if isinstance(value, list) else [value]
    if any(isinstance(item, list | dict) or item is None for item in values):
        return _("One value is expected here.")
    data.setlist(key, [_text(item) for item in values])
    return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _add_lines(data: QueryDict, name: str, lines: Any, prefix: str, formset: type[forms.BaseFormSet]) -> dict:
    """A list of objects as the lines of a formset."""
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        return {name: [_("A list of objects is expected here.")]}
    if len(lines) > MOST_LINES:
        return {name: [_("Too many lines.")]}
    wrong = {}
    data[f"{prefix}-TOTAL_FORMS"] = str(len(lines))
    data[f"{prefix}-INITIAL_FORMS"] = "0"
    for at, line in enumerate(lines):
        for key, value in line.items():
            field = formset.form.base_fields.get(key)
            problem = _add(data, f"{prefix}-{at}-{key}", value, field) if field else NO_SUCH_FIELD
            if problem:
                wrong[f"{name}.{at}.{key}"] = [problem]
    return wrong


def keep_what_is_left_out(data: QueryDict, body: dict, blank: forms.Form) -> None:
    """An optional field that the body doesn't name stays as the page would have shown it."""
    for name, field in blank.fields.items():
        if name in body or field.required or name == "version" or isinstance(field, forms.FileField):
            continue
        value = blank[name].value()
        if value in (None, "", [], False):
            continue
        data.setlist(name, [_text(item) for item in value] if _takes_many(field) else [_text(value)])


def problems_of(form: forms.Form) -> Unprocessable:
    """What a form has against its values, by the names of the body."""
    fields = {
        name: list(texts) for name, texts in form.errors.items() if name != forms.forms.NON_FIELD_ERRORS
    }
    general = list(form.non_field_errors())
    for name in _lists(type(form)):
        formset = getattr(form, name)
        if texts := list(formset.non_form_errors()):
            fields[name] = texts
        for at, errors in enumerate(formset.errors):
            for key, texts in errors.items():
                key = "" if key == forms.forms.NON_FIELD_ERRORS else f".{key}"
                fields[f"{name}.{at}{key}"] = list(texts)
    return Unprocessable(fields, " ".join(general))


# A form -> JSON schema -----------------------------------------------------------------------------------------------
def schema_of(form: type[forms.Form], *, files: bool = False, required: Iterable[str] = ()) -> dict:
    """What `form_data` takes for this form; with `files` what the same form takes as multipart/form-data."""
    fields = {
        name: field
        for name, field in form.base_fields.items()
        if name not in OF_THE_PAGE and (files or not isinstance(field, forms.FileField))
    }
    must = [name for name, field in fields.items() if field.required or name in required]
    properties = {name: _property(field, nullable=name not in must) for name, field in fields.items()}
    for name, (_prefix, formset) in _lists(form).items():
        line = schema_of(formset.form)
        properties[name] = {"type": "array", "items": line, "maxItems": formset.max_num}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": must} if must else {})


def has_files(form: type[forms.Form]) -> bool:
    return any(isinstance(field, forms.FileField) for field in form.base_fields.values())


def _property(field: forms.Field, *, nullable: bool) -> dict:
    schema = _list_of(field) if _takes_many(field) else _type_of(field)
    words = {"title": field.label, "description": field.help_text or _hint(field)}
    schema |= {key: str(text) for key, text in words.items() if text}
    return schema | ({"nullable": True} if nullable and not isinstance(field, forms.FileField) else {})


def _hint(field: forms.Field):
    if isinstance(field, PersonField):
        return _("The user name.")
    return ""


def _list_of(field: forms.Field) -> dict:
    if isinstance(field, FilesField):
        return {"type": "array", "items": {"type": "string", "format": "binary"}}
    if isinstance(field, forms.ModelMultipleChoiceField):
        return {"type": "array", "items": {"type": "integer"}}
    choices = choices_of(field)
    item = {"type": "string", "enum": choices} if choices else {"type": "string", "format": "uuid"}
    return {"type": "array", "items": item}


def _type_of(field: forms.Field) -> dict:
    if isinstance(field, forms.FileField):
        return {"type": "string", "format": "binary"}
    if isinstance(field.widget, forms.PasswordInput):
        return {"type": "string", "format": "password", "writeOnly": True}
    if isinstance(field, forms.ModelChoiceField):
        return {"type": "integer"}
    if isinstance(field, forms.ChoiceField):
        return _one_of(field)
    if isinstance(field, forms.BooleanField):
        return {"type": "boolean"}
    if isinstance(field, forms.DecimalField | forms.IntegerField):
        kind = "number" if isinstance(field, forms.DecimalField) else "integer"
        limits = {"minimum": field.min_value, "maximum": field.max_value}
        return {"type": kind} | {name: limit for name, limit in limits.items() if limit is not None}
    formats = {
        forms.DateTimeField: "date-time", forms.DateField: "date", forms.UUIDField: "uuid", forms.EmailField: "email",
    }  # fmt: skip
    found = next((name for kind, name in formats.items() if isinstance(field, kind)), None)
    limit = getattr(field, "max_length", None)
    return {"type": "string"} | ({"format": found} if found else {}) | ({"maxLength": limit} if limit else {})


def _one_of(field: forms.ChoiceField) -> dict:
    choices = choices_of(field)
    if not choices:
        return {"type": "string"}
    kind = "integer" if all(isinstance(choice, int) for choice in choices) else "string"
    return {"type": kind, "enum": choices if field.required else [*choices, None]}


def choices_of(field: forms.ChoiceField) -> list:
    return [value for value, _label in getattr(field, "choices", ()) if value != ""]

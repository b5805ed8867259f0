"""What all views of the API share; and the acts, by the same registers, forms and functions as the pages."""

import zoneinfo

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from rest_framework import views
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from config.api.bodies import (
    NO_SUCH_FIELD,
    ObjectParser,
    form_data,
    has_files,
    keep_what_is_left_out,
    problems_of,
)
from config.api.errors import TooLarge, Unprocessable
from incidents.files.refusing import megabytes


class ApiView(views.APIView):
    """In the language and the time zone of the person who asks; never kept by a cache."""

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        person = request.user
        if person.is_authenticated:  # PreferencesMiddleware, which ran before a token is read, puts both back
            translation.activate(person.language)
            timezone.activate(zoneinfo.ZoneInfo(person.time_zone))

    def finalize_response(self, request: HttpRequest, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Content-Language"] = translation.get_language()
        response["Cache-Control"] = "no-store"
        return response


class NothingHere(ApiView):
    """Every address that doesn't exist."""

    schema = None

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


def refuse_oversized(request: Request) -> None:
    """A file over the limit was dropped on its way in: say so. Raises TooLarge."""
    if dropped := getattr(request, "oversized", []):
        limit = megabytes(settings.UPLOAD_MAX_BYTES)
        raise TooLarge(_("%(name)s is larger than %(limit)s MB.") % {"name": dropped[0], "limit": limit})


class ActView(ApiView):
    """Base: one act of a register, as an operation of its own. Subclasses say to what it is done."""

    act = None  # given by the address
    about = ""  # the kind of thing that it is done to
    must_be_sent: tuple[str, ...] = ()  # fields that the form itself would do without

    def get_parsers(self):
        return [ObjectParser(), *([MultiPartParser()] if self.act and has_files(self.act.form) else [])]

    def sent_form(self, request: Request, **about) -> forms.Form:
        """The act's form with what was sent; not yet judged. Raises Unprocessable."""
        form, body = self.act.form, request.data
        refuse_oversized(request)
        if isinstance(body, QueryDict):
            if unknown := [name for name in body if name not in form.base_fields]:
                raise Unprocessable({name: [NO_SUCH_FIELD] for name in unknown})
            data, files = request.POST.copy(), request.FILES
        else:
            data, files = form_data(body, form), None
        if lacking := [name for name in self.must_be_sent if not data.get(name)]:
            raise Unprocessable({name: [forms.Field.default_error_messages["required"]] for name in lacking})
        keep_what_is_left_out(data, body, form(**about, initial=data.dict()))
        return form(data, files, **about)

    def values_of(self, form: forms.Form) -> dict:
        if not form.is_valid():
            raise problems_of(form)
        return form.values()

"""The description of the API for programs: made from the views, the serializers and the forms of the acts."""

from http import HTTPStatus

from django import forms
from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from .bodies import choices_of, has_files, schema_of
from .errors import CODES, ErrorSerializer

#: What every call may meet, and what a call with a body may meet besides.
ALWAYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
WITH_A_BODY = (
    HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)  # fmt: skip
ABOUT_ONE = (HTTPStatus.NOT_FOUND,)


def answers(status: int, serializer, *more: int, body: bool = False) -> dict:
    """The answers of an operation: the good one and every kind of refusal."""
    statuses = {*ALWAYS, *more, *(WITH_A_BODY if body else ())}
    return {int(status): serializer} | {int(refused): _refusal(refused) for refused in sorted(statuses)}


def _refusal(status: int) -> OpenApiResponse:
    codes = [code for code, (meant, _text) in CODES.items() if meant == status]
    return OpenApiResponse(ErrorSerializer, description=", ".join(codes))


def parameters_of(form: type[forms.Form]) -> list[OpenApiParameter]:
    """The fields of a filter as parameters of the address."""
    return [_parameter(name, field) for name, field in form.base_fields.items()]


def _parameter(name: str, field: forms.Field) -> OpenApiParameter:
    kinds = {forms.BooleanField: bool, forms.DateField: "date"}
    many = isinstance(field, forms.MultipleChoiceField)
    kind = next((kind for of, kind in kinds.items() if isinstance(field, of)), str)
    schema = {"type": "string", "format": "date"} if kind == "date" else kind
    choices = choices_of(field) if isinstance(field, forms.ChoiceField) else []
    if choices and all(isinstance(choice, int) for choice in choices):
        schema = int
    return OpenApiParameter(
        name, schema, many=many, enum=choices or None, description=str(field.help_text or field.label)
    )


class FormSchema(AutoSchema):
    """For views that read by `filter_form` and write by `post_form`; asked anew for each reader's language."""

    def get_override_parameters(self) -> list:
        return parameters_of(self.view.filter_form) if self.method == "GET" else []

    def get_request_serializer(self) -> dict:
        return {"application/json": schema_of(self.view.post_form)}


class ActSchema(AutoSchema):
    """The operation of an act: its words and its form come from the register."""

    def get_operation_id(self) -> str:
        return f"{self.view.about}_{self.view.act.slug.replace('-', '_')}"

    def get_tags(self) -> list[str]:
        return [f"acts on {self.view.about}s"]

    def get_summary(self) -> str:
        return str(self.view.act.title)

    def get_description(self) -> str:
        return str(self.view.act.text)

    def get_request_serializer(self) -> dict:
        form, must = self.view.act.form, self.view.must_be_sent
        bodies = {"application/json": schema_of(form, required=must)}
        if has_files(form):
            bodies["multipart/form-data"] = schema_of(form, files=True, required=must)
        if any(isinstance(field, forms.FileField) and field.required for field in form.base_fields.values()):
            del bodies["application/json"]
        return bodies

    def get_response_serializers(self) -> dict:
        return answers(HTTPStatus.OK, self.view.serializer_class, *ABOUT_ONE, HTTPStatus.CONFLICT, body=True)


class _TokenScheme(OpenApiAuthenticationExtension):
    target_class = "config.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "http", "scheme": "bearer"}


class _SessionScheme(OpenApiAuthenticationExtension):
    target_class = "config.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}

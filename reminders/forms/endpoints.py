from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.choices import UnitChoiceField
from people.models import Person, Unit

from ..channels import FOR_GROUPS, GROUP_LABELS, KINDS
from ..deliveries.log import KEEPERS
from ..endpoints import needs_secret_again, why_not
from ..models import Endpoint

#: What a new one is offered with.
USUAL = ("overdue", "escalated", "ownerless")


class EndpointForm(forms.Form):
    """A robot or a webhook. Of an existing one the address and the secret are never shown: empty leaves them."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=80,
        help_text=_("As your colleagues call this group."),
    )
    unit = UnitChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        help_text=_("Cases of this unit, and of those below it."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Endpoint.Kind.choices)
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
    )
    secret = forms.CharField(
        label=_("Secret"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "With it the messages are signed. DingTalk and Feishu show it where the robot is set up."
        ),
    )
    texts = forms.MultipleChoiceField(
        label=_("What is sent there"),
        choices=[(text, GROUP_LABELS.get(text, KINDS[text].label)) for text in FOR_GROUPS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Number, what is to be done, until when and by whom. Never what somebody typed."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args, person: Person, endpoint: Endpoint | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.endpoint = endpoint
        if endpoint is None:
            units = Unit.objects.within(*person.posted_units(*KEEPERS)).active()
            self.fields["unit"].queryset = units
            self.initial = {
                "texts": USUAL,
                "language": person.language,
                "unit": units.order_by("path").first(),
            }
            return
        del self.fields["unit"], self.fields["kind"]
        self.initial = {"name": endpoint.name, "texts": endpoint.texts, "language": endpoint.language}
        self.fields["url"].required = False
        self.fields["url"].label = _("New address")
        self.fields["url"].help_text = _("Empty: it stays as it is.")
        self.fields["secret"].label = _("New secret")
        self.fields["secret"].help_text = _(
            "Empty: it stays as it is. With another address it has to be entered again."
        )

    def clean(self):
        values = super().clean()
        kind = self.endpoint.kind if self.endpoint else values.get("kind")
        if (url := values.get("url")) and kind and (problem := why_not(kind, url)):
            self.add_error("url", problem)
        if (
            self.endpoint
            and not values.get("secret")
            and needs_secret_again(self.endpoint, values.get("url") or "")
        ):
            self.add_error("secret", _("Another address: enter the secret again."))
        return values

    def clean_url(self) -> str:
        return self.cleaned_data["url"].strip()

"""Forms of the administration of replies: their templates, and the rules by which they are approved."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints import reply_rules, reply_templates, templating
from complaints.models import Category, ReplyTemplate
from complaints.states import Priority
from incidents.errors import Invalid
from people.choices import UnitChoiceField
from people.models import Person, Unit


class TemplateForm(forms.Form):
    """A template; of an existing one the unit stays."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=80,
        help_text=_("As it is called when one is chosen."),
    )
    unit = UnitChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        help_text=_("For complaints of this unit, and of those below it."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    category = forms.ModelChoiceField(
        label=_("Only for this category"),
        queryset=Category.objects.offered(),
        required=False,
        empty_label=_("All"),
    )
    text = forms.CharField(label=_("Text"), max_length=5000, widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, *args, person: Person, template: ReplyTemplate | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.template = template
        if template is not None:
            del self.fields["unit"]
            self.initial = {
                "name": template.name, "language": template.language, "category": template.category_id,
                "text": template.text,
            }  # fmt: skip
            return
        units = Unit.objects.within(*person.posted_units(*reply_templates.KEEPERS)).active()
        self.fields["unit"].queryset = units
        self.initial = {"language": person.language, "unit": units.order_by("path").first()}

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        try:
            templating.refuse_unknown(text)
        except Invalid as refused:
            raise forms.ValidationError(str(refused)) from refused
        return text

    @property
    def variables(self) -> list[templating.Variable]:
        return list(templating.VARIABLES.values())


class RuleForm(forms.Form):
    """A rule; what is left empty it doesn't ask for."""

    unit = UnitChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        help_text=_("For replies of this unit, and of those below it."),
    )
    min_priority = forms.TypedChoiceField(
        label=_("From this priority on"), coerce=int, empty_value=None, required=False,
        choices=[("", _("Any")), *Priority.choices],
    )  # fmt: skip
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.offered(), required=False, empty_label=_("All")
    )
    min_compensation = forms.DecimalField(
        label=_("From this compensation on"), max_digits=12, decimal_places=2, min_value=0, required=False,
        help_text=_("The largest sum of one currency."),
    )  # fmt: skip

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        units = Unit.objects.within(*person.posted_units(*reply_rules.KEEPERS)).active()
        self.fields["unit"].queryset = units
        self.initial = {"unit": units.order_by("path").first()}

    def clean(self) -> dict:
        values = super().clean()
        if not self.errors and all(
            values.get(name) is None for name in ("min_priority", "category", "min_compensation")
        ):
            self.add_error("min_priority", _("Say which replies have to be approved."))
        return values

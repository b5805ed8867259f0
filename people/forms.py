"""What people change about themselves."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Person, time_zones


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Person
        fields = ["display_name", "job_title", "phone", "email", "language", "time_zone", "theme"]
        widgets = {
            "display_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "job_title": forms.TextInput(attrs={"autocomplete": "organization-title"}),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "theme": forms.RadioSelect,
        }
        labels = {"display_name": _("Name")}
        help_texts = {
            "display_name": _("As colleagues know you; earlier history keeps the old one."),
            "email": _("Notices are sent here too."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = forms.ChoiceField(
            label=self.fields["time_zone"].label, choices=time_zones(), initial=self.instance.time_zone
        )
        self.fields["theme"].choices = Person.Theme.choices  # without the empty one

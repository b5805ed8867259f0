"""Forms of stage 3."""

from django import forms
from django.utils.translation import gettext_lazy as _

from capa.analyse import DIRECTIONS
from capa.models import Cause
from capa.reading import case_of
from incidents.forms.acts import ActForm

from .about import AboutOneForm
from .proofs import ProofFields


def _long(rows: int, **attrs) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class DescribeForm(ActForm):
    """The words of the analysis."""

    problem = forms.CharField(
        label=_("Problem"), help_text=_("What went wrong, in one sentence: the head of the fishbone."),
        max_length=2000, required=False, widget=_long(2),
    )  # fmt: skip
    escape = forms.CharField(
        label=_("Why was it not noticed earlier?"), max_length=2000, required=False, widget=_long(3)
    )
    why_differs = forms.CharField(
        label=_("Why did the last analysis fail?"),
        help_text=_("What did the last round overlook, and what is different now?"),
        max_length=2000, required=False, widget=_long(3),
    )  # fmt: skip
    report = forms.CharField(
        label=_("Cause report"),
        help_text=_("How the cause led to the incident, what was looked into, and what it rests on."),
        max_length=8000, required=False, widget=_long(8),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        analysis = case_of(self.incident).analyses.get(self.incident.cycle)
        for name in ("problem", "escape", "why_differs", "report"):
            self.fields[name].initial = getattr(analysis, name, "")
        if self.incident.cycle == 1:
            del self.fields["why_differs"]


class AddCauseForm(ActForm):
    text = forms.CharField(label=_("Supposed cause"), max_length=300, widget=_long(2))
    parent = forms.ModelChoiceField(
        label=_("It answers: why"), queryset=Cause.objects.none(), required=False,
        empty_label=_("… did the problem occur?"),
    )  # fmt: skip
    category = forms.ChoiceField(
        label=_("Bone of the fishbone"),
        help_text=_("Below another cause it hangs on the same bone."),
        choices=[("", "—"), *Cause.Category.choices],
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = self.incident.causes.filter(cycle=self.incident.cycle)


class CauseForm(AboutOneForm):
    """Base of the forms about one cause of this round."""

    about_field = "cause"
    cause = forms.ModelChoiceField(label=_("Cause"), queryset=Cause.objects.none())

    def rows(self):
        return self.incident.causes.filter(cycle=self.incident.cycle)


class AmendCauseForm(CauseForm):
    text = forms.CharField(label=_("Cause"), max_length=300, widget=_long(2))
    category = forms.ChoiceField(label=_("Bone of the fishbone"), choices=Cause.Category.choices)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.about:
            self.initial |= {"text": self.about.text, "category": self.about.category}
            if self.about.status != Cause.Status.HYPOTHESIS:
                self.fields["text"].widget.attrs["readonly"] = True
                self.fields["text"].help_text = _("It is decided: its words stand.")


class MoveCauseForm(CauseForm):
    parent = forms.ModelChoiceField(
        label=_("Hang it below"), queryset=Cause.objects.none(), required=False,
        empty_label=_("the bone itself"),
    )  # fmt: skip
    category = forms.ChoiceField(
        label=_("Bone of the fishbone"),
        choices=[("", _("as it is")), *Cause.Category.choices],
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = self.rows().exclude(pk=self.about.pk if self.about else None)
        if self.about:
            self.initial |= {"parent": self.about.parent_id}


class ShiftCauseForm(CauseForm):
    direction = forms.ChoiceField(
        label=_("Where to"),
        choices=list(zip(DIRECTIONS, (_("up"), _("down"), _("in"), _("out")), strict=True)),
        widget=forms.RadioSelect,
    )


class ConfirmCauseForm(CauseForm, ProofFields):
    finding = forms.CharField(label=_("What was found, and how?"), max_length=2000, widget=_long(3))
    is_root = forms.BooleanField(
        label=_("This is a root cause: measures will be taken against it"), required=False
    )
    field_order = ["cause", "finding", "is_root", "evidence", "files", "proof_note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()

    def values(self) -> dict:
        given = {name: self.cleaned_data[name] for name in ("cause", "finding", "is_root")}
        return given | self.proofs()


class RefuteCauseForm(CauseForm, ProofFields):
    finding = forms.CharField(label=_("What was found, and how?"), max_length=2000, widget=_long(3))
    field_order = ["cause", "finding", "evidence", "files", "proof_note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()

    def values(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("cause", "finding")} | self.proofs()


class ProveCauseForm(CauseForm, ProofFields):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()

    def values(self) -> dict:
        return {"cause": self.cleaned_data["cause"]} | self.proofs()


class MarkRootForm(CauseForm):
    is_root = forms.TypedChoiceField(
        label=_("Is it a root cause?"),
        choices=[("yes", _("Yes: measures will be taken against it")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )

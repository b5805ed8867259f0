"""Forms of stage 3."""

from django import forms
from django.utils.translation import gettext_lazy as _

from capa.analyse import DIRECTIONS
from capa.analyse.held import LONGEST_BONE
from capa.models import Cause, CauseProof
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


class BoneFields(forms.Form):
    """Mixin: on which bone of the fishbone a cause hangs, one of the six or one that people name themselves."""

    category = forms.ChoiceField(
        label=_("Bone of the fishbone"),
        help_text=_("Below another cause it hangs on the same bone."),
        choices=[("", "—"), *Cause.Category.choices],
        required=False,
    )
    own_category = forms.CharField(
        label=_("… or a bone of your own"),
        help_text=_("In your own words, for example “Supplier”. It is drawn as one more bone."),
        max_length=LONGEST_BONE, required=False,
    )  # fmt: skip

    def offer_bones(self, *, first: str) -> None:
        """The six bones and those that this round has named, after `first` for none of them."""
        named = self.incident.causes.filter(cycle=self.incident.cycle).exclude(
            category__in=Cause.Category.values
        )
        own = [
            (name, name) for name in named.order_by("category").values_list("category", flat=True).distinct()
        ]
        self.fields["category"].choices = [("", first), *Cause.Category.choices, *own]

    def values(self) -> dict:
        values = super().values()
        own = values.pop("own_category")
        return values | {"category": own or values["category"]}


class AddCauseForm(BoneFields, ActForm):
    text = forms.CharField(label=_("Supposed cause"), max_length=300, widget=_long(2))
    side = forms.ChoiceField(
        label=_("Which question does it answer?"), choices=Cause.Side.choices, required=False,
        initial=Cause.Side.OCCURRENCE, widget=forms.RadioSelect,
    )  # fmt: skip
    parent = forms.ModelChoiceField(
        label=_("It answers: why"), queryset=Cause.objects.none(), required=False,
        empty_label=_("… did the problem occur?"),
    )  # fmt: skip
    field_order = ["text", "side", "parent", "category", "own_category"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = self.incident.causes.filter(cycle=self.incident.cycle)
        self.offer_bones(first="—")


class CauseForm(AboutOneForm):
    """Base of the forms about one cause of this round."""

    about_field = "cause"
    cause = forms.ModelChoiceField(label=_("Cause"), queryset=Cause.objects.none())

    def rows(self):
        return self.incident.causes.filter(cycle=self.incident.cycle)


class AmendCauseForm(BoneFields, CauseForm):
    text = forms.CharField(label=_("Cause"), max_length=300, widget=_long(2))
    field_order = ["cause", "text", "category", "own_category"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_bones(first=_("as it is"))
        if self.about:
            self.initial |= {"text": self.about.text, "category": self.about.category}
            if self.about.status != Cause.Status.HYPOTHESIS:
                self.fields["text"].widget.attrs["readonly"] = True
                self.fields["text"].help_text = _("It is decided: its words stand.")


class MoveCauseForm(BoneFields, CauseForm):
    parent = forms.ModelChoiceField(
        label=_("Hang it below"), queryset=Cause.objects.none(), required=False,
        empty_label=_("the bone itself"),
    )  # fmt: skip
    side = forms.ChoiceField(
        label=_("Which question does it answer?"),
        choices=[("", _("as it is")), *Cause.Side.choices],
        required=False,
    )
    field_order = ["cause", "parent", "side", "category", "own_category"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = self.rows().exclude(pk=self.about.pk if self.about else None)
        self.offer_bones(first=_("as it is"))
        if self.about:
            self.initial |= {"parent": self.about.parent_id}


class ShiftCauseForm(CauseForm):
    direction = forms.ChoiceField(
        label=_("Where to"),
        choices=list(zip(DIRECTIONS, (_("up"), _("down"), _("in"), _("out")), strict=True)),
        widget=forms.RadioSelect,
    )


class CauseProofFields(ProofFields):
    """Mixin: what proves or disproves a cause, of which kind, on whose word, and where in it."""

    kind = forms.ChoiceField(
        label=_("Kind of proof"),
        choices=[("", _("that of the file")), *CauseProof.Kind.choices],
        required=False,
    )
    source = forms.CharField(
        label=_("Who or what says so"),
        help_text=_("Whom you spoke to, or which log, instrument or document."),
        max_length=120, required=False,
    )  # fmt: skip
    mark = forms.CharField(
        label=_("Where in it"),
        help_text=_("A time mark such as 00:12:31, a page, a line."),
        max_length=40, required=False,
    )  # fmt: skip
    PROOF = ["evidence", "files", "kind", "proof_note", "source", "mark"]

    def proofs(self) -> dict:
        return super().proofs() | {name: self.cleaned_data[name] for name in ("kind", "source", "mark")}


class ConfirmCauseForm(CauseForm, CauseProofFields):
    finding = forms.CharField(label=_("What was found, and how?"), max_length=2000, widget=_long(3))
    is_root = forms.BooleanField(
        label=_("This is a root cause: measures will be taken against it"), required=False
    )
    field_order = ["cause", "finding", "is_root", *CauseProofFields.PROOF]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()

    def values(self) -> dict:
        given = {name: self.cleaned_data[name] for name in ("cause", "finding", "is_root")}
        return given | self.proofs()


class RefuteCauseForm(CauseForm, CauseProofFields):
    finding = forms.CharField(label=_("What was found, and how?"), max_length=2000, widget=_long(3))
    field_order = ["cause", "finding", *CauseProofFields.PROOF]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()

    def values(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("cause", "finding")} | self.proofs()


class ProveCauseForm(CauseForm, CauseProofFields):
    field_order = ["cause", *CauseProofFields.PROOF]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()

    def values(self) -> dict:
        return {"cause": self.cleaned_data["cause"]} | self.proofs()


#: A finding can be turned round, but not taken back.
STATES = [
    (Cause.Status.HYPOTHESIS, Cause.Status.HYPOTHESIS.label),
    (Cause.Status.CONFIRMED, Cause.Status.CONFIRMED.label),
    (Cause.Status.REFUTED, _("Ruled out")),
]


class FindingForm(CauseForm, CauseProofFields):
    """The workbench's form about one cause: its state, what was found, and what shows it. For several acts."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    status = forms.ChoiceField(label=_("State"), choices=STATES, widget=forms.RadioSelect)
    finding = forms.CharField(
        label=_("What was found, and how?"), max_length=2000, required=False, widget=_long(3)
    )
    is_root = forms.BooleanField(
        label=_("This is a root cause: measures will be taken against it"), required=False
    )
    field_order = ["cause", "status", "finding", "is_root", *CauseProofFields.PROOF]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()
        self.fields["proof_note"].label = _("What it shows")
        self.fields["proof_note"].help_text = ""
        if self.about:
            names = ("status", "finding", "is_root")
            self.initial = {name: getattr(self.about, name) for name in names} | self.initial
            self.fields["seen"].initial = self.about.version
            if self.about.status != Cause.Status.HYPOTHESIS:
                self.fields["status"].choices = STATES[1:]


class MarkRootForm(CauseForm):
    is_root = forms.TypedChoiceField(
        label=_("Is it a root cause?"),
        choices=[("yes", _("Yes: measures will be taken against it")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )

"""What the workbench sends: a row of the outline, a new cause, the words of the analysis. Its pages are no act pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from capa.analyse import DIRECTIONS, WORDS
from capa.analyse.held import LONGEST_BONE
from capa.models import Cause

#: What the buttons of a row do, besides saving what was typed in it.
DOES = ("save", "theirs", *DIRECTIONS, "remove", "root", "no_root")


class RowForm(forms.Form):
    """One row of the outline as it was sent. `was_…` is what the page said: only what differs from it was typed."""

    seen = forms.IntegerField()
    do = forms.ChoiceField(choices=[(name, name) for name in DOES], required=False)
    text = forms.CharField(max_length=300, required=False, label=_("Cause"))
    was_text = forms.CharField(max_length=300, required=False)
    category = forms.CharField(max_length=LONGEST_BONE, required=False)
    own_category = forms.CharField(max_length=LONGEST_BONE, required=False, label=_("Bone of the fishbone"))
    was_category = forms.CharField(max_length=LONGEST_BONE, required=False)

    def clean(self):
        cleaned = super().clean()
        cleaned["text"] = " ".join(cleaned.get("text", "").split())
        cleaned["category"] = cleaned.get("own_category") or cleaned.get("category", "")
        if "text" not in self.data:  # a button outside the row's fields
            cleaned["text"] = cleaned.get("was_text", "")
        return cleaned

    @property
    def typed(self) -> bool:
        """Did the person change anything?"""
        given = self.cleaned_data
        category = given["category"]
        return given["text"] != given["was_text"] or bool(category and category != given["was_category"])


class NewRowForm(forms.Form):
    """A cause to be added: below `parent`, behind `after`, or last on its bone."""

    text = forms.CharField(max_length=300, required=False)
    category = forms.CharField(max_length=LONGEST_BONE, required=False)
    own_category = forms.CharField(max_length=LONGEST_BONE, required=False)
    side = forms.ChoiceField(choices=Cause.Side.choices, required=False)
    parent = forms.IntegerField(required=False)
    after = forms.IntegerField(required=False)

    def values(self) -> dict:
        given = self.cleaned_data
        return {
            "text": given["text"],
            "category": given["own_category"] or given["category"],
            "side": given["side"],
            "parent": Cause(pk=given["parent"]) if given["parent"] else None,
            "after": Cause(pk=given["after"]) if given["after"] else None,
        }


class WordsForm(forms.Form):
    """One of the texts of the analysis. What is `done` with it: save, theirs, draft (of the report), replace by it."""

    field = forms.ChoiceField(choices=[(name, name) for name in WORDS])
    seen = forms.IntegerField()
    do = forms.ChoiceField(
        choices=[(name, name) for name in ("save", "theirs", "draft", "replace")], required=False
    )
    text = forms.CharField(max_length=8000, required=False, strip=False)

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n").strip()

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("field") not in (None, "report") and len(cleaned.get("text", "")) > 2000:
            self.add_error("text", _("At most %(most)s characters.") % {"most": 2000})
        return cleaned

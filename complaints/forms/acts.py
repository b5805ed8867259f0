"""The form behind every act on a complaint."""

from incidents.forms.acts import CaseForm


class ComplaintForm(CaseForm):
    """Of an act on a complaint; by itself that of an act which asks for nothing but the click."""

    case = "complaint"

"""Forms about one row of a case: a cause, a measure, an improvement. The row comes with the link that led here."""

from django import forms

from incidents.forms.acts import ActForm


class AboutOneForm(ActForm):
    """`about` is the row named by the address or the post; where none is named, the form offers the choice."""

    about_field = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields[self.about_field]
        field.queryset = self.rows()
        named = (
            self.data.get(self.add_prefix(self.about_field))
            if self.is_bound
            else self.initial.get(self.about_field)
        )
        self.about = field.queryset.filter(pk=named).first() if str(named or "").isdecimal() else None
        if self.about:
            field.widget = forms.HiddenInput()

    def rows(self):
        """The rows of which this form may be about one."""
        raise NotImplementedError

"""Why an act was refused. Views and the API turn these into messages; nothing else catches them."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Refused(Exception):
    """An act that was not done, with a message for the person who tried. Nothing has changed."""

    def __init__(self, message: Text):
        super().__init__(message)
        self.message = message

    def __str__(self):
        return str(self.message)


class NotAllowed(Refused):
    """This person may not do this (role, scope or four eyes)."""


class Stale(Refused):
    """The case has changed since the person looked at it."""

    def __init__(
        self,
        message: Text = _("Somebody changed this case since you opened it. Look at it again, then decide."),
    ):
        super().__init__(message)


class NotYet(Refused):
    """The exit gate lacks facts. `missing` lists them in the reader's language."""

    def __init__(self, missing: Sequence[Text]):
        super().__init__(_("Something is still missing."))
        self.missing = list(missing)


class Invalid(Refused):
    """Values that can't be: field name -> message."""

    def __init__(self, fields: dict[str, Text]):
        super().__init__(next(iter(fields.values())))
        self.fields = fields

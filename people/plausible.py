"""Days that a form takes: a year 9999 can be typed, but nothing can be reckoned from it."""

import datetime as dt

from django.utils.translation import gettext as _

EARLIEST, LATEST = dt.date(1950, 1, 1), dt.date(2199, 12, 31)


def is_plausible(value: object) -> bool:
    """True for everything that is no day or moment."""
    day = value.date() if isinstance(value, dt.datetime) else value
    return not isinstance(day, dt.date) or EARLIEST <= day <= LATEST


class PlausibleDays:
    """For forms: whatever day they ask for lies between EARLIEST and LATEST."""

    def _post_clean(self):
        super()._post_clean()
        for name, value in list(self.cleaned_data.items()):
            if not is_plausible(value):
                words = _("Choose a day between %(first)s and %(last)s.")
                self.add_error(name, words % {"first": EARLIEST, "last": LATEST})

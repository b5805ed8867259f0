"""Spans and moments in the reader's words."""

import datetime as dt

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def duration_in_words(span: dt.timedelta) -> str:
    """3 h 20 min, 2 days: the two largest units that matter, never a false precision."""
    minutes = int(abs(span).total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(count)d min", "%(count)d min", minutes) % {"count": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        if not minutes or hours >= 10:
            return ngettext("%(count)d h", "%(count)d h", hours) % {"count": hours}
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    days = hours // 24
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def moment_in_words(moment: dt.datetime, now: dt.datetime | None = None) -> str:
    """today 14:12, yesterday 16:05, tomorrow 09:00, otherwise the date and time."""
    local = timezone.localtime(moment)
    days = (local.date() - timezone.localtime(now or timezone.now()).date()).days
    time = formats.date_format(local, "H:i")
    if days == 0:
        return _("today %(time)s") % {"time": time}
    if days == -1:
        return _("yesterday %(time)s") % {"time": time}
    if days == 1:
        return _("tomorrow %(time)s") % {"time": time}
    return formats.date_format(local, "Y-m-d H:i")

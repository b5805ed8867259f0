"""What the figures say, in a sentence: what has changed for a real reason, and what only varies as usual."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .estimates import Bounded, Change
from .figures import Line
from .statistics import ANONYMOUS, Results


def first_sentence(results: Results) -> str:
    """CSI 76.2 (73.9 to 78.4), n = 412."""
    if not results.n:
        return _("Nobody has answered yet.")
    if results.is_hidden:
        return _(
            "Fewer than %(least)s answers: nothing is shown, so that nobody can tell whose they are."
        ) % {"least": ANONYMOUS}
    csi = results.csi
    if csi is None:
        return ngettext("%(n)s answer without an index.", "%(n)s answers without an index.", results.n) % {
            "n": results.n
        }
    return _("Customer satisfaction index %(figure)s.") % {"figure": spoken(csi)}


def spoken(figure: Bounded, places: int = 1) -> str:
    """76.2 (73.9 to 78.4), n = 412."""
    value = f"{figure.value:.{places}f}"
    if figure.lower is None or figure.upper is None:
        return _("%(value)s, n = %(n)s") % {"value": value, "n": figure.n}
    return _("%(value)s (%(lower)s to %(upper)s), n = %(n)s") % {
        "value": value, "lower": f"{figure.lower:.{places}f}", "upper": f"{figure.upper:.{places}f}", "n": figure.n,
    }  # fmt: skip


def change_sentence(lines: list[Line]) -> str:
    """The last period against the one before; empty where there are no two to compare."""
    if len(lines) < 2 or lines[-1].change is None:
        return ""
    now, before = lines[-1], lines[-2]
    change: Change = now.change
    words = {
        "now": now.label, "before": before.label, "points": f"{abs(change.value):.1f}",
        "lower": f"{min(abs(change.lower), abs(change.upper)):.1f}",
        "upper": f"{max(abs(change.lower), abs(change.upper)):.1f}",
    }  # fmt: skip
    if change.direction > 0:
        return (
            _("%(now)s lies %(points)s points above %(before)s (%(lower)s to %(upper)s): more than chance.")
            % words
        )
    if change.direction < 0:
        return (
            _("%(now)s lies %(points)s points below %(before)s (%(lower)s to %(upper)s): more than chance.")
            % words
        )
    return _("%(now)s is unchanged against %(before)s within what is usual.") % words


def caution(results: Results) -> str:
    """Said where few answered."""
    if results.csi is None or not results.csi.is_of_few:
        return ""
    return _("These are few answers: the interval is wide, and a single customer moves the figure.")

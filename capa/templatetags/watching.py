"""Drawing the calculator's answer, and naming the source of a design."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from capa import charts, measuring, watching

register = template.Library()


@register.simple_tag
def power_chart(answer: watching.Answer) -> SafeString:
    """The chance to see the change against the days, with the observation one has in mind and the one that is needed."""
    marks = [
        (
            answer.days,
            _("%(days)s days: %(percent)s %%") % {"days": answer.days, "percent": answer.chosen.percent},
        )
    ]
    needed = answer.question.days_needed
    if needed and needed != answer.days:
        marks.append((needed, _("80 %% after %(days)s days") % {"days": needed}))
    title = _("The chance to see the smallest change worth having")
    return charts.power_chart(answer.curve, marks, wanted=watching.POWER, title=title, key="power")


@register.filter
def source_label(key: str) -> str:
    """Where the numbers come from, in the reader's language."""
    return measuring.source_of(key).label

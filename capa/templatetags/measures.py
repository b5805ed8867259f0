"""Tags of the pages about measures."""

from django import template
from django.utils.safestring import SafeString

from capa.gantt import Chart, Row
from capa.models import Measure
from capa.slippage import Slippage, slippage_of

register = template.Library()


@register.simple_tag
def slippage(measure: Measure) -> Slippage:
    """How far it has slipped: {% slippage measure as slipped %}."""
    return slippage_of(measure)


@register.simple_tag
def drawn(row: Row, chart: Chart) -> SafeString:
    """One row of a timeline as a picture."""
    return row.drawing(chart)

"""What a monthly report says about the leading indicators: which of them changed, then each by itself."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from people.punctuation import joined

from ..dashboards.saying import run_on
from ..drawing.scale import figure, with_unit
from ..periods import Period
from ..reading import Figure
from ..spc import telling
from ..spc.chart import Data
from ..spc.judging import Assurance, Variation
from .collecting import Indicator

#: A unit of so many characters is said with every value.
SHORT = 6


def with_remark(name, remark) -> str:
    """First response (concern)."""
    return pgettext("name with a remark", "%(name)s (%(remark)s)") % {"name": name, "remark": remark}


def named(found: list[Indicator]) -> str:
    return joined(one.kpi for one in found)


# In short ------------------------------------------------------------------------------------------------------------
def summary(found: list[Indicator], month: Period) -> str:
    """Which indicators changed for a real reason, and that the others only vary as usual."""
    known = [one for one in found if one.figure.value is not None]
    judged = [one for one in known if one.judged.variation != Variation.NONE]
    changed = [one for one in judged if one.judged.is_signal]
    sentences = [_what_changed(changed, judged, month)]
    if missed := [one for one in known if one.judged.assurance == Assurance.MISSES]:
        text = _("As they run now, these miss their target every time: %(names)s.")
        sentences.append(text % {"names": named(missed)})
    if new := [one for one in known if one not in judged]:
        text = _("For a judgement there are too few months yet: %(names)s.")
        sentences.append(text % {"names": named(new)})
    if missing := [one for one in found if one not in known]:
        sentences.append(_("There is no figure for: %(names)s.") % {"names": named(missing)})
    return run_on(sentences)


def _what_changed(changed: list[Indicator], judged: list[Indicator], month: Period) -> str:
    if not judged:
        return ""
    if not changed:
        text = ngettext(
            "In %(month)s nothing changed for a reason that chance doesn't explain: the only indicator that can be judged "
            "varies as usual.",
            "In %(month)s nothing changed for a reason that chance doesn't explain: all %(n)s indicators that can be "
            "judged vary as usual.",
            len(judged),
        )
        return text % {"month": month.label, "n": len(judged)}
    text = ngettext(
        "In %(month)s %(n)s of %(all)s indicators shows a change that chance doesn't explain: %(names)s.",
        "In %(month)s %(n)s of %(all)s indicators show a change that chance doesn't explain: %(names)s.",
        len(changed),
    )
    names = joined(with_remark(one.kpi, word_of(one)) for one in changed)
    said = text % {"month": month.label, "n": len(changed), "all": len(judged), "names": names}
    usual = len(judged) - len(changed)
    if not usual:
        return said
    text = ngettext("The other one varies as usual.", "The other %(n)s vary as usual.", usual)
    return run_on([said, text % {"n": usual}])


def word_of(one: Indicator) -> str:
    words = {
        Variation.IMPROVING: pgettext("in a sentence", "improving"),
        Variation.CONCERN: pgettext("in a sentence", "concern"),
    }
    return words.get(one.judged.variation) or pgettext("in a sentence", "changed")


# One by one ----------------------------------------------------------------------------------------------------------
def about_indicator(one: Indicator) -> str:
    """Value with its interval, what kind of variation it is, the target, and how it was before."""
    now = one.figure
    if now.value is None:
        return run_on([_("There is no figure."), now.missing])
    said = telling.sentences(one.chart, show=lambda value: in_unit(one, value))
    value = _("%(value)s.") % {"value": value_of(now)}
    return run_on([value, *said, *_of_target(one), *_before(one)])


def in_unit(one: Indicator, value: float) -> str:
    """A value beside one that has said its unit: a long unit isn't said again."""
    unit = str(one.kpi.measured_in)
    return with_unit(value, one.kpi.places, unit if len(unit) <= SHORT else "")


def value_of(one: Figure) -> str:
    """30.6 % (812 of 2,650; 95 % interval 28.9 to 32.4)."""
    value = with_unit(one.value, one.kpi.places, str(one.kpi.measured_in))
    behind = joined(filter(None, [_counted(one), _interval(one)]))
    return (
        pgettext("figure", "%(value)s (%(behind)s)") % {"value": value, "behind": behind} if behind else value
    )


def _counted(one: Figure) -> str:
    kpi = one.kpi
    if kpi.quantile is not None or kpi.squares:
        return _("n = %(n)s") % {"n": figure(one.denominator, 0)}
    if not kpi.denominator or kpi.data == Data.COUNT:
        return ""
    above = one.denominator - one.numerator if kpi.is_complement else one.numerator
    return pgettext("figures", "%(numerator)s of %(denominator)s") % {
        "numerator": count_of(above), "denominator": count_of(one.denominator),
    }  # fmt: skip


def count_of(value: float) -> str:
    return figure(value, 0 if float(value).is_integer() else 1)


def _interval(one: Figure) -> str:
    if one.lower is None or one.upper is None:
        return ""
    return _("95 %% interval %(lower)s to %(upper)s") % {
        "lower": figure(one.lower, one.kpi.places), "upper": figure(one.upper, one.kpi.places),
    }  # fmt: skip


def _of_target(one: Indicator) -> list[str]:
    """Where the limits don't say yet whether the target will be met, at least the month does."""
    if one.target is None or one.judged.assurance != Assurance.NONE:
        return []
    if one.meets_target is None:
        text = _("The target is %(value)s.")
    elif one.meets_target:
        text = _("This month meets the target of %(value)s.")
    else:
        text = _("This month misses the target of %(value)s.")
    return [text % {"value": in_unit(one, one.target)}]


def _before(one: Indicator) -> list[str]:
    """How it was a month and a year earlier: said, not judged."""
    said = {}
    for back in (1, 12):
        earlier = one.figures[-1 - back] if len(one.figures) > back else None
        if earlier is not None and earlier.value is not None:
            said[back] = in_unit(one, earlier.value)
    if len(said) == 2:
        return [
            _("The month before: %(month)s; the same month of the year before: %(year)s.")
            % {"month": said[1], "year": said[12]}
        ]
    if 1 in said:
        return [_("The month before: %(month)s.") % {"month": said[1]}]
    if 12 in said:
        return [_("The same month of the year before: %(year)s.") % {"year": said[12]}]
    return []

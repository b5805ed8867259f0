"""What a monthly report says, made from the figures that were kept: part by part, in the language that is active.

Every sentence stands on its own, so that a person can rewrite one part without reading the others. A percentage never
stands without its figures, and what is missing is said to be missing.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from incidents.stages import LOOP, Stage
from people.models import Unit
from people.punctuation import comma, joined

from ..definitions import KPIS, LEADING
from ..drawing.scale import figure, with_unit
from ..models import Signal
from ..periods import Period
from ..reading import Figure
from ..spc.judging import Variation
from . import collecting
from .collecting import Indicator
from .indicator_words import about_indicator, count_of, named, run_on, summary, value_of, with_remark

#: The parts of a report besides those of the indicators ("kpi:csi"), in their order.
BEFORE: dict[str, Promise] = {"summary": gettext_lazy("In short")}
AFTER: dict[str, Promise] = {
    "complaints": gettext_lazy("Complaints"),
    "incidents": gettext_lazy("Incidents and loop"),
    "measures": gettext_lazy("Measures and verifications"),
    "warnings": gettext_lazy("Early warnings"),
    "outlook": gettext_lazy("Outlook"),
    "remarks": gettext_lazy("Remarks"),
}


def title_of(key: str) -> str:
    """What stands above a part."""
    code = key.removeprefix("kpi:")
    return str({**BEFORE, **AFTER}.get(key) or KPIS[code].name)


def keys() -> list[str]:
    """All parts in their order."""
    return [*BEFORE, *(f"kpi:{code}" for code in LEADING), *AFTER]


def made_of(unit: Unit, facts: dict) -> dict[str, str]:
    """key of the part -> what the figures say. `remarks` is empty: it is the writer's own."""
    found = collecting.indicators(unit, facts)
    month = Period.parse(facts["month"])
    said = {
        "summary": summary(found, month),
        **{f"kpi:{one.kpi.code}": about_indicator(one) for one in found},
        "complaints": complaints(unit, facts, found),
        "incidents": incidents(unit, facts),
        "measures": measures(unit, facts),
        "warnings": warnings(facts["warnings"]),
        "outlook": outlook(facts, found, month.shifted(1)),
        "remarks": "",
    }
    return {key: said[key] for key in keys() if key in said}


# Complaints ----------------------------------------------------------------------------------------------------------
def complaints(unit: Unit, facts: dict, found: list[Indicator]) -> str:
    rate = next(one for one in found if one.kpi.code == "complaint-rate")
    now, before = rate.figure.numerator, rate.figures[-2].numerator if len(rate.figures) > 1 else None
    n = round(now or 0)
    sentences = [
        ngettext("%(n)s complaint was received.", "%(n)s complaints were received.", n) % {"n": figure(n, 0)}
        if n
        else _("No complaint was received.")
    ]
    if before is not None:
        sentences.append(_("The month before had %(n)s.") % {"n": figure(before, 0)})
    kinds = facts["complaints"]["kinds"]
    if kinds:
        head, total = collecting.head_of(kinds), sum(kind["count"] for kind in kinds)
        named = joined(with_remark(kind["name"], figure(kind["count"], 0)) for kind in head)
        share = sum(kind["count"] for kind in head)
        text = _("Most of them were about: %(names)s; together %(part)s of %(all)s, %(share)s %%.")
        sentences.append(
            text
            % {
                "names": named,
                "part": count_of(share),
                "all": count_of(total),
                "share": figure(100 * share / total, 0),
            }
        )
    sentences += _replies(unit, facts)
    return run_on(sentences)


def _replies(unit: Unit, facts: dict) -> list[str]:
    median, slow, on_time = (
        _further(unit, facts, code) for code in ("reply-time", "reply-time-p90", "reply-on-time")
    )
    if median.value is None:
        sentences = [_("No first reply was sent in this month.")]
    else:
        text = _("Half of the first replies came within %(median)s, nine of ten within %(slow)s (n = %(n)s).")
        sentences = [
            text % {
                "median": with_unit(median.value, median.kpi.places, str(median.kpi.measured_in)),
                "slow": with_unit(slow.value, slow.kpi.places, str(slow.kpi.measured_in)),
                "n": figure(median.denominator, 0),
            }
        ]  # fmt: skip
    if on_time.value is not None:
        sentences.append(_("Answered on time: %(value)s.") % {"value": value_of(on_time)})
    return sentences


def _further(unit: Unit, facts: dict, code: str, back: int = 0) -> Figure:
    return collecting.figure_again(KPIS[code], unit, facts["further"][code][-1 - back])


# Incidents, measures -------------------------------------------------------------------------------------------------
def incidents(unit: Unit, facts: dict) -> str:
    loop = facts["loop"]
    reported, closed = _further(unit, facts, "incidents-reported"), _further(unit, facts, "loop-time")
    n, done = round(reported.numerator or 0), round(closed.numerator or 0)
    sentences = [
        ngettext("%(n)s incident was reported.", "%(n)s incidents were reported.", n) % {"n": figure(n, 0)}
        if n
        else _("No incident was reported."),
        ngettext("%(n)s was closed.", "%(n)s were closed.", done) % {"n": figure(done, 0)}
        if done
        else _("None was closed."),
    ]
    if closed.value is not None:
        text = _("From report to closing it took %(value)s in the median.")
        sentences.append(
            text % {"value": with_unit(closed.value, closed.kpi.places, str(closed.kpi.measured_in))}
        )
    sentences.append(_open(loop))
    back = loop["verdicts"].get("not_effective", 0)
    if back:
        text = ngettext(
            "%(n)s case went back to root-cause analysis, since its measures were not effective.",
            "%(n)s cases went back to root-cause analysis, since their measures were not effective.",
            back,
        )
        sentences.append(text % {"n": figure(back, 0)})
    if came_back := loop["came_back"]:
        text = ngettext(
            "%(n)s closed case came back, as a person has confirmed.",
            "%(n)s closed cases came back, as a person has confirmed.",
            came_back,
        )
        sentences.append(text % {"n": figure(came_back, 0)})
    return run_on(sentences)


def _open(loop: dict) -> str:
    total = sum(loop["open"].values())
    if not total:
        return _("When this was written none was open.")
    stages = [
        f"{Stage(stage).label} {figure(loop['open'][stage], 0)}" for stage in LOOP if stage in loop["open"]
    ]
    text = ngettext(
        "When this was written %(n)s was open (%(stages)s), %(late)s of them overdue.",
        "When this was written %(n)s were open (%(stages)s), %(late)s of them overdue.",
        total,
    )
    return text % {"n": figure(total, 0), "stages": joined(stages), "late": figure(loop["late"], 0)}


def measures(unit: Unit, facts: dict) -> str:
    """Done on time; verdicts with those that say nothing yet, which are no success."""
    loop, on_time = facts["loop"], _further(unit, facts, "measures-on-time")
    sentences = []
    if on_time.value is None:
        sentences.append(_("No measure was due in this month."))
    else:
        sentences.append(
            _("Measures done by the day first agreed: %(value)s.") % {"value": value_of(on_time)}
        )
    if late := loop["measures_late"]:
        text = ngettext("%(n)s measure is overdue.", "%(n)s measures are overdue.", late)
        sentences.append(text % {"n": figure(late, 0)})
    verdicts = {key: loop["verdicts"].get(key, 0) for key in ("effective", "not_effective", "inconclusive")}
    total = sum(verdicts.values())
    if not total:
        sentences.append(_("No effect was judged in this month."))
        return run_on(sentences)
    text = ngettext(
        "%(n)s verdict was given: %(effective)s effective, %(not_effective)s not effective, %(inconclusive)s "
        "inconclusive and watched on.",
        "%(n)s verdicts were given: %(effective)s effective, %(not_effective)s not effective, %(inconclusive)s "
        "inconclusive and watched on.",
        total,
    )
    sentences.append(text % {"n": total, **verdicts})
    first = _further(unit, facts, "effective-first")
    if first.value is not None:
        sentences.append(_("Effective at the first verification: %(value)s.") % {"value": value_of(first)})
    return run_on(sentences)


# Early warnings, outlook ---------------------------------------------------------------------------------------------
def warnings(facts: dict) -> str:
    opened, closed = facts["opened"], facts["closed"]
    if not opened and not closed:
        sentences = [_("No early warning was opened or closed.")]
    else:
        sentences = []
    if opened:
        text = ngettext(
            "%(n)s early warning was opened: %(names)s.",
            "%(n)s early warnings were opened: %(names)s.",
            len(opened),
        )
        sentences.append(text % {"n": len(opened), "names": joined(map(_opened, opened))})
    if closed:
        text = ngettext("%(n)s was closed: %(names)s.", "%(n)s were closed: %(names)s.", len(closed))
        sentences.append(text % {"n": len(closed), "names": joined(map(_closed, closed))})
    return run_on(sentences)


def _where(warning: dict) -> str:
    if not warning["unit"]:
        return warning["indicator"]
    return pgettext("early warning", "%(indicator)s, %(unit)s") % warning


def _opened(warning: dict) -> str:
    concern, better = pgettext("in a sentence", "concern"), pgettext("in a sentence", "improving")
    return with_remark(_where(warning), concern if warning["is_concern"] else better)


def _closed(warning: dict) -> str:
    finding = Signal.Finding(warning["finding"]).label
    return with_remark(_where(warning), comma().join(filter(None, [str(finding), warning["incident"]])))


def outlook(facts: dict, found: list[Indicator], coming: Period) -> str:
    loop, still = facts["loop"], facts["warnings"]["open"]
    n = loop["measures_coming"]
    if n:
        text = ngettext("In %(month)s %(n)s measure falls due.", "In %(month)s %(n)s measures fall due.", n)
    else:
        text = _("In %(month)s no measure falls due.")
    sentences = [text % {"month": coming.label, "n": figure(n, 0)}]
    if ending := loop["watches_ending"]:
        text = ngettext(
            "%(n)s closed case ceases to be watched for recurrence.",
            "%(n)s closed cases cease to be watched for recurrence.",
            ending,
        )
        sentences.append(text % {"n": figure(ending, 0)})
    if still:
        text = ngettext("%(n)s early warning is still open.", "%(n)s early warnings are still open.", still)
        sentences.append(text % {"n": figure(still, 0)})
    concerns = [
        one for one in found if one.figure.value is not None and one.judged.variation == Variation.CONCERN
    ]
    if concerns:
        sentences.append(_("To be looked into first: %(names)s.") % {"names": named(concerns)})
    return run_on(sentences)

"""Which few causes are behind most of it: a Pareto of the confirmed root causes of a chosen set of incidents.

Only the root causes of an incident's last round count; what has none yet is told, not drawn.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Incident, IncidentType
from incidents.search import fold
from incidents.stages import LOOP
from people.models import Unit

from .models import Cause
from .models.analysis import category_label
from .ranking import Bar, Ranked, in_order

#: How many incidents of the set are read, the newest: the page costs the same with a larger archive.
MOST_INCIDENTS = 20_000

BY_CATEGORY, BY_TEXT, BY_TYPE, BY_UNIT = "category", "text", "type", "unit"
WAYS: dict[str, Promise] = {
    BY_CATEGORY: gettext_lazy("By category"),
    BY_TEXT: gettext_lazy("By root cause"),
    BY_TYPE: gettext_lazy("By type"),
    BY_UNIT: gettext_lazy("By responsible unit"),
}
#: What the bars count: a case with two root causes has two of them, but is one case.
COUNTS_CAUSES = (BY_CATEGORY, BY_TEXT)
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Pareto(Ranked):
    way: str
    bars: list[Bar]
    chosen: int  # incidents of the set that were read
    analysed: int  # with a confirmed root cause
    pending: int  # open, without one
    without: int  # ended without one: dismissed, joined, put right on the spot, closed elsewhere
    is_cut: bool

    @property
    def counts_causes(self) -> bool:
        return self.way in COUNTS_CAUSES

    @property
    def what(self) -> str:
        """What the bars are."""
        names = {
            BY_CATEGORY: _("Category"), BY_TEXT: _("Root cause"), BY_TYPE: _("Type"), BY_UNIT: _("Responsible unit"),
        }  # fmt: skip
        return names[self.way]

    @property
    def unit_of_count(self) -> str:
        return _("Root causes") if self.counts_causes else _("Incidents")


def of(filters) -> Pareto:
    """The Pareto of the incidents that a `ParetoFilter` lets through: three statements, four where names are asked."""
    newest = filters.found.order_by("-reported_at", "-pk").values("pk")[: MOST_INCIDENTS + 1]
    roots = Cause.objects.filter(is_root=True, cycle=F("incident__cycle"))
    has_root = Exists(roots.filter(incident=OuterRef("pk")))
    told = (
        Incident.objects.filter(pk__in=newest)
        .annotate(has_root=has_root)
        .aggregate(
            chosen=Count("pk"),
            analysed=Count("pk", filter=Q(has_root=True)),
            pending=Count("pk", filter=Q(has_root=False, stage__in=LOOP)),
        )
    )
    counted = _counted(roots.filter(incident__in=newest), filters.way)
    return Pareto(
        filters.way,
        in_order(counted),
        **told,
        without=told["chosen"] - told["analysed"] - told["pending"],
        is_cut=told["chosen"] > MOST_INCIDENTS,
    )


def _counted(roots: QuerySet[Cause], way: str) -> list[tuple[str, str, int]]:
    roots = roots.order_by()
    if way == BY_TEXT:
        return _by_text(roots.values_list("text").annotate(count=Count("pk")))
    if way == BY_CATEGORY:
        found = roots.values_list("category").annotate(count=Count("pk"))
        return [(category, category_label(category), count) for category, count in found]
    model, field = (
        (IncidentType, "incident__type") if way == BY_TYPE else (Unit, "incident__responsible_unit")
    )
    found = dict(roots.values_list(field).annotate(count=Count("incident", distinct=True)))
    names = model.objects.in_bulk(key for key in found if key)
    return [
        (names[key].code, str(names[key]), count) if key else ("", _("None named"), count)
        for key, count in found.items()
    ]


def _by_text(found) -> list[tuple[str, str, int]]:
    """Texts that differ in width, case, script or signs only are one; its commonest spelling names it."""
    spellings: dict[str, Counter] = defaultdict(Counter)
    for text, count in found:
        spellings[_SIGNS.sub(" ", fold(text)).strip() or text][text.strip()] += count
    return [
        (key, min(texts, key=lambda text: (-texts[text], text)), texts.total())
        for key, texts in spellings.items()
    ]

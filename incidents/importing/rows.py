"""Rows of any file, before it is known what they are about: what counts as missing, and how its dates are written."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.jobs import sentence
from incidents.search import fold
from people.tables import Cell

from .cases import Row
from .mapping import MappingError
from .stamps import CERTAIN, ORDERS, Stamp, read_stamp, readable_orders, survey_orders

#: Short texts of which it is remembered whether they mean "missing".
REMEMBERED = 20_000


class RowReader:
    """The rows of one file. `options` has `missing`, `date_order` and `zone`; `moments` are the headings of dates.

    What had to be assumed for the whole file is said once, in `remarks`.
    """

    def __init__(self, options: Any, headings: Sequence[str], moments: Iterable[str]):
        self.options = options
        self.headings = list(headings)
        self.dated = [self.headings.index(heading) for heading in moments]
        self.missing = {fold(marker) for marker in options.missing} | {""}
        self.longest_marker = max(map(len, self.missing))
        self._given: dict[str, bool] = {}
        self.order = options.date_order
        self._remarks: dict[str, dict] = {}
        self.now = timezone.now() + dt.timedelta(minutes=5)

    def remark(self, key: str, message: str | Promise, **params: Any) -> None:
        """Say something once for the whole file."""
        if key not in self._remarks:
            self._remarks[key] = sentence(message, **params)

    @property
    def remarks(self) -> list[dict]:
        """What had to be assumed for the whole file, as kept sentences."""
        return list(self._remarks.values())

    def default_moment(self, text: str) -> dt.datetime | None:
        """The date of rows that have none, as it was typed on the page."""
        if not text:
            return None
        stamp = read_stamp(text, "ymd", self.options.zone)
        if stamp is None:
            raise MappingError(_("“%(value)s” is not a date."), value=text)
        return stamp.moment

    def survey(self, rows: Iterable[Row]) -> int:
        """First pass: count the rows, and find out in which order the dates are written. Raises MappingError.

        A file that breaks off is counted up to there: reading it again says where.
        """
        texts: dict[str, None] = {}
        count = 0
        for _number, cells in rows:
            count += 1
            texts |= dict.fromkeys(cells[place] for place in self.dated if isinstance(cells[place], str))
        if self.order == "auto":
            self._settle_order(text for text in texts if self.is_given(text))
        return count

    def _settle_order(self, texts: Iterable[str]) -> None:
        survey = survey_orders(texts)
        order = survey.settle()
        if order is None:
            raise MappingError(
                _(
                    "It can't be told whether %(example)s names the day or the month first: choose the order of dates."
                ),
                example=survey.example,
            )
        self.order = order
        if survey.is_mixed:
            self.remark(
                "mixed",
                _("The dates are not all written alike: most are read as %(order)s."),
                order=sentence(ORDERS[order]),
            )
        elif order != "ymd":
            self.remark("order", _("Dates were read as %(order)s."), order=sentence(ORDERS[order]))

    def is_given(self, text: str) -> bool:
        """Is this more than a mark for "missing"? Short texts come again and again: what they are is remembered."""
        if len(text) > self.longest_marker + 8:
            return True
        known = self._given.get(text)
        if known is None:
            known = fold(text.strip()) not in self.missing
            if len(self._given) < REMEMBERED:
                self._given[text] = known
        return known

    def stamp(self, cell: Cell) -> Stamp | None:
        """The moment in a cell, with what had to be assumed remarked; None when there is none."""
        stamp = read_stamp(cell, self.order, self.options.zone)
        if stamp is not None:
            self._assumed(stamp)
        return stamp

    def _assumed(self, stamp: Stamp) -> None:
        if not stamp.zoned:
            self.remark(
                "zone", _("Times name no zone: they were read as those of %(zone)s."), zone=self.options.zone
            )
        if stamp.twelve_hours:
            self.remark("hours", _("Times with AM and PM were read on the 12-hour clock."))
        if not stamp.timed:
            self.remark("midnight", _("Dates without a time count as the beginning of that day."))

    def why_no_moment(self, cell: Cell) -> Promise:
        orders = readable_orders(cell) if isinstance(cell, str) else frozenset()
        if orders and orders != CERTAIN and self.order in ORDERS and self.order not in orders:
            return _("This is not a date in the order %(order)s.")
        return _("This is not a date and time.")

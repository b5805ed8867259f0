"""A register of acts: what the page of a case offers, every act with its form and its words.

Incidents and complaints each have one. Whether an act is offered is only a courtesy: the function that does it checks
everything itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from people.models import Person


@dataclass(frozen=True, kw_only=True)
class Act:
    """One act on a case as a page of its own, and as a button or form on the page of the case."""

    name: str  # its address; key in the permission table, unless `rule` is
    title: Promise
    button: Promise
    perform: Callable[..., Any]  # (case, by=, version=, **the form's values)
    form: type
    back: str  # the page of the case to come back to: the name of a URL that takes its number
    template: str
    text: Promise | str = ""
    sends: Promise | str = ""  # the button at the end of its form, where `button` doesn't fit there
    done: Promise | str = ""  # said after success
    icon: str = "check"
    is_forward: bool = False  # the act that takes the case on: the primary button
    is_danger: bool = False
    rule: str = ""  # key in the permission table, where several acts are one to it
    anchor: str = ""  # the part of the page to come back to
    step: str = ""  # the machine's step whose gate has to be met first
    in_menu: bool = True  # off for acts on one row: their buttons stand beside it
    inline: bool = False  # its form is small enough to stand on the page of the case
    offered: Callable[[Any, Person], bool] = field(default=lambda case, person: True)

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")

    @property
    def last_button(self) -> str:
        """What sends its form: the dots of `button` promise one, and there it is."""
        return str(self.sends or self.button).removesuffix("…")

    @property
    def permission(self) -> str:
        return self.rule or self.name

    def fits(self, case) -> bool:
        """Can it be done to a case that stands where this one stands?"""
        raise NotImplementedError

    def form_of(self, case, person: Person, *sent, **options):
        """The form of this act on this case; `sent` is what was posted."""
        return self.form(*sent, **{self.form.case: case}, person=person, **options)


@dataclass(frozen=True)
class Offer:
    """An act that this person may do now; `ready` when its gate is met."""

    act: Act
    ready: bool


class Register:
    """All acts on one kind of case. `rules` is its permission table, `standing` how a person stands to a case in it."""

    def __init__(
        self, rules: Mapping[str, Any], standing: Callable, forward_step: Callable[[Any], str | None]
    ):
        self._rules = rules
        self._standing = standing
        self._forward_step = forward_step  # the machine's step that takes this case on
        self._acts: dict[str, Act] = {}

    def offer(self, *acts: Act) -> None:
        """Add acts, in the order in which their buttons stand."""
        for act in acts:
            if act.permission not in self._rules:
                raise ValueError(f"{act.permission} has no rule in permissions.ACTS")
            self._acts[act.slug] = act

    def find(self, slug: str) -> Act | None:
        return self._acts.get(slug)

    def all_acts(self) -> Iterable[Act]:
        return self._acts.values()

    def open_to(self, person: Person, case, gate: list) -> dict[str, Offer]:
        """The acts that this person may do to this case now, by slug, the forward ones first.

        `gate` is the checklist of the case's forward step, asked once by the page.
        """
        standing = self._standing(person, case)
        met = all(condition.met for condition in gate)
        offers = [
            Offer(act, ready=met or act.step != self._forward_step(case))
            for act in self._acts.values()
            if act.fits(case) and standing.allows(act.permission) and act.offered(case, person)
        ]
        return {offer.act.slug: offer for offer in sorted(offers, key=lambda offer: not offer.act.is_forward)}

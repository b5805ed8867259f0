"""What the incident page offers: every act with its form and its words, in one register.

The apps above add theirs (`offer`) when they load. Whether an act is offered is only a courtesy: the function that
does it checks everything itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from people.models import Person

from . import gates, permissions
from .forms.acts import ActForm
from .models import Incident


@dataclass(frozen=True)
class Act:
    """One act on an incident as a page of its own, and as a button or form on the incident page."""

    name: str  # its address; key in permissions.ACTS, unless `rule` is
    title: Promise
    button: Promise
    perform: Callable[..., Any]  # (incident, by=, version=, **the form's values)
    stages: tuple[str, ...]
    form: type[ActForm] = ActForm
    text: Promise | str = ""
    done: Promise | str = ""  # said after success
    icon: str = "check"
    is_forward: bool = False  # the act that takes the case on: the primary button
    is_danger: bool = False
    rule: str = ""  # key in permissions.ACTS, where several acts are one to the responsibility matrix
    anchor: str = ""  # the part of the page to come back to
    back: str = "incident"  # the page of the case to come back to: the name of a URL that takes its number
    step: str = ""  # the machine's step whose gate has to be met first
    in_menu: bool = True  # off for acts on one row: their buttons stand beside it
    inline: bool = False  # its form is small enough to stand on the incident page
    offered: Callable[[Incident, Person], bool] = field(default=lambda incident, person: True)
    template: str = "incidents/act.html"

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")

    @property
    def permission(self) -> str:
        return self.rule or self.name


_REGISTER: dict[str, Act] = {}


def offer(*acts: Act) -> None:
    """Add acts to the register, in the order in which their buttons stand."""
    for act in acts:
        if act.permission not in permissions.ACTS:
            raise ValueError(f"{act.permission} has no rule in permissions.ACTS")
        _REGISTER[act.slug] = act


def find(slug: str) -> Act | None:
    return _REGISTER.get(slug)


def all_acts() -> Iterable[Act]:
    return _REGISTER.values()


@dataclass(frozen=True)
class Offer:
    """An act that this person may do now; `ready` when its gate is met."""

    act: Act
    ready: bool


def open_to(person: Person, incident: Incident, gate: list[gates.Condition]) -> dict[str, Offer]:
    """The acts that this person may do to this incident now, by slug, the forward ones first.

    `gate` is the checklist of the stage's forward step, asked once by the page.
    """
    standing = permissions.Standing(person, incident)
    met = all(condition.met for condition in gate)
    offers = [
        Offer(act, ready=met or act.step != gates.FORWARD.get(incident.stage))
        for act in _REGISTER.values()
        if incident.stage in act.stages and standing.allows(act.permission) and act.offered(incident, person)
    ]
    return {offer.act.slug: offer for offer in sorted(offers, key=lambda offer: not offer.act.is_forward)}

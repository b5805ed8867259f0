"""The exit gates of a complaint: which facts must be there before a step may be taken."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from incidents.gates import Condition

from .states import State

#: The step that takes a complaint on from each state.
FORWARD: dict[str, str] = {
    State.RECEIVED: "acknowledge",
    State.ACKNOWLEDGED: "classify",
    State.CLASSIFIED: "investigate",
    State.INVESTIGATING: "send_reply",
    State.REPLIED: "follow_up",
    State.FOLLOWED_UP: "close",
}


def _classify(complaint) -> list[Condition]:
    return [
        Condition(_("A category is chosen"), complaint.category_id is not None),
        Condition(_("Urgency and importance are assessed"), complaint.priority is not None),
        Condition(_("A handler is named"), complaint.handler_id is not None),
    ]


def _send_reply(complaint) -> list[Condition]:
    reply = complaint.replies.filter(round=complaint.round).order_by("-pk").first()
    return [
        Condition(_("What was found is recorded"), bool(complaint.finding.strip()), "finding"),
        Condition(_("A reply is written"), reply is not None, "reply"),
        Condition(
            _("The reply is approved where the rule asks for it"),
            reply is not None and (reply.approved_at is not None or not reply.needs_approval),
            "reply",
        ),
    ]


def _follow_up(complaint) -> list[Condition]:
    return [
        Condition(
            _("A follow-up is recorded: the customer was reached, or tried often enough"),
            complaint.follow_ups.filter(round=complaint.round, is_final=True).exists(),
            "follow-up",
        )
    ]


def _bring_over(complaint) -> list[Condition]:
    untouched = complaint.acknowledged_at is None and complaint.due_at is None
    return [Condition(_("It was imported"), bool(complaint.external_source) and untouched)]


def _merge(complaint) -> list[Condition]:
    return [Condition(_("The other complaint is named"), complaint.merged_into_id is not None)]


GATES: dict[str, Callable[..., list[Condition]]] = {
    "classify": _classify,
    "send_reply": _send_reply,
    "follow_up": _follow_up,
    "bring_over": _bring_over,
    "merge": _merge,
}


def gate_of(complaint, step: str) -> list[Condition]:
    """The checklist of a step, met or missing."""
    return GATES[step](complaint) if step in GATES else []


def missing(complaint, step: str) -> list:
    """The labels of what a step still lacks."""
    return [condition.label for condition in gate_of(complaint, step) if not condition.met]


def ready_for(step: str) -> Callable:
    """The gate as a condition of the state machine."""

    def ready(complaint) -> bool:
        return not missing(complaint, step)

    ready.__name__ = f"ready_for_{step}"
    return ready

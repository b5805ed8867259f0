"""What is said to the customer: messages, the reply of each round and its approval, follow-ups, compensation."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints import compensating, corresponding, following, replying
from complaints.acts import Act, offer
from complaints.forms.answers import (
    CompensateForm,
    DraftReplyForm,
    FollowUpForm,
    ReplyForm,
    SendBackForm,
    SendReplyForm,
    WriteForm,
)
from complaints.models import Reply
from complaints.states import State

Status = Reply.Status


def _reply(complaint) -> Reply | None:
    """The reply of the present round, asked once for all the acts of a page."""
    if getattr(complaint, "_reply", (0, None))[0] != complaint.round:
        complaint._reply = complaint.round, replying.reply_of(complaint)
    return complaint._reply[1]


def _stands(*statuses: str) -> Callable:
    """Is the reply of the present round where one of these is?"""

    def stands(complaint, person) -> bool:
        reply = _reply(complaint)
        return reply is not None and reply.status in statuses

    return stands


def _can_be_sent(complaint, person) -> bool:
    """Written, and approved where that is needed; until then the next step is another one."""
    reply = _reply(complaint)
    return reply is not None and (
        reply.status == Status.APPROVED
        or (reply.status in (Status.DRAFT, Status.RETURNED) and not reply.needs_approval)
    )


offer(
    Act(
        name="approve_reply",
        title=_("Approve the reply"),
        button=_("Approve the reply"),
        text=_("With your approval it can be sent as it is. A change to it needs another one."),
        perform=replying.approve,
        form=ReplyForm,
        states=(State.INVESTIGATING,),
        done=_("The reply of %(number)s is approved."),
        icon="check",
        is_forward=True,
        anchor="finding",
        offered=_stands(Status.SUBMITTED),
        template="complaints/act_reply.html",
    ),
    Act(
        name="send_reply",
        title=_("Send the reply"),
        button=_("Send the reply"),
        text=_("What was sent can't be changed any more. If it doesn't help, the next round begins."),
        perform=replying.send,
        form=SendReplyForm,
        states=(State.INVESTIGATING,),
        done=_("%(number)s: the customer has the answer."),
        icon="send",
        is_forward=True,
        step="send_reply",
        anchor="finding",
        offered=_can_be_sent,
        template="complaints/act_reply.html",
    ),
    Act(
        name="submit_reply",
        title=_("Have the reply approved"),
        button=_("Ask for approval"),
        text=_(
            "The nearest quality manager who has no part in it reads it and approves it, or sends it back."
        ),
        perform=replying.submit,
        form=ReplyForm,
        states=(State.INVESTIGATING,),
        rule="draft_reply",
        done=_("The reply of %(number)s waits for its approval."),
        icon="user-check",
        is_forward=True,
        anchor="finding",
        offered=_stands(Status.DRAFT, Status.RETURNED),
        template="complaints/act_reply.html",
    ),
    Act(
        name="draft_reply",
        title=_("Write the reply"),
        button=_("Write the reply"),
        sends=_("Save"),
        text=_("Say what was found, what is done about it, and what the customer gets."),
        perform=replying.draft,
        form=DraftReplyForm,
        states=(State.INVESTIGATING,),
        done=_("The reply of %(number)s is saved."),
        icon="pencil",
        is_forward=True,
        anchor="finding",
        template="complaints/act_draft_reply.html",
    ),
    Act(
        name="return_reply",
        title=_("Send the reply back"),
        button=pgettext_lazy("reply", "Send back"),
        text=_("Whoever wrote it reads your reason, changes it and asks again."),
        perform=replying.send_back,
        form=SendBackForm,
        states=(State.INVESTIGATING,),
        rule="approve_reply",
        done=_("The reply of %(number)s is sent back."),
        icon="undo",
        anchor="finding",
        offered=_stands(Status.SUBMITTED),
        template="complaints/act_reply.html",
    ),
    Act(
        name="follow_up",
        title=_("Did it help?"),
        button=_("Record the follow-up"),
        text=_("Call the customer and ask whether the answer helped. Who isn't content is answered again."),
        perform=following.record_follow_up,
        form=FollowUpForm,
        states=(State.REPLIED,),
        done=_("%(number)s: the follow-up is recorded."),
        icon="phone",
        is_forward=True,
        anchor="follow-up",
        template="complaints/act_follow_up.html",
    ),
    Act(
        name="call_customer",
        title=_("The customer has been called"),
        button=_("Told by phone"),
        text=_("They have no e-mail address: tell them what stands on their page."),
        perform=corresponding.record_call,
        states=(*(state for state in State if state != State.MERGED),),
        rule="message",
        done=_("%(number)s: it is recorded that the customer was told."),
        icon="phone",
        anchor="correspondence",
        offered=lambda complaint, person: corresponding.waits_for_call(complaint),
    ),
    Act(
        name="message",
        title=_("Write to the customer"),
        button=_("Write to the customer"),
        text=_("By e-mail where they have an address, and on their page. They can answer both ways."),
        perform=corresponding.write,
        form=WriteForm,
        states=(*(state for state in State if state != State.MERGED),),
        done=_("%(number)s: your message is on its way."),
        icon="message-circle",
        anchor="correspondence",
    ),
    Act(
        name="compensate",
        title=_("What does the customer get?"),
        button=_("Record compensation"),
        text=_("To make it good. Its value may mean that the reply needs an approval."),
        perform=compensating.compensate,
        form=CompensateForm,
        states=(*(state for state in State if state not in compensating.NOT_IN),),
        done=_("%(number)s: it is recorded."),
        icon="gift",
        anchor="compensation",
    ),
)

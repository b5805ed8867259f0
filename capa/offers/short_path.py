"""The short path on the incident page: what was put right on the spot, reviewed."""

from django.utils.translation import gettext_lazy as _

from capa import short_path
from capa.forms.plan import (
    NoteForm,
    ReasonForm,
)
from incidents.acts import Act, offer
from incidents.stages import Stage

_REVIEW = {
    "stages": (Stage.CONFIRM,),
    "rule": "review_short_path",
    "offered": lambda incident, person: incident.short_path,
}

offer(
    Act(
        name="accept_short_path",
        title=_("Review what was put right on the spot"),
        button=_("Accept and close"),
        text=_("The correction is enough: the case walks through its stages at once and is closed."),
        perform=short_path.accept,
        form=NoteForm,
        done=_("%(number)s is reviewed and closed."),
        is_forward=True,
        inline=True,
        **_REVIEW,
    ),
    Act(
        name="refuse_short_path",
        title=_("The correction is not enough"),
        button=_("Not enough"),
        text=_("The case takes the whole loop, from confirming responsibility on."),
        perform=short_path.refuse,
        form=ReasonForm,
        icon="undo",
        done=_("%(number)s takes the whole loop."),
        **_REVIEW,
    ),
)

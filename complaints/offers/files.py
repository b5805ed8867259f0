"""Putting files beside a complaint, from its page."""

from django.utils.translation import gettext_lazy as _

from complaints import filing
from complaints.acts import Act, offer
from complaints.forms.files import FilesForm
from complaints.states import State

offer(
    Act(
        name="attach",
        states=tuple(state for state in State if state != State.MERGED),
        title=_("Add files"),
        text=_("For those who work on it: the customer does not see them. To send a file, write a message."),
        button=_("Add files"),
        done=_("%(number)s: the files are added."),
        form=FilesForm,
        perform=filing.add_files,
        icon="paperclip",
        offered=lambda complaint, person: complaint.anonymised_at is None,
    )
)

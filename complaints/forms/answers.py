"""Forms of writing to a customer, of the reply and its approval, of follow-ups and compensation."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from complaints import compensating, corresponding, following, replying, templating
from complaints.letters import language_of
from complaints.models import Compensation, FollowUp, Reply, ReplyTemplate
from incidents.forms.evidence import FilesField

from .acts import ComplaintForm


class WriteForm(ComplaintForm):
    """A message, with files."""

    text = forms.CharField(
        label=_("Message"),
        max_length=corresponding.LONGEST,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": _("Write what the customer shall read.")},
    )
    files = FilesField(label=_("Files"), required=False)


class DraftReplyForm(ComplaintForm):
    """The reply. A link with ?template= fills in a template; variables are filled when it is saved."""

    text = forms.CharField(
        label=_("Reply to the customer"),
        max_length=replying.LONGEST,
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": _("Write the reply.")},
    )
    template = forms.ModelChoiceField(
        queryset=ReplyTemplate.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.language = language_of(self.complaint)
        self.templates = templating.templates_for(self.complaint, self.language)
        field = self.fields["template"]
        field.queryset = ReplyTemplate.objects.filter(pk__in=[row.pk for row in self.templates])
        self.reply = replying.reply_of(self.complaint)
        self.variables = list(templating.VARIABLES.values())
        chosen = str(self.initial.get("template", ""))
        self.chosen = next((row for row in self.templates if str(row.pk) == chosen), None)
        if self.chosen is not None:
            self.initial["text"] = templating.fill(self.chosen.text, self.complaint, self.person)
        elif self.reply is not None:
            self.initial["text"] = self.reply.text
            self.initial.pop("template", None)

    @property
    def loses_approval(self) -> bool:
        return self.reply is not None and self.reply.status in (Reply.Status.SUBMITTED, Reply.Status.APPROVED)

    @property
    def needs_approval(self) -> bool:
        return replying.needs_approval(self.complaint, self.reply)


class ReplyForm(ComplaintForm):
    """Base of what is done with a written reply: it is shown above the form."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.reply = replying.reply_of(self.complaint)


class SendBackForm(ReplyForm):
    reason = forms.CharField(
        label=_("What should be different?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what should be different.")},
    )


class SendReplyForm(ReplyForm):
    way = forms.ChoiceField(
        label=_("How does the customer get it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how the customer gets the answer.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        ways = replying.ways_for(self.complaint)
        self.fields["way"].choices = ways
        self.fields["way"].initial = ways[0][0]


class FollowUpForm(ComplaintForm):
    outcome = forms.ChoiceField(
        label=_("What came of the call?"),
        choices=FollowUp.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what came of it.")},
    )
    note = forms.CharField(
        label=_("In the customer's words"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.reply = replying.reply_of(self.complaint)
        self.tries = following.tries_of(self.complaint)
        self.most_tries = settings.FOLLOW_UP_TRIES


class CompensateForm(ComplaintForm):
    kind = forms.ChoiceField(
        label=_("What does the customer get?"), choices=Compensation.Kind.choices, widget=forms.RadioSelect
    )
    amount = forms.DecimalField(
        label=_("Value"), max_digits=12, decimal_places=2, required=False, min_value=0, localize=False
    )
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in compensating.CURRENCIES], initial="CNY"
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

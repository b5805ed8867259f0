"""How complaints look in JSON: contact data masked for everybody, free text as the reader may see it."""

from functools import cached_property

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from complaints.acts import Offer, open_to
from complaints.masking import words_for
from complaints.models import Compensation, Complaint, FollowUp, Message, Reply
from complaints.reading import gate_of, incident_of
from complaints.states import Channel, Grade, Priority, State
from people.models import Person

from .serializers import (
    ConditionSerializer,
    ContactSerializer,
    OfferSerializer,
    PersonSerializer,
    Shown,
    TypeRefSerializer,
    UnitRefSerializer,
    one_of,
)


class Told:
    """A complaint, or a row that hangs on one, as one person may read it. Other names are the row's own."""

    FREE = frozenset({"title", "text", "wish", "place", "finding", "note", "returned_reason"})

    def __init__(self, row, person: Person, complaint: Complaint | None = None):
        self._row = row
        self._person = person
        self._complaint = complaint or row

    def __getattr__(self, name: str):
        value = getattr(self._row, name)
        return self._words(value) if name in self.FREE else value

    @cached_property
    def _words(self):
        return words_for(self._person, self._complaint)

    def _all(self, rows) -> list["Told"]:
        return [Told(row, self._person, self._complaint) for row in rows]

    @cached_property
    def gate(self) -> list:
        return gate_of(self._row)

    @cached_property
    def acts(self) -> list[Offer]:
        return list(open_to(self._person, self._row, self.gate).values())

    @property
    def incident(self):
        return incident_of(self._row, self._person)

    @property
    def messages(self) -> list:
        return self._all(self._row.messages.select_related("author"))

    @property
    def replies(self) -> list:
        return self._all(self._row.replies.select_related("author", "approver"))

    @property
    def follow_ups(self) -> list:
        return self._all(self._row.follow_ups.select_related("by"))

    @property
    def compensations(self) -> list:
        return self._all(self._row.compensations.select_related("by"))


class ComplaintRowSerializer(Shown):
    number = serializers.CharField()
    title = serializers.CharField()
    category = TypeRefSerializer(allow_null=True)
    unit = UnitRefSerializer()
    place = serializers.CharField()
    channel = one_of(Channel)
    priority = one_of(Priority, allow_null=True)
    state = one_of(State)
    round = serializers.IntegerField()
    version = serializers.IntegerField(help_text=_("Send it with an act: what you decided on."))
    sensitive = serializers.BooleanField()
    contact = ContactSerializer(allow_null=True)
    owner = PersonSerializer(allow_null=True, help_text=_("Who is waited for."))
    received_at = serializers.DateTimeField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    is_overdue = serializers.BooleanField()
    replied_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class ComplaintPageSerializer(Shown):
    results = ComplaintRowSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class MessageSerializer(Shown):
    direction = one_of(Message.Direction)
    kind = one_of(Message.Kind)
    way = one_of(Message.Way)
    text = serializers.CharField()
    author = PersonSerializer(allow_null=True)
    at = serializers.DateTimeField()


class ReplySerializer(Shown):
    round = serializers.IntegerField()
    status = one_of(Reply.Status)
    text = serializers.CharField()
    needs_approval = serializers.BooleanField()
    author = PersonSerializer()
    approver = PersonSerializer(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)


class FollowUpSerializer(Shown):
    round = serializers.IntegerField()
    outcome = one_of(FollowUp.Outcome)
    note = serializers.CharField()
    by = PersonSerializer(allow_null=True)
    at = serializers.DateTimeField()


class CompensationSerializer(Shown):
    kind = one_of(Compensation.Kind)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    by = PersonSerializer()
    at = serializers.DateTimeField()


class ComplaintSerializer(ComplaintRowSerializer):
    """Everything of one complaint; made from a Told."""

    text = serializers.CharField()
    wish = serializers.CharField()
    anonymous = serializers.BooleanField()
    language = serializers.CharField()
    urgency = one_of(Grade, allow_null=True)
    importance = one_of(Grade, allow_null=True)
    handler = PersonSerializer(allow_null=True)
    first_handler = PersonSerializer(allow_null=True)
    finding = serializers.CharField()
    satisfied = serializers.BooleanField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    incident = serializers.CharField(source="incident.number", allow_null=True, default=None)
    merged_into = serializers.CharField(source="merged_into.number", allow_null=True, default=None)
    gate = ConditionSerializer(many=True, help_text=_("What the step forwards needs."))
    acts = OfferSerializer(many=True, help_text=_("What you may do now."))
    messages = MessageSerializer(many=True, help_text=_("The correspondence, oldest first."))
    replies = ReplySerializer(many=True)
    follow_ups = FollowUpSerializer(many=True)
    compensations = CompensationSerializer(many=True)

"""The log of deliveries: who may read it, and what stands in it in words. It tells that, not what, was sent."""

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from people.models import Person, Role, Unit
from reminders.channels import label_of
from reminders.models import Delivery, Endpoint

from .customers import seen_by
from .flood import is_gathered

#: Why something wasn't needed any more, by the key that is kept in `last_error`.
REASONS: dict[str, Promise] = {
    "left": pgettext_lazy("delivery", "The person has left."),
    "no-address": pgettext_lazy("delivery", "The person has no e-mail address."),
    "no-customer-address": pgettext_lazy("delivery", "The customer has no e-mail address."),
    "erased": pgettext_lazy("delivery", "The customer's data has been erased."),
    "ended": pgettext_lazy("delivery", "The endpoint was removed."),
    "read": pgettext_lazy("delivery", "It was read in the app before."),
    "nothing-to-say": pgettext_lazy("delivery", "There was nothing to say."),
    "gathered": pgettext_lazy("delivery", "Many at once: it went out in one message with others."),
}
#: Who sets up what leaves a unit.
KEEPERS = (Role.QUALITY, Role.ADMINISTRATOR)


def endpoints_of(person: Person):
    """The endpoints of the units in which this person is quality manager or administrator, lower units included."""
    units = Unit.objects.within(*person.posted_units(*KEEPERS))
    return Endpoint.objects.filter(unit__in=units, ended_at=None)


def deliveries_of(person: Person):
    """What went to the endpoints of those units; for administrators, also the mail to the people of their units.

    Letters to customers are found by those who see their case.
    """
    units = Unit.objects.within(*person.posted_units(*KEEPERS))
    scope = Q(endpoint__in=Endpoint.objects.filter(unit__in=units))
    people = Person.objects.administered_by(person)
    return Delivery.objects.filter(scope | Q(recipient__in=people) | seen_by(person))


def with_texts(deliveries: QuerySet) -> QuerySet:
    """With the key of what each tells as `text`: of the first, where it tells many."""
    told = Delivery.notices.through.objects.filter(delivery=OuterRef("pk")).order_by("pk")
    return deliveries.annotate(text=Subquery(told.values("notice__text")[:1]))


def kind_of(delivery: Delivery) -> str:
    """What kind of message it is, of a row of `with_texts`: "Overdue", "Digest"; empty for one of another release."""
    if delivery.channel == Delivery.Channel.DIGEST:
        return str(Delivery.Channel.DIGEST.label)
    if delivery.channel == Delivery.Channel.CUSTOMER:
        return str(Delivery.Channel.CUSTOMER.label)
    if is_gathered(delivery):
        return str(pgettext_lazy("delivery", "Several in one"))
    return label_of(delivery.text or "")


def remark_on(delivery: Delivery) -> str:
    """What the other side said, or why it didn't come to that."""
    if delivery.state == Delivery.State.DROPPED:
        return str(REASONS.get(delivery.last_error, delivery.last_error))
    return delivery.last_error or delivery.answer

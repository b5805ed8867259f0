"""What is due, how long it may take, who is told, and how that reaches them."""

from .deadline import Absence, Deadline, Nudge
from .delivery import Delivery, Endpoint, Gap, Heartbeat
from .notice import Notice, Preferences, Switch
from .policy import CalendarDay, DeadlinePolicy, EscalationStep, WorkCalendar

__all__ = [
    "Absence",
    "CalendarDay",
    "Deadline",
    "DeadlinePolicy",
    "Delivery",
    "Endpoint",
    "EscalationStep",
    "Gap",
    "Heartbeat",
    "Notice",
    "Nudge",
    "Preferences",
    "Switch",
    "WorkCalendar",
]

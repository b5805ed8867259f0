"""The application's Celery with a quick clock, for the fault suite: what takes minutes in production takes seconds.

    celery -A tests.faults.quick worker

Sweep, audit, deliveries and the counting of figures come at the intervals below, and the lease of a delivery lasts
seconds, so that what a killed worker held is taken over while one watches. Nothing else differs from `config.celery`.
"""

import datetime as dt

import django

django.setup()

# The models that leasing needs are ready only now.
from config.celery import app  # noqa: E402
from reminders.deliveries import leasing  # noqa: E402

#: Seconds between two runs; in production 60, 300, 30, 30 and 60.
EVERY = {
    "sweep-deadlines": 3.0,
    "audit-announcements": 15.0,
    "deliver-mail": 3.0,
    "deliver-messages": 5.0,
    "roll-up-figures": 5.0,
}
#: In production five minutes. Longer than the sending of one mail on a busy machine.
LEASE = dt.timedelta(seconds=20)

leasing.LEASE = LEASE
app.conf.beat_schedule = {
    name: {**app.conf.beat_schedule[name], "schedule": seconds} for name, seconds in EVERY.items()
}
app.conf.beat_max_loop_interval = 1

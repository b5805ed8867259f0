import pytest

from reminders.deliveries.sending import deliver_mail
from reminders.models import Delivery
from reminders.notices import notify
from tests.reminders.mailbox import mail_server


@pytest.fixture
def mailbox(settings):
    """A real mail server that the application sends to."""
    with mail_server() as (box, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
        settings.DEFAULT_FROM_EMAIL = "ServiceLoop <loop@rail.example>"
        settings.BASE_URL = "https://loop.rail.example"
        yield box


@pytest.fixture
def tell():
    """Tell somebody something about a case: tell(person, 7, "overdue", what="turn.confirm")."""

    def tell(person, number=1, text="turn", *, occasion="", url="/mywork/", **params):
        subject = f"incident:{number}"
        notify(
            [person], text, occasion=occasion or f"{subject}:{text}", subject=subject, url=url,
            params={"label": f"SQ-2026-{number:06}", "what": "turn.confirm", "title": "Late", **params},
        )  # fmt: skip

    return tell


@pytest.fixture
def send():
    """Send what is due, until nothing more happens at this moment."""

    def send():
        deliver_mail()
        return list(Delivery.objects.order_by("pk"))

    return send

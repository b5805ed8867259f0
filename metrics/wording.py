"""How acts on figures are told in the audit trail, and what the reminders call what is due with them."""

from history.timeline import describe  # noqa: F401 - every part below adds what it records

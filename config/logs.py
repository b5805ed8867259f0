"""What the log may not tell: a secret in an address (a customer's page, a survey, a followed report) opens that page."""

import logging
import re

#: A part of an address this long is a secret: references, codes and ids are shorter.
_SECRET = re.compile(r"/[A-Za-z0-9_:.%~-]{40,}")


def without_secrets(text: str) -> str:
    return _SECRET.sub("/…", text)


class SecretAddresses(logging.Filter):
    """Takes secrets out of the addresses that a record names."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                without_secrets(item) if isinstance(item, str) else item for item in record.args
            )
        if isinstance(record.msg, str):
            record.msg = without_secrets(record.msg)
        return True

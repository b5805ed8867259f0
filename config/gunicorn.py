"""Gunicorn's settings, for development and production alike."""

import os
from pathlib import Path

from gunicorn.glogging import Logger

from config.logs import without_secrets

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 20
control_socket_disable = True  # nothing listens but the web port
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # heart-beats need no disk
accesslog = "-" if os.environ.get("ACCESS_LOG") == "1" else None
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "warning")


class DiscreetLogger(Logger):
    """The access log without the secrets in addresses."""

    def atoms(self, *args, **kwargs):
        found = super().atoms(*args, **kwargs)
        return found | {name: without_secrets(found[name]) for name in "rUf"}


logger_class = DiscreetLogger

"""Gunicorn's settings, for development and production alike."""

import os
from pathlib import Path

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 20
control_socket_disable = True  # nothing listens but the web port
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # heart-beats need no disk
accesslog = "-" if os.environ.get("ACCESS_LOG") == "1" else None
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "warning")

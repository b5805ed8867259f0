from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AppConfig):
    name = "history"
    verbose_name = _("History")

    def ready(self):
        # Connects to the signals of the sign-in library.
        import_module("history.administration.signin")

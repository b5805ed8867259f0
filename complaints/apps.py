import importlib
import pkgutil

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = _("Complaints")

    def ready(self):
        # Its offers are a package: each part of it puts its own acts on the page of a complaint.
        offers = importlib.import_module("complaints.offers")
        for module in sorted(pkgutil.iter_modules(offers.__path__), key=lambda module: module.name):
            importlib.import_module(f"complaints.offers.{module.name}")

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = _("Incidents")

    def ready(self):
        # Every app may put acts on the incident page (offers.py) and words into the timeline (wording.py).
        autodiscover_modules("offers", "wording")

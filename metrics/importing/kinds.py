"""The import of figures, as the pages and jobs know it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents.importing.kinds import ImportKind, offer_import
from incidents.models import Job

from .running import may_import

FIGURES = ImportKind(
    check=Job.Kind.CHECK_VOLUMES,
    do=Job.Kind.IMPORT_VOLUMES,
    title=_("Import figures"),
    overview="volume-imports",
    columns="volume-import-columns",
    start="volume-import-start",
    imported=lambda n: ngettext("%(n)s figure is imported.", "%(n)s figures are imported.", n) % {"n": n},
    faulty=lambda n: (
        ngettext(
            "%(n)s row has errors. Nothing has been written yet.",
            "%(n)s rows have errors. Nothing has been written yet.",
            n,
        )
        % {"n": n}
    ),
    button=lambda n: ngettext("Import %(n)s figure", "Import %(n)s figures", n) % {"n": n},
    onwards="volumes",
    onwards_label=_("To the volumes"),
    may=may_import,
)
offer_import(FIGURES)

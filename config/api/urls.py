"""/api/v1/: one address for everything that can be read, and one for every act of the registers."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from capa.records import RECORDS
from complaints.acts import all_acts as all_complaint_acts
from incidents.acts import all_acts
from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

from .authentication import SignedIn
from .views import complaints, figures, incidents, measures, people
from .views.base import ApiView, NothingHere


class Schema(SpectacularJSONAPIView, ApiView):
    permission_classes = [SignedIn]


urlpatterns = [
    path("me/", people.Me.as_view(), name="api-me"),
    path("units/", people.Units.as_view(), name="api-units"),
    path("types/", people.Types.as_view(), name="api-types"),
    path("uploads/", incidents.Uploads.as_view(), name="api-uploads"),
    path("incidents/", incidents.Incidents.as_view(), name="api-incidents"),
    path("incidents/<number:number>/", incidents.OneIncident.as_view(), name="api-incident"),
    *(
        path(
            f"incidents/<number:number>/acts/{act.slug}/",
            incidents.IncidentAct.as_view(act=act),
            name=f"api-incident-{act.slug}",
        )
        for act in all_acts()
    ),
    path("complaints/", complaints.Complaints.as_view(), name="api-complaints"),
    path("complaints/<number:number>/", complaints.OneComplaint.as_view(), name="api-complaint"),
    *(
        path(
            f"complaints/<number:number>/acts/{act.slug}/",
            complaints.ComplaintAct.as_view(act=act),
            name=f"api-complaint-{act.slug}",
        )
        for act in all_complaint_acts()
    ),
    path("measures/<number:number>/", measures.OneMeasure.as_view(), name="api-measure"),
    *(
        path(
            f"measures/<number:number>/acts/{record.slug}/",
            measures.MeasureAct.as_view(act=record),
            name=f"api-measure-{record.slug}",
        )
        for record in RECORDS.values()
    ),
    path("volumes/", figures.Volumes.as_view(), name="api-volumes"),
    path("figures/", figures.Figures.as_view(), name="api-figures"),
    path("schema/", Schema.as_view(), name="api-schema"),
    re_path("", NothingHere.as_view(), name="api-nothing"),
]

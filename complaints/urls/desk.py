"""The desk: the list of complaints, one complaint, calls."""

from django.urls import path

from complaints.views import desk
from complaints.views.acts import act
from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

urlpatterns = [
    path("complaints/<number:number>/", desk.complaint, name="complaint"),
]
#: After everything else below a complaint: its address is any word there.
acts = [path("complaints/<number:number>/<slug:slug>/", act, name="complaint-act")]

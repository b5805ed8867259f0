"""The desk: the list of complaints, one complaint, calls, categories."""

from django.urls import path

from complaints.views import calls, categories, desk, files, listing
from complaints.views.acts import act
from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

urlpatterns = [
    path("complaints/", listing.complaint_list, name="complaint-list"),
    path("complaints/export/", listing.complaint_export, name="complaint-export"),
    path("complaints/call/", calls.call, name="complaint-call"),
    path("complaints/call/find/", calls.find, name="complaint-call-find"),
    path("complaints/call/told/", calls.told, name="complaint-call-told"),
    path("complaints/files/<uuid:pk>/", files.download, name="complaint-file"),
    path("complaints/files/<uuid:pk>/inline/", files.inline, name="complaint-file-inline"),
    path("complaints/files/<uuid:pk>/thumbnail/", files.thumbnail, name="complaint-file-thumbnail"),
    path("complaints/files/<uuid:pk>/view/", files.view, name="complaint-file-view"),
    path("complaints/categories/", categories.category_list, name="complaint-categories"),
    path("complaints/categories/add/", categories.category_add, name="complaint-category-add"),
    path("complaints/categories/<int:pk>/", categories.category_edit, name="complaint-category"),
    path(
        "complaints/categories/<int:pk>/change/", categories.category_change, name="complaint-category-change"
    ),
    path("complaints/<number:number>/", desk.complaint, name="complaint"),
    path("complaints/<number:number>/alike/", desk.alike, name="complaint-alike"),
]
#: After everything else below a complaint: its address is any word there.
acts = [path("complaints/<number:number>/<slug:slug>/", act, name="complaint-act")]

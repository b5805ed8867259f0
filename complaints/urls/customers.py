"""What customers open without an account, and the poster that leads them there."""

from django.urls import path

from complaints.views.customers import files, finding, page, posters, telling

urlpatterns = [
    path("complain/", telling.tell, name="tell"),
    path("complain/<slug:code>/", telling.tell, name="tell-at"),
    # two parts each: one part is a unit's code
    path("complain/places/find/", telling.places, name="tell-places"),
    path("complain/files/add/", files.upload, name="tell-upload"),
    path("complain/files/add/<uuid:pk>/", files.take_back, name="tell-take-back"),
    path("complain/<slug:code>/poster/", posters.poster, name="customer-poster"),
    path("case/", finding.lookup, name="customer-lookup"),
    path("case/new-link/", finding.renew, name="customer-renew"),
    path("case/<str:token>/", page.case, name="customer-page"),
    path("case/<str:token>/write/", page.write, name="customer-write"),
    path("case/<str:token>/not-solved/", page.not_solved, name="customer-not-solved"),
    path("case/<str:token>/solved/", page.solved, name="customer-solved"),
    path("case/<str:token>/files/<uuid:pk>/", files.download, name="customer-file"),
    path("case/<str:token>/files/<uuid:pk>/small/", files.thumbnail, name="customer-thumbnail"),
]

from django.urls import path

from incidents.views.acts import act

from . import numbers  # noqa: F401 - registers the converter "number"

urlpatterns = [path("incidents/<number:number>/<slug:slug>/", act, name="act")]

"""The desk: the list of complaints, one complaint, calls."""

from django.urls import path

from complaints.views import desk

urlpatterns = [
    path("complaints/<str:number>/", desk.complaint, name="complaint"),
]

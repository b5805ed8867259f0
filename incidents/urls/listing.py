from django.urls import path

from incidents.views.board import incident_board
from incidents.views.listing import incident_export, incident_list
from incidents.views.mywork import mywork
from incidents.views.saved import change_view, delete_view, save_view, saved_views

urlpatterns = [
    path("", mywork, name="mywork"),
    path("incidents/", incident_list, name="incident-list"),
    path("incidents/board/", incident_board, name="incident-board"),
    path("incidents/export/", incident_export, name="incident-export"),
    path("incidents/views/", saved_views, name="saved-views"),
    path("incidents/views/new/", save_view, name="save-view"),
    path("incidents/views/<int:pk>/", change_view, name="saved-view"),
    path("incidents/views/<int:pk>/delete/", delete_view, name="delete-view"),
]

from django.urls import path

from incidents.views import types

urlpatterns = [
    path("types/", types.type_list, name="incident-types"),
    path("types/add/", types.type_add, name="incident-type-add"),
    path("types/<int:pk>/", types.type_edit, name="incident-type"),
    path("types/<int:pk>/change/", types.type_change, name="incident-type-change"),
]

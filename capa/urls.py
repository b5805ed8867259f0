from django.urls import path

from .views.page import incident_page

urlpatterns = [path("incidents/<str:number>/", incident_page, name="incident")]

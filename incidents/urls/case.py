from django.urls import path

from incidents.views.acts import act

urlpatterns = [path("incidents/<str:number>/<slug:slug>/", act, name="act")]

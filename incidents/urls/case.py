from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("incidents/<str:number>/", lambda request, number: HttpResponse(number), name="incident")]

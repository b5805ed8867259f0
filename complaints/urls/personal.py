"""Customers' personal data: shown for a reason, handed out, erased."""

from django.urls import path

from complaints.views import personal
from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

urlpatterns = [
    path("complaints/<number:number>/contact/", personal.contact, name="complaint-contact"),
    path("complaints/<number:number>/customer/", personal.customer, name="complaint-customer"),
    path("complaints/<number:number>/customer/hand-out/", personal.hand_out, name="customer-hand-out"),
    path("complaints/<number:number>/customer/erase/", personal.erase, name="customer-erase"),
    path("customers/", personal.find, name="customers"),
    path("customers/erasures/", personal.erasures, name="erasures"),
    path("customers/erasures/<int:pk>/", personal.erasure, name="erasure"),
    path("customers/erasures/<int:pk>/confirm/", personal.confirm, name="erasure-confirm"),
    path("customers/erasures/<int:pk>/decline/", personal.decline, name="erasure-decline"),
    path("customers/keeping/", personal.keeping, name="retention"),
]

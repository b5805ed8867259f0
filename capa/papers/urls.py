from django.urls import path

from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

from ..views.papers import paper_margins, paper_page, paper_pdf, papers

urlpatterns = [
    path("incidents/<number:number>/papers/", papers, name="papers"),
    path("incidents/<number:number>/papers/<slug:slug>/", paper_page, name="paper"),
    path("incidents/<number:number>/papers/<slug:slug>/margins.css", paper_margins, name="paper-margins"),
    path("incidents/<number:number>/papers/<slug:slug>/pdf/", paper_pdf, name="paper-pdf"),
]

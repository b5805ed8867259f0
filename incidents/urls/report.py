from django.urls import path

from incidents.views import contact, evidence, follow, report, similar

from . import numbers  # noqa: F401 - registers the converter "number"

urlpatterns = [
    path("report/", report.report, name="report"),
    path("report/similar/", similar.report_similar, name="report-similar"),
    path("report/uploads/", report.uploads, name="report-uploads"),
    path("report/uploads/<uuid:pk>/", report.upload, name="report-upload"),
    path("report/sent/<number:number>/", report.sent, name="report-sent"),
    path("follow/<str:token>/", follow.follow, name="follow"),
    path("evidence/<uuid:pk>/", evidence.download, name="evidence"),
    path("evidence/<uuid:pk>/inline/", evidence.inline, name="evidence-inline"),
    path("evidence/<uuid:pk>/thumbnail/", evidence.thumbnail, name="evidence-thumbnail"),
    path("evidence/<uuid:pk>/view/", evidence.view, name="evidence-view"),
    path("evidence/<uuid:pk>/withdraw/", evidence.withdraw_evidence, name="evidence-withdraw"),
    path("incidents/<number:number>/contact/", contact.reveal, name="reveal-contact"),
]

from django.urls import path

from incidents.views import imports, jobs

urlpatterns = [
    path("imports/", imports.overview, name="imports"),
    path("imports/<uuid:pk>/columns/", imports.columns, name="import-columns"),
    path("imports/<uuid:pk>/start/", imports.start, name="import-start"),
    path("imports/mappings/<int:pk>/delete/", imports.delete_mapping, name="mapping-delete"),
    path("jobs/<uuid:pk>/", jobs.job, name="job"),
    path("jobs/<uuid:pk>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<uuid:pk>/result/", jobs.result, name="job-result"),
]

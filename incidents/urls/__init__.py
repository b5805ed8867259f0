from . import case, handbook, handover, jobs, listing, report, types

# What has fixed words comes before what takes a number.
urlpatterns = [
    *report.urlpatterns,
    *listing.urlpatterns,
    *jobs.urlpatterns,
    *types.urlpatterns,
    *handover.urlpatterns,
    *handbook.urlpatterns,
    *case.urlpatterns,
]

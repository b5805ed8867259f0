from . import case, handbook, handover, jobs, limits, listing, report, types

# What has fixed words comes before what takes a number.
urlpatterns = [
    *report.urlpatterns,
    *listing.urlpatterns,
    *jobs.urlpatterns,
    *types.urlpatterns,
    *handover.urlpatterns,
    *handbook.urlpatterns,
    *limits.urlpatterns,
    *case.urlpatterns,
]

from django.urls import path

from .views import absences, endpoints, notices, preferences

urlpatterns = [
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.mark_all_read, name="notices-read"),
    path("notices/bell/", notices.bell, name="notices-bell"),
    path("notices/<int:pk>/", notices.open_notice, name="notice"),
    path("notices/<int:pk>/read/", notices.mark_read, name="notice-read"),
    path("me/notices/", preferences.preferences, name="preferences"),
    path("me/absence/", absences.absences, name="absences"),
    path("me/absence/<int:pk>/end/", absences.absence_end, name="absence-end"),
    path("digest/off/<str:token>/", preferences.digest_off, name="digest-off"),
    path("endpoints/", endpoints.endpoint_list, name="endpoints"),
    path("endpoints/add/", endpoints.endpoint_add, name="endpoint-add"),
    path("endpoints/<int:pk>/", endpoints.endpoint_edit, name="endpoint"),
    path("endpoints/<int:pk>/test/", endpoints.endpoint_test, name="endpoint-test"),
    path("endpoints/<int:pk>/end/", endpoints.endpoint_end, name="endpoint-end"),
    path("endpoints/log/", endpoints.deliveries, name="deliveries"),
    path("endpoints/log/<int:pk>/resend/", endpoints.delivery_resend, name="delivery-resend"),
]

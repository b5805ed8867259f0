"""See `metrics.urls`."""

urlpatterns: list = []

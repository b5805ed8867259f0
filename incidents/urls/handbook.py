from django.urls import path

from incidents.views import handbook

urlpatterns = [
    path("handbook/", handbook.loop, name="handbook"),
    path("handbook/loop.svg", handbook.loop_file, name="handbook-loop-file"),
    path("handbook/matrix/", handbook.responsibility, name="handbook-matrix"),
    path("handbook/matrix.svg", handbook.matrix_file, name="handbook-matrix-file"),
    path("handbook/guide/", handbook.operating_guide, name="handbook-guide"),
]

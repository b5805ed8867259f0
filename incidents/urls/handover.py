from django.urls import path

from incidents.views import handover, reorganise

urlpatterns = [
    path("people/<int:pk>/hand-over/", handover.hand_over, name="hand-over"),
    path("people/<int:pk>/hand-over/undo/", handover.undo, name="hand-over-undo"),
    path("units/<int:pk>/move/", reorganise.unit_move, name="unit-move"),
]

"""The pages of complaints and surveys, for staff and for customers without an account."""

from . import customers, desk, mailboxes, personal, replies, results, surveys

urlpatterns = [
    *customers.urlpatterns,
    *desk.urlpatterns,
    *replies.urlpatterns,
    *mailboxes.urlpatterns,
    *personal.urlpatterns,
    *surveys.urlpatterns,
    *results.urlpatterns,
    *desk.acts,
]

"""Mailboxes that are polled."""

from django.urls import path

from complaints.views import mailboxes

urlpatterns = [
    path("mailboxes/", mailboxes.mailbox_list, name="mailboxes"),
    path("mailboxes/new/", mailboxes.mailbox_add, name="mailbox-add"),
    path("mailboxes/<int:pk>/", mailboxes.mailbox_edit, name="mailbox"),
    path("mailboxes/<int:pk>/test/", mailboxes.mailbox_test, name="mailbox-test"),
    path("mailboxes/<int:pk>/end/", mailboxes.mailbox_end, name="mailbox-end"),
    path("mailboxes/<int:pk>/log/", mailboxes.mailbox_log, name="mailbox-log"),
    path("mailboxes/mails/<int:pk>/again/", mailboxes.mail_again, name="mailbox-mail-again"),
]

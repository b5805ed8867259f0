"""Templates of replies, and the rules by which they are approved."""

from django.urls import path

from complaints.views import replies

urlpatterns = [
    path("replies/templates/", replies.template_list, name="reply-templates"),
    path("replies/templates/add/", replies.template_add, name="reply-template-add"),
    path("replies/templates/<int:pk>/", replies.template_edit, name="reply-template"),
    path("replies/templates/<int:pk>/retire/", replies.template_retire, name="reply-template-retire"),
    path("replies/rules/", replies.rules, name="reply-rules"),
    path("replies/rules/<int:pk>/end/", replies.rule_end, name="reply-rule-end"),
]

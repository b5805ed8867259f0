from .complaint import Category, Complaint
from .correspondence import Attachment, Message
from .handling import Call, Compensation, FollowUp, Reply, ReplyRule, ReplyTemplate
from .mailbox import IncomingMail, Mailbox
from .personal import Erasure, RetentionRule
from .survey import Collector, Invitation, Item, Response, Survey, SurveyVersion

__all__ = [
    "Attachment",
    "Call",
    "Category",
    "Collector",
    "Compensation",
    "Complaint",
    "Erasure",
    "FollowUp",
    "IncomingMail",
    "Invitation",
    "Item",
    "Mailbox",
    "Message",
    "Reply",
    "ReplyRule",
    "ReplyTemplate",
    "Response",
    "RetentionRule",
    "Survey",
    "SurveyVersion",
]

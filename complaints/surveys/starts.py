"""Ready-made questionnaires to begin with, in the three languages. What a survey really asks, its makers decide."""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..models import Item

Kind, Dimension = Item.Kind, Item.Dimension
LANGUAGES = ("zh-hans", "zh-hant", "en")


@dataclass(frozen=True)
class Question:
    """One question as it is offered; texts in the order of LANGUAGES."""

    code: str
    kind: str
    dimension: str
    texts: tuple[str, str, str]
    weight: int = 1
    required: bool = False


@dataclass(frozen=True)
class Start:
    name: str | Promise
    about: str | Promise
    questions: tuple[Question, ...] = ()
    intro: dict[str, str] = field(default_factory=dict)
    thanks: dict[str, str] = field(default_factory=dict)


def texts(words: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(LANGUAGES, words, strict=True))


INTRO = texts(
    (
        "您的评价帮助我们改进服务。只需一分钟，全程匿名统计。",
        "您的評價協助我們改善服務。只需一分鐘，統計時不記名。",
        "Your rating helps us to do better. It takes a minute and is counted without your name.",
    )
)
THANKS = texts(
    (
        "感谢您的评价，我们会认真对待每一条意见。",
        "感謝您的評價，我們會認真看待每一則意見。",
        "Thank you. We read every answer.",
    )
)

_COMMENT = Question(
    "comment", Kind.TEXT, "",
    ("您还有什么想告诉我们的？", "您還有什麼想告訴我們的？", "Is there anything else you would like to tell us?"),
)  # fmt: skip
_RECOMMEND = Question(
    "recommend", Kind.NPS, "",
    (
        "您有多大可能把我们推荐给亲友或同事？",
        "您有多大可能把我們推薦給親友或同事？",
        "How likely are you to recommend us to family, friends or colleagues?",
    ),
)  # fmt: skip
_OVERALL = Question(
    "overall", Kind.LIKERT5, Dimension.OVERALL,
    ("总体而言，您如何评价这次服务？", "整體而言，您如何評價這次服務？", "All in all, how do you rate the service?"),
    weight=0,
)  # fmt: skip


def _rate(code: str, *words: str, dimension: str = "") -> Question:
    return Question(code, Kind.LIKERT5, dimension or code, words)


STARTS: dict[str, Start] = {
    "five": Start(
        _("Five dimensions"),
        _("Attitude, efficiency, content, environment and response, all in all, and a comment: seven questions."),
        (
            _rate("attitude", "工作人员的态度如何？", "工作人員的態度如何？", "How do you rate the attitude of our staff?"),
            _rate("efficiency", "办事的效率如何？", "處理事情的效率如何？", "How quickly did things get done?"),
            _rate(
                "content", "服务内容是否符合您的需要？", "服務內容是否符合您的需要？",
                "How well did the service meet your needs?",
            ),
            _rate("environment", "环境与设施如何？", "環境與設施如何？", "How do you rate the place and its facilities?"),
            _rate(
                "response", "对您的问题，我们的回应如何？", "對您的問題，我們的回應如何？",
                "How do you rate our response to your concern?",
            ),
            _OVERALL,
            _COMMENT,
        ),
        INTRO, THANKS,
    ),
    "servqual": Start(
        _("SERVQUAL"),
        _("Reliability, responsiveness, assurance, empathy and tangibles, two questions each, and a comment."),
        (
            _rate(
                "reliability_1", "我们说到做到的程度如何？", "我們說到做到的程度如何？",
                "How well did we keep what we promised?", dimension="reliability",
            ),
            _rate(
                "reliability_2", "第一次就把事情办好的程度如何？", "第一次就把事情辦好的程度如何？",
                "How well did we get it right the first time?", dimension="reliability",
            ),
            _rate(
                "responsiveness_1", "我们提供服务的及时程度如何？", "我們提供服務的及時程度如何？",
                "How prompt was our service?", dimension="responsiveness",
            ),
            _rate(
                "responsiveness_2", "工作人员帮助您的主动性如何？", "工作人員協助您的主動性如何？",
                "How willing were our staff to help you?", dimension="responsiveness",
            ),
            _rate(
                "assurance_1", "工作人员让您放心的程度如何？", "工作人員讓您放心的程度如何？",
                "How much confidence did our staff give you?", dimension="assurance",
            ),
            _rate(
                "assurance_2", "工作人员的业务知识如何？", "工作人員的專業知識如何？",
                "How well did our staff know their work?", dimension="assurance",
            ),
            _rate(
                "empathy_1", "我们对您个人的关心如何？", "我們對您個人的關心如何？",
                "How do you rate the personal attention you got?", dimension="empathy",
            ),
            _rate(
                "empathy_2", "我们对您需求的理解如何？", "我們對您需求的理解如何？",
                "How well did we understand your needs?", dimension="empathy",
            ),
            _rate(
                "tangibles_1", "设施与设备如何？", "設施與設備如何？",
                "How do you rate our facilities and equipment?", dimension="tangibles",
            ),
            _rate(
                "tangibles_2", "工作人员仪容、标识与资料如何？", "工作人員儀容、標示與資料如何？",
                "How do you rate our appearance, signs and leaflets?", dimension="tangibles",
            ),
            _OVERALL,
            _COMMENT,
        ),
        INTRO, THANKS,
    ),
    "short": Start(
        _("Short"),
        _("Three questions, recommendation (NPS) and a comment: for a phone, right after the service."),
        (
            _rate("attitude", "工作人员的态度如何？", "工作人員的態度如何？", "How do you rate the attitude of our staff?"),
            _rate("efficiency", "办事的效率如何？", "處理事情的效率如何？", "How quickly did things get done?"),
            Question("overall", Kind.LIKERT5, Dimension.OVERALL, _OVERALL.texts),
            _RECOMMEND,
            _COMMENT,
        ),
        INTRO, THANKS,
    ),
    "empty": Start(_("Empty"), _("Write every question yourself.")),
}  # fmt: skip

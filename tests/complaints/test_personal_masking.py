"""Free text loses what identifies somebody and keeps what the story needs."""

import pytest

from complaints import handling, intake, pausing, revealing, takeover
from complaints.masking import redacted, shows_personal, words_for
from complaints.states import Channel
from history.models import Event
from reminders.models import Deadline, Notice

MASKED = {
    "打我电话13912341402谢谢": "打我电话139****1402谢谢",
    "+86 139 1234 1402, 0086-13912341402": "+86 139****1402, +86 139****1402",
    "１３９１２３４１４０２": "１３９****１４０２",
    "139-1234-1402 2026-11-19 08:30": "139****1402 2026-11-19 08:30",
    "139\u200b1234\u200b1402": "139****1402",
    "1 3 9 1 2 3 4 1 4 0 2": "139****1402",
    "一三九一二三四一四零二": "***********",
    "家里0571-88881402": "家里0571****1402",
    "（0571）8888 1402": "（0571）****1402",
    "13912341402元": "139****1402元",
    "¥13912341402": "139****1402",
    "身份证11010119900307123X": "身份证110****7123",
    "卡号6222 0000 1111 2222 333": "卡号622****2333",
    "护照EA1234567": "护照EA****67",
    "A123456(7)": "A****67",
    "邮箱huang.xm@example.org，张三@例子.中国": "邮箱h***@example.org，***@例子.中国",
    "huang＠example．org": "h***@example．org",
    "+44 20 7946 0958": "+****0958",
    "电话20261121": "电话****21",
    "微信wx13912341402 QQ764652660": "微信wx139****1402 QQ****60",
    # sentences of zh_tipdm_sample_fj2.xlsx and fj4.xlsx, whose publishers left the landlines in
    "拨打K市K2区环境监测站8413602（下称": "拨打K市K2区环境监测站****02（下称",
    "I4县医保所信息股电话8881528；财务股电话8885867十余次": "I4县医保所信息股电话****28；财务股电话****67十余次",
    "议您直接拨打12315或7710659告知": "议您直接拨打12315或****59告知",
    "(电话0731-0000-00000000）": "(电话0731****0000）",
}
KEPT = (
    "G7301次 D3101/3104 05车12A 08:30 14:05:22 2026-11-21T08:30:15Z 11-21 11-22",
    "2026-11-21 2026年11月21日 2026/11/21 08:30-09:30 20261121 2026.11.21-2026.11.23",
    "4242835.81元 ¥12345678 1,234,567.00 1234567元 1000-2000元 3000-5000人 USD 1234567",
    "SQ-2026-000123 案件CP-2026-000001的 2026-000123 CA-2026-000001",
    "GB50500-2013 GB/T 18770-2008 （2016）680号 (2011)1778、2015-2040",
    "12306、95188，100 元 二〇二六年 候车室 3 号",
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MASKED.items())
def test_what_identifies_somebody_is_masked_once_and_for_all(text, expected):
    assert redacted(text) == expected
    assert redacted(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_the_story_needs_stays(text):
    assert redacted(text) == text


@pytest.mark.django_db
def test_the_words_are_whole_for_those_who_deal_with_customers_only(cast, units):
    said = "我是黄小明，电话13912341402"
    complaint, _token = intake.receive(
        by=None,
        unit=units.crew,
        text=said,
        channel=Channel.WEB,
        contact={"name": "黄小明", "phone": "13912341402"},
    )
    assert [name for name, person in vars(cast).items() if shows_personal(person, complaint)] == [
        "quality", "quality_two", "handler",
    ]  # fmt: skip
    assert words_for(cast.handler, complaint)(said) == said
    assert words_for(cast.executive, complaint)(said) == "我是黄**，电话139****1402"
    complaint.about = cast.quality
    complaint.save()
    assert not shows_personal(cast.quality, complaint)


@pytest.mark.django_db
def test_what_a_colleague_types_as_a_reason_names_no_customer_for_ever(cast, units):
    """History can't be erased; so nobody's name gets into it, nor into notices and what is due."""
    complaint, _token = intake.receive(
        by=cast.handler, unit=units.crew, text="Late.", channel=Channel.PHONE, contact={"name": "黄小明"}
    )
    why, seen = "黄小明 called from 13912341402", {"by": cast.handler, "version": None}
    takeover.offer(complaint, to=cast.supervisor, reason=why, **seen)
    takeover.decline(complaint, by=cast.supervisor, version=None, reason=why)
    pausing.pause(complaint, reason="customer", note=why, **seen)
    pausing.resume(complaint, note=why, **seen)
    revealing.reveal(complaint, by=cast.handler, reason=why)
    handling.withdraw(complaint, reason=why, **seen)
    kept = str([list(model.objects.values()) for model in (Event, Notice, Deadline)])
    assert "黄小明" not in kept and "13912341402" not in kept and kept.count("黄** called") >= 6

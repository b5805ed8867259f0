"""From the bytes of a mail to words: charsets, MIME, quotes, languages; and what is hostile or broken is read as well."""

import base64
import time
from email.message import EmailMessage

import pytest

from complaints.mailbox import words
from complaints.mailbox.parsing import read
from complaints.mailbox.quotes import new_part
from tests.complaints.mails import HUANG, LATE, mail, multipart, picture, raw

TRADITIONAL = "列車誤點五十分鐘，車長態度惡劣，請貴公司給我一個說法。"


# Charsets and headers ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("declared", "real", "text"),
    [
        ("gb18030", "gb18030", "㐂喆先生在車廂裡，投诉😀"),
        ("gb2312", "gbk", "朱镕基路站的喆师傅"),  # declared wrongly: these aren't in GB 2312
        ("gbk", "gb18030", "㐂"),
        ("utf-8", "utf-8", LATE),
        ("utf-8", "gbk", LATE),  # a lie
        ("us-ascii", "utf-8", LATE),
        ("", "gb18030", LATE),
        ("no-such-charset", "utf-8", LATE),
        ("big5", "big5", TRADITIONAL),
        ("iso-8859-1", "latin-1", "Das dürfte nicht sein"),
    ],
)
def test_the_text_is_read_whatever_charset_is_declared(declared, real, text):
    head = f"From: {HUANG}\nContent-Transfer-Encoding: 8bit"
    head += f"\nContent-Type: text/plain; charset={declared}" if declared else ""
    assert read(raw(head, text.encode(real))).text == text


def test_quoted_printable_and_base64():
    head = f"From: {HUANG}\nContent-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: "
    quoted = "".join(f"={byte:02X}" for byte in LATE.encode("gbk"))
    assert read(raw(head + "quoted-printable", quoted[:60] + "=\r\n" + quoted[60:])).text == LATE
    assert read(raw(head + "base64", base64.b64encode(LATE.encode("gbk")))).text == LATE


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?B?" + base64.b64encode("回复：列车晚点".encode()).decode() + "?=",
        "=?gb2312?B?" + base64.b64encode("回复：列车晚点".encode("gbk")).decode() + "?=",
        # a character is cut in the middle by the borders of the words
        "=?utf-8?B?" + base64.b64encode("回复：列车晚点".encode()[:10]).decode() + "?= =?utf-8?B?"
        + base64.b64encode("回复：列车晚点".encode()[10:]).decode() + "?=",
    ],
)  # fmt: skip
def test_subjects(subject):
    letter = read(raw(f"From: {HUANG}\nSubject: {subject}"))
    assert (letter.subject, letter.title) == ("回复：列车晚点", "列车晚点")


def test_a_subject_in_bytes_without_any_encoding():
    found = read(b"From: a@b.example\r\nSubject: " + "列车晚点".encode("gbk") + b"\r\n\r\nx")
    assert found.subject == "列车晚点"


def test_a_subject_that_is_folded_or_broken():
    assert read(raw(f"From: {HUANG}\nSubject: =?utf-8?B?5Yi?= x")).subject
    assert read(b"From: a@b.example\r\nSubject: one\r\n two\r\n\r\nx").subject == "one two"
    assert read(raw(f"From: {HUANG}\nSubject: Re: RE[2]: Fwd: late")).title == "late"


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("黄小明 <Huang@Example.org>", "黄小明", HUANG),
        ("=?utf-8?B?6buE5bCP5piO?= <huang@example.org>", "黄小明", HUANG),
        ('"Huang, X." <huang@example.org>, other@example.org', "Huang, X.", HUANG),
        ("huang@example.org", "", HUANG),
        ("nobody", "", ""),
        ("<>", "", ""),
        ("a@b@c <x y@z>", "", ""),
    ],
)
def test_senders(sender, name, address):
    letter = read(f"From: {sender}\r\n\r\nx".encode())
    assert (letter.sender, letter.sender_name if address else "") == (address, name)


def test_no_header_is_written_by_a_sender():
    """A line break within an encoded word makes no new header and no new line."""
    subject = "=?utf-8?Q?late=0D=0ABcc:_victim@example.org?="
    letter = read(raw(f"From: =?utf-8?Q?Huang=0AX?= <{HUANG}>\nSubject: {subject}"))
    assert letter.subject == "late Bcc: victim@example.org"
    assert letter.sender_name == "Huang X" and letter.sender == HUANG


def test_ids_and_references():
    letter = read(mail(message_id="new@x", In_Reply_To="<b@x>", References="<root@x> <a@x> <b@x>"))
    assert letter.message_id == "new@x" and letter.references == ["b@x", "a@x", "root@x"]
    assert read(raw("From: a@b.example\nMessage-ID: <ab>\x00c\r\n")).message_id == "ab"
    assert read(mail(message_id=None)).message_id == ""


def test_dates():
    assert read(mail()).written_at.isoformat() == "2026-11-21T01:00:00+00:00"
    for nonsense in ("yesterday", "Fri, 99 Foo 2026 99:99", "", "Thu, 01 Jan 99999 00:00:00 +0000"):
        assert read(raw(f"From: {HUANG}\nDate: {nonsense}", "x")).written_at is None


def test_the_same_mail_is_known_by_what_it_says():
    same = mail()
    assert read(same).digest == read(b"Received: by another way\r\n" + same).digest
    assert read(mail("Something else")).digest != read(same).digest


# MIME ----------------------------------------------------------------------------------------------------------------
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nas text"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>as <b>HTML</b></p>"


def test_of_two_ways_to_say_it_the_text_wins():
    assert read(multipart("alternative", HTML, PLAIN)).text == "as text"
    empty = b"Content-Type: text/plain\r\n\r\n \r\n"
    assert read(multipart("alternative", empty, HTML)).text == "as HTML"


def test_inline_images_and_files():
    message = EmailMessage()
    message["From"] = HUANG
    message.set_content("See the picture.")
    message.add_alternative('<p>See the <img src="cid:p1">.</p>', subtype="html")
    message.get_payload()[1].add_related(picture(), "image", "png", cid="<p1>")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="发票.pdf")
    letter = read(message.as_bytes())
    assert letter.text == "See the picture."
    assert [enclosure.name for enclosure in letter.enclosures] == ["1.png", "发票.pdf"]
    assert letter.enclosures[0].content == picture()


def test_a_mail_within_a_mail_is_read_with_its_files():
    inner = EmailMessage()
    inner["From"], inner["Subject"], inner["Date"] = (
        "x@y.example",
        "Ticket",
        "Sat, 21 Nov 2026 09:00:00 +0800",
    )
    inner.set_content("Your ticket")
    inner.add_attachment(picture(), maintype="image", subtype="png", filename="t.png")
    outer = EmailMessage()
    outer["From"] = HUANG
    outer.set_content("This is what I was sent.")
    outer.add_attachment(inner)
    letter = read(outer.as_bytes())
    assert letter.text.startswith("This is what I was sent.") and "Ticket" in letter.text
    assert "Your ticket" in letter.text and [e.name for e in letter.enclosures] == ["t.png"]


def test_what_only_outlook_understands_is_left_out_with_a_note():
    tnef = b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgAA"
    letter = read(multipart("mixed", PLAIN, tnef))
    assert letter.text == "as text" and not letter.enclosures and letter.notes == ["winmail"]


def test_format_flowed():
    head = f"From: {HUANG}\nContent-Type: text/plain; charset=utf-8; format=flowed"
    body = "The train was \r\nlate again.\r\n\r\n  Indented\r\n> quoted \r\n> too\r\n-- \r\nHuang"
    assert read(raw(head, body)).text == "The train was late again.\n\n Indented\n> quoted too\n-- \nHuang"
    chinese = "列车 \r\n晚点"
    assert read(raw(head + "; delsp=yes", chinese)).text == "列车晚点"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<script>alert('x')</script><style>p{}</style>Text", "Text"),
        ("<!-- a > b --><div>a &lt; b &amp;&nbsp;c</div>", "a < b & c"),
        ("<!--[if mso]>hidden<![endif]-->shown", "shown"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("new<blockquote type=cite>old<br>older</blockquote>", "new\n> old\n> older"),
        ("1 < 2 and <b>3", "1 < 2 and 3"),
        ("<img src=x onerror=alert(1)>&lt;script&gt;", "<script>"),
        ("<p>unclosed <a href='", "unclosed"),
        ("<title>no</title><head><p>no</p></head>yes", "yes"),
    ],
)
def test_html_as_text(source, text):
    assert words.from_html(source) == text


# Answers -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "quoted",
    [
        "On Sat, 21 Nov 2026 at 10:00, Eastern Rail <help@rail.example> wrote:\n> We are sorry.\n>\n> Eastern Rail",
        "On Sat, 21 Nov 2026 at 10:00, Eastern Rail\n<help@rail.example> wrote:\n\n> We are sorry.",
        "-----Original Message-----\nFrom: Eastern Rail\nSent: today\nTo: Huang\n\nWe are sorry.",
        "------------------ 原始邮件 ------------------\n发件人: \"东部铁路\"<help@rail.example>;\n发送时间: 今天\n\n对不起",
        "-----原始邮件-----\n发件人:东部铁路\n对不起",
        "发件人：东部铁路 <help@rail.example>\n发送时间：2026年11月21日 10:00\n收件人：黄小明\n主题：答复\n\n对不起",
        "寄件者: 東部鐵路\n寄件日期: 2026年11月21日\n收件者: 黃小明\n主旨: 答覆\n\n抱歉",
        "在 2026-11-21 10:00:00，\"东部铁路\" <help@rail.example> 写道：\n> 对不起",
        "东部铁路 <help@rail.example> 于2026年11月21日周六 10:00写道：\n\n> 对不起",
        "---- 回复的原邮件 ----\n| 发件人 | 东部铁路 |\n对不起",
        "From: Eastern Rail <help@rail.example>\nDate: Saturday\nTo: Huang\nSubject: Re: late\n\nWe are sorry.",
    ],
)  # fmt: skip
def test_the_history_below_an_answer_is_cut_off(quoted):
    assert new_part(f"我还没有收到退款。\n\n黄小明\n\n{quoted}") == "我还没有收到退款。\n\n黄小明"


def test_answers_between_and_below_the_quotes_stay():
    text = "On 21 Nov 2026, Rail wrote:\n> Were you on the train?\nYes.\n> On which seat?\n12A\n\nHuang"
    assert new_part(text) == "Yes.\n12A\n\nHuang"


@pytest.mark.parametrize(
    "text",
    [
        "> everything is quoted",
        "On 21 Nov 2026, Rail wrote:\n> only that",
        "From: Hangzhou\nI went to Shanghai.",  # one line of a head is none
        "主题：列车晚点\n车长态度很差",
        "On the train the conductor wrote: nothing\nand left",
        "-- \nHuang",
    ],
)
def test_nothing_is_lost_where_nothing_is_to_be_cut(text):
    assert new_part(text) == text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (LATE, "zh-hans"), (TRADITIONAL, "zh-hant"), ("The train was late.", "en"), ("", "zh-hant"), ("G7391", "zh-hant"),
        ("我在 G7391 (Hangzhou East) 上等了五十分钟 Mr Wang", "zh-hans"), ("Refund! 退", "en"), ("不好", "zh-hant"),
    ],
)  # fmt: skip
def test_languages(text, language):
    assert words.language_of(text, "zh-hant") == language


# Hostile and broken --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x00\x01\x02", b"\r\n\r\n", b"no header at all", b"From\r\n\r\nx", b":\r\n: x\r\n\r\nx", b"\xff\xfe" * 400,
        b"From: a@b.example\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x",
        b"From: a@b.example\r\nContent-Type: text/plain; charset*=x''%ff\r\n\r\nx",
        b"From: a@b.example\r\nContent-Type: text/plain; charset=\"\x00\"\r\n\r\nx",
        b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n",
        b"From: a@b.example\r\nContent-Disposition: attachment; filename*0*=utf-8''%; filename*2=x\r\n\r\nx",
        b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%=====not base64",
        b"From: [::]\r\nTo: ;;;\r\nSubject: =?x?y?z?=\r\nDate: \xff\r\nMessage-ID: <<<>>>\r\n\r\nx",
    ],
)  # fmt: skip
def test_nothing_makes_it_fail(data):
    letter = read(data)
    assert letter.digest and "\x00" not in letter.text + letter.subject + letter.sender


def test_nul_and_control_characters_are_gone():
    letter = read(raw(f"From: {HUANG}\nSubject: a\x00b", b"one\x00two\x1b[31m\xe2\x80\xaethree"))
    assert letter.text == "onetwo[31mthree" and letter.subject == "ab"


def test_deep_nesting_is_read_from_its_beginning():
    deep = PLAIN
    for level in range(600):
        deep = (
            f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'.encode()
            + deep
            + f"\r\n--b{level}--".encode()
        )
    began = time.monotonic()
    letter = read(b"From: huang@example.org\r\nMIME-Version: 1.0\r\n" + deep)
    assert "structure" in letter.notes and letter.sender == HUANG and time.monotonic() - began < 5
    forwarded = b"From: a@b.example\r\n\r\ninnermost"
    for _level in range(400):
        forwarded = b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" + forwarded
    assert "structure" in read(forwarded).notes


def test_ten_megabytes_of_text():
    began = time.monotonic()
    letter = read(mail("长" * 100 + "\n" + "x " * 5_000_000))
    assert letter.text.startswith("长长长") and len(letter.text) < 20_000_000
    html = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n" + b"<a <!--" * 700_000 + b"<" * 5_000_000
    read(html)
    new_part("> x\nOn 2026 " * 100_000)
    assert time.monotonic() - began < 20


def test_thousands_of_parts():
    letter = read(multipart("mixed", *[b"Content-Type: text/plain; name=a.txt\r\n\r\nx"] * 3000))
    assert "structure" in letter.notes and len(letter.enclosures) <= 200

"""Free text without what identifies somebody: for readers who need the story, not the person (DOMAIN §4, 002 §5.4).

What is masked: e-mail addresses, phone numbers however they are written, identity cards, passports and permits, bank
cards, and any other long run of digits in prose. What stays, because the story needs it: dates and times, amounts of
money, train numbers, the references of cases and documents, names of standards.
"""

import re
from collections.abc import Callable, Iterable

from people.models import Person

from .models import Complaint
from .permissions import allowed

#: As many digits in a row are nobody's seat, train, time or room.
LONG = 7

#: Invisible characters and the ones people put between groups of digits (not the colon, the comma, the slash).
_GAP = r"[ \t\u00a0\u3000\u200b-\u200d\u2060\ufeff\u00ad\-\u2010-\u2015\u2212－_.．·•]"
_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = r"(?<!\d)", r"(?!\d)"
_MONTH_DAY = r"(?:1[0-2]|0?[1-9])[-/.．年月](?:3[01]|[12]\d|0?[1-9])"
_CURRENCY = r"(?:元(?!旦)|圆|圓|块钱|塊錢|港币|美元|欧元|CNY|RMB|HKD|TWD|USD|EUR|yuan\b|dollars\b)"
_MONEY_AFTER = rf"(?:\s*(?:万|萬|亿|億)?{_CURRENCY}|\s*[%％])"
_COUNTED = r"(?:人(?!工)|名|次|个|個|公里|米|分钟|分鐘|km\b|people\b|passengers\b|minutes\b)"
_IN_ADDRESS = r"[^\s@＠<>＜＞()（）\[\],，;；:：、。\"'“”‘’]"

#: Left as they are, tried before anything is masked.
_KEPT = (
    r"\*{2,}[\dXx]{0,4}(?![\d*])",  # masked already: ****1402
    r"(?<![A-Za-z])[A-Z]{2,3}-\d{4}-\d{4,6}(?!\d)",  # SQ-2026-000123
    rf"{_NO_DIGIT_BEFORE}20\d\d-\d{{6}}(?![\d-])",  # the same without its letters
    r"(?<![A-Za-z])(?:GB|ISO|IEC|DIN|EN|TB|JT|DB)(?:/[A-Z])?[ -]?\d{2,6}(?:\.\d+)?(?:[-—:]\d{4})?(?!\d)",  # GB/T 50500-2013
    rf"{_NO_DIGIT_BEFORE}(?:19|20)\d\d[-/.．年]{_MONTH_DAY}(?:日|号|號)?(?![\d-])",  # 2026-11-21, 2026年11月21日
    rf"{_NO_DIGIT_BEFORE}(?:19|20)\d\d(?:\s*[-–—~～至、 ]\s*(?:19|20)\d\d)+(?![\d-])",  # 2015-2040
    r"(?:[¥￥$€£]|(?:CNY|RMB|USD|HKD|EUR)\s?)\s?\d[\d,，]*(?:\.\d{1,2})?(?!\d)",
    rf"{_NO_DIGIT_BEFORE}\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{1,2}})?(?![\d,])",  # 1,234,567.00
    rf"{_NO_DIGIT_BEFORE}(?:\d{{1,7}}\s?[-—–~～至]\s?)?\d{{1,10}}(?:\.\d{{1,4}})?{_MONEY_AFTER}",
    rf"{_NO_DIGIT_BEFORE}\d{{1,6}}\s?[-—–~～至]\s?\d{{1,6}}\s?{_COUNTED}",  # 3000-5000人
    rf"{_NO_DIGIT_BEFORE}\d{{1,9}}\.\d{{1,2}}(?![\d.])",  # 4242835.81
)
#: Eight digits that are a day, unless the words before say that they are a phone number.
_DAY = rf"{_NO_DIGIT_BEFORE}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_NO_DIGIT_AFTER}"
_PHONE_WORDS = re.compile(
    r"(?:电话|電話|手机|手機|致电|致電|拨打|撥打|号码|號碼|tel|phone|call|mobile|fax|传真|傳真)\W{0,3}\w{0,2}\W{0,3}$",
    re.I,
)

_MASKED: tuple[tuple[str, str], ...] = (
    ("mail", rf"{_IN_ADDRESS}{{1,64}}[@＠]{_IN_ADDRESS}+?[.．][^\W\d_]{{2,24}}(?![^\W_])"),
    # a Chinese mobile number, with or without the country's; a longer amount of money than that would be strange
    ("run", rf"(?<!\d)(?:(?:[+＋]|00)?86{_GAP}*)?1{_GAP}?[3-9](?:{_GAP}?\d){{9}}{_NO_DIGIT_AFTER}"),
    # identity card: eighteen places, the last of which may be an X
    ("run", rf"{_NO_DIGIT_BEFORE}\d{{6}}{_GAP}?(?:18|19|20)\d{{6}}{_GAP}?\d{{3}}[\dXxＸｘ](?![\dA-Za-z])"),
    # a landline with its area code: 0571-88881402, (0571) 8888 1402, 0731-0000-00000000
    ("area", rf"(?<!\d)[(（]?0\d{{2,3}}[)）]?{_GAP}{{0,3}}\d{{3,4}}{_GAP}?\d{{3,4}}(?:{_GAP}?\d{{4}})?{_NO_DIGIT_AFTER}"),
    # abroad: +44 20 7946 0958, (212) 555-0123
    ("run", rf"[+＋]{_GAP}?\d(?:[{_GAP[1:-1]}()（）]{{0,2}}\d){{6,18}}{_NO_DIGIT_AFTER}"),
    ("run", rf"[(（]\d{{3}}[)）]{_GAP}?\d{{3}}{_GAP}?\d{{4}}{_NO_DIGIT_AFTER}"),
    # Hong Kong's identity card: A123456(7)
    ("run", r"(?<![A-Za-z])[A-Za-z]{1,2}\d{6}[(（][\dAa][)）]"),
    # groups of three and more that make a long number together: cards, 139 1234 1402, 021 6888 1402
    ("run", rf"(?<!\d)\d{{3,}}(?:{_GAP}{{1,3}}\d{{3,}})+{_NO_DIGIT_AFTER}"),
    # one by one: 1 3 9 1 2 3 4 1 4 0 2
    ("run", rf"(?<!\d)\d(?:{_GAP}\d){{9,}}{_NO_DIGIT_AFTER}"),
    ("run", rf"(?<!\d)\d{{{LONG},}}[Xx]?"),
    ("words", r"[〇零一二三四五六七八九幺两兩]{7,}"),  # 一三九一二三四一四零二
)  # fmt: skip

_PATTERN = re.compile(
    "|".join(
        [
            *(f"(?P<kept{n}>{pattern})" for n, pattern in enumerate(_KEPT)),
            f"(?P<day>{_DAY})",
            *(f"(?P<{kind}{n}>{pattern})" for n, (kind, pattern) in enumerate(_MASKED)),
        ]
    )
)
#: A number of this kind is masked even where it could be read as money or a reference.
_MOBILE = re.compile(rf"(?<!\d)(?:(?:[+＋]|00)?86{_GAP}*)?1[3-9](?:{_GAP}?\d){{9}}(?!\d)")


def redacted(text: str) -> str:
    """The text with everything masked that identifies or reaches somebody: 139****1402, h***@example.org.

    What is masked stays masked: doing it again changes nothing.
    """
    if not text or not (
        any(c.isdigit() for c in text) or "@" in text or "＠" in text or _PATTERN.search(text)
    ):
        return text
    return _PATTERN.sub(_masked, text)


def _masked(match: re.Match) -> str:
    kind, found = (match.lastgroup or "").rstrip("0123456789"), match.group()
    if kind == "kept" and not _MOBILE.search(found):
        return found
    if kind == "day" and not _PHONE_WORDS.search(match.string[max(0, match.start() - 12) : match.start()]):
        return found
    if kind == "mail":
        return _masked_mail(found)
    if kind == "words":
        return "*" * len(found)
    return _masked_digits(found, area=kind == "area")


def _masked_mail(found: str) -> str:
    """h***@example.org; words of the sentence that run into the address stay."""
    name, _at, host = found.replace("＠", "@").rpartition("@")
    if name.endswith("***"):
        return found
    address = re.search(r"[\w.+%'-]+$", name, re.ASCII)
    if address is None:
        return f"***@{host}"
    return f"{name[: address.start()]}{address[0][:1]}***@{host}"


def _masked_digits(found: str, *, area: bool) -> str:
    """The last four digits stay of eleven and more, the last two of fewer; of the beginning what says what it is."""
    digits = [c for c in found if c.isdigit()]
    if len(digits) < LONG:
        return found
    end = "".join(digits[-4:] if len(digits) >= 11 else digits[-2:])
    if area and len(digits) >= 10:
        code = re.match(r"[(（]?0\d{2,3}[)）]?", found)[0]
        code = code[: 4 if code[0] in "(（" else 3] if len(digits) == 10 else code
        return f"{code}****{end}"
    if (mobile := re.fullmatch(r"(?:00)?86(1\d{10})", "".join(digits))) is not None:
        return f"+86 {mobile[1][:3]}****{end}"
    if found[0] in "+＋":
        return f"+****{end}"
    if len(digits) >= 11:
        return f"{''.join(digits[:3])}****{end}"
    letters = re.match(r"[A-Za-z]*", found)[0]
    return f"{letters}****{end}"


def shows_personal(person: Person, complaint: Complaint) -> bool:
    """Does this person's task with the complaint need the customer's words as they were said?

    True for those who may reveal the contact (handlers, quality managers, the one who handles it); its contact data
    stays masked for them, too, until they ask for it with a reason.
    """
    return allowed(person, "reveal", complaint)


def as_it_was(text: str) -> str:
    return text


def words_for(person: Person, complaint: Complaint) -> Callable[[str], str]:
    """How this person reads the complaint's free text: as it was said, or redacted and without the customer's name."""
    if shows_personal(person, complaint):
        return as_it_was
    return lambda text: impersonal(complaint, text)


def impersonal(complaint: Complaint, text: str) -> str:
    """The text without the customer's name and without what reaches somebody: for history, notices and incidents."""
    if not text:
        return text
    return redacted(without(text, [complaint.contact.name] if complaint.contact_id else []))


def without(text: str, names: Iterable[str]) -> str:
    """The text without these names, longest first: 张**."""
    for name in sorted((name.strip() for name in names), key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, f"{name[0]}**")
    return text

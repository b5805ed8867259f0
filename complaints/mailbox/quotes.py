"""What is new in an answer: the earlier mails that programs put below, above or between it are cut off.

A signature stays. Where nothing would be left, everything stays: better too much than lost words.
"""

import re

_MARK = r"[-_=—－ ]"
#: -----Original Message-----, ------------------ 原始邮件 ------------------ (QQ), ---- 回复的原邮件 ---- (163)
_RULE = re.compile(
    rf"^\s*{_MARK}{{2,}}\s*(?:original message|original|forwarded message|原始邮件|原始郵件|原邮件|回复的原邮件|"
    rf"回覆的原郵件|转发的原邮件|转发邮件信息|轉寄郵件|以下为原邮件|reply message)\s*{_MARK}{{2,}}\s*$",
    re.IGNORECASE,
)
#: The head of an earlier mail, as Outlook, QQ and Foxmail write it: at least two such lines close together.
_HEAD = re.compile(
    r"^\s*\**(?:发件人|寄件者|寄件人|from|发送时间|发送日期|寄件日期|传送日期|傳送日期|发送|sent|日期|date|收件人|收件者|to|"
    r"抄送|副本|cc|主题|主旨|主題|subject)\**\s*[:：]",
    re.IGNORECASE,
)
_HEAD_BEGINS = re.compile(r"^\s*\**(?:发件人|寄件者|寄件人|from)\**\s*[:：]", re.IGNORECASE)
#: On Mon, 2 Nov 2026 at 10:00, Somebody <x@y> wrote: / 于2026年11月2日 10:00写道： / 在 2026-11-02 10:00，"…" 写道：
_ENDS = re.compile(r"(?:wrote|写道|寫道|写到|的邮件中写道)\s*[:：]?$", re.IGNORECASE)
_BEGINS = re.compile(r"\s*(?:on\b|于|於|在|[\"“'<\w])", re.IGNORECASE)
_DATED = re.compile(r"\d{4}|\d{1,2}:\d\d|\d{1,2}月")
_QUOTED = re.compile(r"^\s*>")
_LINES_OF_AN_INTRODUCTION = 3
_LONGEST_LINE = 600


def new_part(text: str) -> str:
    """Only what this mail adds to the correspondence."""
    lines = text.split("\n")
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if _RULE.match(line[:_LONGEST_LINE]) or _begins_a_head(lines, number):
            break
        if taken := _introduction(lines, number):
            number += taken
            following = next((line for line in lines[number:] if line.strip()), "")
            if following and not _QUOTED.match(following):  # quoted without a mark: down to the end
                break
            continue
        if not _QUOTED.match(line):
            kept.append(line)
        number += 1
    found = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return found if found.strip("-_ \n") else text.strip()


def _begins_a_head(lines: list[str], number: int) -> bool:
    """From: ... Sent: ... To: ..., also with empty lines in between."""
    if not _HEAD_BEGINS.match(lines[number][:_LONGEST_LINE]):
        return False
    following = [line for line in lines[number + 1 : number + 8] if line.strip()][:4]
    return sum(bool(_HEAD.match(line[:_LONGEST_LINE])) for line in following) >= 2


def _introduction(lines: list[str], number: int) -> int:
    """How many lines from here are "On ... wrote:"; programs break it over up to three."""
    if not _BEGINS.match(lines[number]):
        return 0
    for count in range(1, _LINES_OF_AN_INTRODUCTION + 1):
        piece = lines[number : number + count]
        if len(piece) < count or any(_QUOTED.match(line) for line in piece) or not piece[-1].strip():
            return 0
        words = " ".join(line.strip() for line in piece)
        if len(words) < _LONGEST_LINE and _ENDS.search(words[-20:]) and _DATED.search(words):
            return count
    return 0

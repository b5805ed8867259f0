"""From bytes to text a person can read: charsets as they really are, headers, HTML, flowed lines; languages.

Nothing here raises, whatever it is given, and all of it takes time in proportion to the length of its input.
"""

import functools
import html
import re
from email.header import decode_header
from email.utils import getaddresses

import opencc

#: Declared -> really meant: programs in China write gb2312 and mean GBK or GB18030, of which it is a part.
_MEANT = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
}
#: Tried in turn where the declared one is missing, unknown or wrong.
_USUAL = ("utf-8", "gb18030", "big5hkscs")
#: Characters that no text needs: PostgreSQL takes no NUL, halves of surrogates are no text at all.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_LONGEST_HTML = 2_000_000  # characters that are looked at
_BLOCKS = {
    "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
}  # fmt: skip
_TAG = re.compile(r"(/?)([A-Za-z!?][A-Za-z0-9]{0,20})")
_HIDDEN = ("script", "style", "head", "title", "template", "noscript", "svg", "object", "iframe")


# Charsets ------------------------------------------------------------------------------------------------------------
def decoded(data: bytes, charset: str = "") -> str:
    """The text, by the declared charset where it fits, else by the one that does."""
    declared = charset.strip().strip("\"'").lower()
    meant = _MEANT.get(declared, declared)
    if meant in ("", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "8bit", "binary"):
        candidates = _USUAL
    else:
        candidates = (meant, *_USUAL)
    for name in candidates:
        try:
            return data.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("gb18030" if meant == "gb18030" else "utf-8", errors="replace")


def clean(text: str) -> str:
    """Without characters that do harm, with one kind of line break."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def header(raw: str | None) -> str:
    """A header as a reader sees it, on one line: RFC 2047, or raw bytes in whatever charset."""
    if not raw:
        return ""
    raw = str(raw)[:20_000]
    try:
        pieces = decode_header(raw)
    except Exception:  # a broken encoded word: shown as it is
        pieces = [(raw, None)]
    text = "".join(
        decoded(piece, charset or "") if isinstance(piece, bytes) else _raw(piece)
        for piece, charset in pieces
    )
    return " ".join(clean(text).split())


def _raw(text: str) -> str:
    """Bytes above ASCII that stand in a header without any encoding reach us as surrogates."""
    try:
        return decoded(text.encode("ascii", "surrogateescape"))
    except UnicodeEncodeError:
        return text


def address(raw: str | None) -> tuple[str, str]:
    """The name and the address (in lower case) of the first sender; empty where there is none that can be one."""
    try:
        found = getaddresses([" ".join(str(raw or "")[:5000].split())])
    except Exception:
        return "", ""
    for name, address in found:
        address = header(address).lower()
        if re.fullmatch(r"[^\s<>@,;:\"()\[\]\\]{1,64}@[^\s<>@,;:\"()\[\]\\]{1,180}", address):
            return header(name)[:80], address
    return "", ""


# Text ----------------------------------------------------------------------------------------------------------------
def unflowed(text: str, *, delsp: bool) -> str:
    """format=flowed (RFC 3676): lines that end with a space go on in the next one of the same depth of quoting."""
    paragraphs: list[list] = []  # [depth, text, goes on]
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        rest = line[depth:]
        rest = rest[1:] if rest.startswith(" ") else rest
        goes_on = rest.endswith(" ") and rest != "-- "
        if goes_on and delsp:
            rest = rest[:-1]
        last = paragraphs[-1] if paragraphs else None
        if last and last[2] and last[0] == depth and rest != "-- ":
            last[1].append(rest)
            last[2] = goes_on
        else:
            paragraphs.append([depth, [rest], goes_on])
    return "\n".join(
        (">" * depth + " " if depth else "") + "".join(pieces) for depth, pieces, _goes_on in paragraphs
    )


def from_html(source: str) -> str:
    """What a reader of the page would see, as plain text; quotes marked by ">". Nothing is executed or fetched."""
    source = _without(source[:_LONGEST_HTML], "<!--", "-->")
    pieces: list[str] = []
    position, end, depth, hidden = 0, -1, 0, ""
    while (start := source.find("<", position)) >= 0:
        if not hidden:
            pieces.append(_inline(source[position:start]))
        position = start + 1
        found = _TAG.match(source, position)
        if found is None:
            if not hidden:
                pieces.append("<")
            continue
        if end < start:  # asked once for each ">", so that many "<" cost nothing
            end = source.find(">", start)
        if end < 0:
            break
        position = end + 1
        name, closing = found[2].lower(), bool(found[1])
        if hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in _HIDDEN and not closing:
            hidden = name if source[end - 1] != "/" else ""
        elif name == "blockquote":
            depth = max(0, depth - 1) if closing else min(depth + 1, 20)
            pieces.append(f"\n\x01{depth}\x02")
        elif name in _BLOCKS:
            pieces.append("\n- " if name == "li" and not closing else "\n")
        elif name in ("td", "th") and closing:
            pieces.append(" ")
    else:
        pieces.append("" if hidden else _inline(source[position:]))
    return _laid_out("".join(pieces))


def _inline(text: str) -> str:
    return re.sub(r"[\s\x01\x02]+", " ", html.unescape(text))


def _without(text: str, begin: str, end: str) -> str:
    pieces, position = [], 0
    while (start := text.find(begin, position)) >= 0:
        pieces.append(text[position:start])
        stop = text.find(end, start + len(begin))
        if stop < 0:
            return "".join(pieces)
        position = stop + len(end)
    return "".join([*pieces, text[position:]])


def _laid_out(text: str) -> str:
    """Lines without stray spaces, at most one empty line in a row, quotes with their mark."""
    lines, depth = [], 0
    for line in text.split("\n"):
        if marked := re.match("\x01(\\d+)\x02", line):
            depth = int(marked[1])
            line = line[marked.end() :]
        line = " ".join(line.split())
        if not line and (not lines or not lines[-1].strip("> ")):
            continue
        lines.append((">" * depth + " " + line).rstrip() if depth else line)
    return "\n".join(lines).strip()


# Languages -----------------------------------------------------------------------------------------------------------
_HAN = re.compile("[\u4e00-\u9fff]")
_SAMPLE = 2000


@functools.cache
def _converter(name: str) -> opencc.OpenCC:
    return opencc.OpenCC(name)


def language_of(text: str, default: str) -> str:
    """zh-hans, zh-hant or en, guessed from the characters; `default` where there is too little to tell."""
    han = "".join(_HAN.findall(text[: 4 * _SAMPLE])[:_SAMPLE])
    letters = len(re.findall("[A-Za-z]", text[: 4 * _SAMPLE]))
    if len(han) * 4 >= letters and han:  # a character says about as much as four letters
        traditional = _changed(han, "t2s")
        simplified = _changed(han, "s2t")
        if traditional == simplified:
            return default if default.startswith("zh") else "zh-hans"
        return "zh-hant" if traditional > simplified else "zh-hans"
    return "en" if letters >= 3 else default


def _changed(han: str, name: str) -> int:
    """How many of these characters are written otherwise in the other script."""
    lines = _converter(name).convert("\n".join(han)).split("\n")
    return sum(old != new for old, new in zip(han, lines, strict=False))

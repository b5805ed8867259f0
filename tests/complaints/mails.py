"""Mails as they come in, made by hand: the bytes matter."""

from email.message import EmailMessage
from email.policy import SMTP
from io import BytesIO

from PIL import Image

HUANG = "huang@example.org"
LATE = "G7391 次列车晚点五十分钟，没有任何人告诉我们原因。"


def mail(
    text=LATE, *, sender=f"黄小明 <{HUANG}>", subject="列车晚点", message_id="1@example.org", **headers
) -> bytes:
    """A plain mail. Headers by keyword, `_` for `-`; None leaves one out."""
    message = EmailMessage(policy=SMTP)
    message.set_content(text)
    given = {
        "From": sender, "To": "help@rail.example", "Subject": subject, "Date": "Sat, 21 Nov 2026 09:00:00 +0800",
        "Message-ID": f"<{message_id}>" if message_id else None,
    }  # fmt: skip
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in given.items():
        if value is not None:
            message[name] = value
    return message.as_bytes()


def raw(head: str, body: bytes | str = b"") -> bytes:
    """Headers and body exactly as given, lines ended as on the wire."""
    body = body.encode() if isinstance(body, str) else body
    return "\r\n".join(line.strip() for line in head.strip().splitlines()).encode() + b"\r\n\r\n" + body


def multipart(
    kind: str, *parts: bytes, head: str = f"From: {HUANG}\nSubject: x\nMessage-ID: <m@example.org>"
) -> bytes:
    """A multipart of these parts, each with its own headers."""
    body = b"".join(b"--=_b\r\n" + part + b"\r\n" for part in parts) + b"--=_b--\r\n"
    return raw(f'{head}\nMIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="=_b"', body)


def picture(size=(40, 30), kind="PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()

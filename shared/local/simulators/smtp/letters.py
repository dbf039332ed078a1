"""What a mail server looks at in a mail before it takes it, and what it keeps of it (RFC 5321, 5322, 6532)."""

from __future__ import annotations

import re
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage
from typing import Any

Json = dict[str, Any]
MAX_LINE = 998  # octets without the line's end: RFC 5321, 4.5.3.1.6
_ONCE = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject", "Date")
_ID = re.compile(r"<[^\s<>@]+@[^\s<>@]+>")


def problem_of(content: bytes, *, eight_bit: bool, international: bool) -> str:
    """Return the reply that refuses a mail, "" for one that may be taken. It is as it came, without its last dot."""
    if re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", content):
        return "554 5.6.0 A line ends with CR and LF, and neither nor NUL stands alone"
    if max(map(len, content.split(b"\r\n"))) > MAX_LINE:
        return f"554 5.6.0 A line is longer than {MAX_LINE} octets"
    head, _, body = content.partition(b"\r\n\r\n")
    if not head.isascii() and not international:
        return "554 5.6.7 Header fields hold letters beyond ASCII, without SMTPUTF8"
    if not body.isascii() and not eight_bit:
        return "554 5.6.1 The body holds octets beyond ASCII, without BODY=8BITMIME"
    return _header_problem(_header_of(content)) or _defect([*message_from_bytes(content, policy=policy.SMTP).walk()])


def _header_problem(message: EmailMessage) -> str:
    for name in _ONCE:
        count = len(message.get_all(name, []))
        if count > 1:
            return f"554 5.6.0 {name} stands {count} times in the header"
    for name in ("From", "Date"):
        if message[name] is None:
            return f"554 5.6.0 {name} is missing in the header"
    if message["Date"].datetime is None or not message["From"].addresses:
        return "554 5.6.0 Date or From cannot be read"
    if message["Message-ID"] is not None and not _ID.fullmatch(str(message["Message-ID"])):
        return "554 5.6.0 Message-ID cannot be read"
    return _defect([value for _, value in message.items()])


def _defect(parts: list[Any]) -> str:
    names = (type(defect).__name__ for part in parts for defect in part.defects)
    defects = [name for name in names if name != "NonASCIILocalPartDefect"]  # RFC 6532 allows it
    return f"554 5.6.0 {defects[0]}" if defects else ""


def _header_of(content: bytes) -> EmailMessage:
    """Return the header alone, whose letters may be of any alphabet."""
    head, _, _ = content.partition(b"\r\n\r\n")
    message = message_from_string(f"{str(head, 'utf-8', 'replace')}\r\n\r\n", policy=policy.SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message


def describe_mail(content: bytes) -> Json:
    """Return what is shown of a mail: its header fields, and its texts as a mail program shows them."""
    message, header = message_from_bytes(content, policy=policy.SMTPUTF8), _header_of(content)
    assert isinstance(message, EmailMessage)
    parts = {kind: message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")}
    texts = {kind: str(part.get_content()).replace("\r\n", "\n") if part else "" for kind, part in parts.items()}
    return {
        "from": str(header["From"]),
        "subject": str(header["Subject"] or ""),
        "message_id": str(header["Message-ID"] or ""),
        "text": texts["plain"],
        "html": texts["html"],
        "headers": {name: str(value) for name, value in header.items()},
    }

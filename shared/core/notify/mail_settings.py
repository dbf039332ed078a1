"""By which service mail goes out, and in whose name: read from the environment's variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

SERVICES = ("ses", "smtp", "none")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SCHEMES = {"smtps": ("tls", 465), "smtp+starttls": ("starttls", 587), "smtp": ("plain", 25)}
_LIKE = "smtps://mail.example.com:465 or smtp+starttls://mail.example.com:587"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, and how the connection is protected: "tls", "starttls", or "plain" on this machine."""

    host: str
    port: int
    security: str
    ca: str = ""  # file with the certificates to trust instead of the system's


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`by` is "ses", "smtp" or "none"; `server` is there when it is "smtp"."""

    by: str = "ses"
    sender: str = "Workwright <agent@workwright.invalid>"
    region: str = "eu-central-1"  # of Amazon SES
    server: SmtpServer | None = None


def read_mail(env: Mapping[str, str]) -> tuple[MailSettings, list[str]]:
    """Return the settings and what is wrong with them, each problem with its variable and the way out."""
    problems: list[str] = []
    by = env.get("WORKWRIGHT_MAIL") or "ses"
    if by not in SERVICES:
        problems.append(f"WORKWRIGHT_MAIL is {by!r}; use one of {', '.join(SERVICES)}")
    server = _server(env, problems) if by == "smtp" else None
    region = env.get("WORKWRIGHT_SES_REGION") or MailSettings().region
    return MailSettings(by, _sender(env, by, problems), region, server), problems


def _sender(env: Mapping[str, str], by: str, problems: list[str]) -> str:
    """Return whom mail comes from; the older variable is read where the newer one is not set."""
    name = "WORKWRIGHT_MAIL_SENDER" if env.get("WORKWRIGHT_MAIL_SENDER") else "WORKWRIGHT_SES_SENDER"
    sender = env.get(name) or ""
    if not sender and by == "smtp":
        problems.append(
            "WORKWRIGHT_MAIL_SENDER is missing; set it to whom mail comes from, like Workwright <agent@example.com>"
        )
    address = parseaddr(sender)[1]
    if by == "smtp" and sender and (not all(address.partition("@")) or not sender.isprintable()):
        problems.append(f"{name} is {sender!r}; give an address like Workwright <agent@example.com>")
    return sender or MailSettings().sender


def _server(env: Mapping[str, str], problems: list[str]) -> SmtpServer | None:
    url = env.get("WORKWRIGHT_SMTP_URL") or ""
    if not url:
        problems.append(f"WORKWRIGHT_SMTP_URL is missing; set it to the mail server's address, like {_LIKE}")
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # brackets that do not close, a port that is no number
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in _SCHEMES or not host or port == 0 or parts.path.strip("/") or parts.query:
        problems.append(f"WORKWRIGHT_SMTP_URL is not an address of a mail server; give one like {_LIKE}")
        return None
    if "@" in parts.netloc:
        problems.append("WORKWRIGHT_SMTP_URL holds a name; store the secrets smtp-username and smtp-password instead")
        return None
    security, usual = _SCHEMES[parts.scheme]
    if security == "plain" and host not in _LOOPBACK:
        problems.append(
            f"WORKWRIGHT_SMTP_URL would send mail to {host} unencrypted; use smtps:// or smtp+starttls://"
            " (smtp:// is for a server on this machine)"
        )
        return None
    return SmtpServer(host, port or usual, security, env.get("WORKWRIGHT_SMTP_CA") or "")

"""By which service mail goes out, and in whose name: read from the environment's variables."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

from shared.core.environment import LOOPBACK, Environment

SERVICES = ("ses", "smtp", "none")
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


def read_mail(reader: Environment) -> MailSettings:
    """Return by what mail goes out; what is wrong is a problem of the reader, with its variable and the way out."""
    by = reader.one_of("WORKWRIGHT_MAIL", "ses", SERVICES)
    server = _server(reader) if by == "smtp" else None
    return MailSettings(by, _sender(reader, by), reader.text("WORKWRIGHT_SES_REGION", MailSettings().region), server)


def _sender(reader: Environment, by: str) -> str:
    """Return whom mail comes from; the older variable is read where the newer one is not set."""
    name = "WORKWRIGHT_MAIL_SENDER" if reader.text("WORKWRIGHT_MAIL_SENDER") else "WORKWRIGHT_SES_SENDER"
    sender = reader.text(name)
    if not sender and by == "smtp":
        reader.refuse(
            "WORKWRIGHT_MAIL_SENDER is missing; set it to whom mail comes from, like Workwright <agent@example.com>"
        )
    address = parseaddr(sender)[1]
    if by == "smtp" and sender and (not all(address.partition("@")) or not sender.isprintable()):
        reader.refuse(f"{name} is {sender!r}; give an address like Workwright <agent@example.com>")
    return sender or MailSettings().sender


def _server(reader: Environment) -> SmtpServer | None:
    url = reader.require("WORKWRIGHT_SMTP_URL", f"the mail server's address, like {_LIKE}")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # brackets that do not close, a port that is no number
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in _SCHEMES or not host or port == 0 or parts.path.strip("/") or parts.query:
        reader.refuse(f"WORKWRIGHT_SMTP_URL is not an address of a mail server; give one like {_LIKE}")
        return None
    if "@" in parts.netloc:
        reader.refuse("WORKWRIGHT_SMTP_URL holds a name; store the secrets smtp-username and smtp-password instead")
        return None
    security, usual = _SCHEMES[parts.scheme]
    if security == "plain" and host not in LOOPBACK:
        reader.refuse(
            f"WORKWRIGHT_SMTP_URL would send mail to {host} unencrypted; use smtps:// or smtp+starttls://"
            " (smtp:// is for a server on this machine)"
        )
        return None
    return SmtpServer(host, port or usual, security, reader.text("WORKWRIGHT_SMTP_CA"))

"""Mail by any server that speaks SMTP (RFC 5321, submission: RFC 6409 and 8314). Sent once, or known not to be sent.

Until the dot that ends a mail has been sent the server has nothing to deliver, so all that fails before is safe to
repeat, and so is what the server refuses with a reply of its own. Only a reply to that dot that never comes leaves
open whether the mail goes out.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, parseaddr, quote
from typing import ClassVar

from shared.core.errors import IntegrationError, NeedsHuman, RateLimited, Rejected, Unauthorized, Unavailable
from shared.integrations.mail import NO_HEADERS, Fields, MailParts
from shared.integrations.mail_settings import SmtpServer
from shared.integrations.smtp.refusals import AuthoritiesUnread, NotTrusted, SenderRefused
from shared.ports import Secret, Secrets

REPLY_S = 30.0  # for each command
END_S = 120.0  # for the reply to the whole mail: some servers look at it meanwhile, and to give up early is to not know
_COME_AGAIN = timedelta(minutes=1)  # no reply says when; a greylisting server lets a mail pass after some minutes
_BUSY = frozenset({450, 451, 452})
_LOGIN = frozenset({530, 534, 535, 538})
_HELLO = "[127.0.0.1]"  # who we are to the server is said by the login; this machine's name is nobody's business
_OURS = WIRE.clone(cte_type="7bit")  # any server takes it, also one that knows neither 8BITMIME nor long lines
_ADDRESS = re.compile(r"""[^\s@<>()\[\],;:\\"]{1,64}@[^\s@<>()\[\],;:\\"]{1,255}""")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

Login = Callable[[], tuple[str, Secret] | None]


class Smtp:
    """Sends from one address over one server, with a connection for each mail."""

    system: ClassVar[str] = "smtp"

    def __init__(self, server: SmtpServer, sender: str, login: Login, now: Callable[[], datetime]) -> None:
        """Know the server; `login` gives name and password, or None where the server asks for none."""
        self._server = server
        self._sender = sender
        self._login = login
        self._now = now

    @classmethod
    def open_own(cls, parts: MailParts) -> Smtp:
        """Return the operator's sender; raises Rejected where the settings name no server."""
        if parts.settings.server is None:
            raise Rejected(cls.system, "no mail server is set up")
        return cls(parts.settings.server, parts.settings.sender, lambda: _read_login(parts.secrets), parts.now)

    def send(self, to: str, subject: str, text: str, html: str, tags: Fields, headers: Fields = NO_HEADERS) -> str:
        """Send one mail; return its Message-ID, which the same mail has each time. As `Mail.send` says."""
        sender, person = _address(parseaddr(self._sender)[1]), _address(to)
        name = f"<{tags['message']}@{sender.domain}>"
        head = {
            "From": _format_address(parseaddr(self._sender)[0], sender),
            "To": person.addr_spec,
            "Subject": _encode_field("Subject", " ".join(_clean(subject).split())[:200]),
            "Message-ID": name,
            "Date": format_datetime(self._now()),
            "Auto-Submitted": "auto-generated",  # RFC 3834: no absence note and no other robot answers it
            **headers,
        }
        mail = _Letter(sender, person, _head(head) + _body(text, html))
        with self._open_connection() as connection:
            self._hand_in(connection, mail)
        return name

    def look(self) -> None:
        """Log in, and name the sender as from and to; then take it back. Raises what a mail would meet; sends none.

        Many servers look at the sender only once they hear to whom a mail goes.
        """
        own = _address(parseaddr(self._sender)[1]).addr_spec
        with self._open_connection() as connection, _certain("ask"):
            for what, say in (("MAIL", connection.mail), (f"RCPT {own}", connection.rcpt)):
                code, reply = say(own)
                if code // 100 != 2:
                    refused = _refusal(what, code, reply)
                    raise SenderRefused(what, _read_reply(code, reply)) if isinstance(refused, Rejected) else refused
            connection.rset()

    @contextmanager
    def _open_connection(self) -> Iterator[smtplib.SMTP]:
        """Yield a connection that is protected and logged in; how it ends later says nothing about the mail."""
        with _certain("connect"):
            connection = self._connect()
        try:
            with _certain("log in"):
                self._authenticate(connection)
            yield connection
        finally:
            _set_timeout(connection, 1.0)
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, _HELLO, timeout=REPLY_S, context=_trust(server))
        connection = smtplib.SMTP(server.host, server.port, _HELLO, REPLY_S)
        with ExitStack() as undo:
            undo.callback(connection.close)
            if server.security == "starttls":
                connection.ehlo()
                if not connection.has_extn("starttls"):
                    raise Rejected("smtp", f"{server.host} offers no STARTTLS, and nothing is sent unencrypted")
                connection.starttls(context=_trust(server))
            undo.pop_all()
        return connection

    def _authenticate(self, connection: smtplib.SMTP) -> None:
        """Log in once: each refused try counts, and too many lock an account."""
        code, reply = connection.ehlo()
        if code != 250:
            raise _refusal("EHLO", code, reply)
        given = self._login()
        if given is None:
            return
        name, password = given[0], given[1].reveal()
        offered = connection.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            code, reply = connection.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{name}{chr(0)}{password}')}")
        elif "LOGIN" in offered:
            code, reply = connection.docmd("AUTH", "LOGIN")
            for part in (name, password):
                if code == 334:
                    code, reply = connection.docmd(_base64(part))
        else:
            raise Rejected("smtp", f"{self._server.host} offers no login by name and password (AUTH PLAIN or LOGIN)")
        if code != 235:
            raise _refusal("AUTH", code, reply)

    def _hand_in(self, connection: smtplib.SMTP, mail: _Letter) -> None:
        with _certain("hand in the mail"):
            self._open_envelope(connection, mail)
            connection.send(re.sub(rb"(?m)^\.", b"..", mail.content))
        try:
            _set_timeout(connection, END_S)
            connection.send(b".\r\n")
            code, reply = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            what = f"no reply to the whole mail ({type(error).__name__}); it may have been sent"
            raise NeedsHuman("smtp", what) from error
        if code // 100 != 2:
            raise _refusal("DATA", code, reply, unclear=NeedsHuman)

    def _open_envelope(self, connection: smtplib.SMTP, mail: _Letter) -> None:
        """Say from whom and to whom, until the server waits for the mail."""
        sender, to = mail.sender.addr_spec, mail.to.addr_spec
        international = not (sender + to).isascii()
        if international and not connection.has_extn("smtputf8"):
            raise Rejected("smtp", f"{to} cannot be written to: the mail server takes no such letters in an address")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        steps: tuple[tuple[str, Callable[[], tuple[int, bytes]], int], ...] = (
            ("MAIL", lambda: connection.mail(sender, options), 2),
            (f"RCPT {to}", lambda: connection.rcpt(to), 2),
            ("DATA", lambda: connection.docmd("DATA"), 3),
        )
        for what, say, wanted in steps:
            code, reply = say()
            if code // 100 != wanted:
                raise _refusal(what, code, reply)


def _read_login(secrets: Secrets) -> tuple[str, Secret] | None:
    """Return name and password of the mail server; None where none are kept, for one that asks for none."""
    try:
        return secrets.get("smtp-username").reveal(), secrets.get("smtp-password")
    except KeyError:
        return None


@dataclass(frozen=True, slots=True)
class _Letter:
    """A mail as it goes over the wire, but for its last dot."""

    sender: Address
    to: Address
    content: bytes


def _body(text: str, html: str) -> bytes:
    """Return the texts with the header fields that say what they are."""
    mail = EmailMessage(policy=_OURS)
    mail.set_content(_clean(text) or " ")
    if html:
        mail.add_alternative(_clean(html), subtype="html")
    raw = mail.as_bytes()
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def _head(fields: Mapping[str, str]) -> bytes:
    """Return the header; a field that would begin another line than one of its own is refused."""
    for name, value in fields.items():
        if re.search(r"[\r\n](?!\n? )", value):
            raise Rejected("smtp", f"{name} would hold a line break")
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()


def _encode_field(name: str, text: str) -> str:
    """Return the text of a field, so that a mail program shows these letters and no others.

    EmailMessage would decode first what looks encoded (RFC 2047), and so write the line breaks that it hides.
    """
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", 75, header_name=name).encode(linesep="\r\n")


def _format_address(name: str, address: Address) -> str:
    name = " ".join(_clean(name).split())
    plain = name.isascii() and "=?" not in name
    phrase = f'"{quote(name)}"' if plain else _encode_field("From", name)
    return f"{phrase} <{address.addr_spec}>" if name else address.addr_spec


def _address(text: str) -> Address:
    """Return one address; what could be two, or something beside an address, is refused."""
    if not text.isprintable() or not _ADDRESS.fullmatch(text) or "=?" in text:
        raise Rejected("smtp", f"{text[:100]!r} is not an e-mail address")
    user, _, domain = text.rpartition("@")
    try:
        return Address("", user, domain if domain.isascii() else domain.encode("idna").decode())
    except ValueError:
        raise Rejected("smtp", f"{text[:100]!r} is not an e-mail address") from None


def _clean(text: str) -> str:
    """Return text that can be sent: without control characters, and without halves of letters."""
    return _CONTROLS.sub(" ", text.encode("utf-8", "replace").decode().replace("\r\n", "\n"))


def _trust(server: SmtpServer) -> ssl.SSLContext:
    """Return what checks the server's certificate and its name, against an authority of our own where one is set."""
    try:
        return ssl.create_default_context(cafile=server.ca or None)
    except OSError as error:
        what = f"the certificates that WORKWRIGHT_SMTP_CA names cannot be read ({error.strerror or error})"
        raise AuthoritiesUnread("smtp", what) from error


def _set_timeout(connection: smtplib.SMTP, seconds: float) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(seconds)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


@contextmanager
def _certain(what: str) -> Iterator[None]:
    """Turn what goes wrong before the end of a mail into an error that says so: nothing was sent."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        why = f"the certificate of the mail server is not trusted: {error.verify_message}"
        raise NotTrusted("smtp", f"{why}. Its authority can be named by WORKWRIGHT_SMTP_CA.") from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(what, error.smtp_code, error.smtp_error) from error
    except OSError as error:  # smtplib's own among them
        raise Unavailable("smtp", f"{what}: the connection did not last ({type(error).__name__})") from error


def _read_reply(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(_clean(text).split())}"[:300].rstrip()


def _refusal(
    what: str, code: int, reply: bytes | str, unclear: type[IntegrationError] = Unavailable
) -> IntegrationError:
    """Return the error for a reply; `unclear` where it is none that RFC 5321 knows."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    message = f"{what}: {_read_reply(code, reply)}"[:300].rstrip()
    if code in _LOGIN:
        return Unauthorized("smtp", message)
    if code // 100 == 5:
        return Rejected("smtp", message)
    if code in _BUSY or (code // 100 == 4 and re.match(r"4\.7\.", text)):
        return RateLimited("smtp", message, retry_after=_COME_AGAIN)
    return Unavailable("smtp", message) if code // 100 == 4 else unclear("smtp", message)

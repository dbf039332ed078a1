"""The probe of a mail server: one talk in SMTP, and one mail to the mailbox that a person names."""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime, localtime, parseaddr
from typing import Any

from shared.cli.probe.calls import Answer, Ask, Call, Expect, Kept, Place, Probe, fill
from shared.core.errors import ConfigError, Unavailable
from shared.integrations.mail_settings import SmtpServer
from shared.ports import Secret
from shared.settings import Settings

RFC = "https://www.rfc-editor.org/rfc/"
_HELLO = "[127.0.0.1]"
_REPLY_S = 60.0


@dataclass
class Talk:
    """A connection to a mail server; each request is one command, each answer its reply."""

    server: SmtpServer
    secret: Secret
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _connection: smtplib.SMTP | None = field(default=None, repr=False)

    def ask(self, asked: Ask, kept: Kept) -> Answer:
        """Say one command and return the reply; raises Unavailable when the connection does not last."""
        began = self.now()
        try:
            code, text = self._exchange(asked, kept)
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable("smtp", f"no answer ({type(error).__name__})") from None
        offers = self._connection.esmtp_features if self._connection is not None and asked.method == "EHLO" else {}
        body = {"text": text.decode("utf-8", "replace"), "offers": {name: str(value) for name, value in offers.items()}}
        return Answer(code, {}, body, self.now() - began)

    def _exchange(self, asked: Ask, kept: Kept) -> tuple[int, bytes]:
        if asked.method == "CONNECT":
            self._connection, code, greeting = _connect(self.server)
            return code, greeting
        connection = self._connection
        if connection is None:
            raise smtplib.SMTPServerDisconnected("there is no connection")
        if asked.method == "EHLO":
            return connection.ehlo(_HELLO)
        if asked.method == "AUTH":
            name, _, password = self.secret.reveal().partition("\n")
            word = password if asked.trusted else "nobody-was-given-this"
            return connection.docmd("AUTH", "PLAIN " + b64encode(f"\0{name}\0{word}".encode()).decode())
        if asked.method == "END":
            connection.send(str(fill(asked.body, kept)).encode() + b"\r\n.\r\n")
            return connection.getreply()
        answer = connection.docmd(asked.method, str(fill(asked.path, kept)))
        if asked.method == "QUIT":
            connection.close()
        return answer


def _connect(server: SmtpServer) -> tuple[smtplib.SMTP, int, bytes]:
    """Return a protected connection and what the server said first."""
    trust = ssl.create_default_context(cafile=server.ca or None)
    plain = server.security != "tls"
    made = smtplib.SMTP(timeout=_REPLY_S) if plain else smtplib.SMTP_SSL(timeout=_REPLY_S, context=trust)
    made._host = server.host  # type: ignore[attr-defined]  # what the certificate is checked against
    code, greeting = made.connect(server.host, server.port)
    if server.security == "starttls":
        made.starttls(context=trust)
    return made, code, greeting


def say(command: str, rest: str = "", **more: Any) -> Ask:
    return Ask(command, rest, **more)


def reply(*codes: int, offers: Any = "object") -> Expect:
    """Return what is expected: one of these codes, whatever the words beside it."""
    return Expect(codes, {"text": "text", "offers": offers})


MAIL = "\r\n".join((
    "From: <{sender}>", "To: <{mailbox}>", "Date: {date}", "Message-ID: <{mark}@workwright.invalid>",
    "Subject: {mark}", "Auto-Submitted: auto-generated", "", "A probe of Workwright. Nothing has to be done.",
))  # fmt: skip
CALLS = (
    Call("a connection", "A server greets with 220 once the connection is protected.", RFC + "rfc5321#section-4.3.1",
         say("CONNECT"), reply(220)),
    Call("what it offers", "EHLO is answered with 250 and with a login by PLAIN.", RFC + "rfc4954#section-3",
         say("EHLO"), reply(250, offers={"auth": "words", "*": "text"})),
    Call("a command before the login", "Before the login no mail is taken: 530, or 550 and the like.",
         RFC + "rfc4954#section-6", say("MAIL", "FROM:<{sender}>"), reply(530, 550, 553, 503)),
    Call("a stranger's password", "A wrong password is refused with 535.", RFC + "rfc4954#section-6",
         say("AUTH", trusted=False), reply(535)),
    Call("the login", "Name and password are taken with 235.", RFC + "rfc4954#section-4", say("AUTH"), reply(235)),
    Call("a command that is none", "A command that does not exist is refused with 500 or 502.",
         RFC + "rfc5321#section-4.2.4", say("XPROBE"), reply(500, 502)),
    Call("nothing", "NOOP is answered with 250.", RFC + "rfc5321#section-4.1.1.9", say("NOOP"), reply(250)),
    Call("a recipient too early", "RCPT before MAIL is refused with 503.", RFC + "rfc5321#section-4.1.4",
         say("RCPT", "TO:<{mailbox}>"), reply(503)),
    Call("a sender", "MAIL with an address of ours is taken with 250.", RFC + "rfc5321#section-4.1.1.2",
         say("MAIL", "FROM:<{sender}>"), reply(250)),
    Call("a mail too early", "DATA without a recipient is refused with 503 or 554.", RFC + "rfc5321#section-4.1.1.4",
         say("DATA"), reply(503, 554)),
    Call("a recipient that is none", "A recipient without an address is refused with 501, 550 or 553.",
         RFC + "rfc5321#section-4.1.1.3", say("RCPT", "TO:<no address>"), reply(501, 550, 553, 555)),
    Call("it is forgotten", "RSET forgets what was said of a mail, with 250.", RFC + "rfc5321#section-4.1.1.5",
         say("RSET"), reply(250)),
    Call("a sender again", "After RSET a mail is begun anew.", RFC + "rfc5321#section-4.1.1.5",
         say("MAIL", "FROM:<{sender}>"), reply(250)),
    Call("a recipient", "RCPT is taken with 250 or 251.", RFC + "rfc5321#section-4.1.1.3",
         say("RCPT", "TO:<{mailbox}>"), reply(250, 251)),
    Call("the mail may come", "DATA is answered with 354, and then the mail is waited for.",
         RFC + "rfc5321#section-4.1.1.4", say("DATA"), reply(354)),
    Call("the mail", "A mail that ends with a dot is taken with 250: only then it is sent.",
         RFC + "rfc5321#section-4.1.1.4", say("END", body=MAIL), reply(250), within=120.0),
    Call("the end", "QUIT is answered with 221.", RFC + "rfc5321#section-4.1.1.10", say("QUIT"), reply(221)),
)  # fmt: skip


def read_place(named: str) -> Place:
    """Return the mailbox that an address names; raises ConfigError."""
    if not re.fullmatch(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}", named) or not named.isascii():
        raise ConfigError("--in names no mailbox; give an address such as you@example.com")
    return Place("the mailbox that you named", {"mailbox": named})


def make(settings: Settings, secret: Secret, kept: Kept) -> Talk:
    """Return what talks to the server that the settings name; raises ConfigError."""
    if settings.mail.server is None:
        raise ConfigError("there is no mail server to ask; set WORKWRIGHT_MAIL to smtp, and WORKWRIGHT_SMTP_URL")
    return Talk(settings.mail.server, secret)


def build_known(settings: Settings) -> Kept:
    """Return whom the mail comes from, and when it was written."""
    return {"sender": parseaddr(settings.mail.sender)[1], "date": format_datetime(localtime())}


PROBE = Probe(
    system="smtp",
    title="A mail server (SMTP)",
    address="",
    asks_for="the address of a mailbox of yours",
    rights="name and password of an account that may send as WORKWRIGHT_MAIL_SENDER",
    makes="one short mail to that mailbox, which nobody can take back; one refused login, which some servers count",
    calls=CALLS,
    read_place=read_place,
    credential=lambda secret: {},
    credential_name="User name and Password",
    secrets=("smtp-username", "smtp-password"),
    make=make,
    known=build_known,
    no_harm=(
        ("a server that asks for later delivery answers 450", "nobody can bring it about"),
        ("a mail is known by its Message-ID", "servers do not tell what they have delivered"),
    ),
)

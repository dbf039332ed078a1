"""One client's talk with the mail server: which command may come when, and what is answered (RFC 5321, 4954, 3207)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.local.simulators.smtp.letters import problem_of

MAX_COMMAND, MAX_AUTH = 512, 12_288  # octets with the line's end: RFC 5321, 4.5.3.1.4, and RFC 4954, 4
MAX_RECIPIENTS, MAX_SIZE = 100, 26_214_400
MAX_ERRORS, MAX_LOGINS = 20, 3
_NAME = re.compile(r"(\[[0-9A-Fa-f:.]+\]|\[IPv6:[0-9A-Fa-f:.]+\]|[^\s\[\]@]{1,255})")
_PATH = re.compile(r"(FROM|TO):\s?<([^<>\s]*)>((?: \S+)*)", re.IGNORECASE)
_MAILBOX = re.compile(r'("[^"\r\n]{1,62}"|[^\s@<>()\[\],;:\\"]{1,64})@(\[[^\]]+\]|[^\s@<>()\[\],;:\\"]{1,255})')
_PARAMETER = re.compile(r"SIZE=\d{1,20}|BODY=(7BIT|8BITMIME)|SMTPUTF8|AUTH=\S+", re.IGNORECASE)


class Desk(Protocol):
    """Who decides what the session itself cannot know."""

    def check_login(self, name: str, password: str) -> bool: ...
    def refuse_sender(self, name: str, address: str) -> str: ...
    def refuse_recipient(self, sender: str, address: str) -> str: ...
    def take(self, envelope: Envelope, content: bytes) -> str: ...


@dataclass
class Envelope:
    """From whom and to whom a mail goes."""

    sender: str
    eight_bit: bool
    international: bool
    login: str
    recipients: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reply:
    """What is said, and what follows: the next "line", the "data" of a mail, "tls", a line of a "login", or "end"."""

    text: str
    then: str = "line"


class Session:
    """What one connection has said so far."""

    def __init__(self, desk: Desk, *, offers_tls: bool, needs_tls: bool, encrypted: bool) -> None:
        self._desk = desk
        self._offers_tls = offers_tls and not encrypted
        self._needs_tls = needs_tls and not encrypted
        self._greeted = False
        self._login = ""
        self._asked: list[str] = []  # of AUTH LOGIN: what was said so far
        self._mechanism = ""
        self._envelope: Envelope | None = None
        self._errors = self._refused_logins = 0

    def answer(self, line: str) -> Reply:
        """Answer one command."""
        verb, _, rest = line.partition(" ")
        handle = _COMMANDS.get(verb.upper())
        reply = handle(self, rest.strip()) if handle else Reply("500 5.5.2 Command not recognized")
        return self._count_error(reply)

    def _count_error(self, reply: Reply) -> Reply:
        self._errors += reply.text.startswith("5")
        return Reply("421 4.7.0 Too many errors", "end") if self._errors > MAX_ERRORS else reply

    def _greet(self, rest: str) -> Reply:
        if not _NAME.fullmatch(rest):
            return Reply("501 5.5.4 Say who you are: a domain or an address in brackets")
        self._greeted, self._envelope = True, None
        offers = ["localhost", "PIPELINING", f"SIZE {MAX_SIZE}", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"]
        offers += ["STARTTLS"] if self._offers_tls else []
        offers += [] if self._needs_tls else ["AUTH PLAIN LOGIN"]
        return Reply("\r\n".join([*(f"250-{each}" for each in offers[:-1]), f"250 {offers[-1]}"]))

    def _helo(self, rest: str) -> Reply:
        return Reply("250 localhost") if self._greet(rest).text.startswith("250") else self._greet(rest)

    def _starttls(self, rest: str) -> Reply:
        if not self._offers_tls:
            return Reply("503 5.5.1 TLS is not offered now")
        return Reply("220 2.0.0 Ready to start TLS", "tls") if not rest else Reply("501 5.5.4 STARTTLS stands alone")

    def _auth(self, rest: str) -> Reply:
        mechanism, _, first = rest.partition(" ")
        if not self._greeted or self._login or self._envelope is not None:
            return Reply("503 5.5.1 Not now")
        if self._needs_tls:
            return Reply("538 5.7.11 Encryption is required for this")
        if mechanism.upper() not in ("PLAIN", "LOGIN"):
            return Reply("504 5.5.4 No such mechanism")
        self._mechanism, self._asked = mechanism.upper(), []
        if first:
            return self.go_on(first)
        return Reply("334 " if self._mechanism == "PLAIN" else "334 VXNlcm5hbWU6", "login")

    def go_on(self, line: str) -> Reply:
        """Take the next line of a login."""
        if line == "*":
            return self._count_error(Reply("501 5.7.0 Login given up"))
        try:
            answer = b64decode("" if line == "=" else line, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return self._count_error(Reply("501 5.5.2 That is not base64 of UTF-8"))
        if self._mechanism == "LOGIN":
            self._asked.append(answer)
            if len(self._asked) == 1:
                return Reply("334 UGFzc3dvcmQ6", "login")
            return self._decide(self._asked[0], answer)
        parts = answer.split("\0")
        return self._decide(parts[1], parts[2]) if len(parts) == 3 else self._count_error(Reply("501 5.5.2 Not PLAIN"))

    def _decide(self, name: str, password: str) -> Reply:
        if self._desk.check_login(name, password):
            self._login = name
            return Reply("235 2.7.0 Welcome")
        self._refused_logins += 1
        if self._refused_logins >= MAX_LOGINS:
            return Reply("421 4.7.0 Too many refused logins", "end")
        return Reply("535 5.7.8 Name or password is wrong")

    def _mail(self, rest: str) -> Reply:
        if not self._greeted or self._envelope is not None:
            return Reply("503 5.5.1 EHLO comes first" if not self._greeted else "503 5.5.1 MAIL was said already")
        if self._needs_tls:
            return Reply("530 5.7.0 Say STARTTLS first")
        if not self._login:
            return Reply("530 5.7.0 Authentication required")
        address, words, problem = _path(rest, "FROM")
        if problem:
            return Reply(problem)
        size = next((int(word[5:]) for word in words if word.startswith("SIZE=")), 0)
        if size > MAX_SIZE:
            return Reply("552 5.3.4 The mail is too large")
        if "BODY=8BITMIME" not in words and "SMTPUTF8" in words:
            return Reply("501 5.5.4 SMTPUTF8 wants BODY=8BITMIME here")
        if not address.isascii() and "SMTPUTF8" not in words:
            return Reply("553 5.6.7 Such letters want SMTPUTF8")
        if refused := self._desk.refuse_sender(self._login, address):
            return Reply(refused)
        self._envelope = Envelope(address, "BODY=8BITMIME" in words, "SMTPUTF8" in words, self._login)
        return Reply("250 2.1.0 Sender OK")

    def _rcpt(self, rest: str) -> Reply:
        if self._envelope is None:
            return Reply("503 5.5.1 MAIL comes first")
        address, words, problem = _path(rest, "TO")
        if problem or words:
            return Reply(problem or "555 5.5.4 No such parameter")
        if not address.isascii() and not self._envelope.international:
            return Reply("553 5.6.7 Such letters want SMTPUTF8")
        if len(self._envelope.recipients) >= MAX_RECIPIENTS:
            return Reply("452 4.5.3 Too many recipients")
        if refused := self._desk.refuse_recipient(self._envelope.sender, address):
            return Reply(refused)
        self._envelope.recipients.append(address)
        return Reply("250 2.1.5 Recipient OK")

    def _data(self, rest: str) -> Reply:
        if self._envelope is None or not self._envelope.recipients or rest:
            return Reply("501 5.5.4 DATA stands alone" if rest else "503 5.5.1 RCPT comes first")
        return Reply("354 End with a dot on a line of its own", "data")

    def take_mail(self, content: bytes | None) -> Reply:
        """Take the mail that DATA announced; None stands for one that was too large to be kept."""
        envelope, self._envelope = self._envelope, None
        assert envelope is not None
        if content is None:
            return Reply("552 5.3.4 The mail is too large")
        problem = problem_of(content, eight_bit=envelope.eight_bit, international=envelope.international)
        return self._count_error(Reply(problem or self._desk.take(envelope, content)))

    def _reset(self, rest: str) -> Reply:
        self._envelope = None
        return Reply("250 2.0.0 Forgotten")


def _path(rest: str, word: str) -> tuple[str, list[str], str]:
    """Return the address and the parameters of MAIL or RCPT, and the reply that refuses them, or ""."""
    found = _PATH.fullmatch(rest)
    if found is None or found[1].upper() != word:
        return "", [], "501 5.5.4 An address stands in angle brackets"
    address, words = found[2], found[3].upper().split()
    if address and not _MAILBOX.fullmatch(address):
        return "", [], "553 5.1.3 That is no address" if word == "TO" else "553 5.1.7 That is no address"
    if not address and word == "TO":
        return "", [], "553 5.1.3 That is no address"
    wrong = [each for each in words if not _PARAMETER.fullmatch(each)]
    return address, words, "555 5.5.4 No such parameter" if wrong else ""


_COMMANDS: dict[str, Callable[[Any, str], Reply]] = {
    "EHLO": Session._greet,
    "HELO": Session._helo,
    "STARTTLS": Session._starttls,
    "AUTH": Session._auth,
    "MAIL": Session._mail,
    "RCPT": Session._rcpt,
    "DATA": Session._data,
    "RSET": Session._reset,
    "NOOP": lambda session, rest: Reply("250 2.0.0 Yes"),
    "VRFY": lambda session, rest: Reply("252 2.5.2 Nobody is looked up; send, and see"),
    "QUIT": lambda session, rest: Reply("221 2.0.0 Bye", "end"),
}

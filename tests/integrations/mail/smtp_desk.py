"""A mail server that speaks SMTP over real sockets and TLS, and our client to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage

import pytest

from shared.core.environment import Environment
from shared.integrations.mail_settings import SmtpServer, read_mail
from shared.integrations.smtp.client import Smtp
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret

FROM = "Workwright <agent@example.test>"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TAGS = {"tenant": "t-1", "message": "mail-0123456789abcdef"}
PASSWORD = "pass word ż"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSimulator]:
    sim = SmtpSimulator(tmp_path_factory.mktemp("mail"))
    sim.start()
    yield sim
    sim.stop()


@pytest.fixture
def sim(served: SmtpSimulator) -> SmtpSimulator:
    """Give the server with an empty mailbox, one login, and nothing ordered to go wrong."""
    served.state |= served.fresh_state() | {"ports": served.state["ports"]}
    served.state["logins"]["agent"] = {"password": PASSWORD, "senders": ["agent@example.test"]}
    served.faults.clear()
    served.journal.clear()
    served.offset = timedelta(0)
    return served


def server_of(sim: SmtpSimulator, kind: str = "plain", **env: str) -> SmtpServer:
    """Return the server as an operator names it."""
    where = sim.addresses()
    given = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": where[kind], "WORKWRIGHT_SMTP_CA": where["ca"]}
    reader = Environment({**given, "WORKWRIGHT_MAIL_SENDER": FROM, **env})
    found = read_mail(reader)
    assert reader.problems == []
    assert found.server is not None
    return found.server


def mail_of(sim: SmtpSimulator, kind: str = "plain", *, password: str = PASSWORD, sender: str = FROM) -> Smtp:
    return Smtp(server_of(sim, kind), sender, lambda: ("agent", Secret(password)), lambda: NOON)


def send(mail: Smtp, to: str = "ada@example.test", subject: str = "Hi", text: str = "text", html: str = "") -> str:
    return mail.send(to=to, subject=subject, text=text, html=html, tags=TAGS)


def raw_of(sim: SmtpSimulator) -> EmailMessage:
    """Return the one mail that was taken, read by the standard library."""
    (mail,) = sim.state["mailbox"]
    found = message_from_string(mail["raw"], policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found

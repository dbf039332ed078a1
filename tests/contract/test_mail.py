"""What `Mail` promises, kept by everybody who sends: Amazon SES and a mail server, each over its own wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.core.errors import IntegrationError, NeedsHuman, RateLimited, Rejected, Unauthorized, Unavailable
from shared.integrations.mail import Mail
from shared.integrations.mail_settings import SmtpServer
from shared.integrations.ses.client import Ses, connect
from shared.integrations.smtp.client import Smtp
from shared.local.simulators._server import Simulator, serve
from shared.local.simulators.ses import SesSimulator
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret

pytestmark = pytest.mark.slow

FROM, NOON = "agent@example.test", datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TAGS = {"tenant": "t-1", "message": "mail-0123456789abcdef"}


@dataclass(frozen=True)
class Service:
    """A sender, what it sends over, and how that is made to go wrong."""

    mail: Mail
    simulator: Simulator
    kept: str  # what the simulator calls the mails it has taken
    orders: dict[str, dict[str, Any]]

    def send(self, to: str = "ada@example.test", subject: str = "Ready", text: str = "text", html: str = "") -> str:
        return self.mail.send(to=to, subject=subject, text=text, html=html, tags=TAGS)

    def taken(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.simulator.state[self.kept]
        return found

    def goes_wrong(self, how: str) -> None:
        self.simulator.faults.append(dict(self.orders[how]))


def _ses(folder: Path) -> tuple[Service, Callable[[], None]]:
    simulator = SesSimulator(folder)
    server = serve(simulator)
    client = connect(
        endpoint_url=simulator.base_url, region="eu-central-1", access_key=Secret("key"), secret_key=Secret("word")
    )
    client.create_email_identity(EmailIdentity=FROM)
    post = {"method": "POST"}
    orders = {
        "too many": {**post, "status": 429},
        "not ours": {**post, "status": 400},
        "refused login": {**post, "status": 403},
        "lost reply": {**post, "drop": True, "when": "after"},
    }

    def stop() -> None:
        client.close()
        server.shutdown()
        server.server_close()

    return Service(Ses(client, FROM), simulator, "outbox", orders), stop


def _smtp(folder: Path) -> tuple[Service, Callable[[], None]]:
    simulator = SmtpSimulator(folder)
    simulator.start()
    simulator.state["logins"]["agent"] = {"password": "word", "senders": [FROM]}
    server = SmtpServer("127.0.0.1", int(simulator.state["ports"]["plain"]), "plain")
    orders = {
        "too many": {"method": "RCPT", "status": 450, "text": "4.7.1 too many"},
        "not ours": {"method": "MAIL", "status": 553, "text": "5.7.1 not yours"},
        "refused login": {"method": "AUTH", "status": 535, "text": "5.7.8 no"},
        "lost reply": {"method": "END", "drop": True, "when": "after"},
    }
    mail = Smtp(server, FROM, lambda: ("agent", Secret("word")), lambda: NOON)
    return Service(mail, simulator, "mailbox", orders), simulator.stop


@pytest.fixture(scope="module", params=[_ses, _smtp], ids=["ses", "smtp"])
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service, stop = request.param(tmp_path_factory.mktemp("mail"))
    yield service
    stop()


@pytest.fixture
def service(started: Service) -> Service:
    started.taken().clear()
    started.simulator.faults.clear()
    return started


def test_a_mail_arrives_with_both_texts_and_an_id(service: Service) -> None:
    name = service.send(subject="Gotowe: żółw", text="Text ż", html="<p>HTML ż</p>")
    (mail,) = service.taken()
    assert (mail["from"], mail["to"], mail["subject"]) == (FROM, ["ada@example.test"], "Gotowe: żółw")
    assert (mail["text"].strip(), mail["html"].strip()) == ("Text ż", "<p>HTML ż</p>")
    assert name in (mail["id"], mail.get("message_id"))


def test_a_title_becomes_no_header(service: Service) -> None:
    service.send(subject="Ready\r\nBcc: eve@example.test\r\n\r\nDear")
    (mail,) = service.taken()
    assert (mail["subject"], mail["to"]) == ("Ready Bcc: eve@example.test Dear", ["ada@example.test"])
    assert mail["text"].strip() == "text"


@pytest.mark.parametrize(
    ("how", "kind"), [("too many", RateLimited), ("not ours", Rejected), ("refused login", Unauthorized)]
)
def test_what_is_refused_was_certainly_not_sent(service: Service, how: str, kind: type[IntegrationError]) -> None:
    service.goes_wrong(how)
    with pytest.raises(kind) as caught:
        service.send()
    assert type(caught.value) is kind
    assert caught.value.system == service.mail.system
    assert service.taken() == []
    service.send()
    assert len(service.taken()) == 1


def test_a_lost_reply_is_for_a_person_and_not_for_another_try(service: Service) -> None:
    service.goes_wrong("lost reply")
    with pytest.raises(NeedsHuman):
        service.send()
    assert len(service.taken()) == 1


def test_nobody_there_means_that_it_can_be_sent_later(tmp_path: Path) -> None:
    """Of both, a port where nobody listens."""
    key = Secret("key")
    nobody = connect(endpoint_url="http://127.0.0.1:9", region="eu-central-1", access_key=key, secret_key=key)
    for mail in (Ses(nobody, FROM), Smtp(SmtpServer("127.0.0.1", 9, "plain"), FROM, lambda: None, lambda: NOON)):
        with pytest.raises(Unavailable):
            mail.send("ada@example.test", "Ready", "text", "", TAGS)

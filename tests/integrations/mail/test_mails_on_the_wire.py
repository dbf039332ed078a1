"""What really arrives of a mail: its header fields as they were on the wire, whatever a page or a person is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.notify.notify import notify
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import Trigger
from shared.integrations.mail import Mail
from shared.integrations.ses.client import Ses, connect
from shared.local.simulators._server import serve
from shared.local.simulators.ses import SesSimulator
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret
from tests.integrations.mail.smtp_desk import FROM, mail_of, served, sim
from tests.support.builders.runs import TENANT, opened, spec
from tests.support.ports.local_ports import Clients, Ports, local_ports, tools_with

__all__ = ["served", "sim"]

HOSTILE = (
    "Bakery\r\nBcc: eve@evil.test\r\n\r\n<b>Body</b>",
    "Bakery\nList-Unsubscribe: <https://evil.test/>",
    "Bakery\u2028Bcc: eve@evil.test\x85X-Evil: 1\x0bFrom: eve@evil.test",
    "=?utf-8?q?Bakery=0D=0ABcc:_eve=40evil.test?=",
    "Bäckerei " + "ż" * 300 + "\rTo: eve@evil.test",
)
OURS = {
    "From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as made:
        made.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
        yield made.with_deps(public_url="https://workwright.example.com")


def _tell(ports: Ports, mail: object, title: str) -> None:
    """Have a run of this title end, and its person told by this sender, as the function does."""
    begun = replace(opened(spec("a"), trigger=Trigger("api", "", title, "Mira")), at=ports.clock.now())
    open_run(ports.deps, begun)
    record(ports.deps, TENANT, "run-1", ev.StepSucceeded(ports.clock.now(), "a", 1))
    person = {"id": "ben", "name": title, "email": "ben@example.test", "role": "member", "channels": ["email"]}
    tools = tools_with(accounts=Clients({Mail: mail}), settings={"people": [person]})
    notify(Command("tell", NOTIFY, "notify", TENANT, "run-1", topic="run_succeeded", ref="end"), ports.deps, tools)


def _refuse_other_links(value: str) -> None:
    """RFC 2369 and 8058: one address between angle brackets, ours, over TLS."""
    assert re.fullmatch(r"<https://workwright\.example\.com/unsubscribe/[^<>\s,]+>", value), value


@pytest.mark.parametrize("title", ["Bakery", *HOSTILE])
def test_over_smtp_it_has_each_field_once_and_none_that_a_text_has_brought(
    ports: Ports, sim: SmtpSimulator, title: str
) -> None:
    _tell(ports, mail_of(sim, "starttls"), title)
    (kept,) = sim.state["mailbox"]
    raw = kept["raw"].encode("utf-8", "surrogateescape") if isinstance(kept["raw"], str) else kept["raw"]
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    assert head.isascii()
    assert max(map(len, head.split(b"\n"))) <= 998  # RFC 5322, 2.1.1
    names = [line.partition(b":")[0].decode() for line in head.split(b"\n") if line[:1] not in (b" ", b"\t")]
    assert sorted(names) == sorted(set(names))
    assert set(names) <= OURS
    mail = message_from_bytes(raw, policy=policy.default)
    assert str(mail["From"]) == FROM
    assert str(mail["To"]) == "ben@example.test"
    assert kept["to"] == ["ben@example.test"]
    assert re.fullmatch(r"<mail-[0-9a-f]{24}@example\.test>", str(mail["Message-ID"]))
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    _refuse_other_links("".join(str(mail["List-Unsubscribe"]).split()))
    assert not re.search(r"[\r\n]", str(mail["Subject"]))


@pytest.fixture
def amazon() -> Iterator[SesSimulator]:
    simulator = SesSimulator()
    server = serve(simulator)
    yield simulator
    server.shutdown()
    server.server_close()


@pytest.mark.slow  # moto takes its time to be loaded
def test_over_ses_it_is_asked_for_with_these_fields_and_no_line_breaks(tmp_path: Path, amazon: SesSimulator) -> None:
    access = {"access_key": Secret("key"), "secret_key": Secret("word")}
    client = connect(endpoint_url=amazon.base_url, region="eu-central-1", **access)
    client.create_email_identity(EmailIdentity="agent@example.test")
    for number, title in enumerate(("Bakery", *HOSTILE)):
        with local_ports(tmp_path / str(number)) as made:
            made.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
            _tell(made.with_deps(public_url="https://workwright.example.com"), Ses(client, FROM), title)
    outbox = amazon.state["outbox"]
    assert len(outbox) == 1 + len(HOSTILE)
    for mail in outbox:
        assert (mail["from"], mail["to"], mail["cc"], mail["bcc"]) == (FROM, ["ben@example.test"], [], [])
        assert set(mail["headers"]) == {"List-Unsubscribe", "List-Unsubscribe-Post"}
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        _refuse_other_links(mail["headers"]["List-Unsubscribe"])
        assert not re.search(r"[\r\n\x0b\x0c\x85\u2028\u2029]", mail["subject"])
        assert re.fullmatch(r"mail-[0-9a-f]{24}", mail["tags"]["message"])  # Amazon names the mail itself

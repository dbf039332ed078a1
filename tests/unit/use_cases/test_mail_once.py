"""A mail by a mail server is sent once, whatever dies in between, and what is not known is said so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.engine.tools import Tools
from shared.app.notify.notify import notify
from shared.core.notify.attention import attention_of
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import Trigger, derive_id
from shared.integrations.mail import Mail
from shared.integrations.mail_settings import SmtpServer
from shared.integrations.smtp.client import Smtp
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret
from tests.support.builders.runs import opened, spec
from tests.support.ports.dying import Died
from tests.support.ports.local_ports import Clients, Ports, tools_with

ADA = {"id": "ada", "email": "ada@example.test", "channels": ["email"]}
EMAIL = "notify.run_succeeded/email-ada"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSimulator]:
    sim = SmtpSimulator(tmp_path_factory.mktemp("smtp"))
    sim.start()
    sim.state["logins"]["agent"] = {"password": "word", "senders": ["*"]}
    yield sim
    sim.stop()


@pytest.fixture
def sim(served: SmtpSimulator) -> SmtpSimulator:
    served.state["mailbox"].clear()
    served.state["config"] = served.fresh_state()["config"]
    served.faults.clear()
    return served


def tools_of(sim: SmtpSimulator, ports: Ports) -> Tools:
    server = SmtpServer("127.0.0.1", int(sim.state["ports"]["plain"]), "plain")
    mail = Smtp(server, "agent@example.test", lambda: ("agent", Secret("word")), ports.clock.now)
    return tools_with(accounts=Clients({Mail: mail}), settings={"people": [ADA]})


def ends(ports: Ports) -> Command:
    """End a run; return the command by which its people are told."""
    open_run(ports.deps, opened(spec("a"), trigger=Trigger("api", "", "Bakery", "Mira")))
    run = record(ports.deps, "t-1", "run-1", ev.StepSucceeded(ports.clock.now(), "a", 1))
    return Command("tell-1", NOTIFY, "notify", "t-1", run.id, topic="run_succeeded", ref="end")


def told(ports: Ports) -> str:
    return ports.run().notices.get("run_succeeded/end", "")


@pytest.mark.parametrize(
    ("point", "outcome", "mails"),
    [
        (f"intent.before/{EMAIL}", "email:sent", 1),
        (f"effect.before/{EMAIL}", "email:not known", 0),  # it may have been on its way, for all that is known
        (f"effect.after/{EMAIL}", "email:not known", 1),
        (f"result.after/{EMAIL}", "email:sent", 1),
    ],
)
def test_a_death_between_two_effects(ports: Ports, sim: SmtpSimulator, point: str, outcome: str, mails: int) -> None:
    command, tools = ends(ports), tools_of(sim, ports)

    def die(at: str) -> None:
        if at == point:
            raise Died

    with pytest.raises(Died):
        notify(command, ports.with_deps(crash_point=die).deps, tools)
    ports.clock.move(seconds=timedelta(hours=1).total_seconds())
    for _ in range(3):
        notify(command, ports.deps, tools)
    assert told(ports) == outcome
    assert len(sim.state["mailbox"]) == mails
    assert any("not known whether the e-mail" in line for line in attention_of(ports.run())) is ("not" in outcome)


def test_a_lost_reply_is_said_and_the_mail_is_found_by_its_name(ports: Ports, sim: SmtpSimulator) -> None:
    sim.faults.append({"method": "END", "drop": True, "when": "after"})
    command, tools = ends(ports), tools_of(sim, ports)
    for _ in range(3):
        notify(command, ports.deps, tools)
    assert told(ports) == "email:not known"
    (mail,) = sim.state["mailbox"]
    effects = [doc.body["name"] for doc in ports.store.list_docs("t-1", "effects")]
    (scope,) = [name.removesuffix(".email-ada") for name in effects if name.endswith(".email-ada")]
    assert mail["message_id"] == f"<{derive_id('mail-', scope, 'ada')}@example.test>"


def test_a_greylisted_mail_is_sent_later_and_once(ports: Ports, sim: SmtpSimulator) -> None:
    sim.state["config"]["greylist"] = True
    command, tools = ends(ports), tools_of(sim, ports)
    notify(command, ports.deps, tools)
    assert (told(ports), sim.state["mailbox"]) == ("", [])
    sim.state["config"]["greylist"] = False
    ports.clock.move(seconds=600)

    def deliver(again: Command) -> int:
        if again.name == NOTIFY:
            notify(again, ports.deps, tools)
        return 200

    ports.deliver_due(deliver)
    assert (told(ports), len(sim.state["mailbox"])) == ("email:sent", 1)


def test_a_person_who_is_not_there_is_named_in_the_run(ports: Ports, sim: SmtpSimulator, tmp_path: Path) -> None:
    sim.state["config"]["unknown"] = ["ada@*"]
    notify(ends(ports), ports.deps, tools_of(sim, ports))
    assert told(ports) == "email:failed (smtp: RCPT ada@example.test: 550 5.1.1 User unknown)"
    (line,) = attention_of(ports.run())
    assert "ada@example.test" in line

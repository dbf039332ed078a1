"""The probes of mail servers find their simulators as the RFCs and Amazon describe them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.cli.probe.calls import Ask
from shared.cli.probe.probes import PROBES
from shared.cli.probe.run import Run, new_mark, whole_run
from shared.core.errors import ConfigError
from shared.local.simulators.ses import SesSimulator
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret
from shared.settings import Settings
from tests.cli.probe.rig import found_in, served

WORD = "-".join(("a", "word"))


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[tuple[SmtpSimulator, str]]:
    simulator = SmtpSimulator(tmp_path / "smtp")
    simulator.start()
    with served(simulator) as url:
        yield simulator, url
    simulator.stop()


def _settings(simulator: SmtpSimulator, kind: str) -> Settings:
    where: Any = simulator.addresses()
    asked = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": where[kind], "WORKWRIGHT_SMTP_CA": where["ca"]}
    return Settings.from_env(asked | {"WORKWRIGHT_MAIL_SENDER": "Workwright <agent@example.com>"})


@pytest.mark.parametrize("kind", ["tls", "starttls"])
def test_the_mail_server_answers_as_the_rfcs_say(mail_server: tuple[SmtpSimulator, str], kind: str) -> None:
    simulator, url = mail_server
    requests.post(f"{url}/_seed", json={"username": "agent", "password": WORD}, timeout=10).raise_for_status()
    probe, settings = PROBES["smtp"], _settings(simulator, kind)
    kept = {**probe.read_place("ada@example.com").kept, **probe.known(settings)}
    assert probe.make is not None
    run = Run(probe, probe.make(settings, Secret(f"agent\n{WORD}"), kept), kept, new_mark())
    outcomes, _, _ = whole_run(run, lambda outcome: None)
    assert found_in(outcomes) == {}
    assert len(outcomes) == 17
    sent = simulator.state["mailbox"]
    assert [(mail["to"], mail["subject"]) for mail in sent] == [(["ada@example.com"], run.kept["mark"])]


def test_a_mail_server_that_answers_otherwise_is_told(mail_server: tuple[SmtpSimulator, str]) -> None:
    simulator, url = mail_server
    requests.post(f"{url}/_seed", json={"username": "agent", "password": WORD}, timeout=10).raise_for_status()
    requests.post(f"{url}/_faults", json={"method": "RSET", "status": 451, "text": "Not now"}, timeout=10)
    probe, settings = PROBES["smtp"], _settings(simulator, "tls")
    kept = {**probe.read_place("ada@example.com").kept, **probe.known(settings)}
    assert probe.make is not None
    run = Run(probe, probe.make(settings, Secret(f"agent\n{WORD}"), kept), kept, new_mark())
    found = found_in(list(run.outcomes()))
    assert found == {
        "it is forgotten": [("", "status", "250", "451")],
        "a sender again": [("", "status", "250", "503")],  # the mail that was begun is still open
    }


def test_without_a_server_to_ask_it_says_what_to_set() -> None:
    probe = PROBES["smtp"]
    assert probe.make is not None
    with pytest.raises(ConfigError, match="WORKWRIGHT_SMTP_URL"):
        probe.make(Settings.from_env({}), Secret("a\nb"), {})


@pytest.mark.slow  # moto takes its time to be loaded
def test_ses_answers_as_amazon_says(tmp_path: Path) -> None:
    with served(SesSimulator(tmp_path / "ses")) as url:
        settings = Settings.from_env({"WORKWRIGHT_SES_URL": url})
        probe = PROBES["ses"]
        kept = probe.read_place("agent@example.com").kept
        assert probe.make is not None
        asker = probe.make(settings, Secret(f"AKIAPROBE\n{WORD}"), kept)
        asker.sleep = lambda seconds: None
        asker.ask(Ask("POST", "/v2/email/identities", {"EmailIdentity": "agent@example.com"}), kept)
        outcomes, _, _ = whole_run(Run(probe, asker, kept, new_mark()), lambda outcome: None)
    assert found_in(outcomes) == {}
    assert len(outcomes) == 4

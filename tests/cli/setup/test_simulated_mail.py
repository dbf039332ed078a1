"""Mail by a simulated mail server on one machine: chosen, found, encrypted, and seen in the browser."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from shared.core.errors import Rejected, Unauthorized
from shared.local.configuration.choices import Choices
from shared.local.configuration.runtime_environment import surroundings
from shared.local.simulated_mail import LOGIN, let_mail_be_sent, mail_as_told
from shared.local.simulators._server import serve
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret
from shared.settings import Settings
from shared.wiring.mail import wire_mail
from tests.support.ports.local_ports import local_ports

TAGS = {"message": "mail-1"}


def test_a_mail_server_is_simulated_where_it_is_chosen_or_told() -> None:
    usual = Choices().simulators
    assert "ses" in usual
    assert "smtp" not in usual
    chosen = Choices().choosing("mail", "simulated", by="smtp").simulators
    assert set(chosen) == {*usual, "smtp"} - {"ses"}
    assert set(mail_as_told(usual, {"WORKWRIGHT_MAIL": "smtp"})) == set(chosen)
    real = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": "smtps://mail.example.com"}
    assert mail_as_told(usual, real) == mail_as_told(usual, {}) == usual


def test_from_the_choice_to_the_mailbox(tmp_path: Path) -> None:
    simulator = SmtpSimulator(tmp_path / "smtp")
    simulator.start()
    server = serve(simulator)
    simulators = {"smtp": simulator.base_url}
    settings = Settings.from_env(surroundings(Choices(), simulators, {}))
    assert settings.mail.server is not None
    assert settings.mail.server.security == "starttls"
    try:
        with local_ports(tmp_path / "data") as ports:
            house = SimpleNamespace(simulators=simulators, wired=SimpleNamespace(deps=ports.deps))
            send = wire_mail(settings, ports.deps)().send
            with pytest.raises(Unauthorized):  # nobody has a login yet
                send("ada@example.test", "Hi", "text", "", TAGS)
            for _ in range(2):  # at each start
                let_mail_be_sent(house)
            send("ada@example.test", "Hi there", "text", "", TAGS)
            assert "Hi there" in requests.get(simulator.base_url, timeout=10).text
            ports.deps.secrets.set("smtp-username", Secret("somebody-real"))
            let_mail_be_sent(house)
            assert set(simulator.state["logins"]) == {LOGIN}
    finally:
        server.shutdown()
        server.server_close()
        simulator.stop()


def test_without_mail_people_are_told_so(tmp_path: Path) -> None:
    with local_ports(tmp_path) as ports:
        with pytest.raises(Rejected, match="WORKWRIGHT_MAIL is none"):
            wire_mail(Settings.from_env({"WORKWRIGHT_MAIL": "none"}), ports.deps)()
        with pytest.raises(Rejected, match="no mail sender is set up"):  # SES, whose key nobody has stored
            wire_mail(Settings.from_env({}), ports.deps)()

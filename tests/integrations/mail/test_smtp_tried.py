"""A mail server is tried before it is kept: what is wrong is named, and no mail goes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.integrations.smtp.trial import try_smtp
from shared.integrations.trial_result import Tried
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret
from tests.integrations.mail.smtp_desk import FROM, NOON, PASSWORD, served, sim

__all__ = ["served", "sim"]


def tried(sim: SmtpSimulator, kind: str = "tls", *, password: str = PASSWORD, sender: str = FROM) -> Tried:
    where = sim.addresses()
    return try_smtp(where[kind], sender, ("agent", Secret(password)), lambda: NOON, ca=where["ca"])


@pytest.mark.parametrize("kind", ["tls", "starttls", "plain"])
def test_a_try_logs_in_and_names_the_sender_and_no_mail_goes_out(sim: SmtpSimulator, kind: str) -> None:
    found = tried(sim, kind)
    assert found.says == "The mail server 127.0.0.1 lets mail go out as agent@example.test."
    assert found.facts == {"host": "127.0.0.1", "security": kind, "sender": "agent@example.test"}
    assert found.ok
    assert sim.state["mailbox"] == []


def test_a_login_that_is_refused_and_one_that_is_missing_are_told_apart(sim: SmtpSimulator) -> None:
    refused = tried(sim, password="another")
    assert refused.says == "The mail server 127.0.0.1 does not accept this user name and password."
    assert "app password" in refused.way_out
    where = sim.addresses()
    nobody = try_smtp(where["tls"], FROM, None, lambda: NOON, ca=where["ca"])
    assert nobody.says == "The mail server 127.0.0.1 asks for a user name and a password."


def test_a_sender_that_the_login_may_not_use_is_named(sim: SmtpSimulator) -> None:
    found = tried(sim, sender="boss@example.test")
    assert "does not let this login send as boss@example.test" in found.says
    assert "alias" in found.way_out
    assert sim.state["mailbox"] == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "The server's address is missing."),
        ("mail.example.com", "The server's address is not an address of a mail server."),
        ("smtp://mail.example.com:25", "would send mail to mail.example.com unencrypted"),
        ("smtps://me@mail.example.com", "The server's address holds a name."),
        ("smtps://127.0.0.1:9", "No mail server answers at 127.0.0.1:9"),
    ],
)
def test_an_address_that_is_not_a_mail_servers(url: str, says: str) -> None:
    found = try_smtp(url, FROM, ("agent", Secret("x")), lambda: NOON)
    assert not found.ok
    assert says in found.says
    assert found.way_out


def test_a_sender_that_is_not_an_address(sim: SmtpSimulator) -> None:
    assert "The sender" in tried(sim, sender="agent").says
    assert "The sender" in tried(sim, sender="").says


def test_tls_where_the_server_begins_without_and_a_certificate_that_nobody_vouches_for(sim: SmtpSimulator) -> None:
    where = sim.addresses()
    login = ("agent", Secret(PASSWORD))
    mixed = try_smtp(where["starttls"].replace("smtp+starttls", "smtps"), FROM, login, lambda: NOON, ca=where["ca"])
    assert "as one with TLS from the start" in mixed.says
    assert "smtp+starttls://" in mixed.way_out
    strange = try_smtp(where["tls"], FROM, login, lambda: NOON)
    assert strange.says == "The certificate of the mail server 127.0.0.1 is not trusted."


def test_authorities_that_cannot_be_read_are_not_taken_for_a_certificate(sim: SmtpSimulator, tmp_path: Path) -> None:
    gone = str(tmp_path / "ca.pem")
    found = try_smtp(sim.addresses()["tls"], FROM, ("agent", Secret(PASSWORD)), lambda: NOON, ca=gone)
    assert "WORKWRIGHT_SMTP_CA names cannot be read (No such file or directory)" in found.says
    assert "trusted" not in found.says
    assert "WORKWRIGHT_SMTP_CA" in found.way_out

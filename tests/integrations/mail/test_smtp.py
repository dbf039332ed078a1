"""Our SMTP client against a mail server that speaks the protocol over real sockets and TLS."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from shared.core.environment import Environment
from shared.core.errors import RateLimited, Rejected, Unauthorized, Unavailable
from shared.integrations.mail_settings import MailSettings, SmtpServer, read_mail
from shared.integrations.smtp.client import Smtp
from shared.local.simulators.smtp import SmtpSimulator
from shared.ports import Secret
from tests.integrations.mail.smtp_desk import FROM, NOON, PASSWORD, mail_of, send, served, server_of, sim

__all__ = ["served", "sim"]


@pytest.mark.parametrize("kind", ["tls", "starttls", "plain"])
def test_a_mail_goes_out_under_a_name_that_follows_from_what_it_tells(sim: SmtpSimulator, kind: str) -> None:
    name = send(mail_of(sim, kind), subject="Ready: żółw", text="Text ż\n", html="<p>HTML ż</p>\n")
    (mail,) = sim.state["mailbox"]
    assert name == mail["message_id"] == "<mail-0123456789abcdef@example.test>"
    assert (mail["subject"], mail["text"], mail["html"]) == ("Ready: żółw", "Text ż\n", "<p>HTML ż</p>\n")
    assert (mail["from"], mail["to"], mail["envelope_from"]) == (FROM, ["ada@example.test"], "agent@example.test")
    assert mail["headers"]["Date"] == "Mon, 23 Nov 2026 12:00:00 +0000"
    assert mail["headers"]["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("kind", ["tls", "starttls"])
def test_nothing_is_said_to_a_server_that_cannot_prove_who_it_is(sim: SmtpSimulator, kind: str) -> None:
    server = server_of(sim, kind, WORKWRIGHT_SMTP_CA="")  # then the authorities of this machine count
    with pytest.raises(Rejected, match=r"not trusted.*WORKWRIGHT_SMTP_CA"):
        send(Smtp(server, FROM, lambda: ("agent", Secret(PASSWORD)), lambda: NOON))
    assert sim.state["mailbox"] == sim.journal == []


def test_a_certificate_for_another_name_is_not_taken(sim: SmtpSimulator) -> None:
    server = SmtpServer("127.0.0.2", int(sim.state["ports"]["tls"]), "tls", sim.addresses()["ca"])
    with pytest.raises((Rejected, Unavailable)):  # the address is not listened on everywhere
        send(Smtp(server, FROM, lambda: None, lambda: NOON))
    trusting = SmtpServer("localhost", int(sim.state["ports"]["tls"]), "tls", sim.addresses()["ca"])
    assert send(Smtp(trusting, FROM, lambda: ("agent", Secret(PASSWORD)), lambda: NOON))


def test_a_file_of_authorities_that_is_not_there_is_named(sim: SmtpSimulator, tmp_path: Path) -> None:
    server = server_of(sim, "tls", WORKWRIGHT_SMTP_CA=str(tmp_path / "none.pem"))
    with pytest.raises(Rejected, match="WORKWRIGHT_SMTP_CA"):
        send(Smtp(server, FROM, lambda: None, lambda: NOON))


def test_without_starttls_there_is_no_mail(sim: SmtpSimulator) -> None:
    plain = SmtpServer("127.0.0.1", int(sim.state["ports"]["plain"]), "starttls", "")
    with pytest.raises(Rejected, match="offers no STARTTLS"):
        send(Smtp(plain, FROM, lambda: ("agent", Secret(PASSWORD)), lambda: NOON))
    sim.faults.append({"method": "STARTTLS", "status": 454, "text": "4.7.0 TLS not available"})
    with pytest.raises(RateLimited, match=r"454 4\.7\.0"):
        send(mail_of(sim, "starttls"))
    assert sim.state["mailbox"] == []


def test_a_wrong_password_is_tried_once(sim: SmtpSimulator) -> None:
    tried: list[str] = []
    take = sim.check_login
    sim.check_login = lambda name, word: tried.append(name) is None and take(name, word)  # type: ignore[method-assign]
    try:
        with pytest.raises(Unauthorized, match=r"535 5\.7\.8") as caught:
            send(mail_of(sim, password="wrong"))
    finally:
        sim.check_login = take  # type: ignore[method-assign]
    assert tried == ["agent"]
    assert "wrong" not in str(caught.value).partition("535")[0]


def test_a_server_that_wants_a_login_says_so_where_none_is_kept(sim: SmtpSimulator) -> None:
    with pytest.raises(Unauthorized, match=r"530 5\.7\.0"):
        send(Smtp(server_of(sim), FROM, lambda: None, lambda: NOON))


def test_a_sender_that_is_not_ours_is_refused(sim: SmtpSimulator) -> None:
    with pytest.raises(Rejected, match="not owned"):
        send(mail_of(sim, sender="stranger@example.test"))


def test_nobody_there_means_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(Unavailable):
            send(Smtp(SmtpServer("127.0.0.1", port, "plain"), FROM, lambda: None, lambda: NOON))


def test_only_login_by_lines_is_understood_as_well() -> None:
    """Some servers offer LOGIN alone, the way that was never a standard."""
    said: list[bytes] = []
    replies = [
        b"250-x",
        b"250 AUTH LOGIN XOAUTH2",
        b"334 VXNlcm5hbWU6",
        b"334 UGFzc3dvcmQ6",
        b"535 5.7.8 no",
        b"221 bye",
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 x\r\n")
                for at, reply in enumerate(replies):
                    if at != 1:
                        said.append(lines.readline())
                    connection.sendall(reply + b"\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        server = SmtpServer("127.0.0.1", listener.getsockname()[1], "plain")
        with pytest.raises(Unauthorized):
            send(Smtp(server, FROM, lambda: ("agent", Secret(PASSWORD)), lambda: NOON))
        thread.join(5)
    assert said[1:4] == [
        b"AUTH LOGIN\r\n",
        b"YWdlbnQ=\r\n",
        b"cGFzcyB3b3JkIMW8\r\n",
    ]  # RFC 4648 of "agent" and the word


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"WORKWRIGHT_MAIL": "pigeon"}, "use one of ses, smtp, none"),
        ({"WORKWRIGHT_SMTP_URL": ""}, "WORKWRIGHT_SMTP_URL is missing"),
        ({"WORKWRIGHT_SMTP_URL": "smtp://mail.example.com:25"}, "unencrypted"),
        ({"WORKWRIGHT_SMTP_URL": "smtp://10.0.0.1"}, "unencrypted"),
        ({"WORKWRIGHT_SMTP_URL": "https://mail.example.com"}, "not an address of a mail server"),
        ({"WORKWRIGHT_SMTP_URL": "smtps://mail.example.com/inbox"}, "not an address of a mail server"),
        ({"WORKWRIGHT_SMTP_URL": "smtps://mail.example.com:port"}, "not an address of a mail server"),
        ({"WORKWRIGHT_SMTP_URL": "@".join(["smtps://me:word", "mail.example.com"])}, "smtp-username and smtp-password"),
        ({"WORKWRIGHT_MAIL_SENDER": ""}, "WORKWRIGHT_MAIL_SENDER is missing"),
        ({"WORKWRIGHT_MAIL_SENDER": "Workwright"}, "WORKWRIGHT_MAIL_SENDER is 'Workwright'"),
        ({"WORKWRIGHT_MAIL_SENDER": "a@example.com\r\nBcc: b@example.com"}, "give an address like"),
    ],
)
def test_settings_that_would_not_work_are_named(env: dict[str, str], problem: str) -> None:
    good = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": "smtps://mail.example.com:465"}
    good |= {"WORKWRIGHT_MAIL_SENDER": FROM}
    right, wrong = Environment(good), Environment({**good, **env})
    read_mail(right)
    assert right.problems == []
    read_mail(wrong)
    (said,) = wrong.problems
    assert problem in said
    assert ":word@" not in said


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://mail.example.com", SmtpServer("mail.example.com", 465, "tls")),
        ("smtp+starttls://mail.example.com/", SmtpServer("mail.example.com", 587, "starttls")),
        ("smtp+starttls://mail.example.com:2525", SmtpServer("mail.example.com", 2525, "starttls")),
        ("smtp://127.0.0.1:1025", SmtpServer("127.0.0.1", 1025, "plain")),
        ("smtp://[::1]:1025", SmtpServer("::1", 1025, "plain")),
    ],
)
def test_an_address_says_where_and_how(url: str, server: SmtpServer) -> None:
    env = {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": url, "WORKWRIGHT_MAIL_SENDER": FROM}
    found = read_mail(Environment(env))
    assert found.server == server


def test_what_was_set_before_stays_readable() -> None:
    env = {"WORKWRIGHT_SES_SENDER": "old@example.com", "WORKWRIGHT_SES_REGION": "eu-west-1"}
    assert read_mail(Environment(env)) == MailSettings("ses", "old@example.com", "eu-west-1")
    newer = Environment({**env, "WORKWRIGHT_MAIL_SENDER": "new@example.com"})
    assert read_mail(newer).sender == "new@example.com"
    assert read_mail(Environment({})) == MailSettings()
    none = Environment({"WORKWRIGHT_MAIL": "none"})
    read_mail(none)
    assert none.problems == []

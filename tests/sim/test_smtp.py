"""The simulated mail server, judged by other clients than ours, and by what RFC 5321, 3207 and 4954 say."""

from __future__ import annotations

import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
import requests

from shared.local.simulators._server import serve
from shared.local.simulators.smtp import SmtpSimulator
from tests.support.parts import require

WORD = "word"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSimulator]:
    sim = SmtpSimulator(tmp_path_factory.mktemp("smtp"))
    sim.start()
    server = serve(sim)
    requests.post(f"{sim.base_url}/_seed", json={"username": "agent", "password": WORD}, timeout=10)
    yield sim
    server.shutdown()
    server.server_close()
    sim.stop()


@pytest.fixture
def sim(served: SmtpSimulator) -> SmtpSimulator:
    requests.delete(f"{served.base_url}/_mailbox", timeout=10)
    served.faults.clear()
    return served


def port(sim: SmtpSimulator, kind: str) -> int:
    return int(sim.addresses()[kind].rpartition(":")[2])


def letter(**headers: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    given = {"From": "agent@example.com", "To": "ada@example.com", "Subject": "Grüße"}
    given |= {"Date": "Mon, 23 Nov 2026 12:00:00 +0000"}
    for name, value in (given | headers).items():
        mail[name] = value
    mail.set_content("Hallo, wörld\n.\n")
    mail.add_alternative("<p>Hallo</p>", subtype="html")
    return mail


@pytest.mark.parametrize("kind", ["tls", "starttls", "plain"])
def test_the_standard_librarys_client_is_served(sim: SmtpSimulator, kind: str) -> None:
    trust = ssl.create_default_context(cafile=sim.addresses()["ca"])
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    made = smtplib.SMTP_SSL if kind == "tls" else smtplib.SMTP
    more = {"context": trust} if kind == "tls" else {}
    with made("127.0.0.1", port(sim, kind), timeout=10, **more) as client:
        if kind == "starttls":
            client.starttls(context=trust)
        client.login("agent", WORD)
        assert client.send_message(letter()) == {}
    (mail,) = requests.get(f"{sim.base_url}/_mailbox", timeout=10).json()
    assert (mail["subject"], mail["text"], mail["to"]) == ("Grüße", "Hallo, wörld\n.\n", ["ada@example.com"])


def test_clients_that_come_in_a_burst_are_all_greeted(sim: SmtpSimulator) -> None:
    clients = [socket.socket() for _ in range(100)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port(sim, "plain")))
    for client in clients:
        client.settimeout(10)
    assert {client.recv(4) for client in clients} == {b"220 "}
    for client in clients:
        client.close()


def test_curl_is_served_with_its_own_checks(sim: SmtpSimulator, tmp_path: Path) -> None:
    require("curl")
    (tmp_path / "mail").write_bytes(letter().as_bytes())
    asked = ["curl", "-sS", "--ssl-reqd", "--cacert", sim.addresses()["ca"], "--user", f"agent:{WORD}"]
    asked += ["--mail-from", "agent@example.com", "--mail-rcpt", "ada@example.com", "-T", str(tmp_path / "mail")]
    for kind, scheme in (("starttls", "smtp"), ("tls", "smtps")):
        done = subprocess.run([*asked, f"{scheme}://127.0.0.1:{port(sim, kind)}"], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    assert [mail["subject"] for mail in sim.state["mailbox"]] == ["Grüße", "Grüße"]
    wrong = [each.replace(f"agent:{WORD}", "agent:wrong") for each in asked]
    done = subprocess.run([*wrong, f"smtps://127.0.0.1:{port(sim, 'tls')}"], capture_output=True, check=False)
    assert done.returncode == 67  # curl: login denied


@pytest.mark.parametrize("program", ["swaks", "msmtp"])
def test_mail_programs_of_the_machine_are_served(sim: SmtpSimulator, program: str, tmp_path: Path) -> None:
    require(program)
    ca, at = sim.addresses()["ca"], str(port(sim, "starttls"))
    if program == "swaks":
        asked = ["swaks", "--server", "127.0.0.1", "--port", at, "--tls", "--tls-ca-path", ca, "--tls-verify"]
        asked += ["--auth-user", "agent", "--auth-password", WORD, "--from", "agent@example.com"]
        asked += ["--to", "ada@example.com", "--ehlo", "localhost"]
    else:
        asked = ["msmtp", f"--file={tmp_path / 'none'}", "--host=127.0.0.1", f"--port={at}", "--tls=on"]
        asked += [f"--tls-trust-file={ca}", "--auth=plain", "--user=agent", f"--passwordeval=echo {WORD}"]
        asked += ["--from=agent@example.com", "ada@example.com"]
        (tmp_path / "none").touch(0o600)
    done = subprocess.run(
        asked, input=letter().as_bytes().replace(b"\r\n", b"\n"), capture_output=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [mail["to"] for mail in sim.state["mailbox"]] == [["ada@example.com"]]


def talk(sim: SmtpSimulator, *lines: bytes, kind: str = "plain") -> list[str]:
    """Say lines one after the other; return the last line of each reply."""
    replies = []
    with socket.create_connection(("127.0.0.1", port(sim, kind)), timeout=10) as connection:
        heard = connection.makefile("rb")
        heard.readline()
        for line in lines:
            connection.sendall(line)
            reply = heard.readline()
            while reply[3:4] == b"-":
                reply = heard.readline()
            replies.append(reply.decode().rstrip("\r\n"))
    return replies


HELLO = b"EHLO [127.0.0.1]\r\n"
LOGIN = b"AUTH PLAIN AGFnZW50AHdvcmQ=\r\n"
FROM, TO = b"MAIL FROM:<agent@example.com>\r\n", b"RCPT TO:<ada@example.com>\r\n"


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ([b"EHLO\r\n"], "501"),
        ([b"EHLO bad name\r\n"], "501"),
        ([b"PIGEON x\r\n"], "500"),
        ([b"NOOP\n"], "500"),  # a bare LF ends no line
        ([b"NOOP " + b"x" * 600 + b"\r\n"], "500"),
        ([FROM], "503"),
        ([HELLO, FROM], "530"),
        ([HELLO, b"AUTH PLAIN AGFnZW50AHdyb25n\r\n"], "535"),
        ([HELLO, b"AUTH CRAM-MD5\r\n"], "504"),
        ([HELLO, b"AUTH PLAIN !\r\n"], "501"),
        ([HELLO, b"AUTH PLAIN\r\n", b"AGFnZW50AHdvcmQ=\r\n"], "235"),
        ([HELLO, b"AUTH LOGIN\r\n", b"YWdlbnQ=\r\n", b"d29yZA==\r\n"], "235"),
        ([HELLO, b"AUTH LOGIN\r\n", b"*\r\n"], "501"),
        ([HELLO, LOGIN, LOGIN], "503"),
        ([HELLO, LOGIN, TO], "503"),
        ([HELLO, LOGIN, FROM, FROM], "503"),
        ([HELLO, LOGIN, FROM, b"DATA\r\n"], "503"),
        ([HELLO, LOGIN, b"MAIL FROM:agent@example.com\r\n"], "501"),
        ([HELLO, LOGIN, b"MAIL FROM:<agent>\r\n"], "553"),
        ([HELLO, LOGIN, b"MAIL FROM:<agent@example.com> SIZE=99999999\r\n"], "552"),
        ([HELLO, LOGIN, b"MAIL FROM:<agent@example.com> PIGEON=1\r\n"], "555"),
        ([HELLO, LOGIN, "MAIL FROM:<żółw@example.com>\r\n".encode()], "553"),
        ([HELLO, LOGIN, FROM, *[TO] * 101], "452"),
        ([HELLO, LOGIN, FROM, TO, b"RSET\r\n", TO], "503"),
        ([HELLO, LOGIN, FROM, TO, b"VRFY ada\r\n"], "252"),
        ([b"PIGEON\r\n"] * 21, "421"),
        ([HELLO, *[b"AUTH PLAIN AGFnZW50AHdyb25n\r\n"] * 3], "421"),
        ([HELLO, b"STARTTLS\r\n"], "503"),
    ],
)
def test_commands_are_held_to_their_order_and_their_shape(sim: SmtpSimulator, said: list[bytes], reply: str) -> None:
    assert talk(sim, *said)[-1][:3] == reply


GOOD = b"From: agent@example.com\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (GOOD + b"\r\nHi\r\n", "250"),
        (b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nHi\r\n", "554 5.6.0 From is missing"),
        (b"From: agent@example.com\r\n\r\nHi\r\n", "554 5.6.0 Date is missing"),
        (GOOD + b"To: a@example.com\r\nTo: b@example.com\r\n\r\nHi\r\n", "554 5.6.0 To stands 2 times"),
        (GOOD + b"Message-ID: hello\r\n\r\nHi\r\n", "554 5.6.0 Message-ID"),
        (GOOD + "Subject: Grüße\r\n\r\nHi\r\n".encode(), "554 5.6.7"),
        (GOOD + "\r\nGrüße\r\n".encode(), "554 5.6.1"),
        (GOOD + b"\r\n" + b"x" * 999 + b"\r\n", "554 5.6.0 A line is longer"),
        (GOOD + b"\r\na\nb\r\n", "554 5.6.0 A line ends"),
        (GOOD + b"\r\na\rb\r\n", "554 5.6.0 A line ends"),
    ],
)
def test_a_mail_is_held_to_its_form(sim: SmtpSimulator, content: bytes, reply: str) -> None:
    said = talk(sim, HELLO, LOGIN, FROM, TO, b"DATA\r\n", content + b".\r\n")[-1]
    assert said.startswith(reply)
    assert len(sim.state["mailbox"]) == (reply == "250")


def test_without_tls_nobody_logs_in_or_sends_where_it_is_wanted(sim: SmtpSimulator) -> None:
    assert [said[:3] for said in talk(sim, HELLO, LOGIN, FROM, kind="starttls")] == ["250", "538", "530"]


def test_what_was_said_before_tls_is_forgotten(sim: SmtpSimulator) -> None:
    """RFC 3207, 4.2: whoever sits on the line could put commands before the handshake."""
    trust = ssl.create_default_context(cafile=sim.addresses()["ca"])
    with socket.create_connection(("127.0.0.1", port(sim, "starttls")), timeout=10) as connection:
        connection.recv(1000)
        connection.sendall(HELLO)
        connection.recv(1000)
        connection.sendall(b"STARTTLS\r\nPIGEON\r\n")
        assert connection.recv(1000).startswith(b"220 ")
        try:
            with trust.wrap_socket(connection, server_hostname="127.0.0.1") as safe:
                safe.sendall(b"MAIL FROM:<agent@example.com>\r\n")
                assert safe.recv(1000).startswith(b"503 ")
        except ssl.SSLError:  # the command was taken for the handshake: that ends it as well
            pass


def test_who_hangs_up_before_the_dot_has_sent_nothing(sim: SmtpSimulator) -> None:
    with socket.create_connection(("127.0.0.1", port(sim, "plain")), timeout=10) as connection:
        heard = connection.makefile("rb")
        for line in (HELLO, LOGIN, FROM, TO, b"DATA\r\n"):
            connection.sendall(line)
        while not heard.readline().startswith(b"354"):
            pass
        connection.sendall(GOOD + b"\r\nHi\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert heard.readline() == b""  # no reply, and the connection is over
    assert sim.state["mailbox"] == []


def test_people_see_the_mailbox_and_no_page_runs_what_a_mail_says(sim: SmtpSimulator) -> None:
    mail = letter(Subject="<script>alert(1)</script>")
    with smtplib.SMTP("127.0.0.1", port(sim, "plain"), timeout=10) as client:
        client.login("agent", WORD)
        client.send_message(mail)
    text = requests.get(sim.base_url, timeout=10).text
    assert "&lt;script&gt;alert(1)" in text
    shown = requests.get(f"{sim.base_url}/html/1", timeout=10)
    assert "<p>Hallo</p>" in shown.text
    assert shown.headers["Content-Security-Policy"].startswith("sandbox")
    assert requests.get(f"{sim.base_url}/html/9", timeout=10).status_code == 404


def test_ports_mails_and_the_authority_are_there_after_a_restart(tmp_path: Path) -> None:
    first = SmtpSimulator(tmp_path / "smtp")
    first.start()
    before, kept = first.addresses(), Path(first.addresses()["ca"]).read_bytes()
    first.stop()
    again = SmtpSimulator(tmp_path / "smtp")
    again.start()
    assert again.addresses() == before
    assert Path(before["ca"]).read_bytes() == kept
    again.stop()

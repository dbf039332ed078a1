"""Our SMTP client against a mail server that speaks the protocol over real sockets and TLS."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shared.app.tries.mail_login import try_smtp
from shared.app.tries.tried import Tried
from shared.core.errors import NeedsHuman, RateLimited, Rejected, Unauthorized, Unavailable
from shared.core.notify.mail_settings import MailSettings, SmtpServer, read_mail
from shared.integrations.smtp import Smtp
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
    found, problems = read_mail({**given, "WORKWRIGHT_MAIL_SENDER": FROM, **env})
    assert problems == []
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


@pytest.mark.parametrize(
    "subject",
    ["Hi\r\nBcc: eve@example.test", "Hi\nBcc: eve@example.test\n\nbody", "Hi\x0bX\x00Y\x1b[0m", "Hi\u2028Bcc: x"],
)
def test_a_page_that_forges_headers_gets_a_strange_subject_and_no_more(sim: SmtpSimulator, subject: str) -> None:
    send(mail_of(sim), subject=subject)
    mail = raw_of(sim)
    ours = {"From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted"}
    assert {*mail.keys()} == ours | {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert str(mail["Subject"]).isprintable()
    assert str(mail["Subject"]).startswith("Hi ")
    assert sim.state["mailbox"][0]["to"] == ["ada@example.test"]


ENCODED = [
    "=?utf-8?q?Hi=0D=0ABcc=3A_eve@example.test?=",  # RFC 2047: whoever decodes it before it is folded gets a line break
    "=?utf-8?q?Hi=0D=0A=0D=0ADear_reader?=",
    "Re: =?utf-8?b?SGkNCkJjYzogZXZlQGV4YW1wbGUudGVzdA0KDQpIaQ==?=",
    "=?utf-8?q?Hi?= =?utf-8?q?_there?=",
]


@pytest.mark.parametrize("subject", ENCODED)
def test_what_a_page_calls_encoded_stays_the_letters_it_wrote(sim: SmtpSimulator, subject: str) -> None:
    send(mail_of(sim), subject=subject, text="the text")
    mail, (kept,) = raw_of(sim), sim.state["mailbox"]
    assert (kept["subject"], kept["text"]) == (subject, "the text\n")
    assert "Bcc" not in mail
    assert set(mail["Subject"].defects) == set()


@pytest.mark.parametrize("seed", range(5))
def test_any_subject_and_any_name_of_a_sender_arrive_as_they_are(sim: SmtpSimulator, seed: int) -> None:
    letters, dice = 'aä ßżл日😀,”".()<>@:;=?_é ', Random(seed)
    subject, name = ("".join(dice.choices(letters, k=180)), "".join(dice.choices(letters, k=60)).strip())
    quoted = name.replace('"', '\\"')
    send(mail_of(sim, sender=f'"{quoted}" <agent@example.test>'), subject=subject)
    (kept,) = sim.state["mailbox"]
    assert kept["subject"] == " ".join(subject.split())
    # The library's newer parser puts spaces between encoded words of a name; its older one knows RFC 2047.
    field = message_from_string(kept["raw"], policy=policy.compat32)["From"].rpartition(" <")[0]
    assert str(make_header(decode_header(field))) == " ".join(name.split())


@pytest.mark.parametrize(
    "to",
    [*(f"{each}@example.test" for each in ("=?utf-8?q?a=0D=0ABcc=3A_eve?=", "=?utf-8?b?YQ==?="))],
)
def test_an_address_that_could_be_decoded_is_not_written_to(sim: SmtpSimulator, to: str) -> None:
    with pytest.raises(Rejected, match="is not an e-mail address"):
        send(mail_of(sim), to=to)


@pytest.mark.parametrize(
    "to",
    [
        "ada@example.test, eve@example.test",
        "ada@example.test\r\nRCPT TO:<eve@example.test>",
        "ada@example.test> NOTIFY=NEVER",
        "Ada <ada@example.test>",
        "nobody",
        "@example.test",
        "a@b@c",
        "",
    ],
)
def test_what_is_not_one_address_is_not_written_to(sim: SmtpSimulator, to: str) -> None:
    with pytest.raises(Rejected, match="is not an e-mail address"):
        send(mail_of(sim), to=to)
    assert sim.state["mailbox"] == []


TEXTS = {
    "a line longer than any server takes": "x" * 5_000,
    "letters beyond ASCII in a long line": "ż " * 3_000,
    "a dot that would end it": "one\n.\ntwo\n..three\n.four",
    "a line that looks like a sender": "one\nFrom me\n",
    "spaces at the end": "one  \n\ttwo\t\n",
    "a boundary of its own": "one\n--==\ntwo",
    "another alphabet and a smile": "это 日本語 😀",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_arrives_as_it_was_written(sim: SmtpSimulator, text: str) -> None:
    send(mail_of(sim), subject=text[:150], text=text, html=f"<pre>{text}</pre>")
    (mail,) = sim.state["mailbox"]
    assert mail["text"].rstrip("\n") == text.rstrip("\n")
    assert mail["html"].rstrip("\n") == f"<pre>{text}</pre>"
    assert mail["subject"] == " ".join(text[:150].split())


@pytest.mark.parametrize("text", ["a\x00b\x07c", "half \ud83d a smile", "one\rtwo\r\nthree"])
def test_what_no_mail_can_hold_is_left_out(sim: SmtpSimulator, text: str) -> None:
    send(mail_of(sim), subject=text, text=text, html=text)
    assert len(sim.state["mailbox"]) == 1  # the server refuses NUL, and CR or LF that stand alone


def test_addresses_of_other_alphabets(sim: SmtpSimulator) -> None:
    send(mail_of(sim), to="ada@bücher.example")
    send(mail_of(sim), to="żółw@bücher.example")
    assert [mail["to"] for mail in sim.state["mailbox"]] == [
        ["ada@xn--bcher-kva.example"],
        ["żółw@xn--bcher-kva.example"],
    ]


def test_a_long_sender_is_still_one_name_and_one_id(sim: SmtpSimulator) -> None:
    domain = f"{'a-rather-long-name.' * 6}example.test"
    sim.state["logins"]["agent"]["senders"] = ["*"]
    name = send(mail_of(sim, sender=f'"Werkstatt für große Pläne, Mitte" <agent@{domain}>'))
    (mail,) = sim.state["mailbox"]
    assert mail["message_id"] == name == f"<{TAGS['message']}@{domain}>"
    assert raw_of(sim)["From"].addresses[0].display_name == "Werkstatt für große Pläne, Mitte"


PLACES = ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "END"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("450 4.2.0 greylisted", RateLimited),
        ("421 4.7.0 too fast", RateLimited),
        ("421 4.3.2 closing", Unavailable),
        ("454 4.3.0 try later", Unavailable),
        ("550 5.7.1 no", Rejected),
        ("535 5.7.8 no", Unauthorized),
    ],
)
def test_a_refusal_is_certain_wherever_it_comes(sim: SmtpSimulator, place: str, reply: str, kind: Any) -> None:
    status, _, text = reply.partition(" ")
    sim.faults.append({"method": place, "status": int(status), "text": text})
    with pytest.raises(kind, match=status) as caught:
        send(mail_of(sim))
    assert type(caught.value) is kind
    assert sim.state["mailbox"] == []
    send(mail_of(sim))  # so it can be repeated
    assert len(sim.state["mailbox"]) == 1


@pytest.mark.parametrize("place", PLACES)
def test_a_connection_that_breaks_before_the_end_has_sent_nothing(sim: SmtpSimulator, place: str) -> None:
    sim.faults.append({"method": place, "drop": True})
    with pytest.raises(NeedsHuman if place == "END" else Unavailable):
        send(mail_of(sim))
    assert sim.state["mailbox"] == []


def test_a_mail_whose_reply_was_lost_is_for_a_person_to_look_at(sim: SmtpSimulator) -> None:
    sim.faults.append({"method": "END", "drop": True, "when": "after"})
    with pytest.raises(NeedsHuman, match="may have been sent"):
        send(mail_of(sim))
    assert [mail["message_id"] for mail in sim.state["mailbox"]] == [f"<{TAGS['message']}@example.test>"]


def test_a_reply_that_is_none_leaves_it_open(sim: SmtpSimulator) -> None:
    sim.faults.append({"method": "END", "status": 999, "text": "What?", "when": "after"})
    with pytest.raises(NeedsHuman):
        send(mail_of(sim))


def test_what_goes_wrong_after_the_mail_was_taken_changes_nothing(sim: SmtpSimulator) -> None:
    for order in ({"drop": True}, {"status": 500}):
        sim.faults.append({"method": "QUIT", **order})
        assert send(mail_of(sim))


def test_a_refused_recipient_is_named(sim: SmtpSimulator) -> None:
    sim.state["config"]["unknown"] = ["gone@*"]
    with pytest.raises(Rejected, match=r"RCPT gone@example\.test: 550 5\.1\.1"):
        send(mail_of(sim), to="gone@example.test")


def test_a_greylisted_mail_passes_later(sim: SmtpSimulator) -> None:
    sim.state["config"]["greylist"] = True
    with pytest.raises(RateLimited) as caught:
        send(mail_of(sim))
    assert caught.value.retry_after == timedelta(minutes=1)
    sim.offset = timedelta(minutes=5)
    assert send(mail_of(sim))


def test_too_many_in_a_minute_wait(sim: SmtpSimulator) -> None:
    sim.state["config"]["per_minute"] = 1
    send(mail_of(sim))
    with pytest.raises(RateLimited, match=r"4\.7\.1"):
        send(mail_of(sim))


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
    assert read_mail(good)[1] == []
    (said,) = read_mail({**good, **env})[1]
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
    found, _ = read_mail({"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_SMTP_URL": url, "WORKWRIGHT_MAIL_SENDER": FROM})
    assert found.server == server


def test_what_was_set_before_stays_readable() -> None:
    env = {"WORKWRIGHT_SES_SENDER": "old@example.com", "WORKWRIGHT_SES_REGION": "eu-west-1"}
    assert read_mail(env)[0] == MailSettings("ses", "old@example.com", "eu-west-1")
    assert read_mail({**env, "WORKWRIGHT_MAIL_SENDER": "new@example.com"})[0].sender == "new@example.com"
    assert read_mail({})[0] == MailSettings()
    assert json.dumps(read_mail({"WORKWRIGHT_MAIL": "none"})[1]) == "[]"


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

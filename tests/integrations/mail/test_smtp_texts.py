"""What our SMTP client writes: subjects, names, addresses and texts arrive as they are, and forge nothing."""

from __future__ import annotations

from email import message_from_string, policy
from email.header import decode_header, make_header
from random import Random

import pytest

from shared.core.errors import Rejected
from shared.local.simulators.smtp import SmtpSimulator
from tests.integrations.mail.smtp_desk import TAGS, mail_of, raw_of, send, served, sim

__all__ = ["served", "sim"]


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

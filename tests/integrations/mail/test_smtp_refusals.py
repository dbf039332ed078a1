"""What our SMTP client makes of refusals, of broken connections and of replies that were lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.core.errors import NeedsHuman, RateLimited, Rejected, Unauthorized, Unavailable
from shared.local.simulators.smtp import SmtpSimulator
from tests.integrations.mail.smtp_desk import TAGS, mail_of, send, served, sim

__all__ = ["served", "sim"]


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

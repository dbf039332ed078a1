"""Slack's signatures, clicks and words; the messages themselves against the simulated Slack."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier

from shared.core.errors import (
    BadSignature,
    IntegrationError,
    MalformedRequest,
    Missing,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.integrations.slack.client import Slack, parse_click, verify_signature
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.ports import Secret
from tests.integrations.conftest import Inbox, Served

SIGNING = "8f742231b10e8888" + "abcd99yyyzzz85a5"  # the example of Slack's documentation
STAMP = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
THEN = datetime.fromtimestamp(int(STAMP), tz=UTC)


def test_the_documented_signature_holds() -> None:
    verify_signature(BODY, STAMP, SIGNATURE, Secret(SIGNING), THEN + timedelta(minutes=5))


def test_slacks_own_library_agrees() -> None:
    body, stamp = "payload=%7B%22%C5%BC%22%7D", str(int(THEN.timestamp()))
    theirs = SignatureVerifier(SIGNING).generate_signature(timestamp=stamp, body=body)
    assert theirs is not None
    verify_signature(body.encode(), stamp, theirs, Secret(SIGNING), THEN)


@pytest.mark.parametrize(
    ("raw", "stamp", "signature", "secret", "now"),
    [
        pytest.param(BODY + b"&x=1", STAMP, SIGNATURE, SIGNING, THEN, id="another body"),
        pytest.param(BODY, "1531420619", SIGNATURE, SIGNING, THEN, id="another time"),
        pytest.param(BODY, STAMP, SIGNATURE, "other", THEN, id="another secret"),
        pytest.param(BODY, STAMP, SIGNATURE, "", THEN, id="no secret"),
        pytest.param(BODY, STAMP, "", SIGNING, THEN, id="no signature"),
        pytest.param(BODY, STAMP, "v0=żółw", SIGNING, THEN, id="garbage"),
        pytest.param(BODY, STAMP, SIGNATURE, SIGNING, THEN + timedelta(minutes=5, seconds=1), id="too old"),
        pytest.param(BODY, STAMP, SIGNATURE, SIGNING, THEN - timedelta(minutes=6), id="from the future"),
        pytest.param(BODY, "", SIGNATURE, SIGNING, THEN, id="no time"),
        pytest.param(BODY, "²", SIGNATURE, SIGNING, THEN, id="no number"),
    ],
)
def test_anything_else_is_refused(raw: bytes, stamp: str, signature: str, secret: str, now: datetime) -> None:
    with pytest.raises(BadSignature):
        verify_signature(raw, stamp, signature, Secret(secret), now)


CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U1", "username": "ada", "team_id": "T1"},
    "actions": [{"action_id": "approve", "block_id": "approval:ap_1", "value": "opaque&=ż", "action_ts": "1.2"}],
    "channel": {"id": "C1"},
    "message": {"ts": "17.0"},
    "response_url": "https://hooks.example/x",
    "trigger_id": "tr",
}


def test_a_click_is_read() -> None:
    click = parse_click(urlencode({"payload": json.dumps(CLICK)}).encode())
    assert (click.user, click.team, click.action, click.value, click.block) == (
        "U1", "T1", "approve", "opaque&=ż", "approval:ap_1",
    )  # fmt: skip
    assert (click.channel, click.ts, click.trigger) == ("C1", "17.0", "tr")
    url_button = CLICK | {"actions": [{"action_id": "open"}], "message": None, "channel": None}
    assert parse_click(urlencode({"payload": json.dumps(url_button)}).encode()).value == ""


@pytest.mark.parametrize(
    "raw",
    [b"", b"payload=", b"payload=nonsense", b"payload=[]", b"payload=%7B%7D", b"\xff\xfe", b"payload=" + b"[" * 50_000],
)
def test_what_is_no_click_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_click(raw)


# --- messages ---------------------------------------------------------------------------------------------------------

WORD = "xo-word-" + "1"
BUTTON = {
    "type": "actions",
    "block_id": "approval:ap_1",
    "elements": [
        {"type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "approve", "value": "v"}
    ],
}


@pytest.fixture
def sim(served: Callable[[Any], Served]) -> Served:
    started = served(SlackSimulator())
    user = {"id": "U1", "name": "ada", "email": "ada@example.test"}
    started.control("/_seed", {"token": WORD, "channels": ["C1", "C2"], "users": [user]})
    return started


@pytest.fixture
def slack(sim: Served) -> Slack:
    return Slack(sim.http("slack", WORD, "/api"))


def messages(sim: Served, channel: str = "C1") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sim.simulator.state["channels"][channel]
    return found


def test_a_message_is_posted_found_and_changed(slack: Slack, sim: Served) -> None:
    posted = slack.post("C1", "Approve?", [BUTTON], metadata=("approval", "ap_1"))
    slack.post("C1", "Other", metadata=("approval", "ap_2"))
    assert slack.find("C1", "approval", "ap_1") == posted
    assert slack.find("C1", "approval", "ap_3") is None
    assert slack.find("C2", "approval", "ap_1") is None
    for _ in range(2):
        slack.update(posted, "Approved by Ada")
    assert [message["text"] for message in messages(sim)] == ["Approved by Ada", "Other"]
    assert "blocks" not in messages(sim)[0]


def test_a_message_whose_answer_was_lost_is_found_on_a_later_page(slack: Slack, sim: Served) -> None:
    sim.fault(method="POST", path="/api/chat.postMessage", drop=True, when="after")
    with pytest.raises(OutcomeUnknown):
        slack.post("C1", "once", metadata=("notice", "n1"))
    for number in range(120):
        slack.post("C1", str(number))
    found = slack.find("C1", "notice", "n1")
    assert found is not None
    assert found.ts == messages(sim)[0]["ts"]
    assert slack.find("C1", "notice", "n1", pages=1) is None


def test_slacks_words_become_our_errors(slack: Slack, sim: Served) -> None:
    with pytest.raises(Missing):
        slack.post("C9", "x")
    with pytest.raises(Rejected):
        slack.post("C1", "")
    with pytest.raises(Unauthorized):
        Slack(sim.http("slack", "wrong", "/api")).post("C1", "x")


@pytest.mark.parametrize(
    ("status", "word", "on_write", "on_read"),
    [
        (200, "ratelimited", RateLimited, RateLimited),
        (429, "ratelimited", RateLimited, RateLimited),
        (200, "token_revoked", Unauthorized, Unauthorized),
        (200, "not_in_channel", NotAllowed, NotAllowed),
        (200, "fatal_error", OutcomeUnknown, Unavailable),
        (500, "internal_error", OutcomeUnknown, Unavailable),
    ],
)
def test_a_failure_says_what_is_known(
    slack: Slack, sim: Served, status: int, word: str, on_write: type[Exception], on_read: type[Exception]
) -> None:
    order = {"status": status, "body": {"ok": False, "error": word}, "headers": {"Retry-After": "3"}}
    sim.fault(**order, times=2)
    with pytest.raises(IntegrationError) as write:
        slack.post("C1", "x")
    with pytest.raises(IntegrationError) as read:
        slack.find("C1", "a", "b")
    assert (type(write.value), type(read.value)) == (on_write, on_read)
    if on_write is RateLimited:
        assert write.value.retry_after == timedelta(seconds=3)
    assert messages(sim) == []


def test_a_real_click_is_verified_and_read(slack: Slack, sim: Served, inbox: Inbox) -> None:
    sim.control("/_seed", {"signing_secret": SIGNING, "interactivity_url": inbox.url})
    posted = slack.post("C1", "Approve?", [BUTTON])
    requests.post(
        f"{sim.url}/_click",
        json={"channel": "C1", "ts": posted.ts, "action_id": "approve", "user": "U1"},
        timeout=10,
    )
    headers, raw = inbox.taken[0]
    stamp, signature = headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]
    verify_signature(raw, stamp, signature, Secret(SIGNING), datetime.now(UTC))
    click = parse_click(raw)
    assert (click.user, click.action, click.value, click.ts) == ("U1", "approve", "v", posted.ts)

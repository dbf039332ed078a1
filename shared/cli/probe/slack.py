"""The probe of Slack: a few messages in one channel, which are deleted again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.cli.probe.calls import Answer, Ask, Call, Expect, Kept, Left, Look, Place, Probe
from shared.cli.probe.run import is_marked
from shared.cli.probe.shapes import InOrder, Rows
from shared.core.errors import ConfigError, Rejected
from shared.ports import Secret

Json = dict[str, Any]
METHODS = "https://docs.slack.dev/reference/methods/"
WEB = "https://docs.slack.dev/apis/web-api/"
SECTION: Json = {"type": "section", "block_id": "probe", "text": {"type": "mrkdwn", "text": "A *probe*."}}
BUTTONS: Json = {"type": "actions", "block_id": "choice", "elements": [
    {"type": "button", "action_id": "approve", "value": "one", "text": {"type": "plain_text", "text": "Yes"}},
]}  # fmt: skip
MESSAGE: Json = {
    "type": "=message", "user": "words", "bot_id": "words", "ts": "text", "text": "text", "*": "any",
}  # fmt: skip
META: Json = {"event_type": "workwright_probe", "event_payload": {"key": "{mark}"}}


def write(method: str, **body: Any) -> Ask:
    """Return the call of a method that writes, in the channel."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Ask("POST", f"/{method}", {"channel": "{channel}", **body}, headers=headers)


def read(method: str, **query: str) -> Ask:
    """Return the call of a method that reads, of the channel."""
    return Ask("GET", f"/{method}", query={"channel": "{channel}", **query})


def expect_error(error: str) -> Expect:
    """Return what a refused call answers: status 200 all the same, and a word."""
    return Expect(200, {"ok": False, "error": f"={error}", "*": "any"})


CALLS = (
    Call(
        "who we are",
        "auth.test tells a bot's user, its team and its own id, and what the token may do in a header.",
        METHODS + "auth.test",
        Ask("POST", "/auth.test"),
        Expect(body={"ok": True, "url": "url", "team": "text", "team_id": "words", "user": "words", "user_id": "words",
                     "bot_id": "words", "*": "any"}, headers={"x-oauth-scopes": "words"}),
        keep={"bot": "bot_id"},
    ),
    Call(
        "a stranger's token",
        "A token that is not valid is refused with status 200 and the word invalid_auth.",
        METHODS + "auth.test",
        Ask("POST", "/auth.test", trusted=False),
        expect_error("invalid_auth"),
    ),
    Call(
        "a method that is none",
        "A method that does not exist is refused with unknown_method.",
        WEB,
        Ask("POST", "/chat.noSuchMethod"),
        expect_error("unknown_method"),
    ),
    Call(
        "a message",
        "A message is posted with text, blocks and metadata, and named by its channel and its ts.",
        METHODS + "chat.postMessage",
        write("chat.postMessage", text="{mark}", blocks=[SECTION, BUTTONS], metadata=META),
        Expect(body={"ok": True, "channel": "={channel}", "ts": "text", "message": MESSAGE, "*": "any"},
               holds={"message.bot_id": "={bot}", "message.blocks[].block_id": InOrder("probe", "choice")}),
        keep={"ts": "ts"},
    ),
    Call(
        "a message in a channel that is not there",
        "A channel that is not there, or that the app cannot see, is channel_not_found.",
        METHODS + "chat.postMessage",
        Ask("POST", "/chat.postMessage", {"channel": "C00000000000", "text": "nowhere"}),
        expect_error("channel_not_found"),
    ),
    Call(
        "direct messages with nobody",
        "Direct messages with somebody who is not there are refused with user_not_found.",
        METHODS + "conversations.open",
        Ask("POST", "/conversations.open", {"users": "U00000000000"}),
        expect_error("user_not_found"),
    ),
    Call(
        "a message of nothing",
        "A message without text and blocks is refused with no_text.",
        METHODS + "chat.postMessage",
        write("chat.postMessage", text=""),
        expect_error("no_text"),
    ),
    Call(
        "too many blocks",
        "More than 50 blocks are refused with invalid_blocks.",
        METHODS + "chat.postMessage",
        write("chat.postMessage", text="x", blocks=[{"type": "divider"}] * 51),
        expect_error("invalid_blocks"),
    ),
    Call(
        "a section that is too long",
        "A section of more than 3,000 characters is refused with invalid_blocks.",
        "https://docs.slack.dev/reference/block-kit/blocks/section-block",
        write("chat.postMessage", text="x",
              blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]),
        expect_error("invalid_blocks"),
    ),
    Call(
        "a button's value that is too long",
        "A button's value of more than 2,000 characters is refused with invalid_blocks.",
        "https://docs.slack.dev/reference/block-kit/block-elements/button-element",
        write("chat.postMessage", text="x", blocks=[{"type": "actions", "elements": [
            {"type": "button", "action_id": "a", "value": "x" * 2001,
             "text": {"type": "plain_text", "text": "Yes"}}]}]),
        expect_error("invalid_blocks"),
    ),
    Call(
        "a thread",
        "An answer is posted into a thread by the ts of its first message.",
        METHODS + "chat.postMessage",
        write("chat.postMessage", text="{mark} answer", thread_ts="{ts}"),
        Expect(body={"ok": True, "channel": "={channel}", "ts": "text", "message": {**MESSAGE, "thread_ts": "={ts}"},
                     "*": "any"}),
        keep={"answer": "ts"},
    ),
    Call(
        "the newest message",
        "The history of a channel begins with the newest message, with its metadata; answers in threads are not in it.",
        METHODS + "conversations.history",
        read("conversations.history", include_all_metadata="true", limit="100"),
        Expect(body={"ok": True, "messages": [{"type": "=message", "ts": "text", "*": "any"}], "has_more": "flag",
                     "*": "any"},
               holds={"messages[0].ts": "={ts}", "messages[0].metadata": {
                   "event_type": "=workwright_probe", "event_payload": {"key": "={mark}"}},
                   "messages[0].reply_count": 1}),
    ),
    Call(
        "a second message",
        "Messages may follow each other at once.",
        WEB + "rate-limits",
        write("chat.postMessage", text="{mark} second"),
        Expect(body={"ok": True, "channel": "={channel}", "ts": "text", "message": MESSAGE, "*": "any"}),
        keep={"second": "ts"},
    ),
    Call(
        "the history in parts",
        "With limit a history comes in parts, and a cursor leads to the next one.",
        WEB + "pagination",
        read("conversations.history", limit="1"),
        Expect(body={"ok": True, "messages": Rows(1, {"type": "=message", "ts": "={second}", "*": "any"}),
                     "has_more": True, "response_metadata": {"next_cursor": "words", "*": "any"}, "*": "any"}),
        keep={"cursor": "response_metadata.next_cursor"},
    ),
    Call(
        "the next part",
        "The next part begins where the last one ended.",
        WEB + "pagination",
        read("conversations.history", limit="1", cursor="{cursor}"),
        Expect(body={"ok": True, "messages": Rows(1, {"type": "=message", "ts": "={ts}", "*": "any"}), "*": "any"}),
    ),
    Call(
        "a cursor that is none",
        "A cursor that is none is refused with invalid_cursor.",
        WEB + "pagination",
        read("conversations.history", limit="1", cursor="that-was-never-a-cursor"),
        expect_error("invalid_cursor"),
    ),
    Call(
        "a message is changed",
        "chat.update replaces text and blocks of a message of ours; its ts stays.",
        METHODS + "chat.update",
        write("chat.update", ts="{ts}", text="{mark} changed", blocks=[SECTION]),
        Expect(body={"ok": True, "channel": "={channel}", "ts": "={ts}", "text": "text", "*": "any"},
               holds={"message.blocks[].block_id": Rows(1, "=probe")}),
    ),
    Call(
        "a message loses its blocks",
        "An empty list of blocks takes all of them away.",
        METHODS + "chat.update",
        write("chat.update", ts="{ts}", text="{mark} changed", blocks=[]),
        Expect(body={"ok": True, "ts": "={ts}", "text": "={mark} changed", "*": "any"}),
    ),
    Call(
        "a message that is not there is changed",
        "A message that is not there is message_not_found.",
        METHODS + "chat.update",
        write("chat.update", ts="1000000000.000001", text="nothing"),
        expect_error("message_not_found"),
    ),
    Call(
        "an answer is deleted",
        "A message of ours is deleted by channel and ts.",
        METHODS + "chat.delete",
        write("chat.delete", ts="{answer}"),
        Expect(body={"ok": True, "channel": "={channel}", "ts": "={answer}", "*": "any"}),
    ),
)  # fmt: skip


def read_place(named: str) -> Place:
    """Return the channel that an id names; raises ConfigError."""
    if re.fullmatch(r"[CG][A-Z0-9]+", named):
        return Place(f"the channel {named}", {"channel": named})
    raise ConfigError("--in names no channel; give its id, such as C0123456789, from the end of the channel's details")


def credential(token: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


def find_left(look: Look, kept: Kept) -> Iterator[Left]:
    """Yield messages whose text begins with a probe's mark, the answers to them first."""
    me = look(Ask("POST", "/auth.test")).body
    for message in _messages(look, "conversations.history", {}):
        if message.get("bot_id") != me.get("bot_id") or not is_marked(message.get("text")):
            continue
        thread = _messages(look, "conversations.replies", {"ts": message["ts"]}) if message.get("reply_count") else []
        for posted in (*(each for each in thread if each["ts"] != message["ts"]), message):
            yield Left("a message", write("chat.delete", ts=posted["ts"]), worked=_is_gone)


def _is_gone(answer: Answer) -> bool:
    body = answer.body if isinstance(answer.body, dict) else {}
    return bool(body.get("ok")) or body.get("error") == "message_not_found"


def _messages(look: Look, method: str, query: Mapping[str, str]) -> list[Json]:
    answer = look(read(method, limit="200", **query))
    if answer.status != 200 or not isinstance(answer.body, dict) or not answer.body.get("ok"):
        raise Rejected("slack", "the channel cannot be read; invite the app into it, and check the token's scopes")
    found: list[Json] = answer.body["messages"]
    return found


PROBE = Probe(
    system="slack",
    title="Slack",
    address="https://slack.com/api",
    asks_for="a channel's id, into which the app was invited",
    rights="a bot's token with the scopes chat:write, im:write and channels:history (or groups:history)",
    makes="three messages, which are deleted; members of the channel may be told of them",
    calls=CALLS,
    read_place=read_place,
    credential=credential,
    find_left=find_left,
    credential_name="Slack bot token",
    grant="slack",
    pace=1.2,  # Slack takes about one message a second in a channel
    code_at="error",
    limited=Expect(429, {"ok": False, "error": "=ratelimited|=rate_limited", "*": "any"}, {"retry-after": "digits"}),
    no_harm=(
        ("a connection for clicks is opened by apps.connections.open", "it needs the app's own token (xapp-…)"),
        ("a click is signed, and answered within three seconds", "a person has to click"),
        ("/workwright is sent as a signed form, with a trigger_id of its own", "a person has to type"),
        (
            "a code of the consent and a refresh token count once each",
            "a person has to agree, and the app's secret is needed",
        ),
        (
            "apps.uninstall takes the app's id and secret beside a token, and ends all its tokens",
            "the app would be gone",
        ),
        ("removing the app is told by app_uninstalled, a revoked token by tokens_revoked", "the app would be gone"),
    ),
)

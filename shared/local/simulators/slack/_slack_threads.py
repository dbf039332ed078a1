"""What is read of a channel of the simulated Slack, its threads, messages that are deleted, and lists cut into parts.

Sources: docs.slack.dev, "conversations.replies", "conversations.history", "chat.delete", "Pagination through
collections" (a cursor that is none: `invalid_cursor`), and "Retrieving messages" (what a message with a thread holds).
"""

import re
from typing import Any

from shared.local.simulators.slack._slack_blocks import Invalid

Json = dict[str, Any]
MAX = 999


def part_of(found: list[Json], arguments: Json) -> Json:
    """Return a part of a list, and the cursor that leads to the next one."""
    if not str(arguments.get("limit", 100)).isdigit():
        raise Invalid("invalid_limit")
    cursor = str(arguments.get("cursor") or "0")
    if not cursor.isdigit() or int(cursor) > len(found):
        raise Invalid("invalid_cursor")
    start, limit = int(cursor), min(int(arguments.get("limit", 100)), MAX)
    more = len(found) > start + limit
    following = {"next_cursor": str(start + limit) if more else ""}
    return {"messages": found[start : start + limit], "has_more": more, "response_metadata": following}


def count_reply(messages: list[Json], thread: str, reply: Json) -> None:
    """Say at the first message of a thread that there is one more answer to it."""
    for parent in messages:
        if parent["ts"] == thread:
            parent["thread_ts"] = thread
            parent["reply_count"] = parent.get("reply_count", 0) + 1
            parent["latest_reply"] = reply["ts"]


def history(messages: list[Json], arguments: Json) -> Json:
    """Return what was said in a channel, newest first; threads and metadata stay out unless asked for."""
    wants_metadata = str(arguments.get("include_all_metadata", "")).lower() in ("1", "true")
    inclusive = str(arguments.get("inclusive", "")).lower() in ("1", "true")
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9999999999.999999")
    for value, code in ((oldest, "invalid_ts_oldest"), (latest, "invalid_ts_latest")):
        if not re.fullmatch(r"\d+(\.\d+)?", value):
            raise Invalid(code)
    found = []
    for message in sorted(messages, key=lambda posted: float(posted["ts"]), reverse=True):
        within = float(oldest) < float(message["ts"]) < float(latest)
        if not (within or (inclusive and message["ts"] in (oldest, latest))):
            continue
        if message.get("thread_ts", message["ts"]) == message["ts"]:
            found.append(message if wants_metadata else {k: v for k, v in message.items() if k != "metadata"})
    return part_of(found, arguments)


def replies(messages: list[Json], arguments: Json) -> Json:
    """Return a thread from its first message on; a message without answers is a thread of one."""
    thread = str(arguments.get("ts", ""))
    if all(message["ts"] != thread for message in messages):
        raise Invalid("thread_not_found")
    found = [message for message in messages if thread in (message["ts"], message.get("thread_ts"))]
    return part_of(sorted(found, key=lambda posted: float(posted["ts"])), arguments)


def delete(messages: list[Json], message: Json | None, caller: Json) -> None:
    """Remove a message of one's own from a channel."""
    if message is None:
        raise Invalid("message_not_found")
    if message["bot_id"] != caller["bot_id"]:
        raise Invalid("cant_delete_message")
    messages.remove(message)
    for parent in messages:
        if parent["ts"] == message.get("thread_ts"):
            parent["reply_count"] -= 1

"""What Notion's refusals mean, by status, code and what the call wanted. Source: notion-api, sections 3, 4 and 13."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.core.errors import Blocked, IntegrationError, Missing, NotAllowed, RateLimited, Rejected, Unavailable
from shared.core.run.faults import Fault
from shared.core.text.sentence import end_sentence
from shared.http_answers import Answer, retry_after, vendor_message

Json = dict[str, Any]

SYSTEM = "notion"

_SCOPES = {"public_api_space_request_rate_limit": "workspace", "public_api_endpoint_rate_limit": "endpoint"}
_NOT_SHARED = (
    "It does not exist, or is not shared with this connection: open the page in Notion, choose "
    "••• › Connections and add "
    "the connection (pages below it are then shared as well)"
)
_NO_MORE_BLOCKS = (
    "The workspace's free plan allows no more blocks. Delete what is not needed, or change the plan under Settings › "
    "Plans; reading, deleting and changing properties still work"
)


class CursorExpired(Rejected):
    """The list cannot be read on from there any more; it has to be begun anew."""


class NoMoreBlocks(NotAllowed):
    """The plan of the workspace allows no more blocks (notion-api: plan limits)."""


def judge(
    method: str, path: str, *, writes: bool, reads_on: bool = False
) -> Callable[[Answer], Answer | IntegrationError | None]:
    """Return the word on a refused call: success after all, one of our errors, or None for the usual mapping.

    `reads_on`: a list, from a cursor. Notion has no code of its own for one that has expired.
    """
    asked = f"{method} {path}"

    def verdict(answer: Answer) -> Answer | IntegrationError | None:
        body = answer.json if isinstance(answer.json, dict) else {}
        extra = body.get("additional_data")
        extra = extra if isinstance(extra, dict) else {}
        message = f"{asked}: {answer.status} {vendor_message(answer)}".rstrip()
        if answer.status == 503 and writes:
            return _read_saved_ids(extra)
        if answer.status == 400 and reads_on and "cursor" in vendor_message(answer):
            return CursorExpired(SYSTEM, message)
        if answer.status == 409:  # two writes met and ours was turned away
            return Unavailable(SYSTEM, message, retry_after=retry_after(answer))
        if answer.status == 429:
            return _classify_rate_limit(answer, extra, message)
        if answer.status == 403 and extra.get("block_limit"):
            return NoMoreBlocks(SYSTEM, message, way_out=_NO_MORE_BLOCKS)
        if answer.status == 403:
            return NotAllowed(SYSTEM, message, way_out=_way_out(method, path))
        if answer.status == 404:
            return Missing(SYSTEM, f"{end_sentence(message)} {_NOT_SHARED}", fault=Fault.NOT_SHARED)
        return None

    return verdict


def _read_saved_ids(extra: Json) -> Answer | None:
    """Read the ids out of a 503 that came after the write was saved; without ids nothing is known."""
    children, resource = extra.get("committed_child_ids"), extra.get("committed_resource_id")
    if isinstance(children, str):
        children = [children]
    if isinstance(children, list):
        return Answer(200, {}, {"id": resource, "results": [{"id": child} for child in children]}, "")
    return Answer(200, {}, {"id": resource}, "") if isinstance(resource, str) else None


def _classify_rate_limit(answer: Answer, extra: Json, message: str) -> IntegrationError:
    reason = extra.get("rate_limit_reason")
    if reason == "public_api_request_blocked":  # for good; asking again makes it worse
        return Blocked(SYSTEM, message)
    seconds = str(extra.get("retry_after", ""))
    wait = retry_after(answer) or (timedelta(seconds=int(seconds)) if seconds.isdecimal() else None)
    return RateLimited(SYSTEM, message, retry_after=wait, scope=_SCOPES.get(str(reason), "bot"))


def _way_out(method: str, path: str) -> str:
    return (
        f"Either the connection may not {_capability(method, path)} (its owner can switch that on under Capabilities "
        "in the connection's settings; who connected by a link then connects again, and a pasted token stays as it "
        "is), or the person who connected it has lost the right to (the page's Share menu)"
    )


def _capability(method: str, path: str) -> str:
    """Name what a call needs, in the words of a connection's settings (notion-api, section 2)."""
    reads = method == "GET" or path.endswith(("/query", "/search", "/queries"))
    if path.startswith("/v1/comments"):
        return "read comments" if reads else "insert comments"
    if path.startswith("/v1/users"):
        return "read user information"
    if reads:
        return "read content"
    inserts = path.endswith("/children") or (method == "POST" and not path.endswith("/move"))
    return "insert content" if inserts else "update content"

"""How we call Notion: the version, every refusal as one of our errors, and lists followed to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

from shared.core.errors import IntegrationError, RateLimited, Rejected, Unavailable
from shared.http_client import Answer, HttpClient, retry_after, vendor_message

VERSION = "2026-03-11"
BASE_URL = "https://api.notion.com"

Json = dict[str, Any]


def normal_id(id: str) -> str:
    """Return an id as Notion returns it: lower case, with dashes."""
    bare = id.replace("-", "").lower()
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:])) if len(bare) == 32 else id


class Wire:
    """One tenant's connection. The resources build on it."""

    system: ClassVar[str] = "notion"

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def _call(self, method: str, path: str, *, read: bool, params: Any = None, body: Any = None) -> Json:
        headers = {"Notion-Version": VERSION}
        answer = self._http.call(
            method, path, params=params, json=body, headers=headers, read=read, judge=_judge(writes=not read)
        )
        return answer.json if isinstance(answer.json, dict) else {}

    def _ask(self, method: str, path: str, params: Any = None) -> Json:
        return self._call(method, path, read=True, params=params)

    def _write(self, method: str, path: str, body: Json | None) -> Json:
        return self._call(method, path, read=False, body=body)

    def _listed(self, method: str, path: str, body: Json | None = None, *, whole: bool = True) -> Iterator[Json]:
        """Yield the results of all pages. The size is always sent: the documented defaults disagree."""
        asked: Json = {**(body or {}), "page_size": 100}
        while True:
            sent: Json = {"params": asked} if method == "GET" else {"body": asked}
            answer = self._call(method, path, read=True, **sent)
            yield from answer.get("results") or ()
            state = answer.get("request_status") or {}
            if whole and state.get("type") == "incomplete":
                raise Rejected(self.system, f"{method} {path}: stopped early ({state.get('incomplete_reason')})")
            cursor = answer.get("next_cursor")
            if not answer.get("has_more") or not cursor or cursor == asked.get("start_cursor"):
                return
            asked = {**asked, "start_cursor": cursor}


def _judge(*, writes: bool) -> Callable[[Answer], Answer | IntegrationError | None]:
    def judge(answer: Answer) -> Answer | IntegrationError | None:
        body = answer.json if isinstance(answer.json, dict) else {}
        extra = body.get("additional_data")
        extra = extra if isinstance(extra, dict) else {}
        if answer.status == 503 and writes:
            return _saved(extra)
        if answer.status == 409:  # two writes met and ours was turned away
            return Unavailable("notion", f"409 {vendor_message(answer)}", retry_after=retry_after(answer))
        if answer.status == 429:
            return _limited(answer, extra)
        return None

    return judge


def _saved(extra: Json) -> Answer | None:
    """Read the ids out of a 503 that came after the write was saved; without ids nothing is known."""
    children, resource = extra.get("committed_child_ids"), extra.get("committed_resource_id")
    if isinstance(children, str):
        children = [children]
    if isinstance(children, list):
        return Answer(200, {}, {"id": resource, "results": [{"id": child} for child in children]}, "")
    return Answer(200, {}, {"id": resource}, "") if isinstance(resource, str) else None


def _limited(answer: Answer, extra: Json) -> IntegrationError:
    message = f"429 {vendor_message(answer)}"
    if extra.get("rate_limit_reason") == "public_api_request_blocked":  # for good; asking again makes it worse
        return Rejected("notion", message)
    told = str(extra.get("retry_after", ""))
    wait = retry_after(answer) or (timedelta(seconds=int(told)) if told.isdecimal() else None)
    return RateLimited("notion", message, retry_after=wait)

"""How we call Notion: one way in and out, ids in one form, lists followed to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, ClassVar, Final

from shared.core.errors import IntegrationError, OutcomeUnknown, Rejected, Unavailable
from shared.http_client import HttpClient, segment
from shared.integrations.notion.client.checked_answers import check_answer, check_part
from shared.integrations.notion.client.notion_refusals import CursorExpired, judge
from shared.integrations.notion.content.blocks import MAX_ITEMS
from shared.integrations.notion.ids import normal_id as normal_id
from shared.integrations.notion.limits import check_body

VERSION = "2026-03-11"
BASE_URL = "https://api.notion.com"

Json = dict[str, Any]


class Keep(Enum):
    """Tells "leave it as it is" from None, which clears."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


class Found(list[Json]):
    """Results that may not be all there is: `complete` says whether Notion claims that they are."""

    complete: bool = True


def format_path_id(id: str) -> str:
    """Return an id as a segment of a path, in Notion's form; refuses what would lead elsewhere."""
    return segment(normal_id(id))


def format_body_id(id: str, field: str) -> str:
    """Return an id in Notion's form; raises Rejected naming the field when it cannot be one."""
    if not id or ".." in id or "/" in id or "%" in id or not id.isprintable():
        raise Rejected("notion", f"{field}: {id[:80]!r} is not an id; give the 32 digits from the object's address")
    return normal_id(id)


def drop_unset(fields: Mapping[str, Any]) -> Json:
    """Return the fields that have a value: neither None nor KEEP."""
    return {name: value for name, value in fields.items() if value is not None and value is not KEEP}


def require_one_option(call: str, options: Mapping[str, Any]) -> str:
    """Return the name of the one option that was given; raises Rejected when it is not exactly one."""
    names = [name for name, value in options.items() if value]
    if len(names) != 1:
        found = f"{' and '.join(names)} were given" if names else "none was given"
        raise Rejected("notion", f"{call}: {found}; give exactly one of {', '.join(options)}")
    return names[0]


class Wire:
    """One tenant's connection. The resources build on it."""

    system: ClassVar[str] = "notion"

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def their_now(self) -> datetime | None:
        """Return the time by Notion's own clock, as it was told with the last answer; None before there is one."""
        try:
            time = parsedate_to_datetime(self._http.told_date)
        except (ValueError, TypeError):
            return None
        return time if time.tzinfo is not None else None

    def _call(
        self,
        method: str,
        path: str,
        *,
        read: bool,
        listed: bool = False,  # the answer is a list, and not an object with an id
        reads_on: bool = False,  # from a cursor
        headers: Mapping[str, str] | None = None,
        **sent: Any,
    ) -> Json:
        answer = self._http.call(
            method,
            path,
            headers={"Notion-Version": VERSION} | dict(headers or {}),
            read=read,
            judge=judge(method, path, writes=not read, reads_on=reads_on),
            **sent,
        )
        return check_answer(f"{method} {path}", answer.json, read=read, with_id=not listed and method != "DELETE")

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: Json | None = None,
        *,
        listed: bool = False,
    ) -> Json:
        if body is not None:
            check_body(body)
        reads_on = "start_cursor" in {**(params or {}), **(body or {})}
        return self._call(method, path, read=True, listed=listed, reads_on=reads_on, params=params or None, json=body)

    def _write(self, method: str, path: str, body: Json | None, *, listed: bool = False) -> Json:
        """Change something; what Notion would refuse for its size is refused before it is sent."""
        if body is not None:
            check_body(body)
        return self._call(method, path, read=False, listed=listed, json=body)

    def _complete_object(self, made: Json, look: Callable[[str], Json]) -> Json:
        """Return the object of a write; where only its id came back (saved, but answered too late) it is read.

        When that read fails the write has happened all the same: OutcomeUnknown, whatever the read met.
        """
        if "object" in made:
            return made
        try:
            return look(str(made["id"]))
        except IntegrationError as error:
            message = f"{made['id']} was saved, and could not be read: {error}"
            raise OutcomeUnknown(self.system, message, retry_after=error.retry_after) from error

    def _parts(
        self,
        method: str,
        path: str,
        asked: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        key: str = "results",
    ) -> Iterator[Json]:
        """Yield the answers of a list, which is under `key`, from its first part to its last.

        The size is always sent: the documented defaults disagree. A cursor lives shortly and is never kept.
        """
        fields: Json = {**(asked or {}), "page_size": MAX_ITEMS}
        used: set[str] = set()
        while True:
            try:
                if method == "GET":
                    answer = self._ask(method, path, {**(params or {}), **fields}, listed=True)
                else:
                    answer = self._ask(method, path, params, fields, listed=True)
            except CursorExpired as error:
                if used:
                    message = f"{method} {path}: the list expired while it was being read"
                    raise Unavailable(self.system, message) from error
                raise
            if answer.get("object") == "property_item":  # a property that is no list is answered whole
                yield answer
                return
            check_part(f"{method} {path}", answer, key)
            yield answer
            cursor = answer.get("next_cursor")
            if not answer["has_more"] or not cursor:
                return
            if cursor in used:
                raise Unavailable(self.system, f"{method} {path}: the list leads back to an earlier page of itself")
            used.add(cursor)
            fields = {**fields, "start_cursor": cursor}

    def _list_results(
        self, method: str, path: str, asked: Mapping[str, Any] | None = None, *, key: str = "results"
    ) -> Iterator[Json]:
        """Yield the results of all parts; raises Rejected when Notion stops before the end."""
        for answer in self._parts(method, path, asked, key=key):
            yield from answer[key]
            if reason := incomplete(answer):
                raise Rejected(self.system, f"{method} {path}: Notion stopped before the end of the list ({reason})")


def incomplete(answer: Json) -> str:
    """Return why a list is not whole, or an empty text."""
    state = answer.get("request_status")
    if not isinstance(state, dict) or state.get("type") != "incomplete":
        return ""
    return str(state.get("incomplete_reason") or "no reason was given")

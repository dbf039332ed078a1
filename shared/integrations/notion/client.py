"""What we ask of Notion: pages, databases, blocks, comments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from shared.core.errors import IntegrationError, Missing, OutcomeUnknown, RateLimited, Rejected, Unavailable
from shared.core.page import Block, Page
from shared.http_client import Answer, HttpClient, retry_after, segment, vendor_message
from shared.integrations.notion import reading
from shared.integrations.notion.blocks import Text, one_text, rich_text
from shared.integrations.notion.tree import MAX_BYTES, batches

VERSION = "2026-03-11"
BASE_URL = "https://api.notion.com"
MAX_PAGE_BLOCKS = 20_000
MAX_BODY = 490_000  # Notion's 500 KB, less a little

Json = dict[str, Any]

_PAGED_PROPERTIES = frozenset({"title", "rich_text", "people", "relation"})
_CUT_AT = 25  # values inside a page object stop here without always saying so


def normal_id(id: str) -> str:
    """Return an id as Notion returns it: lower case, with dashes."""
    bare = id.replace("-", "").lower()
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:])) if len(bare) == 32 else id


class Notion:
    """One tenant's Notion. No key makes a write safe to repeat: after OutcomeUnknown, look before writing again."""

    system: ClassVar[str] = "notion"

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    # --- people ---

    def me(self) -> Json:
        """Return the bot this token belongs to."""
        return self._ask("GET", "/v1/users/me")

    def users(self) -> list[Json]:
        """Return all people and bots; guests are not among them."""
        return list(self._listed("GET", "/v1/users"))

    def user(self, user_id: str) -> Json:
        """Return one person or bot; raises Missing."""
        return self._ask("GET", f"/v1/users/{segment(user_id)}")

    # --- reading ---

    def page(self, page_id: str) -> Json:
        """Return the page object; long properties are cut at 25 items (`read_page` follows them)."""
        return self._ask("GET", f"/v1/pages/{segment(page_id)}")

    def read_page(self, page_id: str) -> Page:
        """Return the page with all blocks and complete properties, as our own types."""
        raw = self.page(page_id)
        properties = {name: self._complete(page_id, value) for name, value in (raw.get("properties") or {}).items()}
        return reading.read_page(raw | {"properties": properties}, self._blocks(page_id, [MAX_PAGE_BLOCKS]))

    def children(self, block_id: str) -> list[Json]:
        """Return the direct children of a block or page."""
        return list(self._listed("GET", f"/v1/blocks/{segment(block_id)}/children"))

    def _blocks(self, block_id: str, room: list[int]) -> list[Block]:
        found: list[Block] = []
        for raw in self.children(block_id):
            room[0] -= 1
            if room[0] < 0:
                raise Rejected(self.system, f"the page has more than {MAX_PAGE_BLOCKS} blocks")
            below: Sequence[Block] = ()
            if raw.get("has_children") and raw.get("type") not in reading.NOT_ENTERED:
                try:
                    below = self._blocks(raw["id"], room)
                except Missing:
                    if raw.get("type") != "synced_block":  # its original may not be shared with us
                        raise
            found.append(reading.read_block(raw, below))
        return found

    def _complete(self, page_id: str, value: Json) -> Json:
        """Follow a property that the page object cut short."""
        kind = str(value.get("type"))
        content = value.get(kind)
        long = isinstance(content, list) and (len(content) >= _CUT_AT or value.get("has_more"))
        if kind not in _PAGED_PROPERTIES or not long:
            return value
        # The id is read percent-encoded already; encoding it again would name another property.
        name = quote(unquote(str(value["id"])), safe="")
        items = self._listed("GET", f"/v1/pages/{segment(page_id)}/properties/{name}")
        return value | {kind: [item[kind] for item in items if kind in item]}

    def database(self, database_id: str) -> Json:
        """Return the database: a container that lists its data sources."""
        return self._ask("GET", f"/v1/databases/{segment(database_id)}")

    def data_source(self, data_source_id: str) -> Json:
        """Return the data source with its schema under `properties`."""
        return self._ask("GET", f"/v1/data_sources/{segment(data_source_id)}")

    def query(self, data_source_id: str, filter: Json | None = None, sorts: Sequence[Json] | None = None) -> list[Json]:
        """Return all pages of the data source that match; raises Rejected when Notion stops before the end."""
        body = {name: value for name, value in (("filter", filter), ("sorts", sorts)) if value}
        return list(self._listed("POST", f"/v1/data_sources/{segment(data_source_id)}/query", body))

    def search(self, title: str, kind: str = "page") -> list[Json]:
        """Return pages (or `data_source`s) by title. The index lags and is not complete: never proof of absence."""
        body = {"query": title, "filter": {"property": "object", "value": kind}}
        return list(self._listed("POST", "/v1/search", body, whole=False))

    def comments(self, page_id: str) -> list[Json]:
        """Return the open comments of a page or block, oldest first."""
        return list(self._listed("GET", "/v1/comments", {"block_id": page_id}))

    # --- writing ---

    def create_database(self, parent_page: str, title: str, properties: Mapping[str, Any]) -> tuple[str, str]:
        """Create a database with one data source; return both ids. Called again it creates a second one: look first."""
        body = {
            "parent": {"type": "page_id", "page_id": parent_page},
            "title": one_text(title),
            "initial_data_source": {"properties": dict(properties)},
        }
        made = self._write("POST", "/v1/databases", body)
        if not made.get("data_sources"):  # saved, but answered too late: only the id came back
            made = self.database(made["id"])
        return str(made["id"]), str(made["data_sources"][0]["id"])

    def create_page(
        self,
        *,
        data_source_id: str = "",
        page_id: str = "",
        properties: Mapping[str, Any],
        children: Sequence[Json] = (),
    ) -> Json:
        """Create a page below a data source or a page; return the page object.

        Called again it creates a second one, so put a marker into the properties and look for it first. Children beyond
        one request follow in appends: when one of those fails the page exists already, without its end.
        """
        parent: Json = {"type": "page_id", "page_id": page_id}
        if data_source_id:
            parent = {"type": "data_source_id", "data_source_id": data_source_id}
        body: Json = {"parent": parent, "properties": dict(properties)}
        parts = list(batches(children))
        whole = len(parts) == 1 and not parts[0].later and len(json.dumps(body)) < MAX_BODY - MAX_BYTES
        if whole:
            body["children"] = parts[0].blocks
        made = self._write("POST", "/v1/pages", body)
        if "properties" not in made:
            made = self.page(made["id"])
        if children and not whole:
            self.append_tree(made["id"], children)
        return made

    def update_page(
        self, page_id: str, properties: Mapping[str, Any] | None = None, *, in_trash: bool | None = None
    ) -> Json:
        """Set properties, trash or restore. The same call again leaves the same page."""
        body: Json = {"properties": dict(properties)} if properties else {}
        if in_trash is not None:
            body["in_trash"] = in_trash
        return self._write("PATCH", f"/v1/pages/{segment(page_id)}", body)

    def append(self, block_id: str, children: Sequence[Json], after: str | None = None) -> list[str]:
        """Append at most 100 blocks in one request, at the end or after a sibling; return their ids, in order.

        Called again it appends them a second time: look at the children first.
        """
        body: Json = {"children": list(children)}
        if after is not None:
            body["position"] = {"type": "after_block", "after_block": {"id": after}}
        made = self._write("PATCH", f"/v1/blocks/{segment(block_id)}/children", body)
        ids = [str(each["id"]) for each in made.get("results", ())]
        if len(ids) != len(children):
            raise OutcomeUnknown(self.system, f"{len(children)} blocks were sent and {len(ids)} came back")
        return ids

    def append_tree(
        self,
        block_id: str,
        children: Sequence[Json],
        after: str | None = None,
        committed: Callable[[str], None] | None = None,
    ) -> list[str]:
        """Append a tree of any size in as many requests as it takes; return the ids of the first level.

        Called again it appends everything a second time. `committed` hears the last first-level id that is complete
        with all below it, so that a caller can go on from there (`after=`) with the siblings that are missing.
        """
        done: list[str] = []
        for batch in batches(children):
            made = self.append(block_id, batch.blocks, after)
            for index, later in batch.later.items():
                self.append_tree(made[index], later)
            done += made
            after = made[-1]
            if committed is not None:
                committed(after)
        return done

    def update_block(self, block_id: str, kind: str, body: Json) -> Json:
        """Replace a block's content (not its type, not its children). The same call again leaves the same block."""
        return self._write("PATCH", f"/v1/blocks/{segment(block_id)}", {kind: body})

    def delete_block(self, block_id: str) -> None:
        """Move a block to the trash; one that is gone already counts as deleted."""
        try:
            self._write("DELETE", f"/v1/blocks/{segment(block_id)}", None)
        except Missing:
            return

    def comment(self, page_id: str, text: Text | list[Json]) -> Json:
        """Comment on a page. Called again it comments a second time: look through `comments` first."""
        items = text if _is_rich(text) else rich_text(text)  # type: ignore[arg-type]
        return self._write("POST", "/v1/comments", {"parent": {"page_id": page_id}, "rich_text": items})

    # --- the wire ---

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


def _is_rich(text: Any) -> bool:
    return isinstance(text, list) and all(isinstance(item, dict) for item in text)


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

"""The obvious loops through `notion-client`, for `bench notion`: what most scripts do, with the client's own retries.

A call that fails in the end is counted as an error, and the loop goes on with the next one, as a careful script does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx
from notion_client import Client
from notion_client.client import ClientOptions
from notion_client.errors import NotionClientErrorBase

from shared.bench.notion.notion_world import Outline, World, build_title, outline_read
from shared.integrations.notion.client.client import VERSION

Json = dict[str, Any]


class Naive:
    """One script's connection; `errors` counts the calls that failed in the end."""

    def __init__(self, world: World) -> None:
        options = ClientOptions(
            auth=world.token, base_url=world.url, notion_version=VERSION, log_level=logging.CRITICAL
        )
        self._client = Client(options)
        self._home = world.home
        self.errors = 0
        self.came_again = 0  # it never does

    def write(self, content: list[Json]) -> str:
        """Create a page and append its blocks level by level, a hundred at once; return the page's id."""
        made = self._try(self._client.pages.create, parent={"page_id": self._home}, properties=build_title("Report"))
        if made is None:
            return ""
        self._append(str(made["id"]), content)
        return str(made["id"])

    def _append(self, parent: str, content: list[Json]) -> None:
        for start in range(0, len(content), 100):
            chunk = content[start : start + 100]
            made = self._try(self._client.blocks.children.append, parent, children=[_bare(each) for each in chunk])
            for block, made_block in zip(chunk, made["results"] if made else (), strict=False):
                below = block[block["type"]].get("children")
                if below and block["type"] != "table":
                    self._append(str(made_block["id"]), below)

    def read(self, page: str) -> Outline:
        """Read a page and all blocks on it."""
        self._try(self._client.pages.retrieve, page)
        return outline_read(self._below(page))

    def _below(self, block: str) -> Iterator[tuple[Json, Outline]]:
        for each in self._all(self._client.blocks.children.list, block_id=block):
            enters = each["has_children"] and each["type"] != "child_page"
            yield each, outline_read(self._below(each["id"])) if enters else []

    def mirror(self, page: str) -> dict[str, tuple[str, Outline]]:
        """Read a page, all blocks on it, and all pages below it."""
        raw = self._try(self._client.pages.retrieve, page)
        if raw is None:
            return {}
        found = list(self._below(page))
        title = "".join(part["plain_text"] for part in raw["properties"]["title"]["title"])
        mirrored = {page: (title, outline_read(found))}
        for each, _ in found:
            if each["type"] == "child_page":
                mirrored |= self.mirror(each["id"])
        return mirrored

    def update_rows(self, source: str) -> None:
        """Set the value in every row."""
        for row in list(self._all(self._client.data_sources.query, data_source_id=source)):
            self._try(self._client.pages.update, row["id"], properties={"Status": {"select": {"name": "Done"}}})

    def _all(self, listing: Callable[..., Any], **asked: Any) -> Iterable[Json]:
        cursor: Json = {}
        while True:
            answer = self._try(listing, page_size=100, **asked, **cursor)
            if answer is None:
                return
            yield from answer["results"]
            if not answer["has_more"]:
                return
            cursor = {"start_cursor": answer["next_cursor"]}

    def _try(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        try:
            return call(*given, **named)
        except (NotionClientErrorBase, httpx.HTTPError):
            self.errors += 1
            return None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _bare(block: Json) -> Json:
    """Return a block without what stands below it; a table takes its rows along."""
    kind = block["type"]
    if kind == "table":
        return block
    return {**block, kind: {name: value for name, value in block[kind].items() if name != "children"}}

"""Comments over the wire."""

from __future__ import annotations

from typing import Any

from shared.integrations.notion.blocks import Text, rich_text
from shared.integrations.notion.wire import Json, Wire


class Comments(Wire):
    """What people and we say on a page."""

    def comments(self, page_id: str) -> list[Json]:
        """Return the open comments of a page or block, oldest first."""
        return list(self._listed("GET", "/v1/comments", {"block_id": page_id}))

    def comment(self, page_id: str, text: Text | list[Json]) -> Json:
        """Comment on a page. Called again it comments a second time: look through `comments` first."""
        items = text if _is_rich(text) else rich_text(text)  # type: ignore[arg-type]
        return self._write("POST", "/v1/comments", {"parent": {"page_id": page_id}, "rich_text": items})


def _is_rich(text: Any) -> bool:
    return isinstance(text, list) and all(isinstance(item, dict) for item in text)

"""Pages and chunks as stored text, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from shared.core.knowledge.chunk import Chunk
from shared.ports.knowledge import KnownPage

PATH_JOINT = "\x1f"  # between the titles of a path


def page_body(page: KnownPage) -> str:
    """Return a page as JSON text."""
    return json.dumps(asdict(page))


def page_of(body: str) -> KnownPage:
    """Return the page that `page_body` wrote, in this version or an older one."""
    return KnownPage(**json.loads(body))


def chunk_body(chunk: Chunk) -> str:
    """Return what no search looks at, as JSON text."""
    kept = {"position": chunk.position, "block": chunk.block, "kind": chunk.kind}
    return json.dumps(kept | {"edited_at": chunk.edited_at, "url": chunk.url})


def chunk_of(id: str, page: str, path: str, text: str, key: str, body: str) -> Chunk:
    rest: dict[str, Any] = json.loads(body)
    return Chunk(id=id, page=page, text=text, path=tuple(path.split(PATH_JOINT)), key=key, **rest)

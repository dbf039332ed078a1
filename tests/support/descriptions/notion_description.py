"""Notion's API as Notion describes it, as a judge of requests.

`judges/notion_description.mjs` makes the description of the types that Notion's own client ships: the part
"notion-description" of `parts.py`. Types know no limits; where Notion's published document, which may not be in the
repository, is on this machine, it judges as well: NOTION_DESCRIPTION names it. In brackets: the fact sheet's section.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tests.support.descriptions.api_description import Api, described_at

JUDGES = Path(__file__).resolve().parents[2] / "judges"

# What the API takes since the description was published: method, path, field, and the fact sheet's section.
LATER_FIELDS = (
    ("POST", "/v1/pages", "allow_async", "10"),
    ("PATCH", "/v1/pages/{page_id}", "is_archived", "2"),
    ("PATCH", "/v1/pages/{page_id}/markdown", "allow_async", "10"),
    ("POST", "/v1/search", "filter.in_trash", "9"),
)
LATER_QUERIES = (("POST", "/v1/pages", "filter_properties", "2"),)
LATER_ENDPOINTS = (
    ("PATCH", "/v1/comments/{comment_id}", "2"),
    ("DELETE", "/v1/comments/{comment_id}", "2"),
    ("GET", "/v1/views", "2"),
    ("POST", "/v1/views", "2"),
    ("GET", "/v1/views/{view_id}", "2"),
    ("PATCH", "/v1/views/{view_id}", "2"),
    ("DELETE", "/v1/views/{view_id}", "2"),
    ("POST", "/v1/views/{view_id}/queries", "2"),
    ("GET", "/v1/views/{view_id}/queries/{query_id}", "2"),
    ("DELETE", "/v1/views/{view_id}/queries/{query_id}", "2"),
    ("GET", "/v1/custom_emojis", "2"),
    ("GET", "/v1/async_tasks/{task_id}", "10"),
)

_OF = b"".join((JUDGES / name).read_bytes() for name in ("notion_description.mjs", "package-lock.json"))
MADE = JUDGES / "node_modules" / f"notion-description-{sha256(_OF).hexdigest()[:12]}.json"  # never one of before


def find_description() -> Path | None:
    """Return where the description is on this machine, or None."""
    return MADE if MADE.is_file() else None


def find_published() -> Path | None:
    """Return where Notion's published document is on this machine, or None."""
    return described_at("NOTION_DESCRIPTION", "notion-openapi-2026-03.json")


_API = Api(
    find=lambda: [found for found in (find_description(), find_published()) if found],
    left_out=tuple((method, path) for method, path, _ in LATER_ENDPOINTS),
    later_queries=tuple((method, path, name) for method, path, name, _ in LATER_QUERIES),
    later_fields=tuple((method, path, name) for method, path, name, _ in LATER_FIELDS),
    bounds={"page_size": (1, 100)},
)
of_exchange, violations = _API.of_exchange, _API.violations

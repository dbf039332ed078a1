"""Property values in full: a page object shows the first 25 items of some, without always saying so."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

from shared.core.errors import Rejected
from shared.integrations.notion.client.checked_answers import guard_parsing
from shared.integrations.notion.client.wire import Json, Wire, format_path_id

_PAGED = frozenset({"title", "rich_text", "people", "relation"})
_CUT_AT = 25


class Properties(Wire):
    """Values of pages, whole."""

    def property_value(self, page_id: str, property_id: str) -> Any:
        """Return the whole value of one property, as it stands below its type's name in a page object.

        A list for title, rich_text, people and relation; for a rollup its object, with every item when it is an array.
        The id may be percent-encoded, as Notion shows it. Raises Rejected when a rollup cannot be computed to its end.
        """
        name = quote(unquote(property_id), safe="")  # encoding it a second time would name another property
        path = f"/v1/pages/{format_path_id(page_id)}/properties/{name}"
        answers = list(self._parts("GET", path))
        with guard_parsing(f"GET {path}"):
            last = answers[-1]
            if last.get("object") == "property_item":
                return last[str(last["type"])]
            items: list[Json] = [item for answer in answers for item in answer["results"]]
            kind = str(last["property_item"]["type"])
            if kind != "rollup":
                return [item[kind] for item in items if kind in item]
            return _rolled_up(path, last["property_item"]["rollup"], items)

    def _whole(self, page: Json) -> Json:
        """Return the page with the values that were cut short read to their end."""
        properties = page.get("properties")
        if not isinstance(properties, dict):
            return page
        cut = {name: value for name, value in properties.items() if isinstance(value, dict) and _is_cut(value)}
        if not cut:
            return page
        whole = {name: self._complete_value(str(page.get("id") or ""), value) for name, value in cut.items()}
        return page | {"properties": properties | whole}

    def _complete_value(self, page_id: str, value: Json) -> Json:
        content = self.property_value(page_id, str(value.get("id") or ""))
        return value | {str(value["type"]): content} | ({"has_more": False} if "has_more" in value else {})


def _is_cut(value: Json) -> bool:
    kind = str(value.get("type"))
    content = value.get(kind)
    if kind == "rollup" and isinstance(content, dict):
        shown = content.get("array")
        return content.get("type") == "incomplete" or (isinstance(shown, list) and len(shown) >= _CUT_AT)
    if kind not in _PAGED or not isinstance(content, list):
        return False
    more = value.get("has_more")
    return bool(more) or (more is None and len(content) >= _CUT_AT)


def _rolled_up(path: str, rollup: Json, items: list[Json]) -> Json:
    if rollup.get("type") == "incomplete":
        raise Rejected("notion", f"GET {path}: Notion cannot compute this rollup completely")
    if rollup.get("type") != "array":
        return rollup
    return rollup | {"array": [{name: item[name] for name in item if name not in ("object", "id")} for item in items]}

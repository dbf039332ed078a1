"""What was edited lately in all that is shared with us, newest first."""

from __future__ import annotations

from shared.integrations.notion.wire import Json, Wire


def edited_since(notion: Wire, since: str) -> list[Json]:
    """Return pages and data sources edited at or after `since` (ISO 8601, UTC), newest first, in few requests.

    It comes from the search, whose index lags and is not promised to be complete (notion-api: search): good for finding
    changes early, never proof that there were none. Stops at the first object that is older.
    """
    found: list[Json] = []
    asked = {"query": "", "sort": {"timestamp": "last_edited_time", "direction": "descending"}}
    for answer in notion._parts("POST", "/v1/search", asked):
        for each in answer["results"]:
            if str(each.get("last_edited_time") or "") < since:
                return found
            found.append(each)
    return found

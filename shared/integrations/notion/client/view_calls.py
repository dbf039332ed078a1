"""Views of data sources over the wire, and the rows a view shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.core.errors import Missing, Rejected, Unavailable
from shared.integrations.notion.client.checked_answers import check_part
from shared.integrations.notion.client.wire import KEEP, Json, Keep, Wire, chosen, given, in_body, in_path
from shared.integrations.notion.limits import check_filter, refuse

KINDS = ("table", "board", "list", "calendar", "timeline", "gallery", "form", "chart", "map", "dashboard")


class Views(Wire):
    """How a table is shown to people."""

    def views(self, *, database_id: str = "", data_source_id: str = "") -> list[Json]:
        """Return references ({"object": "view", "id"}) to the views of a database or of a data source."""
        kind = chosen("views", {"database_id": database_id, "data_source_id": data_source_id})
        return list(self._listed("GET", "/v1/views", {kind: in_body(database_id or data_source_id, f"views.{kind}")}))

    def view(self, view_id: str) -> Json:
        """Return one view; raises Missing."""
        return self._ask("GET", f"/v1/views/{in_path(view_id)}")

    def create_view(
        self,
        name: str,
        kind: str,
        *,
        data_source_id: str,
        database_id: str = "",
        dashboard_id: str = "",
        filter: Json | None = None,
        sorts: Sequence[Json] | None = None,
        configuration: Json | None = None,
    ) -> Json:
        """Add a view to a database, or as a widget to a dashboard view; return it. Called again it adds another.

        `configuration` holds what its kind needs (`{"type": "board", "group_by": …}`), as Notion writes it.
        """
        if kind not in KINDS:
            raise refuse("create_view.kind", f"{kind[:80]!r} is not a kind of view; use one of {', '.join(KINDS)}")
        place = chosen("create_view", {"database_id": database_id, "dashboard_id": dashboard_id})
        holder = "database_id" if place == "database_id" else "view_id"
        check_filter(filter)
        body: Json = {
            holder: in_body(database_id or dashboard_id, f"create_view.{place}"),
            "data_source_id": in_body(data_source_id, "create_view.data_source_id"),
            "name": name,
            "type": kind,
        }
        body |= given({"filter": filter, "sorts": list(sorts) if sorts else None, "configuration": configuration})
        return self._settled(self._write("POST", "/v1/views", body), self.view)

    def update_view(
        self,
        view_id: str,
        *,
        name: str | None = None,
        filter: Json | Keep | None = KEEP,
        sorts: Sequence[Json] | Keep | None = KEEP,
        configuration: Json | None = None,
    ) -> Json:
        """Change what is given, None clears filter or sorts; return the view. The same call changes nothing more."""
        body: dict[str, Any] = given({"name": name, "configuration": configuration})
        if not isinstance(filter, Keep):
            check_filter(filter)
            body["filter"] = filter
        if not isinstance(sorts, Keep):
            body["sorts"] = None if sorts is None else list(sorts)
        return self._settled(self._write("PATCH", f"/v1/views/{in_path(view_id)}", body), self.view)

    def delete_view(self, view_id: str) -> None:
        """Delete a view; one that is gone already counts as deleted."""
        try:
            self._write("DELETE", f"/v1/views/{in_path(view_id)}", None)
        except Missing:
            return

    def query_view(self, view_id: str) -> list[str]:
        """Return the ids of all pages a view shows, in its order.

        Notion takes a snapshot that expires by itself; raises Unavailable when it does so before we are through.
        """
        path = f"/v1/views/{in_path(view_id)}/queries"
        first = self._ask("POST", path, body={"page_size": 100})
        check_part(f"POST {path}", first, "results")
        ids = [str(row["id"]) for row in first["results"]]
        cursor, used = first.get("next_cursor"), set[str]()
        while first["has_more"] and cursor and cursor not in used:
            used.add(cursor)
            try:
                answer = self._ask(
                    "GET", f"{path}/{in_path(first['id'])}", {"page_size": 100, "start_cursor": cursor}, listed=True
                )
            except Missing as error:
                raise Unavailable(self.system, f"GET {path}: the snapshot expired while it was being read") from error
            check_part(f"GET {path}", answer, "results")
            ids += [str(row["id"]) for row in answer["results"]]
            cursor = answer.get("next_cursor") if answer["has_more"] else None
        total = first.get("total_count")
        if isinstance(total, int) and len(ids) < total:
            raise Rejected(self.system, f"{path}: the view shows {total} rows, Notion gave {len(ids)}")
        return ids

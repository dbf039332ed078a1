"""One call of the API: who calls, with what; reading its body and query, and cutting lists into pages."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.refusals import ApiError, invalid, validation_error
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]

OLD, NEW = "2025-09-03", "2026-03-11"
LARGEST_BODY = 500_000


@dataclass(slots=True)
class Cursors:
    """Opaque cursors, kept in memory: they die with the process and after their time, as promised by nobody."""

    made: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """A call on its way through the handlers."""

    world: World
    request: Request
    caller: Caller
    version: str
    cursors: Cursors
    committed: Json = field(default_factory=dict)  # what a 503 after the commit tells about
    status: int = 200
    snapshot: tuple[list[str], bool] | None = None  # what a cursor goes on through, where a list is worked out once
    list_path: str = ""  # the address whose pages a cursor continues, where it is not that of this call

    def body(self, allowed: tuple[str, ...] | None, required: tuple[str, ...] = ()) -> Json:
        """Read the JSON body; closed when `allowed` is given."""
        raw = self.request.get_data()
        if len(raw) > LARGEST_BODY:
            raise invalid("body size in bytes", f"≤ `{LARGEST_BODY}`", len(raw))
        parsed = self.request.get_json(silent=True, force=True) if raw else {}
        if parsed is None:
            raise ApiError(400, "invalid_json", "Error parsing JSON body.")
        if allowed is None:
            return checks.check_object(parsed, "body", required)
        return checks.check_exact(parsed, "body", allowed, required)

    @property
    def old(self) -> bool:
        """Say whether the caller speaks the version before the newest."""
        return self.version == OLD

    def page(self, items: list[Any], kind: str, read: Any, **extra: Any) -> Json:
        """Answer one page of a list; `items` must carry what `read` needs, in a stable order."""
        size, start = self._window()
        if self.request.method == "POST":
            size, start = self._window_of_body()
        size = min(size, int(self.world.state["config"]["list_most"]))
        position = self._position(start, len(items))
        cut = items[position : position + size]
        more = position + size < len(items)
        answer: Json = {
            "object": "list",
            "results": [read(item) for item in cut],
            "next_cursor": self._cursor(position + size) if more else None,
            "has_more": more,
            "type": kind,
            kind: {},
        }
        return {**answer, **extra}

    def find_snapshot(self) -> tuple[list[str], bool] | None:
        """Return what the cursor of this call goes on through, or None for a first page."""
        _, start = self._window_of_body()
        if start is None:
            return None
        self._position(start, 0)
        snapshot: tuple[list[str], bool] | None = self.cursors.made[start]["snapshot"]
        return snapshot

    def _window(self) -> tuple[int, str | None]:
        args = self.request.args
        size = args.get("page_size", "100")
        if not size.lstrip("-").isdigit():
            raise invalid("query.page_size", "a number", size)
        return self._size(int(size), "query.page_size"), args.get("start_cursor")

    def _window_of_body(self) -> tuple[int, str | None]:
        body = self.request.get_json(silent=True, force=True) or {}
        size = body.get("page_size", 100)
        if isinstance(size, bool) or not isinstance(size, int):
            raise invalid("body.page_size", "a number", size)
        start = body.get("start_cursor")
        if "start_cursor" in body and not isinstance(start, str):
            raise invalid("body.start_cursor", "a string", start)
        return self._size(size, "body.page_size"), start

    @staticmethod
    def _size(size: int, path: str) -> int:
        if size > 100:
            raise invalid(path, "≤ `100`", size)
        if size < 1:
            raise invalid(path, "≥ `1`", size)
        return size

    def _cursor(self, position: int) -> str:
        cursor = self.world.new_id()
        lifetime = float(self.world.state["config"]["cursor_lifetime_s"])
        until = self.world.simulator.now().timestamp() + lifetime
        self.cursors.made[cursor] = {"path": self.list_path or self.request.path, "position": position, "until": until}
        self.cursors.made[cursor]["snapshot"] = self.snapshot
        return cursor

    def _position(self, cursor: str | None, total: int) -> int:
        if cursor is None:
            return 0
        made = self.cursors.made.get(cursor)
        now = self.world.simulator.now().timestamp()
        if made is None or made["path"] != self.request.path or made["until"] < now:
            raise validation_error(f"The start_cursor provided is invalid: {cursor}")
        return min(int(made["position"]), total)


def parent_shown(parent: Json) -> Json:
    """Return a parent as it reads: the top of a workspace is `workspace: true`."""
    return {"type": "workspace", "workspace": True} if parent["type"] == "workspace" else parent


def render_object(call: Call, node: Json) -> Json:
    """Return what every object carries: times, authors, trash."""
    shown: Json = {
        "object": node["object"],
        "id": node["id"],
        "parent": parent_shown(node["parent"]),
        "created_time": node["created_time"],
        "last_edited_time": node["last_edited_time"],
        "created_by": {"object": "user", "id": node["created_by"]["id"]},
        "last_edited_by": {"object": "user", "id": node["last_edited_by"]["id"]},
        "in_trash": call.world.is_trashed(node),
    }
    return {**shown, "archived": shown["in_trash"]} if call.old else shown


def trash_flag(call: Call, body: Json) -> bool | None:
    """Read `in_trash`, or `archived` where the version still has it."""
    for key in ("in_trash", "archived"):
        if key in body:
            return checks.boolean(body[key], f"body.{key}")
    return None


def trash_keys(call: Call) -> tuple[str, ...]:
    """Return the names the trash flag goes by in the caller's version."""
    return ("in_trash", "archived") if call.old else ("in_trash",)


def path_id(value: str, name: str) -> str:
    """Take an id out of the path."""
    return checks.object_id(value, f"path.{name}")

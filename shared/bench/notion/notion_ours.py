"""Our ways, for `bench notion`: the client within its budget, and work that comes again when it was held up.

What comes again goes on where it was, from the store, as a command of the queue does; waits are scaled like the limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.workspace.partial_reads import kept_reads
from shared.app.workspace.workspace_map import PAGE, WorkspaceMap
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.bench.notion.notion_mirror import mirror, read_mirrored
from shared.bench.notion.notion_world import LIMIT, Conditions, Outline, World, build_title
from shared.core.errors import ErrorClass, IntegrationError
from shared.core.page import Block
from shared.core.rate_window import SKEW_S, Rate
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.writer import write_page
from shared.integrations.notion.row_batches import list_all_rows, write_rows
from shared.integrations.notion.values.writable_values import means_the_same
from shared.oauth import GrantTokens
from shared.ports import Secret
from shared.steps._kind import Repeat

Json = dict[str, Any]
T = TypeVar("T")
TENANT = "t-bench"
_MAX_COMINGS = 500
_SOON_S = 1.0  # before scaling: when nobody says how long to wait


class _Clock(SystemClock):
    """The machine's clock, ahead by as much as the workspace's."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._world.ahead)


class Ours:
    """One tenant's house; `errors` counts what ended without success, `came_again` the interruptions on the way."""

    def __init__(self, world: World, conditions: Conditions, folder: Path) -> None:
        scale = conditions.scale
        self._scale, self._home = scale, world.home
        self._clock = _Clock(world)
        self._store = LocalStore(folder, self._clock)
        secrets, queue = LocalSecrets(folder), LocalQueue(self._store, self._clock)
        settle = timedelta(seconds=70 / scale)
        self._deps = Deps(self._store, queue, secrets, self._clock, settle=settle)
        rate = Rate(LIMIT, conditions.window_s, guard_s=(SKEW_S + 0.5) / scale, life_s=10 / scale)
        accounts = Accounts(
            self._store,
            secrets,
            self._clock,
            Endpoints({"notion": world.url}),
            self._deps.owner,
            rate=rate,
            sleep=time.sleep,
        )
        accounts.keep(TENANT, "notion", GrantTokens(Secret(world.token), None, {}), {})
        self._notion = accounts.connect_for(TENANT)(Notion)
        self.errors = self.came_again = 0

    def write(self, wanted: list[Json]) -> str:
        """Create a page with its blocks; return its id."""

        def create(children: Any) -> str:
            return str(
                self._notion.create_page(page_id=self._home, properties=build_title("Report"), children=children)["id"]
            )

        def find() -> str | None:
            blocks = self._notion.children(self._home)
            pages = (each for each in blocks if (each.get("child_page") or {}).get("title") == "Report")
            return next((str(each["id"]) for each in pages), None)

        effects = self._effects("write")

        def once(name: str, do: Any, look: Any) -> Mapping[str, Any]:
            return effects(name, do, repeat=Repeat.LOOK, look=look)

        return self._retry_work(lambda: write_page(self._notion, once, wanted, create, find)) or ""

    def read(self, page: str) -> Outline:
        """Read a page and all blocks on it."""

        def work() -> Outline:
            with kept_reads(self._deps, TENANT, "read") as kept:
                return _outline(self._notion.read_page(page, kept=kept).blocks)

        return self._retry_work(work) or []

    def mirror(self, root: str) -> dict[str, tuple[str, Outline]]:
        """Bring our copy of a page and of all pages below it up to date; return it."""
        self._retry_work(lambda: mirror(self._deps, TENANT, self._notion, root))
        found: dict[str, tuple[str, Outline]] = {}
        for place in WorkspaceMap(self._deps, TENANT).list_all().values():
            page = read_mirrored(self._deps, TENANT, place.id) if place.kind == PAGE else None
            if page is not None and not place.trashed:
                found[place.id] = (place.title, _outline(page.blocks))
        return found

    def update_rows(self, source: str) -> None:
        """Set the value in every row that does not hold it, by the batches of the step `notion.update_rows`.

        Without the look before each write that the step owes to people: nobody else is in this workspace, and the
        obvious loop does not look either.
        """
        value = {"Status": {"select": {"name": "Done"}}}
        memory = _Memory(self._store, self._effects("rows"))

        def missing(row: Json) -> bool:
            return not means_the_same(row["properties"]["Status"], value["Status"])

        def work() -> None:
            rows = list_all_rows(self._notion, memory, source, None, [], "found")
            write_rows(self._notion, memory, [row | {"properties": value} for row in rows if missing(row)], "rows")

        self._retry_work(work)

    def close(self) -> None:
        """Let go of the folder."""
        self._store.close()

    def _effects(self, scope: str) -> Effects:
        return Effects(self._deps, TENANT, scope, scope, "notion")

    def _retry_work(self, work: Callable[[], T]) -> T | None:
        """Do it, coming again after what passes; what does not pass is an error."""
        for _ in range(_MAX_COMINGS):
            try:
                return work()
            except IntegrationError as error:
                if error.error_class != ErrorClass.TRANSIENT:
                    break
                retry_after = error.retry_after
                self.came_again += 1
            time.sleep(retry_after.total_seconds() if retry_after is not None else _SOON_S / self._scale)
        self.errors += 1
        return None


class _Memory:
    """What was done, and texts, as a step remembers them."""

    def __init__(self, store: LocalStore, effects: Effects) -> None:
        self._store, self._effects = store, effects

    def do_idempotently(self, name: str, do: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        return self._effects(name, do, repeat=Repeat.SAME_END)

    @property
    def keep_text(self) -> Callable[[str], str]:
        return lambda text: self._store.put_text(TENANT, text)

    @property
    def get_text(self) -> Callable[[str], str]:
        return lambda address: self._store.get_text(TENANT, address)


def _outline(blocks: tuple[Block, ...]) -> Outline:
    return [[each.type, _text(each), _outline(each.children)] for each in blocks if not each.type.startswith("child_")]


def _text(block: Block) -> str:
    return "".join(span.text for span in (*block.spans, *(part for cell in block.cells for part in cell)))

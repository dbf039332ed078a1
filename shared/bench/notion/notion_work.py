"""`bench notion`: requests and seconds of common work in Notion, beside the obvious loop through `notion-client`.

Both work under the same limit and the same faults, each in a simulated workspace of its own with the same content.
Notion's minute is scaled down, for both alike, so that the whole takes about two minutes.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol, TypeVar

from shared.bench.notion import notion_world as worlds
from shared.bench.notion.notion_world import Conditions, Outline, World
from shared.core.errors import ConfigError
from shared.settings import process_environment

Json = dict[str, Any]
T = TypeVar("T")
_HOUR = 3600.0  # between writing and reading, so that nothing was edited in the very minute it is read
_COMPARED = (
    "notion-client {version} with its own retries: blocks appended level by level, a hundred at once; every page read "
    "anew for a mirror; every row updated. Both under {limit} requests per {window:g} s (Notion's 60 s, scaled by "
    "{scale:g}) and with {share:.1%} of the requests disturbed alike"
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is to do."""

    blocks: int = 1000
    pages: int = 200
    rows: int = 1000


@dataclass(slots=True)
class Measured:
    """What one side needed. `errors` are calls, or for us whole tasks, that failed in the end."""

    requests: int
    seconds: float
    errors: int
    complete: bool  # nothing is missing and nothing is there twice
    came_again: int = 0  # interruptions after which the work went on where it was


class Side(Protocol):
    """One way of doing the tasks. Counts its `errors`, and the times it `came_again`."""

    errors: int
    came_again: int

    def write(self, wanted: list[Json]) -> str:
        """Create a page with its blocks; return its id."""

    def read(self, page: str) -> Outline:
        """Read a page and all blocks on it."""

    def mirror(self, page: str) -> dict[str, tuple[str, Outline]]:
        """Return title and content of a page and of all pages below it, by id."""

    def update_rows(self, source: str) -> None:
        """Set the value in every row of a table."""

    def close(self) -> None:
        """Let go of everything."""


Build = Callable[[World, Conditions, Path], Side]


def bench_notion(sizes: Sizes, conditions: Conditions) -> Json:
    """Do every task in both ways; return the figures, as JSON-able data. Raises ConfigError without `notion-client`."""
    try:
        version = metadata.version("notion-client")
    except metadata.PackageNotFoundError:
        raise ConfigError("bench notion compares with notion-client, which `make bench` installs") from None
    ours, naive = _measure_way(_ours, sizes, conditions), _measure_way(_naive, sizes, conditions)
    window, scale = conditions.window_s, conditions.scale
    return {
        "bench": "notion",
        "compared_with": _COMPARED.format(
            version=version, limit=worlds.LIMIT, window=window, scale=scale, share=conditions.faults
        ),
        "limit": {"requests": worlds.LIMIT, "window_s": window, "scaled_by": scale},
        "fault_share": conditions.faults,
        "seed": conditions.seed,
        "sizes": asdict(sizes),
        "tasks": {name: _beside(ours[name], naive[name]) for name in ours},
    }


def as_text(found: Json) -> str:
    """Return the figures as lines for people."""
    lines = [f"{'':13}{'ours':34}{'notion-client':34}ratio of requests"]
    for name, task in found["tasks"].items():
        sides = (task["ours"], task["naive"])
        shown = [f"{side['requests']} requests, {side['seconds']} s, {side['errors']} errors" for side in sides]
        lines.append(f"{name:13}{shown[0]:34}{shown[1]:34}{task['ratio']}")
    return "\n".join([*lines, f"Beside: {found['compared_with']}."])


def _beside(ours: Measured, naive: Measured) -> Json:
    ratio = round(naive.requests / ours.requests, 2)
    return {"ours": asdict(ours), "naive": asdict(naive), "ratio": ratio}


def _ours(world: World, conditions: Conditions, folder: Path) -> Side:
    from shared.bench.notion.notion_ours import Ours

    return Ours(world, conditions, folder)


def _naive(world: World, conditions: Conditions, folder: Path) -> Side:
    from shared.bench.notion.notion_naive import Naive

    return Naive(world)


def _measure_way(build: Build, sizes: Sizes, conditions: Conditions) -> dict[str, Measured]:
    """Do all tasks in one way."""
    found: dict[str, Measured] = {}
    with _at_work(build, conditions) as (world, side):
        content = worlds.document(sizes.blocks)
        found["write"] = _time_task(
            world, side, conditions, "write", lambda: side.write(content),
            lambda page: bool(page) and world.outline(page) == worlds.outline_sent(content),
        )  # fmt: skip
    with _at_work(build, conditions) as (world, side):
        page = world.large_page(worlds.document(sizes.blocks))
        world.move_clock(_HOUR)
        found["read"] = _time_task(
            world, side, conditions, "read", lambda: side.read(page), lambda seen: seen == world.outline(page)
        )
    with _at_work(build, conditions) as (world, side):
        ids = worlds.plant(world, sizes.pages)
        for name, later in (("mirror", _HOUR), ("mirror_again", 3 * _HOUR)):
            world.move_clock(later)
            found[name] = _time_task(
                world, side, conditions, name, lambda: side.mirror(ids[0]), lambda seen: seen == world.tree(ids[0])
            )
            world.move_clock(2 * _HOUR)
            worlds.change(world, ids)
    with _at_work(build, conditions) as (world, side):
        source = worlds.table(world, sizes.rows)
        found["update_rows"] = _time_task(
            world, side, conditions, "update_rows", lambda: side.update_rows(source),
            lambda _: worlds.rows_done(world, source) == sizes.rows,
        )  # fmt: skip
    return found


@contextmanager
def _at_work(build: Build, conditions: Conditions) -> Iterator[tuple[World, Side]]:
    """Lend a fresh workspace, and a side that works in it."""
    folder = Path(tempfile.mkdtemp(prefix="workwright-bench-", dir=process_environment().get("WORKWRIGHT_BENCH_DIR")))
    world = World()
    try:
        side = build(world, conditions, folder)
        try:
            yield world, side
        finally:
            side.close()
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)


def _time_task(
    world: World, side: Side, conditions: Conditions, name: str, work: Callable[[], T], complete: Callable[[T], bool]
) -> Measured:
    errors, came_again = side.errors, side.came_again
    world.begin(conditions, name)
    begun = time.perf_counter()
    done = work()
    seconds, asked = time.perf_counter() - begun, world.requests()
    world.end()
    return Measured(asked, round(seconds, 2), side.errors - errors, complete(done), side.came_again - came_again)

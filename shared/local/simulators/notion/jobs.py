"""What happens later: work that waits for its time on the simulator's clock."""

from typing import Any

from shared.local.simulators.notion.world import World

Json = dict[str, Any]


def add(world: World, kind: str, after_s: float, **detail: Any) -> None:
    """Put work off by so many seconds."""
    number = str(world.number())
    world.state["jobs"][number] = {"kind": kind, "at": world.simulator.now().timestamp() + after_s, **detail}
    world.simulator.touch()


def take_due(world: World) -> list[Json]:
    """Take out everything whose time has come, the earliest first."""
    now = world.simulator.now().timestamp()
    due = sorted(
        ((job["at"], int(number)) for number, job in world.state["jobs"].items() if job["at"] <= now), key=lambda j: j
    )
    return [world.state["jobs"].pop(str(number)) for _, number in due]


def next_at(world: World) -> float | None:
    """Return when the next of them is due, in seconds of the simulator's clock."""
    return min((job["at"] for job in world.state["jobs"].scan()), default=None)

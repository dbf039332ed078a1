"""Put-off work of every kind, done when its time has come: imports, expiries."""

from typing import Any

from shared.sim.notion import uploads
from shared.sim.notion.world import World

Json = dict[str, Any]


def do(world: World, job: Json) -> None:
    """Do one piece of work; what it was about may be gone by now."""
    match job["kind"]:
        case "import":
            uploads.fetch(world, world.state["uploads"][job["upload"]])
        case "expire":
            uploads.expire(world, world.state["uploads"][job["upload"]])

"""Put-off work of every kind, done when its time has come: imports, expiries, tasks, the filling of templates."""

from collections.abc import Callable
from typing import Any

from shared.local.simulators.notion import async_tasks
from shared.local.simulators.notion.content import templates, uploads
from shared.local.simulators.notion.world import World

Json = dict[str, Any]
Perform = Callable[[Json], Json]  # a put-off call -> what it is answered with


def do(world: World, job: Json, perform: Perform) -> None:
    """Do one piece of work; what it was about may be gone by now."""
    match job["kind"]:
        case "import":
            uploads.fetch(world, world.state["uploads"][job["upload"]])
        case "expire":
            uploads.expire(world, world.state["uploads"][job["upload"]])
        case "fill":
            templates.fill(world, job)
        case "task":
            task = world.state["tasks"][job["task"]]
            async_tasks.step(world, task, perform(task) if async_tasks.is_ready(task) else None)
        case "forget":
            del world.state["tasks"][job["task"]]

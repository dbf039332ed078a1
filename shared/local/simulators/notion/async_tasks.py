"""Asynchronous tasks: a Markdown write put off, its states by the clock, its result for a while."""

import uuid
from datetime import UTC
from typing import Any

from shared.local.simulators.notion import jobs
from shared.local.simulators.notion.calls import Call
from shared.local.simulators.notion.refusals import missing
from shared.local.simulators.notion.world import World

Json = dict[str, Any]


def is_put_off(call: Call, size: int) -> bool:
    """Say whether a write of so many characters is put off; a put-off one that runs now never is."""
    config = call.world.state["config"]
    if call.request.environ.get("notion.put_off"):
        return False
    large = size > int(config["async_large_chars"])
    return bool(config["async_tasks"] == "always" or (config["async_tasks"] == "large" and large))


def put_off(call: Call, name: str) -> Json:
    """Remember the call; answer 202 with the task that will make it."""
    world = call.world
    config = world.state["config"]
    task = {
        "id": f"task_{uuid.UUID(world.new_id()).hex}",
        "by": call.caller.author,
        "workspace_id": call.caller.workspace_id,
        "created_time": world.simulator.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "name": name,
        "method": call.request.method,
        "path": call.request.path,
        "body": call.request.get_json(force=True),
        "version": call.version,
        "status": "queued",
        "retries": int(config["async_retries"]),
    }
    world.state["tasks"][task["id"]] = task
    jobs.add(world, "task", float(config["async_queued_s"]), task=task["id"])
    call.status = 202
    return render_task(world, task)


def render_task(world: World, task: Json) -> Json:
    """Return a task as it reads."""
    answer = {
        "object": "async_task",
        "id": task["id"],
        "status": task["status"],
        "status_url": f"{world.simulator.base_url}/v1/async_tasks/{task['id']}",
        "created_time": task["created_time"],
        "operation": {"surface": "rest", "name": task["name"]},
    }
    for key in ("result", "error"):
        if key in task:
            return {**answer, key: task[key]}
    return {**answer, "poll_after_seconds": int(world.state["config"]["async_poll_s"])}


def get(call: Call, task_id: str) -> Json:
    """GET /v1/async_tasks/{id}; a finished one is gone after a while."""
    task = call.world.state["tasks"].get(task_id)
    if task is None or task["by"]["id"] != call.caller.id:
        raise missing("async task", task_id)
    return render_task(call.world, task)


def step(world: World, task: Json, answer: Json | None) -> None:
    """Take a task one state further; `answer` is what its call was answered with, once it was made."""
    config = world.state["config"]
    if answer is not None:
        failed = answer.get("object") == "error"
        task.update(status="failed" if failed else "succeeded", **{"error" if failed else "result": answer})
        jobs.add(world, "forget", float(config["async_result_s"]), task=task["id"])
        return
    if task["status"] != "queued" and task["retries"] > 0:
        task.update(status="retrying", retries=task["retries"] - 1)
    else:
        task["status"] = "running"
    jobs.add(world, "task", float(config["async_running_s"]), task=task["id"])


def is_ready(task: Json) -> bool:
    """Say whether the next thing to do is the call itself."""
    return task["status"] in ("running", "retrying") and task["retries"] == 0

"""A repository's own webhooks: who rules it makes them, and nobody is shown their secrets."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import shapes
from shared.local.simulators.github.calls import Call, Refused, invalid, not_found

Json = dict[str, Any]


def _require_admin(call: Call) -> Json:
    repo: Json = call.writable("repository_hooks")
    role = call.sim.state.get("roles", {}).get(f"{call.caller.login}/{repo['owner']}".lower(), "admin")
    if role != "admin":
        raise not_found()
    return repo


def _shape(call: Call, repo: Json, hook: Json) -> Json:
    url = f"{shapes.api_url(call, repo)}/hooks/{hook['id']}"
    stamps = {"created_at": hook["created_at"], "updated_at": hook["created_at"]}
    shown = {key: hook[key] for key in ("id", "active", "events")} | {"type": "Repository", "name": "web"} | stamps
    config = {**hook["config"], "secret": "********"}
    last = {"code": None, "status": "unused", "message": None}
    addresses = {"url": url, "test_url": f"{url}/tests", "ping_url": f"{url}/pings"}
    return {**shown, **addresses, "deliveries_url": f"{url}/deliveries", "config": config, "last_response": last}


def _config(asked: Json) -> Json:
    config = asked.get("config")
    if not isinstance(config, dict) or not str(config.get("url", "")).startswith(("http://", "https://")):
        raise invalid("Hook", "url", "missing_field")
    return {"content_type": "form", "secret": "", "insecure_ssl": "0", **config}


def create(call: Call) -> Response:
    """Make a webhook; the same address for the same news is refused."""
    repo, asked = _require_admin(call), call.body("name config events active")
    config, events = _config(asked), asked.get("events", ["push"])
    hooks = repo.setdefault("hooks", [])
    if any(each["config"]["url"] == config["url"] and set(each["events"]) & set(events) for each in hooks):
        raise Refused(422, "Validation Failed", [{"resource": "Hook", "code": "custom",
                                                  "message": "Hook already exists on this repository"}])  # fmt: skip
    hook = {"id": call.sim.next_id(), "created_at": call.sim.stamp(), "config": config, "events": events}
    hooks.append(hook | {"active": asked.get("active", True)})
    call.sim.effect("hook.create", repo=f"{repo['owner']}/{repo['name']}", url=config["url"])
    return json_response(_shape(call, repo, hooks[-1]), 201)


def _one(call: Call) -> tuple[Json, Json]:
    repo = _require_admin(call)
    found = next((each for each in repo.get("hooks", ()) if each["id"] == call.parameters["number"]), None)
    if found is None:
        raise not_found()
    return repo, found


def update(call: Call) -> Response:
    """Set a webhook up anew."""
    (repo, hook), asked = _one(call), call.body("config events add_events remove_events active")
    hook["config"] = _config(asked) if "config" in asked else hook["config"]
    hook |= {key: asked[key] for key in ("events", "active") if key in asked}
    call.sim.effect("hook.update", repo=f"{repo['owner']}/{repo['name']}", url=hook["config"]["url"])
    return json_response(_shape(call, repo, hook))


def delete(call: Call) -> Response:
    """Delete a webhook."""
    repo, hook = _one(call)
    repo["hooks"].remove(hook)
    call.sim.effect("hook.delete", repo=f"{repo['owner']}/{repo['name']}", url=hook["config"]["url"])
    return Response(status=204)


def list_hooks(call: Call) -> Response:
    """List a repository's own webhooks."""
    repo = _require_admin(call)
    return call.page_of([_shape(call, repo, each) for each in repo.get("hooks", ())])


_HOOKS = "/repos/<owner>/<repo>/hooks"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", _HOOKS, create),
    ("GET", _HOOKS, list_hooks),
    ("PATCH", f"{_HOOKS}/<int:number>", update),
    ("DELETE", f"{_HOOKS}/<int:number>", delete),
]

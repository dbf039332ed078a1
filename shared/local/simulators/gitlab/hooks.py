"""Webhooks: kept in the state until they are delivered, signed the new way or with the old token."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from werkzeug.wrappers import Response

from shared.local.simulators._hooks import Sender, is_delivered, post
from shared.local.simulators._server import json_response
from shared.local.simulators.gitlab.calls import MAINTAINER, Call, Refused, number_of, text_of

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

Json = dict[str, Any]
EVENTS = ("push", "merge_requests", "note", "pipeline", "issues", "tag_push", "job", "deployment", "releases")
_FIELDS = (
    "url token signing_token name description enable_ssl_verification push_events_branch_filter custom_headers "
    "branch_filter_strategy confidential_issues_events confidential_note_events custom_webhook_template "
    "feature_flag_events milestone_events resource_access_token_events resource_deploy_token_events wiki_page_events "
) + " ".join(f"{each}_events" for each in EVENTS)
_TITLES = {
    "push": "Push Hook",
    "merge_requests": "Merge Request Hook",
    "note": "Note Hook",
    "pipeline": "Pipeline Hook",
}
FAILURES_OFF = 4  # in a row, and the hook is off for a growing time
FAILURES_GONE = 40  # in a row, and it is off for good


def _shape(project: Json, hook: Json) -> Json:
    shown = {key: value for key, value in hook.items() if key not in ("token", "signing_token", "failures")}
    present = {"token_present": bool(hook["token"]), "signing_token_present": bool(hook["signing_token"])}
    alert = "disabled" if hook["failures"] >= FAILURES_GONE else "executable"
    alert = "temporarily_disabled" if hook["disabled_until"] and alert == "executable" else alert
    return shown | present | {"project_id": project["id"], "alert_status": alert, "url_variables": []}


def _signing_key(value: str) -> str:
    if not value:
        return ""
    try:
        right = value.startswith("whsec_") and len(base64.b64decode(value[6:], validate=True)) == 32
    except ValueError:
        right = False
    if not right:
        raise Refused(400, "signing_token is invalid", "error")
    return value


def _fill(hook: Json, body: Json) -> None:
    url = text_of(body, "url", hook.get("url", ""))
    if not url.startswith(("http://", "https://")):
        raise Refused(422, "Invalid url given")
    hook |= {"url": url, "name": body.get("name", hook.get("name"))}
    hook["token"] = text_of(body, "token", hook.get("token", ""))
    hook["signing_token"] = _signing_key(text_of(body, "signing_token", hook.get("signing_token", "")))
    hook["enable_ssl_verification"] = bool(body.get("enable_ssl_verification", True))
    for each in EVENTS:
        name = f"{each}_events"
        hook[name] = bool(body.get(name, hook.get(name, each == "push")))


def create(call: Call) -> Response:
    """Make a webhook; maintainers only."""
    project = call.writable(MAINTAINER)
    hook: Json = {"id": call.sim.next_id(), "created_at": call.sim.stamp(), "failures": 0, "disabled_until": None}
    _fill(hook, call.body(_FIELDS, "url"))
    project["hooks"].append(hook)
    call.sim.effect("hook.create", repo=project["full"], url=hook["url"])
    return json_response(_shape(project, hook), 201)


def _one(call: Call) -> Json:
    number = number_of(call, "hook")
    found: Json | None = next((h for h in call.writable(MAINTAINER)["hooks"] if h["id"] == number), None)
    if found is None:
        raise Refused(404, "404 Not found")
    return found


def update(call: Call) -> Response:
    """Change a webhook, which is on again then."""
    hook = _one(call)
    _fill(hook, call.body(_FIELDS, "url"))
    hook |= {"failures": 0, "disabled_until": None}
    call.sim.effect("hook.update", repo=call.project["full"], url=hook["url"])
    return json_response(_shape(call.project, hook))


def get(call: Call) -> Response:
    """Read one webhook, without its secrets."""
    return json_response(_shape(call.project, _one(call)))


def list_hooks(call: Call) -> Response:
    """List a project's webhooks."""
    project = call.writable(MAINTAINER)
    return call.page_of([_shape(project, hook) for hook in project["hooks"]])


def delete(call: Call) -> Response:
    """Delete a webhook."""
    hook = _one(call)
    call.project["hooks"].remove(hook)
    call.sim.effect("hook.delete", repo=call.project["full"], url=hook["url"])
    return Response(status=204)


def _project(sim: "GitLabSimulator", project: Json) -> Json:
    url = f"{sim.base_url}/{project['full']}"
    shown = {key: project[key] for key in ("id", "name", "description", "default_branch")}
    return shown | {"web_url": url, "git_http_url": f"{url}.git", "path_with_namespace": project["full"]}


def _user(sim: "GitLabSimulator", username: str) -> Json:
    person = sim.person(username)
    return {"id": person["id"], "name": person["name"], "username": username, "avatar_url": None, "email": "[REDACTED]"}


def _tell(sim: "GitLabSimulator", project: Json, event: str, body: Json) -> None:
    for hook in project["hooks"]:
        if hook[f"{event}_events"] and hook["failures"] < FAILURES_GONE:
            sim.state["outbox"].append(
                {"id": str(uuid4()), "uuid": str(uuid4()), "project": project["id"], "hook": hook["id"]}
                | {"title": _TITLES[event], "body": body}
            )
            sim.touch()
    sim.webhooks.wake()


def announce_push(
    sim: "GitLabSimulator", project: Json, ref: str, before: str | None, after: str | None, by: str
) -> None:
    """Tell of a push to a branch."""
    if not ref.startswith("refs/heads/"):
        return
    nothing = "0" * 40
    person = _user(sim, by)
    body: Json = {"object_kind": "push", "event_name": "push", "before": before or nothing, "after": after or nothing}
    body |= {"ref": ref, "ref_protected": False, "checkout_sha": after, "project_id": project["id"]}
    body |= {"user_id": person["id"], "user_name": person["name"], "user_username": by, "user_email": ""}
    body |= {"project": _project(sim, project), "commits": [], "total_commits_count": 1 if after else 0}
    _tell(sim, project, "push", body)


def _attributes(sim: "GitLabSimulator", project: Json, request: Json) -> Json:
    shown = {key: request[key] for key in ("id", "iid", "title", "description", "state", "created_at", "updated_at")}
    return {
        **shown,
        "source_branch": request["source"],
        "target_branch": request["target"],
        "source_project_id": project["id"],
        "target_project_id": project["id"],
        "author_id": sim.person(request["author"])["id"],
        "merge_commit_sha": request["merge_commit_sha"],
        "last_commit": {"id": request["head_sha"]},
        "draft": request["title"].lower().startswith("draft:"),
        "url": f"{sim.base_url}/{project['full']}/-/merge_requests/{request['iid']}",
    }


def announce_merge_request(
    sim: "GitLabSimulator", project: Json, request: Json, action: str, by: str, oldrev: str = ""
) -> None:
    """Tell what happened to a merge request; `oldrev` is where its branch stood before a push."""
    about = {**_attributes(sim, project, request), "action": action}
    if oldrev:
        about["oldrev"] = oldrev
    body = {"object_kind": "merge_request", "event_type": "merge_request", "user": _user(sim, by)}
    _tell(sim, project, "merge_requests", {**body, "project": _project(sim, project), "object_attributes": about})


def announce_note(sim: "GitLabSimulator", project: Json, request: Json, note: Json, by: str) -> None:
    """Tell of a remark on a merge request."""
    about = {"id": note["id"], "note": note["body"], "noteable_type": "MergeRequest", "system": False}
    about |= {"author_id": sim.person(by)["id"], "type": note["type"], "created_at": note["created_at"]}
    body: Json = {
        "object_kind": "note",
        "event_type": "note",
        "user": _user(sim, by),
        "project": _project(sim, project),
    }
    body |= {"project_id": project["id"], "object_attributes": about}
    _tell(sim, project, "note", {**body, "merge_request": _attributes(sim, project, request)})


def announce_pipeline(sim: "GitLabSimulator", project: Json, pipeline: Json) -> None:
    """Tell what a pipeline has come to. For a branch's pipeline GitLab names no merge request."""
    about: Json = {key: pipeline[key] for key in ("id", "iid", "ref", "sha", "source", "status", "created_at")}
    body: Json = {"object_kind": "pipeline", "object_attributes": about | {"tag": False}, "merge_request": None}
    body |= {"user": _user(sim, pipeline["by"] or project["space"]), "project": _project(sim, project), "builds": []}
    _tell(sim, project, "pipeline", body)


def signature(key: str, message_id: str, at: str, raw: bytes) -> str:
    """Return the value of `webhook-signature` (Standard Webhooks)."""
    signed = f"{message_id}.{at}.".encode() + raw
    digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class Webhooks(Sender):
    """Sends what waits in the state's outbox, each once: GitLab does not repeat a delivery by itself."""

    def __init__(self, sim: "GitLabSimulator") -> None:
        super().__init__("gitlab-webhooks")
        self._sim = sim

    def turn(self) -> float:
        """Deliver all that waits."""
        self.deliver()
        return 1.0

    def deliver(self) -> int:
        """Deliver all that waits; return how many deliveries were taken."""
        with self._sim.lock:
            waiting = list(self._sim.state["outbox"])
            config = dict(self._sim.state["config"])
        if config["reorder"]:
            random.Random(len(waiting)).shuffle(waiting)
        return sum(self._deliver(item, config) for item in waiting)

    def _deliver(self, item: Json, config: Json) -> bool:
        with self._sim.lock:
            project = self._sim.state["projects"].get(str(item["project"]))
            hook = next((h for h in project["hooks"] if h["id"] == item["hook"]), None) if project else None
            now = self._sim.now().timestamp()
            off = hook is None or (hook["disabled_until"] is not None and hook["disabled_until"] > now)
        arrived = False
        if hook is not None and not off:
            for _ in range(int(config["copies"])):
                arrived = is_delivered(self._post(item, hook))
        with self._sim.lock:
            self._sim.state["outbox"] = [each for each in self._sim.state["outbox"] if each["id"] != item["id"]]
            if hook is not None and not off:
                self._settle(hook, arrived)
            self._sim.save_now()
        return arrived

    def _settle(self, hook: Json, arrived: bool) -> None:
        hook["failures"] = 0 if arrived else hook["failures"] + 1
        late = hook["failures"] - FAILURES_OFF
        hook["disabled_until"] = None if late < 0 else self._sim.now().timestamp() + 60 * 2 ** min(late, 10)

    def _post(self, item: Json, hook: Json) -> int:
        raw = json.dumps(item["body"], ensure_ascii=False).encode()
        headers = {"User-Agent": "GitLab/19.5.0", "X-Gitlab-Event": item["title"]}
        headers |= {"X-Gitlab-Event-UUID": item["uuid"], "X-Gitlab-Webhook-UUID": str(hook["id"])}
        headers |= {"Idempotency-Key": item["id"], "X-Gitlab-Instance": self._sim.base_url}
        if hook["token"]:
            headers["X-Gitlab-Token"] = hook["token"]
        if hook["signing_token"]:
            at = str(int(self._sim.now().timestamp()))
            headers |= {"webhook-id": item["id"], "webhook-timestamp": at}
            headers["webhook-signature"] = signature(hook["signing_token"], item["id"], at, raw)
        return post(hook["url"], raw, headers)


_H = "/projects/<project>/hooks"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", _H, list_hooks),
    ("POST", _H, create),
    ("GET", f"{_H}/<hook>", get),
    ("PUT", f"{_H}/<hook>", update),
    ("DELETE", f"{_H}/<hook>", delete),
]

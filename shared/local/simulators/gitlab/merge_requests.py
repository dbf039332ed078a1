"""Merge requests: opened, changed, closed, merged; they follow their branches."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.gitlab import hooks
from shared.local.simulators.gitlab.calls import Call, Refused, text_of
from shared.local.simulators.gitlab.merge_request_shapes import one, shape, status_of
from shared.local.simulators.gitlab.projects import branch_sha, who_line

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

Json = dict[str, Any]
_CREATE = (
    "source_branch target_branch title description labels assignee_id assignee_ids reviewer_ids remove_source_branch "
    "squash milestone_id target_project_id allow_collaboration allow_maintainer_to_push approvals_before_merge"
)
_UPDATE = (
    "target_branch title description state_event labels add_labels remove_labels assignee_id assignee_ids "
    "reviewer_ids milestone_id remove_source_branch squash discussion_locked allow_collaboration squash_on_merge"
)


def follow(sim: "GitLabSimulator", project: Json, ref: str, sha: str | None, by: str) -> None:
    """Let open merge requests follow their branch; GitLab looks anew whether they can be merged."""
    for request in project["requests"]:
        if request["state"] != "opened" or sha is None:
            continue
        if ref == f"refs/heads/{request['target']}":
            request["checking"] = True
        if ref != f"refs/heads/{request['source']}":
            continue
        before, request["head_sha"], request["checking"] = request["head_sha"], sha, True
        _version(sim, request)
        _point(sim, project, request)
        hooks.announce_merge_request(sim, project, request, "update", by, oldrev=before)


def _version(sim: "GitLabSimulator", request: Json) -> None:
    about = {"head_commit_sha": request["head_sha"], "base_commit_sha": request["base_sha"], "state": "collected"}
    request["versions"].append({"id": sim.next_id(), **about, "created_at": sim.stamp()})


def _point(sim: "GitLabSimulator", project: Json, request: Json) -> None:
    ref = f"refs/merge-requests/{request['iid']}/head"
    project["refs"][ref] = request["head_sha"]
    sim.bare(project).set_ref(ref, request["head_sha"])


def create(call: Call) -> Response:
    """Open a merge request from one branch of the project to another."""
    project = call.writable()
    body = call.body(_CREATE, "source_branch target_branch title")
    source, target = text_of(body, "source_branch"), text_of(body, "target_branch")
    for each in project["requests"]:
        if each["state"] == "opened" and (each["source"], each["target"]) == (source, target):
            raise Refused(409, [f"Another open merge request already exists for this source branch: !{each['iid']}"])
    head, base = branch_sha(project, source), branch_sha(project, target)
    if head is None or base is None or source == target:
        what = "Source branch" if head is None else "Target branch"
        why = (
            f"{what} does not exist" if source != target else "You can't use same project/branch for source and target"
        )
        raise Refused(422, {"validate_branches" if source == target else what.lower(): [why]})
    if not text_of(body, "title").strip():
        raise Refused(400, {"title": ["can't be blank"]})
    request = _build_merge_request(call, project, body, head, base)
    project["next_iid"] += 1
    project["requests"].append(request)
    _reviewers(call, project, request, body)
    _version(call.sim, request)
    _point(call.sim, project, request)
    about = {"number": request["iid"], "head": source, "base": target, "sha": head, "title": request["title"]}
    call.sim.effect("merge_request.create", repo=project["full"], **about, by=call.caller.username)
    hooks.announce_merge_request(call.sim, project, request, "open", call.caller.username)
    return json_response(shape(call, project, request, "checking"), 201)


def _build_merge_request(call: Call, project: Json, body: Json, head: str, base: str) -> Json:
    now = call.sim.stamp()
    return {
        "id": call.sim.next_id(),
        "iid": project["next_iid"],
        "title": body["title"],
        "description": text_of(body, "description") or None,
        "state": "opened",
        "source": text_of(body, "source_branch"),
        "target": text_of(body, "target_branch"),
        "head_sha": head,
        "base_sha": call.git.merge_base(base, head) or base,
        "author": call.caller.username,
        "labels": _labels(body.get("labels")),
        "reviewers": [],
        "squash": bool(body.get("squash", False)),
        "remove_source_branch": bool(body.get("remove_source_branch", False)),
        "created_at": now,
        "updated_at": now,
        "merged_at": None,
        "closed_at": None,
        "merged_by": None,
        "merge_commit_sha": None,
        "squash_commit_sha": None,
        "notes": [],
        "versions": [],
        "approved_by": [],
        "checking": True,
    }


def _labels(value: Any) -> list[str]:
    names = value.split(",") if isinstance(value, str) else value or []
    return [name.strip() for name in names if name.strip()]


def _reviewers(call: Call, project: Json, request: Json, body: Json) -> None:
    """Keep the reviewers who can see the project: the others are dropped without a word, as on GitLab."""
    if "reviewer_ids" not in body:
        return
    people = {person["id"]: name for name, person in call.sim.state["users"].items()}
    spaces = call.sim.state["spaces"][project["space"].lower()]["owners"]
    named = [people[number] for number in body["reviewer_ids"] if number in people]
    request["reviewers"] = [name for name in named if name in spaces or name in project["members"]]


def list_requests(call: Call) -> Response:
    """List merge requests by state and branches."""
    project, args = call.project, call.request.args
    state = args.get("state", "all")
    if state not in ("opened", "closed", "locked", "merged", "all"):
        raise Refused(400, "state does not have a valid value", "error")
    found = [
        request
        for request in project["requests"]
        if state in ("all", request["state"])
        and args.get("source_branch", request["source"]) == request["source"]
        and args.get("target_branch", request["target"]) == request["target"]
    ]
    found.sort(key=lambda request: int(request["iid"]), reverse=args.get("sort", "desc") == "desc")
    return call.page_of([shape(call, project, request, "unchecked") for request in found])


def get(call: Call) -> Response:
    """Read one merge request."""
    return json_response(shape(call, call.project, one(call)))


def update(call: Call) -> Response:
    """Change title, text, labels, reviewers; close and open again."""
    project, request = call.writable(), one(call)
    body = call.body(_UPDATE)
    event = body.get("state_event")
    if event not in (None, "close", "reopen"):
        raise Refused(400, "state_event does not have a valid value", "error")
    for key in ("title", "description"):
        if key in body:
            request[key] = text_of(body, key)
    if "labels" in body:
        request["labels"] = _labels(body["labels"])
    added = [*request["labels"], *_labels(body.get("add_labels"))]
    request["labels"] = [n for n in dict.fromkeys(added) if n not in _labels(body.get("remove_labels"))]
    _reviewers(call, project, request, body)
    request["updated_at"] = call.sim.stamp()
    action = "update"
    if event == "close" and request["state"] == "opened":
        request["state"], request["closed_at"], action = "closed", call.sim.stamp(), "close"
    elif event == "reopen" and request["state"] == "closed":
        request["state"], request["closed_at"], action = "opened", None, "reopen"
    fields = sorted(set(body) - {"state_event"})
    kind = f"merge_request.{action}"
    call.sim.effect(kind, repo=project["full"], number=request["iid"], fields=fields, by=call.caller.username)
    hooks.announce_merge_request(call.sim, project, request, action, call.caller.username)
    return json_response(shape(call, project, request))


def versions(call: Call) -> Response:
    """List what the branch has held since the request was opened, the newest first."""
    return call.page_of(one(call)["versions"][::-1])


def merge(call: Call) -> Response:
    """Merge, if the head is still the one the caller looked at."""
    project, request = call.project, one(call)
    body = call.body(
        "merge_commit_message squash_commit_message squash should_remove_source_branch auto_merge "
        "merge_when_pipeline_succeeds sha"
    )
    if call.sim.access(project, call.caller) < 30 or not call.caller.writes:
        raise Refused(401, "401 Unauthorized")
    request["checking"] = False
    status = status_of(call, project, request)
    if status in ("not_open", "draft_status", "ci_still_running", "ci_must_pass"):
        raise Refused(405, "405 Method Not Allowed")
    if body.get("sha") not in (None, request["head_sha"]):
        raise Refused(409, f"SHA does not match HEAD of source branch: {request['head_sha']}")
    base = branch_sha(project, request["target"])
    tree = call.git.merge_trees(base, request["head_sha"]) if base else None
    if base is None or tree is None:
        raise Refused(422, "Branch cannot be merged")
    landed = _land(call, project, request, base, tree, body)
    request.update(state="merged", merged_by=call.caller.username, merged_at=call.sim.stamp())
    about = {"number": request["iid"], "sha": landed, "head_sha": request["head_sha"]}
    call.sim.effect("merge_request.merge", repo=project["full"], **about, by=call.caller.username)
    call.sim.move_ref(project, f"refs/heads/{request['target']}", landed, call.caller.username)
    hooks.announce_merge_request(call.sim, project, request, "merge", call.caller.username)
    if body.get("should_remove_source_branch") or request["remove_source_branch"]:
        call.sim.move_ref(project, f"refs/heads/{request['source']}", None, call.caller.username)
    return json_response(shape(call, project, request))


def _land(call: Call, project: Json, request: Json, base: str, tree: str, body: Json) -> str:
    """Write the squashed and the merge commit, as the project's setting says."""
    git, me, head = call.git, who_line(call, None, None), request["head_sha"]
    if body.get("squash", request["squash"]):
        message = body.get("squash_commit_message") or request["title"]
        head = git.write_commit(tree, [base], me, me, message)
        request["squash_commit_sha"] = head
    if project["merge_method"] == "ff":
        if git.merge_base(base, head) != base:
            raise Refused(422, "Branch cannot be merged")
        return str(head)
    words = f"Merge branch '{request['source']}' into '{request['target']}'\n\n{request['title']}\n\n"
    text = body.get("merge_commit_message") or f"{words}See merge request {project['full']}!{request['iid']}"
    request["merge_commit_sha"] = git.write_commit(tree, [base, head], me, me, text)
    return str(request["merge_commit_sha"])


_R = "/projects/<project>/merge_requests"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", _R, create),
    ("GET", _R, list_requests),
    ("GET", f"{_R}/<iid>", get),
    ("PUT", f"{_R}/<iid>", update),
    ("GET", f"{_R}/<iid>/versions", versions),
    ("PUT", f"{_R}/<iid>/merge", merge),
]

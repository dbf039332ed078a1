"""A merge request by its number, in GitLab's words, and whether it can be merged."""

from typing import TYPE_CHECKING, Any

from shared.local.simulators.gitlab.calls import Call, Refused, number_of
from shared.local.simulators.gitlab.projects import branch_sha, user_shape

if TYPE_CHECKING:
    pass


Json = dict[str, Any]
_DRAFT = ("draft:", "[draft]", "(draft)")


def one(call: Call) -> Json:
    """Find the merge request named in the path."""
    iid = number_of(call, "iid")
    found: Json | None = next((r for r in call.project["requests"] if r["iid"] == iid), None)
    if found is None:
        raise Refused(404, "404 Not found")
    return found


def status_of(call: Call, project: Json, request: Json) -> str:
    """Return `detailed_merge_status`; after a change the first who asks is told that GitLab still looks."""
    target = branch_sha(project, request["target"])
    if request["state"] != "opened":
        return "not_open"
    if request["checking"]:
        request["checking"] = False
        call.sim.touch()
        return "checking"
    if is_draft(request):
        return "draft_status"
    if target is None or call.git.merge_trees(target, request["head_sha"]) is None:
        return "conflict"
    pipeline = next((p for p in reversed(project["pipelines"]) if p["sha"] == request["head_sha"]), None)
    if pipeline is not None and project.get("must_succeed"):
        if pipeline["status"] in ("running", "pending", "created"):
            return "ci_still_running"
        if pipeline["status"] != "success":
            return "ci_must_pass"
    return "mergeable"


def is_draft(request: Json) -> bool:
    """Say whether the title begins with the word for drafts."""
    return bool(request["title"].lower().lstrip().startswith(_DRAFT))


def shape(call: Call, project: Json, request: Json, status: str = "") -> Json:
    """Return a merge request in GitLab's words."""
    detailed = status or status_of(call, project, request)
    pipeline = next((p for p in reversed(project["pipelines"]) if p["sha"] == request["head_sha"]), None)
    return {
        **{key: request[key] for key in ("id", "iid", "title", "description", "state", "labels", "squash")},
        **{key: request[key] for key in ("created_at", "updated_at", "merged_at", "closed_at")},
        **{key: request[key] for key in ("merge_commit_sha", "squash_commit_sha")},
        "project_id": project["id"],
        "source_project_id": request.get("fork", project["id"]),
        "target_project_id": project["id"],
        "source_branch": request["source"],
        "target_branch": request["target"],
        "sha": request["head_sha"],
        "draft": is_draft(request),
        "work_in_progress": is_draft(request),
        "author": user_shape(call, request["author"]),
        "assignees": [],
        "reviewers": [user_shape(call, name) for name in request["reviewers"]],
        "merge_user": user_shape(call, request["merged_by"]) if request["merged_by"] else None,
        "detailed_merge_status": detailed,
        "merge_status": "can_be_merged" if detailed == "mergeable" else "cannot_be_merged",
        "has_conflicts": detailed == "conflict",
        "blocking_discussions_resolved": True,
        "user_notes_count": sum(1 for note in request["notes"] if not note["system"]),
        "head_pipeline": {key: pipeline[key] for key in ("id", "iid", "sha", "ref", "status")} if pipeline else None,
        "diff_refs": {"base_sha": request["base_sha"], "head_sha": request["head_sha"]}
        | {"start_sha": request["base_sha"]},
        "should_remove_source_branch": None,
        "force_remove_source_branch": request["remove_source_branch"],
        "web_url": f"{call.base}/{project['full']}/-/merge_requests/{request['iid']}",
        "references": {"short": f"!{request['iid']}", "full": f"{project['full']}!{request['iid']}"},
    }

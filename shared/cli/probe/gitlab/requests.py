"""Merge requests and webhooks of GitLab."""

from __future__ import annotations

from typing import Any

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.shapes import Rows, Says

Json = dict[str, Any]
API = "https://docs.gitlab.com/api/"
ONE = "/projects/{project}/merge_requests/{request}"
HOOKS = "/projects/{project}/hooks"
REQUEST: Json = {
    "id": "whole", "iid": "whole", "project_id": "whole", "title": "text", "description": "text|null",
    "state": "=opened|=closed|=locked|=merged", "source_branch": "words", "target_branch": "words", "sha": "sha|null",
    "draft": "flag", "author": "object", "labels": ["text"], "reviewers": "list", "detailed_merge_status": "code",
    "merge_commit_sha": "sha|null", "squash_commit_sha": "sha|null", "source_project_id": "whole",
    "target_project_id": "whole", "web_url": "url", "created_at": "time", "*": "any",
}  # fmt: skip
HOOK: Json = {
    "id": "whole", "url": "url", "push_events": "flag", "merge_requests_events": "flag", "note_events": "flag",
    "pipeline_events": "flag", "enable_ssl_verification": "flag", "*": "any",
}  # fmt: skip
OURS: Json = {
    "url": "https://workwright.invalid/{mark}", "merge_requests_events": True, "note_events": True,
    "pipeline_events": True, "push_events": True, "enable_ssl_verification": True,
}  # fmt: skip

REQUESTS = (
    Call(
        "a merge request",
        "POST merge_requests opens a request with the branch's newest commit as its head.",
        API + "merge_requests#create-a-merge-request",
        Ask("POST", "/projects/{project}/merge_requests", {
            "source_branch": "{mark}", "target_branch": "{mark}-base", "title": "{mark}", "description": "Probe"}),
        Expect(201, {**REQUEST, "state": "=opened", "sha": "={second}", "draft": False}),
        keep={"request": "iid"},
    ),
    Call(
        "a second request of the same branch",
        "A branch has one open request to a target: a second one is refused with 409.",
        API + "merge_requests#create-a-merge-request",
        Ask("POST", "/projects/{project}/merge_requests", {
            "source_branch": "{mark}", "target_branch": "{mark}-base", "title": "Again"}),
        Expect(409, {"message": Rows(1, Says("already exists")), "*": "any"}),
    ),
    Call(
        "the request of a branch",
        "Requests are found by their branch, the newest first.",
        API + "merge_requests#list-project-merge-requests",
        Ask("GET", "/projects/{project}/merge_requests", query={
            "source_branch": "{mark}", "state": "opened", "order_by": "created_at", "sort": "desc", "per_page": 100}),
        Expect(body=Rows(1, REQUEST), holds={"[0].iid": "whole"}),
    ),
    Call(
        "whether it can be merged",
        "Whether a request can be merged is worked out a while after it was opened.",
        API + "merge_requests#retrieve-a-merge-request",
        Ask("GET", ONE),
        Expect(body={**REQUEST, "detailed_merge_status": "=mergeable", "head_pipeline": "object|null"}),
        patience=60.0,
    ),
    Call(
        "its words are changed",
        "PUT merge_requests changes title and text, and adds labels that come into being.",
        API + "merge_requests#update-a-merge-request",
        Ask("PUT", ONE, {"title": "{mark} renamed", "description": "Other words", "add_labels": "probe"}),
        Expect(body={**REQUEST, "title": "={mark} renamed", "description": "=Other words"},
               holds={"labels": Rows(1, "=probe")}),
    ),
    Call(
        "it becomes a draft",
        "A request is a draft by the first word of its title.",
        API + "merge_requests#update-a-merge-request",
        Ask("PUT", ONE, {"title": "Draft: {mark}"}),
        Expect(body={**REQUEST, "title": "=Draft: {mark}", "draft": True}),
    ),
    Call(
        "a draft is merged",
        "A draft is not merged: 405 or 422.",
        API + "merge_requests#merge-a-merge-request",
        Ask("PUT", ONE + "/merge", {"sha": "{second}", "squash": True}),
        Expect((405, 422), {"message": "words", "*": "any"}),
    ),
    Call(
        "it is a draft no more",
        "Without that word it is none.",
        API + "merge_requests#update-a-merge-request",
        Ask("PUT", ONE, {"title": "{mark}"}),
        Expect(body={**REQUEST, "draft": False}),
    ),
    Call(
        "a note",
        "A note in the conversation has a number, its author, and whether the system wrote it.",
        API + "notes#create-a-merge-request-note",
        Ask("POST", ONE + "/notes", {"body": "A probe."}),
        Expect(201, {"id": "whole", "body": "=A probe.", "author": "object", "system": False, "created_at": "time",
                     "*": "any"}),
    ),
    Call(
        "its notes",
        "Notes are listed from the oldest on, those of the system among them.",
        API + "notes#list-all-merge-request-notes",
        Ask("GET", ONE + "/notes", query={"order_by": "created_at", "sort": "asc", "per_page": 100}),
        Expect(body=[{"id": "whole", "body": "text", "author": "object", "system": "flag", "created_at": "time",
                      "*": "any"}]),
    ),
    Call(
        "its approvals",
        "Who has approved a request is told as a list.",
        API + "merge_request_approvals#retrieve-approval-state-for-a-merge-request",
        Ask("GET", ONE + "/approvals"),
        Expect(body={"approved_by": Rows(0), "*": "any"}),
    ),
    Call(
        "its versions",
        "Each push to a request is a version, with its head and its time.",
        API + "merge_requests#list-merge-request-diff-versions",
        Ask("GET", ONE + "/versions", query={"per_page": 100}),
        Expect(body=[{"id": "whole", "head_commit_sha": "sha", "created_at": "time", "*": "any"}]),
    ),
    Call(
        "pipelines of the commit",
        "The pipelines of a commit are listed, the newest first; without any there was no check.",
        API + "pipelines#list-project-pipelines",
        Ask("GET", "/projects/{project}/pipelines",
            query={"sha": "{second}", "order_by": "id", "sort": "desc", "per_page": 100}),
        Expect(body=[{"id": "whole", "sha": "sha", "ref": "words", "status": "code", "source": "code", "*": "any"}]),
    ),
    Call(
        "a merge of another commit",
        "A merge that names another commit than the head is refused with 409.",
        API + "merge_requests#merge-a-merge-request",
        Ask("PUT", ONE + "/merge", {"sha": "{commit}", "squash": True}),
        Expect(409, {"message": Says("SHA does not match HEAD"), "*": "any"}),
        patience=30.0,
    ),
    Call(
        "a merge",
        "A merge of the head answers with the request as merged, and the commits that it made.",
        API + "merge_requests#merge-a-merge-request",
        Ask("PUT", ONE + "/merge", {"sha": "{second}", "squash": True}),
        Expect(body={**REQUEST, "state": "=merged", "sha": "={second}", "squash_commit_sha": "sha"}),
        patience=30.0,
    ),
    Call(
        "a second merge",
        "What is merged is not merged again: 405.",
        API + "merge_requests#merge-a-merge-request",
        Ask("PUT", ONE + "/merge", {"sha": "{second}", "squash": True}),
        Expect(405, {"message": Says("405"), "*": "any"}),
    ),
)  # fmt: skip

HOOK_CALLS = (
    Call(
        "a webhook",
        "A webhook is made with its address and events; whether it signs is told, its words are not.",
        API + "project_webhooks#create-a-project-webhook",
        Ask("POST", HOOKS, OURS),
        Expect(201, {**HOOK, "url": "=https://workwright.invalid/{mark}", "push_events": True}),
        keep={"hook": "id"},
    ),
    Call(
        "webhooks in a list",
        "Webhooks are listed with their addresses, by which ours is found again.",
        API + "project_webhooks#list-webhooks-for-a-project",
        Ask("GET", HOOKS, query={"per_page": 100}),
        Expect(body=Rows(1, HOOK), headers={"x-next-page": "text", "x-page": "digits"}),
    ),
    Call(
        "a webhook is changed",
        "PUT hooks sets events anew and keeps the number.",
        API + "project_webhooks#update-a-project-webhook",
        Ask("PUT", HOOKS + "/{hook}", {**OURS, "push_events": False}),
        Expect(body={**HOOK, "push_events": False}),
    ),
    Call(
        "a webhook is deleted",
        "DELETE hooks removes one with 204.",
        API + "project_webhooks#delete-a-project-webhook",
        Ask("DELETE", HOOKS + "/{hook}"),
        Expect(204, None),
    ),
    Call(
        "a webhook that is gone",
        "A webhook that is gone is 404.",
        API + "project_webhooks#delete-a-project-webhook",
        Ask("DELETE", HOOKS + "/{hook}"),
        Expect(404, {"message": Says("404"), "*": "any"}),
    ),
)  # fmt: skip

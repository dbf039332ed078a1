"""Pull requests, checks and webhooks."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.github.wording import COMMENT, HOOK, LISTED_PULL, NOTHING_SHA, PULL, REST, refusal
from shared.cli.probe.shapes import Either, Rows, Says

ONE = "/repos/{repo}/pulls/{pull}"
HOOKS = "/repos/{repo}/hooks"
CONFIG = {"url": "https://workwright.invalid/{mark}", "content_type": "json", "insecure_ssl": "0"}

PULLS = (
    Call(
        "a pull request",
        "POST pulls opens a pull request with the branch's newest commit as its head.",
        REST + "pulls/pulls#create-a-pull-request",
        Ask("POST", "/repos/{repo}/pulls", {"title": "{mark}", "head": "{mark}", "base": "{mark}-base",
                                              "body": "Probe"}),
        Expect(201, {**PULL, "state": "=open", "draft": False}, holds={
            "head.sha": "={second}", "head.ref": "={mark}", "base.ref": "={mark}-base"}),
        keep={"pull": "number"},
    ),
    Call(
        "a second pull request of the same branch",
        "A branch has one open pull request: a second one is refused with 422.",
        REST + "pulls/pulls#create-a-pull-request",
        Ask("POST", "/repos/{repo}/pulls", {"title": "Again", "head": "{mark}", "base": "{mark}-base"}),
        refusal(422, "Validation Failed", detail=("pull request already exists",)),
    ),
    Call(
        "the pull request of a branch",
        "An open pull request is found by owner and branch.",
        REST + "pulls/pulls#list-pull-requests",
        Ask("GET", "/repos/{repo}/pulls", query={"head": "{owner}:{mark}", "state": "open", "per_page": 10}),
        Expect(body=Rows(1, LISTED_PULL), holds={"[0].head.sha": "={second}"}),
    ),
    Call(
        "whether it can be merged",
        "Whether a pull request can be merged is worked out a while after it was opened; mergeable is null until then.",
        REST + "pulls/pulls#get-a-pull-request",
        Ask("GET", ONE),
        Expect(body={**PULL, "mergeable": True, "mergeable_state": "=clean|=unstable|=has_hooks", "merged": False}),
        patience=60.0,
    ),
    Call(
        "its words are changed",
        "PATCH pulls changes title and text.",
        REST + "pulls/pulls#update-a-pull-request",
        Ask("PATCH", ONE, {"title": "{mark} renamed", "body": "Other words"}),
        Expect(body={**PULL, "title": "={mark} renamed", "body": "=Other words"}),
    ),
    Call(
        "a label on it",
        "A label that is not there yet comes into being when it is put on a pull request.",
        REST + "issues/labels#add-labels-to-an-issue",
        Ask("POST", "/repos/{repo}/issues/{pull}/labels", {"labels": ["{mark}"]}),
        Expect(body=Rows(1, {"name": "={mark}", "color": "text", "*": "any"})),
        when="own",
    ),
    Call(
        "a reviewer who is the author",
        "Who has opened a pull request cannot be asked to review it: 422.",
        REST + "pulls/review-requests#request-reviewers-for-a-pull-request",
        Ask("POST", ONE + "/requested_reviewers", {"reviewers": ["{login}"]}),
        Expect(422, {"message": Says("pull request author"), "*": "any"}),
    ),
    Call(
        "a comment on it",
        "The conversation of a pull request is that of an issue.",
        REST + "issues/comments#create-an-issue-comment",
        Ask("POST", "/repos/{repo}/issues/{pull}/comments", {"body": "A probe."}),
        Expect(201, {**COMMENT, "body": "=A probe."}),
    ),
    Call(
        "its reviews",
        "Reviews are a list of verdicts.",
        REST + "pulls/reviews#list-reviews-for-a-pull-request",
        Ask("GET", ONE + "/reviews", query={"per_page": 100, "page": 1}),
        Expect(body=Rows(0)),
    ),
    Call(
        "comments on its lines",
        "Comments on lines are a list beside the reviews.",
        REST + "pulls/comments#list-review-comments-on-a-pull-request",
        Ask("GET", ONE + "/comments", query={"per_page": 100, "page": 1}),
        Expect(body=Rows(0)),
    ),
    Call(
        "a merge of another commit",
        "A merge that names another commit than the head is refused with 409: what was approved is what is merged.",
        REST + "pulls/pulls#merge-a-pull-request",
        Ask("PUT", ONE + "/merge", {"merge_method": "squash", "sha": "{commit}"}),
        refusal(409, "Head branch was modified"),
    ),
    Call(
        "a merge",
        "A merge of the head answers with the commit that it made.",
        REST + "pulls/pulls#merge-a-pull-request",
        Ask("PUT", ONE + "/merge", {"merge_method": "squash", "sha": "{second}"}),
        Expect(body={"sha": "sha", "merged": True, "message": "words"}),
        keep={"merged": "sha"},
        patience=20.0,
    ),
    Call(
        "a second merge",
        "What is merged is not merged again: 405.",
        REST + "pulls/pulls#merge-a-pull-request",
        Ask("PUT", ONE + "/merge", {"merge_method": "squash", "sha": "{second}"}),
        refusal(405, "not mergeable"),
    ),
    Call(
        "what was merged",
        "A merged pull request says so, with its commit; its head stays what it was.",
        REST + "pulls/pulls#get-a-pull-request",
        Ask("GET", ONE),
        Expect(body={**PULL, "state": "=closed", "merged": True, "merged_at": "time", "merge_commit_sha": "={merged}"},
               holds={"head.sha": "={second}"}),
    ),
    Call(
        "a draft",
        "A draft is opened as one, or refused with the word draft where the account's plan has none.",
        REST + "pulls/pulls#create-a-pull-request",
        Ask("POST", "/repos/{repo}/pulls", {"title": "Draft", "head": "{mark}-base", "base": "{main}", "draft": True}),
        Expect((201, 422), Either({**PULL, "draft": True}, {"message": Says("draft"), "*": "any"},
                                  {"message": "words", "errors": [{"message": Says("draft"), "*": "any"}],
                                   "*": "any"})),
        keep={"draft": "number"},
    ),
)  # fmt: skip

CHECKS = (
    Call(
        "check runs",
        "The check runs of a commit are counted and listed; without any app there are none.",
        REST + "checks/runs#list-check-runs-for-a-git-reference",
        Ask("GET", "/repos/{repo}/commits/{second}/check-runs", query={"filter": "latest", "per_page": 100, "page": 1}),
        Expect(body={"total_count": "whole", "check_runs": [{
            "id": "whole", "name": "words", "status": "code", "conclusion": "code|null", "output": "object",
            "*": "any"}]}),
    ),
    Call(
        "statuses",
        "A commit that nobody has reported on is pending, with no statuses.",
        REST + "commits/statuses#get-the-combined-status-for-a-specific-reference",
        Ask("GET", "/repos/{repo}/commits/{second}/status", query={"per_page": 100, "page": 1}),
        Expect(body={"state": "=pending", "statuses": Rows(0), "total_count": 0, "sha": "={second}", "*": "any"}),
    ),
    Call(
        "check suites",
        "The check suites of a commit are counted and listed.",
        REST + "checks/suites#list-check-suites-for-a-git-reference",
        Ask("GET", "/repos/{repo}/commits/{second}/check-suites", query={"per_page": 100, "page": 1}),
        Expect(body={"total_count": "whole", "check_suites": [{"id": "whole", "status": "code|null",
                                                               "conclusion": "code|null", "app": "object|null",
                                                               "*": "any"}]}),
    ),
    Call(
        "checks of a commit that is not there",
        "Checks of a commit that is not there are refused with 422.",
        REST + "checks/runs#list-check-runs-for-a-git-reference",
        Ask("GET", f"/repos/{{repo}}/commits/{NOTHING_SHA}/check-runs"),
        refusal(422, "No commit found"),
    ),
)  # fmt: skip

HOOK_CALLS = (
    Call(
        "a webhook",
        "A webhook is made with its address and events; its secret is not shown again.",
        REST + "repos/webhooks#create-a-repository-webhook",
        Ask("POST", HOOKS, {"name": "web", "config": CONFIG, "events": ["pull_request", "status"], "active": False}),
        Expect(201, {**HOOK, "active": False}, holds={"config.url": "=https://workwright.invalid/{mark}"}),
        keep={"hook": "id"},
    ),
    Call(
        "webhooks in a list",
        "Webhooks are listed with their addresses, by which ours is found again.",
        REST + "repos/webhooks#list-repository-webhooks",
        Ask("GET", HOOKS, query={"per_page": 100, "page": 1}),
        Expect(body=[HOOK]),
    ),
    Call(
        "a webhook is changed",
        "PATCH hooks sets events anew and keeps the number.",
        REST + "repos/webhooks#update-a-repository-webhook",
        Ask("PATCH", HOOKS + "/{hook}", {"config": CONFIG, "events": ["push"], "active": False}),
        Expect(body={**HOOK, "events": ["=push"]}),
    ),
    Call(
        "a webhook is deleted",
        "DELETE hooks removes one with 204.",
        REST + "repos/webhooks#delete-a-repository-webhook",
        Ask("DELETE", HOOKS + "/{hook}"),
        Expect(204, None),
    ),
    Call(
        "a webhook that is gone",
        "A webhook that is gone is 404.",
        REST + "repos/webhooks#delete-a-repository-webhook",
        Ask("DELETE", HOOKS + "/{hook}"),
        refusal(404, "Not Found"),
    ),
)  # fmt: skip

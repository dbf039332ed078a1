"""Webhooks: kept in the state until they are delivered, each once; GitHub does not repeat a delivery by itself.

`POST /_hooks` sets the one hook an app has for all its repositories: `{"url", "secret", "installation"?}`; a
repository's own are made through the API.
`POST /_redeliver` sends what was sent before, under the same delivery id; `/_deliver` sends what waits.
"""

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from shared.local.simulators._hooks import Outbox, post

if TYPE_CHECKING:
    from shared.local.simulators.github.calls import Call
    from shared.local.simulators.github.simulator import GitHubSimulator

Json = dict[str, Any]


def signature(secret: str, raw: bytes) -> str:
    """Return the value of X-Hub-Signature-256 for a raw body."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def _tell(sim: "GitHubSimulator", repo: Json, event: str, by: str, body: Json) -> None:
    of_app = sim.state.get("hook")
    own = [each["config"] for each in repo.get("hooks", ()) if each["active"] and event in each["events"]]
    for hook in [*([of_app] if of_app else []), *own]:
        payload = {**body, "repository": _repository(sim, repo), "sender": _user(sim, by)}
        if hook.get("installation"):
            payload["installation"] = {"id": hook["installation"], "node_id": ""}
        item = {"id": str(uuid4()), "event": event, "body": payload, "url": hook["url"], "secret": hook["secret"]}
        sim.state.setdefault("outbox", []).append(item)
        sim.touch()
    sim.webhooks.wake()


def _user(sim: "GitHubSimulator", login: str) -> Json:
    known = sim.person(login)
    return {"login": known["login"], "id": known["id"], "type": known["type"], "site_admin": False}


def _repository(sim: "GitHubSimulator", repo: Json) -> Json:
    page = f"{sim.base_url}/{repo['owner']}/{repo['name']}"
    shown = {key: repo[key] for key in ("id", "name", "private", "default_branch")}
    return shown | {
        "full_name": f"{repo['owner']}/{repo['name']}",
        "owner": _user(sim, repo["owner"]),
        "html_url": page,
    }


def _pull(sim: "GitHubSimulator", repo: Json, pull: Json) -> Json:
    shown = {key: pull[key] for key in ("id", "number", "state", "title", "body", "draft", "created_at", "updated_at")}
    shown |= {key: pull[key] for key in ("closed_at", "merged_at", "merge_commit_sha")}
    ends = {end: {"ref": pull[end], "sha": pull[f"{end}_sha"]} for end in ("head", "base")}
    url = f"{sim.base_url}/{repo['owner']}/{repo['name']}/pull/{pull['number']}"
    merged = pull["merged_at"] is not None
    return {**shown, **ends, "merged": merged, "user": _user(sim, pull["user"]), "html_url": url}


def announce_push(sim: "GitHubSimulator", repo: Json, ref: str, before: str | None, after: str | None, by: str) -> None:
    """Tell of a push."""
    if not ref.startswith(("refs/heads/", "refs/tags/")):
        return
    nothing = "0" * 40
    body: Json = {"ref": ref, "before": before or nothing, "after": after or nothing, "base_ref": None, "forced": False}
    body |= {"created": before is None, "deleted": after is None, "compare": "", "commits": [], "head_commit": None}
    _tell(sim, repo, "push", by, body | {"pusher": {"name": by, "email": None}})


def announce_pull_request(sim: "GitHubSimulator", repo: Json, pull: Json, action: str, by: str) -> None:
    """Tell what happened to a pull request."""
    body = {"action": action, "number": pull["number"], "pull_request": _pull(sim, repo, pull)}
    _tell(sim, repo, "pull_request", by, body)


def announce_review(sim: "GitHubSimulator", repo: Json, pull: Json, review: Json) -> None:
    """Tell of a review."""
    shown = {key: review[key] for key in ("id", "body", "submitted_at", "commit_id")}
    shown |= {"state": review["state"].lower(), "user": _user(sim, review["user"])}
    body = {"action": "submitted", "review": shown, "pull_request": _pull(sim, repo, pull)}
    _tell(sim, repo, "pull_request_review", review["user"], body)


def announce_comment(call: "Call", repo: Json, comment: Json) -> None:
    """Tell of a comment in the conversation of a pull request."""
    sim, number = call.sim, comment["number"]
    shown = {key: comment[key] for key in ("id", "body", "created_at", "updated_at")}
    issue = {"number": number, "pull_request": {"url": f"{sim.base_url}/repos/{repo['owner']}/{repo['name']}/{number}"}}
    body = {"action": "created", "issue": issue, "comment": shown | {"user": _user(sim, comment["user"])}}
    _tell(sim, repo, "issue_comment", comment["user"], body)


def _branches(repo: Json, sha: str) -> list[str]:
    return [ref.removeprefix("refs/heads/") for ref, at in repo["refs"].items() if at == sha and "/heads/" in ref]


def announce_check_run(sim: "GitHubSimulator", repo: Json, run: Json) -> None:
    """Tell that a check run began or ended, and with the last one of a commit that its suite did."""
    sha, by = run["head_sha"], repo["owner"]
    pulls = [{"number": p["number"], "head": {"ref": p["head"], "sha": sha}} for p in repo["pulls"]
             if p["head_sha"] == sha]  # fmt: skip
    suite = {"id": run["id"], "head_sha": sha, "head_branch": next(iter(_branches(repo, sha)), None)}
    suite |= {"status": run["status"], "conclusion": run["conclusion"], "pull_requests": pulls}
    shown = {key: run[key] for key in ("id", "name", "head_sha", "status", "conclusion", "started_at", "completed_at")}
    ended = run["status"] == "completed"
    body: Json = {"action": "completed" if ended else "created"}
    if not run.get("suite_only"):
        about = shown | {"pull_requests": pulls, "check_suite": suite}
        _tell(sim, repo, "check_run", by, body | {"check_run": about})
    if ended and all(each["status"] == "completed" for each in repo["check_runs"] if each["head_sha"] == sha):
        _tell(sim, repo, "check_suite", by, body | {"check_suite": suite})


def announce_status(call: "Call", repo: Json, status: Json) -> None:
    """Tell of a commit status."""
    body = {key: status[key] for key in ("id", "sha", "state", "description", "target_url", "context", "created_at")}
    branches = [{"name": name, "commit": {"sha": status["sha"]}} for name in _branches(repo, status["sha"])]
    _tell(call.sim, repo, "status", status["creator"], body | {"branches": branches})


class Webhooks(Outbox):
    """Sends what waits; `again` is what a person does on GitHub's page."""

    def __init__(self, sim: "GitHubSimulator") -> None:
        super().__init__(sim, "github-webhooks")

    def turn(self) -> float:
        """Deliver all that waits."""
        self.deliver()
        return 1.0

    def send(self, item: Json) -> int:
        """Send one delivery, signed."""
        raw = json.dumps(item["body"], ensure_ascii=False).encode()
        headers = {"User-Agent": "GitHub-Hookshot/1", "X-GitHub-Hook-ID": "1"}
        headers |= {"X-GitHub-Event": item["event"], "X-GitHub-Delivery": item["id"]}
        headers["X-Hub-Signature-256"] = signature(item["secret"], raw)
        return post(item["url"], raw, headers)

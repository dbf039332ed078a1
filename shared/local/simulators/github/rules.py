"""The rules by which a repository lets pull requests be merged: `POST /_rules`.

`{"repo": "acme/club", "approvals": 1, "checks": ["ci"], "methods": ["squash"]}`; what is left out asks for nothing.
"""

from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response

Json = dict[str, Any]


def set_up(state: Json, order: Json) -> Response:
    """Take the rules of a repository from the control endpoint."""
    repo = state["repos"].get(str(order.get("repo", "")).lower())
    if repo is None:
        return json_response({"error": "no such repository"}, 404)
    repo["rules"] = {key: order[key] for key in ("approvals", "checks", "methods") if key in order}
    return json_response({"ok": True})


def refusal(repo: Json, pull: Json, method: str = "") -> str:
    """Return why a pull request cannot be merged by the rules; "" when it can."""
    rules = repo.get("rules", {})
    if method and method not in rules.get("methods", (method,)):
        return f"{method.capitalize()} merges are not allowed on this repository."
    needed = int(rules.get("approvals", 0))
    verdicts = latest(repo, pull)
    if "CHANGES_REQUESTED" in verdicts.values() and needed:
        return "Changes were requested by a reviewer with write access."
    if sum(1 for state in verdicts.values() if state == "APPROVED") < needed:
        return f"At least {needed} approving review is required by reviewers with write access."
    for name in rules.get("checks", ()):
        runs = [run for run in repo["check_runs"] if (run["name"], run["head_sha"]) == (name, pull["head_sha"])]
        if not runs or runs[-1]["conclusion"] not in ("success", "neutral", "skipped"):
            return f'Required status check "{name}" is expected.'
    return ""


def latest(repo: Json, pull: Json) -> dict[str, str]:
    """Return everybody's last verdict."""
    mine = [each for each in repo.get("reviews", []) if each["number"] == pull["number"]]
    return {each["user"]: each["state"] for each in mine if each["state"] != "COMMENTED"}

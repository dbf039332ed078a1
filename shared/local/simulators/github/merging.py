"""Pull requests are merged: whether that may be, and the commit it makes."""

from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import hooks, rules
from shared.local.simulators.github.calls import Call, Refused, invalid
from shared.local.simulators.github.git.commits import person_line
from shared.local.simulators.github.pull_shapes import commits_of, one

Json = dict[str, Any]


def merge(call: Call) -> Response:
    """Merge, if the head is still the one the caller looked at."""
    repo, pull = call.writable(), one(call)
    body = call.body("commit_title commit_message sha merge_method", optional_body=True)
    method = body.get("merge_method", "merge")
    if method not in ("merge", "squash", "rebase"):
        raise invalid("PullRequest", "merge_method", "invalid")
    if pull["state"] != "open":
        raise Refused(405, "Pull Request is not mergeable")
    if pull["draft"]:
        raise Refused(405, "Pull Request is still a draft")
    if body.get("sha") not in (None, pull["head_sha"]):
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    if why := rules.refusal(repo, pull, method):
        raise Refused(405, why)
    tree = call.git.merge_trees(pull["base_sha"], pull["head_sha"])
    if tree is None:
        raise Refused(405, "Pull Request has merge conflicts")
    sha = _merge_commit(call, repo, pull, method, tree, body)
    pull.update(state="closed", merged_by=call.caller.login, merge_commit_sha=sha)
    pull["merged_at"] = pull["closed_at"] = pull["updated_at"] = call.sim.stamp()
    call.sim.record_object(repo, "commit", sha, message="merge", by=call.caller.login)
    call.sim.effect(
        "pull.merge",
        repo=f"{repo['owner']}/{repo['name']}",
        number=pull["number"],
        sha=sha,
        head_sha=pull["head_sha"],
        method=method,
        by=call.caller.login,
    )
    hooks.announce_pull_request(call.sim, repo, pull, "closed", call.caller.login)
    call.sim.move_ref(repo, f"refs/heads/{pull['base']}", sha, call.caller.login)
    if repo["delete_branch_on_merge"]:
        call.sim.move_ref(repo, f"refs/heads/{pull['head']}", None, call.caller.login)
    return json_response({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def _merge_commit(call: Call, repo: Json, pull: Json, method: str, tree: str, body: Json) -> str:
    git, me = call.git, person_line(call, None, "committer")
    if method == "rebase":
        if git.merge_base(pull["base_sha"], pull["head_sha"]) != pull["base_sha"]:
            raise Refused(405, "This branch can't be rebased")  # only a branch on top of its base is simulated
        tip = str(pull["base_sha"])
        for sha in commits_of(call, pull):
            old = git.commit(sha)
            tip = git.write_commit(old.tree, [tip], old.author, me, old.message)
        return tip
    title = f"Merge pull request #{pull['number']} from {repo['owner']}/{pull['head']}"
    text, parents = pull["title"], [pull["base_sha"], pull["head_sha"]]
    if method == "squash":
        title, parents = f"{pull['title']} (#{pull['number']})", [pull["base_sha"]]
        listed = [git.commit(sha).message.strip() for sha in commits_of(call, pull)]
        text = listed[0].partition("\n")[2].strip() if len(listed) == 1 else "\n\n".join(f"* {m}" for m in listed)
    title, text = body.get("commit_title") or title, body.get("commit_message", text)
    return git.write_commit(tree, parents, me, me, f"{title}\n\n{text}".strip())

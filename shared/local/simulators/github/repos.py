"""Repositories and their branches: make, read, change, delete."""

import re
import shutil
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import repository_shapes, shapes
from shared.local.simulators.github.calls import Call, Refused, invalid, not_found, text_field

Json = dict[str, Any]

_CREATE = (
    "name description homepage private visibility has_issues has_projects has_wiki has_discussions has_downloads "
    "is_template team_id auto_init gitignore_template license_template allow_squash_merge allow_merge_commit "
    "allow_rebase_merge allow_auto_merge delete_branch_on_merge use_squash_pr_title_as_default "
    "squash_merge_commit_title squash_merge_commit_message merge_commit_title merge_commit_message custom_properties"
)
_UPDATE = (
    "name description homepage private visibility security_and_analysis has_issues has_projects has_wiki is_template "
    "default_branch allow_squash_merge allow_merge_commit allow_rebase_merge allow_auto_merge delete_branch_on_merge "
    "allow_update_branch archived allow_forking web_commit_signoff_required"
)


def create_for_user(call: Call) -> Response:
    """Make a repository of the token's user."""
    if call.caller.kind == "Bot":
        raise Refused(403, "Resource not accessible by integration")
    if not call.caller.has_scope("repo", "public_repo"):
        raise not_found()
    call.caller.must("administration", "write")
    return _create(call, call.caller.login)


def create_for_organization(call: Call) -> Response:
    """Make a repository of an organisation the caller belongs to."""
    org: str = call.parameters["org"]
    if call.sim.state["users"].get(org.lower(), {}).get("type") != "Organization":
        raise not_found()
    call.caller.must_be_let_in(org)
    if not call.caller.has_scope("repo", "public_repo"):
        raise not_found()
    call.caller.must("administration", "write")
    member = call.sim.state.get("roles", {}).get(f"{call.caller.login}/{org}".lower()) == "member"
    members_create = call.sim.state.get("orgs", {}).get(org.lower(), {}).get("members_create", True)
    if org.lower() not in call.caller.owners or (member and not members_create):
        raise Refused(403, "You need admin access to the organization before adding a repository to it.")
    return _create(call, call.sim.person(org)["login"])


def _create(call: Call, owner: str) -> Response:
    body = call.body(_CREATE, "name")
    # GitHub does not refuse an odd name: it replaces what it does not allow.
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text_field(body, "name", "Repository"))[:100].removesuffix(".git")
    if name.strip("-.") == "":
        raise invalid("Repository", "name", "custom", "name is not valid")
    key = f"{owner}/{name}".lower()
    if key in call.sim.state["repos"]:
        raise Refused(
            422,
            "Repository creation failed.",
            [
                {
                    "resource": "Repository",
                    "code": "custom",
                    "field": "name",
                    "message": "name already exists on this account",
                }
            ],
        )
    description = text_field(body, "description", "Repository") or None
    repo = _new_repository(call, owner, name, body) | {"description": description}
    git = call.sim.bare(repo)
    if git.path.exists():
        shutil.rmtree(git.path)  # left by a kill before the state knew of it
    git.create(repo["default_branch"])
    call.sim.state["repos"][key] = repo
    call.sim.effect("repo.create", repo=f"{owner}/{name}", id=repo["id"], private=repo["private"], by=call.caller.login)
    if body.get("auto_init"):
        _first_commit(call, repo)
    return json_response(repository_shapes.repository(call, repo), 201)


def _new_repository(call: Call, owner: str, name: str, body: Json) -> Json:
    now = call.sim.stamp()
    return {
        "id": call.sim.next_id(),
        "owner": owner,
        "name": name,
        "private": bool(body.get("private", False)) or body.get("visibility") in ("private", "internal"),
        "homepage": body.get("homepage"),
        "default_branch": "main",
        "archived": False,
        "delete_branch_on_merge": bool(body.get("delete_branch_on_merge", False)),
        "created_at": now,
        "updated_at": now,
        "pushed_at": now,
        "refs": {},
        "objects": {},
        "pulls": [],
        "comments": [],
        "statuses": [],
        "check_runs": [],
        "next_number": 1,
    }


def _first_commit(call: Call, repo: Json) -> None:
    git = call.sim.bare(repo)
    text = f"# {repo['name']}" + (f"\n{repo['description']}" if repo["description"] else "")
    tree = git.write_tree(None, [("100644", git.blob(text.encode()), "README.md")])
    who = f"{call.caller.login} <{call.caller.id}+{call.caller.login}@users.noreply.github.com> "
    line = f"{who}{int(call.sim.now().timestamp())} +0000"
    sha = git.write_commit(tree, [], line, line, "Initial commit")
    call.sim.record_object(repo, "commit", sha, message="Initial commit", by=call.caller.login)
    call.sim.move_ref(repo, f"refs/heads/{repo['default_branch']}", sha, call.caller.login)


def list_mine(call: Call) -> Response:
    """List the repositories the token may change."""
    mine = [r for r in call.sim.state["repos"].values() if call.caller.may_write(r["owner"], r["name"])]
    return call.page_of([repository_shapes.repository(call, repo) for repo in mine])


def list_of_organization(call: Call) -> Response:
    """List an organisation's repositories as far as the caller sees them."""
    org = call.parameters["org"].lower()
    seen = [
        repo
        for repo in call.sim.state["repos"].values()
        if repo["owner"].lower() == org and (not repo["private"] or call.caller.may_write(repo["owner"], repo["name"]))
    ]
    return call.page_of([repository_shapes.repository(call, repo) for repo in seen])


def get(call: Call) -> Response:
    """Read one repository."""
    return json_response(repository_shapes.repository(call, call.repo))


def update(call: Call) -> Response:
    """Change what a repository says about itself; a new name is not simulated."""
    repo, body = call.own("administration"), call.body(_UPDATE)
    if body.get("archived") is not False:  # of an archived one nothing changes but that
        call.talkable("administration")
    if body.get("name", repo["name"]) != repo["name"]:
        raise Refused(422, "Renaming is not simulated.")
    if "default_branch" in body and f"refs/heads/{body['default_branch']}" not in repo["refs"]:
        raise invalid("Repository", "default_branch", "invalid", "The branch was not found.")
    for key in ("description", "homepage", "default_branch", "private", "archived", "delete_branch_on_merge"):
        if key in body:
            repo[key] = body[key]
    repo["updated_at"] = call.sim.stamp()
    call.sim.effect("repo.update", repo=f"{repo['owner']}/{repo['name']}", fields=sorted(body))
    return json_response(repository_shapes.repository(call, repo))


def delete(call: Call) -> Response:
    """Delete a repository with all it holds."""
    repo = call.own("administration")  # archived ones can be deleted
    del call.sim.state["repos"][f"{repo['owner']}/{repo['name']}".lower()]
    shutil.rmtree(call.sim.bare(repo).path, ignore_errors=True)
    call.sim.effect("repo.delete", repo=f"{repo['owner']}/{repo['name']}", by=call.caller.login)
    return Response(status=204)


def permission_of(call: Call) -> Response:
    """Say what a person may do in the repository; everybody may read a public one, and a bot is no person."""
    repo, login = call.readable("metadata"), str(call.parameters["login"])
    known = call.sim.state["users"].get(login.lower())
    if known is None or known["type"] != "User":
        raise Refused(404, f"{login} is not a user")
    tokens = call.sim.state["tokens"].values()
    theirs = [each["owners"] for each in tokens if each["login"].lower() == login.lower()]
    belongs = any(repo["owner"].lower() in owners for owners in theirs)
    may = "admin" if belongs else "none" if repo["private"] else "read"
    return json_response({"permission": may, "role_name": may, "user": shapes.user(call, login)})


def list_branches(call: Call) -> Response:
    """List branches by name."""
    repo = call.repo
    api = shapes.api_url(call, repo)
    return call.page_of(
        [
            {
                "name": ref.removeprefix("refs/heads/"),
                "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
                "protected": False,
            }
            for ref, sha in sorted(repo["refs"].items())
            if ref.startswith("refs/heads/")
        ]
    )


def get_branch(call: Call) -> Response:
    """Read one branch with its newest commit."""
    repo, name = call.repo, call.parameters["branch"]
    sha = repo["refs"].get(f"refs/heads/{name}")
    if sha is None:
        raise Refused(404, "Branch not found")
    url = f"{shapes.api_url(call, repo)}/branches/{name}"
    return json_response(
        {
            "name": name,
            "commit": shapes.commit(call, repo, call.git.commit(sha)),
            "_links": {"self": url, "html": f"{shapes.html_url(call, repo)}/tree/{name}"},
            "protected": False,
            "protection": {
                "enabled": False,
                "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
            },
            "protection_url": f"{url}/protection",
        }
    )


ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", "/user/repos", create_for_user),
    ("GET", "/user/repos", list_mine),
    ("POST", "/orgs/<org>/repos", create_for_organization),
    ("GET", "/orgs/<org>/repos", list_of_organization),
    ("GET", "/repos/<owner>/<repo>", get),
    ("PATCH", "/repos/<owner>/<repo>", update),
    ("DELETE", "/repos/<owner>/<repo>", delete),
    ("GET", "/repos/<owner>/<repo>/collaborators/<login>/permission", permission_of),
    ("GET", "/repos/<owner>/<repo>/branches", list_branches),
    ("GET", "/repos/<owner>/<repo>/branches/<path:branch>", get_branch),
]

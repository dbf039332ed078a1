"""People, namespaces, projects and their branches."""

import re
import shutil
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.gitlab.calls import (
    MAINTAINER,
    OWNER,
    Call,
    Refused,
    insufficient_scope,
    not_found,
    text_of,
)
from shared.local.simulators.gitlab.tokens import may_create_in, role_in

Json = dict[str, Any]
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_BRANCH = re.compile(r"(?!.*(\.\.|//|@\{|\\|\.lock(/|$)|/\.))[^\x00-\x20\x7f~^:?*\[/-][^\x00-\x20\x7f~^:?*\[]*[^./\s]")


def user_shape(call: Call, username: str) -> Json:
    """Return a person as GitLab shows one beside other things."""
    person = call.sim.person(username)
    shown = {key: person[key] for key in ("id", "username", "name")}
    return shown | {"state": "active", "avatar_url": None, "web_url": f"{call.base}/{username}"}


def shape(call: Call, project: Json) -> Json:
    """Return a project in GitLab's words."""
    space, url = call.sim.state["spaces"][project["space"].lower()], f"{call.base}/{project['full']}"
    return {
        "id": project["id"],
        "name": project["name"],
        "path": project["path"],
        "path_with_namespace": project["full"],
        "name_with_namespace": project["full"].replace("/", " / "),
        "description": project["description"],
        "default_branch": project["default_branch"] if project["refs"] else None,
        "visibility": project["visibility"],
        "created_at": project["created_at"],
        "last_activity_at": project["created_at"],
        "web_url": url,
        "http_url_to_repo": f"{url}.git",
        "ssh_url_to_repo": f"git@gitlab.test:{project['full']}.git",
        "readme_url": None,
        "archived": bool(project.get("archived")),
        "empty_repo": not project["refs"],
        "merge_method": project["merge_method"],
        "namespace": {"id": space["id"], "name": space["path"], "path": space["path"].rpartition("/")[2]}
        | {"kind": space["kind"], "full_path": space["path"]},
        "permissions": {"project_access": {"access_level": call.sim.access(project, call.caller)}},
    }


def get_user(call: Call) -> Response:
    """Answer with the user of the token."""
    more = {"can_create_group": True, "can_create_project": True, "projects_limit": 100_000}
    return json_response(user_shape(call, call.caller.username) | more)


def find_users(call: Call) -> Response:
    """Find people by their user name."""
    name = call.request.args.get("username")
    found = [n for n in call.sim.state["users"] if name is None or n.lower() == name.lower()]
    return call.page_of([user_shape(call, each) for each in found])


def get_space(call: Call) -> Response:
    """Read a namespace by number or path, if the caller belongs to it."""
    name = call.parameters["space"].lower()
    for space in call.sim.state["spaces"].values():
        if name in (str(space["id"]), space["path"].lower()) and role_in(space, call.caller.username):
            shown = {key: space[key] for key in ("id", "path", "kind")}
            return json_response(shown | {"name": space["path"], "full_path": space["path"]})
    raise not_found("Namespace")


def create(call: Call) -> Response:
    """Make a project in the caller's own namespace or in a group of theirs."""
    body = call.body("name path namespace_id visibility description initialize_with_readme default_branch merge_method")
    if "name" not in body and "path" not in body:
        raise Refused(400, "name, path are missing, at least one parameter must be provided", "error")
    name = text_of(body, "name") or text_of(body, "path")
    path = text_of(body, "path") or re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")
    spaces = call.sim.state["spaces"].values()
    wanted = body.get("namespace_id")
    space = next((s for s in spaces if (s["id"] == wanted if wanted else s["path"] == call.caller.username)), None)
    if not call.caller.writes:
        raise insufficient_scope()
    if space is None or not role_in(space, call.caller.username):
        raise not_found("Namespace")
    if not may_create_in(space, call.caller.username):
        raise Refused(400, {"namespace": ["is not valid"]})
    if not _PATH.fullmatch(path) or path.endswith((".git", ".atom", ".")):
        raise Refused(400, {"path": ["can contain only letters, digits, '_', '-' and '.'."]})
    if body.get("visibility", "private") not in ("private", "internal", "public"):
        raise Refused(400, "visibility does not have a valid value", "error")
    full = f"{space['path']}/{path}"
    if call.sim.project_named(full) is not None:
        taken = ["has already been taken"]
        raise Refused(400, {"project_namespace.name": taken, "name": taken, "path": taken})
    project = _new(call, body, space, name, path)
    git = call.sim.bare(project)
    if git.path.exists():
        shutil.rmtree(git.path)  # left by a kill before the state knew of it
    git.create(project["default_branch"])
    call.sim.state["projects"][str(project["id"])] = project
    call.sim.effect("project.create", repo=full, id=project["id"], by=call.caller.username)
    if body.get("initialize_with_readme"):
        tree = git.write_tree(None, [("100644", git.blob(f"# {name}\n".encode()), "README.md")])
        line = who_line(call, None, None)
        sha = git.write_commit(tree, [], line, line, "Initial commit")
        call.sim.move_ref(project, f"refs/heads/{project['default_branch']}", sha, call.caller.username)
    return json_response(shape(call, project), 201)


def _new(call: Call, body: Json, space: Json, name: str, path: str) -> Json:
    return {
        "id": call.sim.next_id(),
        "name": name,
        "path": path,
        "space": space["path"],
        "full": f"{space['path']}/{path}",
        "description": text_of(body, "description") or None,
        "visibility": body.get("visibility", "private"),
        "default_branch": text_of(body, "default_branch", "main"),
        "merge_method": body.get("merge_method", "merge"),
        "created_at": call.sim.stamp(),
        "refs": {},
        "members": {},
        "requests": [],
        "pipelines": [],
        "hooks": [],
        "next_iid": 1,
    }


def who_line(call: Call, name: str | None, email: str | None) -> str:
    """Write a person the way a commit holds it; the date is the simulator's: GitLab takes none."""
    who = name or call.caller.username
    mail = email or f"{call.caller.username}@users.noreply.gitlab.test"
    if any(char in who + mail for char in "<>\n"):
        raise Refused(400, "author_name is invalid", "error")
    return f"{who} <{mail}> {int(call.sim.now().timestamp())} +0000"


def get(call: Call) -> Response:
    """Read one project."""
    return json_response(shape(call, call.project))


def list_projects(call: Call) -> Response:
    """List the projects the caller belongs to, the newest first; `search` is a part of the name."""
    search = call.request.args.get("search", "").lower()
    found = [each for each in call.sim.state["projects"].values() if call.sim.access(each, call.caller)]
    named = [each for each in found if search in each["name"].lower()]
    return call.page_of([shape(call, each) for each in sorted(named, key=lambda each: -int(each["id"]))])


def archive(call: Call) -> Response:
    """Archive a project: it can be read, and nothing of it changes any more; again it is the same."""
    project = call.writable(OWNER)
    project["archived"] = True
    call.sim.effect("project.archive", repo=project["full"], by=call.caller.username)
    return json_response(shape(call, project), 201)


def delete(call: Call) -> Response:
    """Delete a project with all it holds."""
    project = call.writable(OWNER)
    del call.sim.state["projects"][str(project["id"])]
    shutil.rmtree(call.sim.bare(project).path, ignore_errors=True)
    call.sim.effect("project.delete", repo=project["full"], by=call.caller.username)
    return json_response({"message": "202 Accepted"}, 202)


def members(call: Call) -> Response:
    """List who belongs to a project, through its namespace or by themselves; `query` is a part of the name."""
    project, wanted = call.project, call.request.args.get("query", "").lower()
    owners = dict.fromkeys(call.sim.state["spaces"][project["space"].lower()]["owners"], OWNER)
    found = {name: level for name, level in {**project["members"], **owners}.items() if wanted in name.lower()}
    return call.page_of([user_shape(call, name) | {"access_level": level} for name, level in found.items()])


def branch_sha(project: Json, name: str) -> str | None:
    """Return where a branch points."""
    found: str | None = project["refs"].get(f"refs/heads/{name}")
    return found


def branch_shape(call: Call, project: Json, name: str, sha: str) -> Json:
    """Return a branch in GitLab's words."""
    from shared.local.simulators.gitlab.commits import commit_shape

    return {
        "name": name,
        "commit": commit_shape(call, project, sha),
        "merged": False,
        "protected": name == project["default_branch"],
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": True,
        "default": name == project["default_branch"],
        "web_url": f"{call.base}/{project['full']}/-/tree/{name}",
    }


def get_branch(call: Call) -> Response:
    """Read one branch with its newest commit."""
    project, name = call.project, call.parameters["branch"]
    sha = branch_sha(project, name)
    if sha is None:
        raise not_found("Branch")
    return json_response(branch_shape(call, project, name, sha))


def list_branches(call: Call) -> Response:
    """List branches by name."""
    project = call.project
    heads = {ref.removeprefix("refs/heads/"): sha for ref, sha in project["refs"].items() if "/heads/" in ref}
    return call.page_of([branch_shape(call, project, name, sha) for name, sha in sorted(heads.items())])


def check_branch_name(name: str) -> None:
    """Refuse what git takes for no branch."""
    if not _BRANCH.fullmatch(name):
        raise Refused(400, f"The branch name '{name}' is invalid")


def create_branch(call: Call) -> Response:
    """Make a branch at a commit or another branch."""
    project = call.writable()
    asked = {**call.body("branch ref"), **call.request.args.to_dict()}
    if not asked.get("branch") or not asked.get("ref"):
        raise Refused(400, "branch is missing, ref is missing", "error")
    name = str(asked["branch"])
    check_branch_name(name)
    if branch_sha(project, name) is not None:
        raise Refused(400, "Branch already exists")
    ref = str(asked["ref"])
    sha = branch_sha(project, ref) or (ref if len(ref) == 40 and call.git.kind(ref) == "commit" else None)
    if sha is None:
        raise Refused(400, f"Invalid reference name: {ref}")
    call.sim.move_ref(project, f"refs/heads/{name}", sha, call.caller.username)
    return json_response(branch_shape(call, project, name, sha), 201)


def delete_branch(call: Call) -> Response:
    """Delete a branch; the default one is protected."""
    project, name = call.writable(), call.parameters["branch"]
    if branch_sha(project, name) is None:
        raise not_found("Branch")
    if name == project["default_branch"]:
        raise Refused(403, "Protected branch can't be removed.")
    call.sim.move_ref(project, f"refs/heads/{name}", None, call.caller.username)
    return Response(status=204)


def must_push_to(call: Call, project: Json, branch: str) -> None:
    """Refuse a push to the protected default branch by less than a maintainer."""
    protected = branch == project["default_branch"] and project["refs"]
    if protected and call.sim.access(project, call.caller) < MAINTAINER:
        raise Refused(403, f"You are not allowed to push into this branch: {branch}")


_P = "/projects/<project>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", "/user", get_user),
    ("GET", "/users", find_users),
    ("GET", "/namespaces/<space>", get_space),
    ("GET", "/projects", list_projects),
    ("POST", "/projects", create),
    ("GET", _P, get),
    ("DELETE", _P, delete),
    ("POST", f"{_P}/archive", archive),
    ("GET", f"{_P}/members/all", members),
    ("GET", f"{_P}/repository/branches", list_branches),
    ("POST", f"{_P}/repository/branches", create_branch),
    ("GET", f"{_P}/repository/branches/<branch>", get_branch),
    ("DELETE", f"{_P}/repository/branches/<branch>", delete_branch),
]

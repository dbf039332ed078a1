"""The probe of GitLab, its own cloud or a self-managed one: in a project of its own, which is deleted again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.cli.probe.calls import Ask, Call, Expect, Kept, Left, Look, Place, Probe
from shared.cli.probe.gitlab_requests import HOOK_CALLS, REQUESTS
from shared.cli.probe.run import is_marked
from shared.cli.probe.shapes import Either, InOrder, Rows, Says
from shared.core.errors import ConfigError, Rejected
from shared.ports import Secret

Json = dict[str, Any]
API = "https://docs.gitlab.com/api/"
NOTHING_SHA = "0" * 39 + "1"
MORE: Json = {"*": "any"}

PERSON: Json = {"id": "whole", "username": "words", "name": "text", "state": "code", **MORE}
PROJECT: Json = {
    "id": "whole", "name": "words", "path": "words", "path_with_namespace": "words", "default_branch": "words|null",
    "visibility": "=private|=internal|=public", "web_url": "url", "namespace": "object", "archived": "flag", **MORE,
}  # fmt: skip
COMMIT: Json = {
    "id": "sha", "short_id": "words", "title": "text", "message": "text", "parent_ids": ["sha"], "author_name": "text",
    "author_email": "text", "created_at": "time", "web_url": "url", **MORE,
}  # fmt: skip
BRANCH: Json = {"name": "words", "commit": COMMIT, "protected": "flag", "default": "flag", **MORE}
FILES = "/projects/{project}/repository/files/"


def said(status: int | tuple[int, ...], *words: str) -> Expect:
    """Return what a refused call answers: its message is a text, a list, or lists by field."""
    return Expect(status, {"message": Says(*words), "*": "any"})


def commit(message: str, *actions: Json, **more: str) -> Ask:
    """Return the request for a commit."""
    body = {"branch": "{mark}", "commit_message": message, "author_name": "Workwright",
            "author_email": "probe@workwright.invalid", "actions": list(actions), **more}  # fmt: skip
    return Ask("POST", "/projects/{project}/repository/commits", body)


DOOR = (
    Call(
        "who we are",
        "The user of a token is told with number and user name.",
        API + "users#retrieve-the-current-user",
        Ask("GET", "/user"),
        Expect(body=PERSON),
        keep={"username": "username", "person": "id"},
    ),
    Call(
        "what the token may do",
        "A personal token says of itself what it may do, whether it is active, and when it ends.",
        API + "personal_access_tokens#self-inform",
        Ask("GET", "/personal_access_tokens/self"),
        Expect(body={"id": "whole", "name": "text", "scopes": ["words"], "active": "flag", "revoked": "flag",
                     "expires_at": "date|null", **MORE}),
    ),
    Call(
        "a group",
        "A group is found by its path; a person's own space is none, and 404.",
        API + "groups#retrieve-a-group",
        Ask("GET", "/groups/{space}"),
        Expect((200, 404), Either({"id": "whole", "full_path": "={space}", "name": "text", "path": "words", **MORE},
                                  {"message": Says("404"), "*": "any"})),
    ),
    Call(
        "our role in the group",
        "A member's role in a group is told as a number, those of the groups above it counted.",
        API + "group_members#retrieve-a-group-member-including-inherited-and-invited-members",
        Ask("GET", "/groups/{space}/members/all/{person}"),
        Expect((200, 404), Either({**PERSON, "access_level": "whole"}, {"message": Says("404"), "*": "any"})),
    ),
    Call(
        "a stranger's token",
        "A token that is not valid is refused with 401.",
        API + "rest/authentication",
        Ask("GET", "/user", trusted=False),
        Expect(401, {"message?": Says("Unauthorized"), "error?": "code", "error_description?": "text"}),
    ),
    Call(
        "a project that is not there",
        "What does not exist and what is not shared with a token are the same 404.",
        API + "projects#retrieve-a-project",
        Ask("GET", "/projects/{space}%2Fworkwright-probe-that-was-never-made"),
        said(404, "Project Not Found"),
    ),
    Call(
        "a namespace",
        "A group or a person's own space is found by its path.",
        API + "namespaces#retrieve-details-about-a-namespace",
        Ask("GET", "/namespaces/{space}"),
        Expect(body={"id": "whole", "name": "text", "path": "words", "kind": "=user|=group", "full_path": "={space}",
                     **MORE}),
        keep={"space_id": "id"},
    ),
    Call(
        "a project is made",
        "POST projects makes a private project with a first commit.",
        API + "projects#create-a-project",
        Ask("POST", "/projects", {"name": "{mark}", "path": "{mark}", "namespace_id": "{space_id}",
                                  "visibility": "private", "initialize_with_readme": True}),
        Expect(201, {**PROJECT, "path": "={mark}", "visibility": "=private"}),
        keep={"project": "id", "main": "default_branch"},
    ),
    Call(
        "a project is made twice",
        "A path that is taken is refused with 400, by the field.",
        API + "projects#create-a-project",
        Ask("POST", "/projects", {"name": "{mark}", "path": "{mark}", "namespace_id": "{space_id}"}),
        Expect(400, {"message": {"path": [Says("taken")], "*": "list"}, "*": "any"}),
    ),
    Call(
        "a project by its path",
        "A project is read by its path with the slash encoded.",
        API + "projects#retrieve-a-project",
        Ask("GET", "/projects/{space}%2F{mark}"),
        Expect(body={**PROJECT, "path_with_namespace": "={space}/{mark}"}),
    ),
    Call(
        "its members",
        "The members of a project are listed with their roles as numbers, those of its group among them.",
        API + "project_members#list-all-members-of-a-project",
        Ask("GET", "/projects/{project}/members/all", query={"query": "{username}", "per_page": 100}),
        Expect(body=[{**PERSON, "access_level": "whole"}], holds={"[0].username": "={username}"}),
    ),
    Call(
        "people by name",
        "People are found by their exact user name.",
        API + "users#list-users",
        Ask("GET", "/users", query={"username": "{username}"}),
        Expect(body=Rows(1, PERSON)),
    ),
)  # fmt: skip

GIT = (
    Call(
        "the newest commit",
        "A branch is read with its newest commit, a moment after the project was made.",
        API + "branches#retrieve-a-repository-branch",
        Ask("GET", "/projects/{project}/repository/branches/{main}"),
        Expect(body={**BRANCH, "name": "={main}"}),
        keep={"base": "commit.id"},
        patience=30.0,
    ),
    Call(
        "a branch that is not there",
        "A branch that is not there is 404, and the message says that it is the branch.",
        API + "branches#retrieve-a-repository-branch",
        Ask("GET", "/projects/{project}/repository/branches/{mark}"),
        said(404, "Branch Not Found"),
    ),
    Call(
        "a commit on a new branch",
        "One call makes a branch at a commit and a commit with several files on it.",
        API + "commits#create-a-commit",
        commit("Probe", {"action": "create", "file_path": "probe/a.txt", "content": "a\n"},
               {"action": "create", "file_path": "probe/hello.txt", "content": "aGVsbG8K", "encoding": "base64"},
               start_sha="{base}"),
        Expect(201, {**COMMIT, "title": "=Probe", "author_name": "=Workwright"},
               holds={"parent_ids": InOrder("{base}")}),
        keep={"commit": "id"},
    ),
    Call(
        "the branch begins twice",
        "A commit that would begin a branch that is there already is refused with 400.",
        API + "commits#create-a-commit",
        commit("Again", {"action": "create", "file_path": "probe/b.txt", "content": "b"}, start_sha="{base}"),
        said(400, "already exists"),
    ),
    Call(
        "a file is made twice",
        "A file that is there cannot be created: 400.",
        API + "commits#create-a-commit",
        commit("Again", {"action": "create", "file_path": "probe/a.txt", "content": "b"}),
        said(400, "file with this name already exists"),
    ),
    Call(
        "a file that is not there is changed",
        "A file that is not there cannot be updated: 400.",
        API + "commits#create-a-commit",
        commit("Again", {"action": "update", "file_path": "probe/none.txt", "content": "b"}),
        said(400, "file with this name doesn't exist"),
    ),
    Call(
        "a second commit",
        "A commit on a branch that is there changes, deletes and makes executable, on top of what is there.",
        API + "commits#create-a-commit",
        commit("Second", {"action": "update", "file_path": "probe/a.txt", "content": "again\n"},
               {"action": "delete", "file_path": "probe/hello.txt"},
               {"action": "create", "file_path": "probe/run.sh", "content": "echo\n"},
               {"action": "chmod", "file_path": "probe/run.sh", "execute_filemode": True}),
        Expect(201, {**COMMIT, "title": "=Second"}, holds={"parent_ids": InOrder("{commit}")}),
        keep={"second": "id"},
    ),
    Call(
        "all files",
        "The tree of a commit lists paths, modes and blobs; with keyset its parts follow by the Link header.",
        API + "repositories#list-all-repository-trees-in-a-project",
        Ask("GET", "/projects/{project}/repository/tree",
            query={"ref": "{second}", "recursive": "true", "pagination": "keyset", "per_page": 100}),
        Expect(body=[{"id": "sha", "name": "words", "type": "=blob|=tree", "path": "words", "mode": "digits"}]),
    ),
    Call(
        "a file is read",
        "A file is read as base64, by its path as one part of the address.",
        API + "repository_files#retrieve-a-file-from-a-repository",
        Ask("GET", FILES + "probe%2Fhello.txt", query={"ref": "{commit}"}),
        Expect(body={"file_path": "=probe/hello.txt", "encoding": "=base64", "content": "=aGVsbG8K", "size": 6,
                     "blob_id": "=ce013625030ba8dba906f756967f9e9ca394464a", **MORE}),
    ),
    Call(
        "a file that was deleted",
        "A file that is not in a commit is 404.",
        API + "repository_files#retrieve-a-file-from-a-repository",
        Ask("GET", FILES + "probe%2Fhello.txt", query={"ref": "{second}"}),
        said(404, "File Not Found"),
    ),
    Call(
        "a commit is read",
        "A commit is read with its message and its parents.",
        API + "commits#retrieve-a-commit",
        Ask("GET", "/projects/{project}/repository/commits/{second}"),
        Expect(body={**COMMIT, "id": "={second}"}, holds={"parent_ids": InOrder("{commit}")}),
    ),
    Call(
        "a branch to merge into",
        "A branch is made at a commit.",
        API + "branches#create-a-repository-branch",
        Ask("POST", "/projects/{project}/repository/branches", {"branch": "{mark}-base", "ref": "{base}"}),
        Expect(201, {**BRANCH, "name": "={mark}-base"}),
    ),
    Call(
        "a branch is made twice",
        "A branch that is there already is refused with 400.",
        API + "branches#create-a-repository-branch",
        Ask("POST", "/projects/{project}/repository/branches", {"branch": "{mark}-base", "ref": "{base}"}),
        said(400, "Branch already exists"),
    ),
)  # fmt: skip

BRANCHES = (
    Call(
        "a branch is deleted",
        "DELETE branches removes one with 204.",
        API + "branches#delete-a-repository-branch",
        Ask("DELETE", "/projects/{project}/repository/branches/{mark}"),
        Expect(204, None),
    ),
    Call(
        "a branch is deleted twice",
        "A branch that is gone is 404.",
        API + "branches#delete-a-repository-branch",
        Ask("DELETE", "/projects/{project}/repository/branches/{mark}"),
        said(404, "Branch Not Found"),
    ),
    Call(
        "a project is archived",
        "An archived project says so.",
        API + "projects#archive-a-project",
        Ask("POST", "/projects/{project}/archive"),
        Expect(201, {**PROJECT, "archived": True}),
    ),
    Call(
        "an archived project is written to",
        "Nothing is written to an archived project: 403.",
        API + "projects#archive-a-project",
        commit("No", {"action": "create", "file_path": "probe/c.txt", "content": "c"}, start_sha="{base}"),
        said(403, "403"),
    ),
)


def read_place(named: str) -> Place:
    """Return the namespace that a project is made in; raises ConfigError."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", named):
        return Place(f"the namespace {named}", {"space": named})
    raise ConfigError("--in names no place on GitLab; give your user name, or the path of a group")


def credential(token: Secret) -> Mapping[str, str]:
    """Return the header that a token is sent in."""
    return {"Authorization": f"Bearer {token.reveal()}"}


def find_left(look: Look, kept: Kept) -> Iterator[Left]:
    """Yield the projects of ours in the namespace, but for those that are on their way out already."""
    query = {"membership": "true", "search": "workwright-probe-", "per_page": 100}
    answer = look(Ask("GET", "/projects", query=query))
    if answer.status != 200 or not isinstance(answer.body, list):
        raise Rejected("gitlab", f"the projects cannot be listed ({answer.status}); the token needs the scope api")
    for project in answer.body:
        there = project["path_with_namespace"] == f"{kept['space']}/{project['path']}"
        if there and is_marked(project["path"]) and not project.get("marked_for_deletion_on"):
            yield Left(f"the project {project['path']}", Ask("DELETE", f"/projects/{project['id']}"))


PROBE = Probe(
    system="gitlab",
    title="GitLab",
    address="https://gitlab.com",
    asks_for="your user name, or the path of a group",
    rights="a token with the scope api that may make projects there",
    makes="one private project with a merge request and a webhook, which is deleted (GitLab keeps it for some days)",
    calls=(*DOOR, *GIT, *REQUESTS, *HOOK_CALLS, *BRANCHES),
    read_place=read_place,
    credential=credential,
    find_left=find_left,
    credential_name="GitLab token",
    grant="gitlab",
    below="/api/v4",
    pace=0.3,
    code_at="error",
    limited=Expect(429, "words", {"retry-after": "digits"}),
    no_harm=(
        ("the jobs of a pipeline and their logs", "a runner would have to run one"),
        ("an approval says when it was given", "who has opened a request may not be allowed to approve it"),
    ),
)

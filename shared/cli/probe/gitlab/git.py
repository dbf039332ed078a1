"""Commits, branches and files, and what is archived."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.gitlab.wording import API, BRANCH, COMMIT, FILES, MORE, PROJECT, commit, expect_message
from shared.cli.probe.shapes import InOrder

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
        expect_message(404, "Branch Not Found"),
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
        expect_message(400, "already exists"),
    ),
    Call(
        "a file is made twice",
        "A file that is there cannot be created: 400.",
        API + "commits#create-a-commit",
        commit("Again", {"action": "create", "file_path": "probe/a.txt", "content": "b"}),
        expect_message(400, "file with this name already exists"),
    ),
    Call(
        "a file that is not there is changed",
        "A file that is not there cannot be updated: 400.",
        API + "commits#create-a-commit",
        commit("Again", {"action": "update", "file_path": "probe/none.txt", "content": "b"}),
        expect_message(400, "file with this name doesn't exist"),
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
        expect_message(404, "File Not Found"),
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
        expect_message(400, "Branch already exists"),
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
        expect_message(404, "Branch Not Found"),
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
        expect_message(403, "403"),
    ),
)

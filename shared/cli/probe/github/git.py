"""Commits without a checkout: trees, blobs, commits, branches, and files that are read."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.github.wording import COMMIT, NOTHING_SHA, REF, REST, TREE, refusal
from shared.cli.probe.shapes import InOrder, Rows

WHO = {"name": "Workwright", "email": "probe@workwright.invalid", "date": "2026-01-02T03:04:05Z"}
HELLO = "ce013625030ba8dba906f756967f9e9ca394464a"  # git's name for a file with the word hello and a line's end


def commit(message: str, tree: str, parent: str) -> Ask:
    """Return the request for a commit whose every part is given, so that the same one has the same name."""
    body = {"message": message, "tree": tree, "parents": [parent], "author": WHO, "committer": WHO}
    return Ask("POST", "/repos/{repo}/git/commits", body)


GIT = (
    Call(
        "the newest commit",
        "A branch is read as a reference that points to a commit.",
        REST + "git/refs#get-a-reference",
        Ask("GET", "/repos/{repo}/git/ref/heads/{main}"),
        Expect(body={**REF, "ref": "=refs/heads/{main}"}),
        keep={"base": "object.sha"},
        patience=20.0,
    ),
    Call(
        "a branch that is not there",
        "A branch that is not there is 404.",
        REST + "git/refs#get-a-reference",
        Ask("GET", "/repos/{repo}/git/ref/heads/{mark}"),
        refusal(404, "Not Found"),
    ),
    Call(
        "a blob",
        "A file's content is stored under the name that git itself gives it.",
        REST + "git/blobs#create-a-blob",
        Ask("POST", "/repos/{repo}/git/blobs", {"content": "aGVsbG8K", "encoding": "base64"}),
        Expect(201, {"sha": f"={HELLO}", "url": "url"}),
    ),
    Call(
        "a tree",
        "A tree is made of another one with files laid over it: by their text or by a blob, with their modes.",
        REST + "git/trees#create-a-tree",
        Ask("POST", "/repos/{repo}/git/trees", {"base_tree": "{base}", "tree": [
            {"path": "probe/a.txt", "mode": "100644", "type": "blob", "content": "a\n"},
            {"path": "probe/run.sh", "mode": "100755", "type": "blob", "content": "echo\n"},
            {"path": "probe/hello.txt", "mode": "100644", "type": "blob", "sha": HELLO}]}),
        Expect(201, TREE),
        keep={"tree": "sha"},
    ),
    Call(
        "a tree from nothing",
        "A tree over a commit that is not there is refused with 404 or 422.",
        REST + "git/trees#create-a-tree",
        Ask("POST", "/repos/{repo}/git/trees", {"base_tree": NOTHING_SHA, "tree": [
            {"path": "a.txt", "mode": "100644", "type": "blob", "content": "a"}]}),
        Expect((404, 422), {"message": "words", "*": "any"}),
    ),
    Call(
        "a commit",
        "A commit is made of a tree and its parents, and is on no branch yet.",
        REST + "git/commits#create-a-commit",
        commit("Probe", "{tree}", "{base}"),
        Expect(201, {**COMMIT, "message": "=Probe", "tree": {"sha": "={tree}", "url": "url"}}),
        keep={"commit": "sha"},
    ),
    Call(
        "the same commit again",
        "The same tree, parent, people and dates are the same commit: a request may be repeated after a lost answer.",
        REST + "git/commits#create-a-commit",
        commit("Probe", "{tree}", "{base}"),
        Expect(201, {**COMMIT, "sha": "={commit}"}),
    ),
    Call(
        "a branch begins",
        "POST git/refs begins a branch at a commit.",
        REST + "git/refs#create-a-reference",
        Ask("POST", "/repos/{repo}/git/refs", {"ref": "refs/heads/{mark}", "sha": "{commit}"}),
        Expect(201, {**REF, "ref": "=refs/heads/{mark}"}),
    ),
    Call(
        "a branch begins twice",
        "A branch that is there already is refused with 422 and stays where it is.",
        REST + "git/refs#create-a-reference",
        Ask("POST", "/repos/{repo}/git/refs", {"ref": "refs/heads/{mark}", "sha": "{base}"}),
        refusal(422, "Reference already exists"),
    ),
    Call(
        "a branch at a commit that is not there",
        "A branch cannot begin at a commit that is not there: 422.",
        REST + "git/refs#create-a-reference",
        Ask("POST", "/repos/{repo}/git/refs", {"ref": "refs/heads/{mark}-nowhere", "sha": NOTHING_SHA}),
        refusal(422, "Object does not exist"),
    ),
    Call(
        "a branch to merge into",
        "Several branches may begin at one commit.",
        REST + "git/refs#create-a-reference",
        Ask("POST", "/repos/{repo}/git/refs", {"ref": "refs/heads/{mark}-base", "sha": "{base}"}),
        Expect(201, REF),
    ),
    Call(
        "a tree without a file",
        "A file is left out of a tree by null in the place of its blob.",
        REST + "git/trees#create-a-tree",
        Ask("POST", "/repos/{repo}/git/trees", {"base_tree": "{commit}", "tree": [
            {"path": "probe/hello.txt", "mode": "100644", "type": "blob", "sha": None}]}),
        Expect(201, TREE),
        keep={"less": "sha"},
    ),
    Call(
        "a second commit",
        "A commit may be built on one that no branch is at yet.",
        REST + "git/commits#create-a-commit",
        commit("Less", "{less}", "{commit}"),
        Expect(201, {**COMMIT, "message": "=Less"}, holds={"parents[].sha": InOrder("{commit}")}),
        keep={"second": "sha"},
    ),
    Call(
        "a branch moves on",
        "PATCH git/refs moves a branch forward.",
        REST + "git/refs#update-a-reference",
        Ask("PATCH", "/repos/{repo}/git/refs/heads/{mark}", {"sha": "{second}", "force": False}),
        Expect(body=REF, holds={"object.sha": "={second}"}),
    ),
    Call(
        "a branch does not move back",
        "Without force a branch is not moved to a commit that does not follow: 422.",
        REST + "git/refs#update-a-reference",
        Ask("PATCH", "/repos/{repo}/git/refs/heads/{mark}", {"sha": "{base}", "force": False}),
        refusal(422, "fast forward"),
    ),
    Call(
        "all files",
        "A tree read with recursive lists all files with mode, name, size and blob, and says whether that is all.",
        REST + "git/trees#get-a-tree",
        Ask("GET", "/repos/{repo}/git/trees/{commit}", query={"recursive": "1"}),
        Expect(body={**TREE, "truncated": False}),
    ),
    Call(
        "a commit is read",
        "A commit is read with its message and its people.",
        REST + "git/commits#get-a-commit-object",
        Ask("GET", "/repos/{repo}/git/commits/{commit}"),
        Expect(body={**COMMIT, "sha": "={commit}", "message": "=Probe"},
               holds={"author.date": "=2026-01-02T03:04:05Z"}),
    ),
    Call(
        "a file is read",
        "A file is read as base64, with the name of its blob.",
        REST + "repos/contents#get-repository-content",
        Ask("GET", "/repos/{repo}/contents/probe/hello.txt", query={"ref": "{commit}"}),
        Expect(body={"type": "=file", "encoding": "=base64", "size": 6, "sha": f"={HELLO}", "path": "=probe/hello.txt",
                     "content": "words", "*": "any"}),
    ),
    Call(
        "a file that was left out",
        "A file that is not in a commit is 404.",
        REST + "repos/contents#get-repository-content",
        Ask("GET", "/repos/{repo}/contents/probe/hello.txt", query={"ref": "{second}"}),
        refusal(404, "Not Found"),
    ),
    Call(
        "a folder is read",
        "A folder is read as a list of what is in it.",
        REST + "repos/contents#get-repository-content",
        Ask("GET", "/repos/{repo}/contents/probe", query={"ref": "{second}"}),
        Expect(body=Rows(2, {"type": "=file", "path": "words", "sha": "sha", "*": "any"}),
               holds={"[].path": InOrder("probe/a.txt", "probe/run.sh")}),
    ),
    Call(
        "a blob is read",
        "A blob is read as base64.",
        REST + "git/blobs#get-a-blob",
        Ask("GET", f"/repos/{{repo}}/git/blobs/{HELLO}"),
        Expect(body={"sha": f"={HELLO}", "size": 6, "encoding": "=base64", "content": "words", "*": "any"}),
    ),
    Call(
        "a file that is there is not written over",
        "PUT contents without the name of the blob that it replaces is refused with 422.",
        REST + "repos/contents#create-or-update-file-contents",
        Ask("PUT", "/repos/{repo}/contents/probe/a.txt",
            {"message": "Over", "content": "aGVsbG8K", "branch": "{mark}"}),
        refusal(422, "sha"),
    ),
)  # fmt: skip

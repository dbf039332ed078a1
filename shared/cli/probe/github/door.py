"""Who asks, how a call is refused at the door, and repositories."""

from __future__ import annotations

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.github.wording import ACCOUNT, REPOSITORY, REST, refusal
from shared.cli.probe.shapes import Rows

LIMITS = {
    "x-ratelimit-limit": "digits",
    "x-ratelimit-remaining": "digits",
    "x-ratelimit-reset": "digits",
    "x-ratelimit-used": "digits",
    "x-ratelimit-resource": "=core",
    "x-github-request-id": "words",
}
DOOR = (
    Call(
        "who we are",
        "The user of a token is told with its login, and every answer says how many calls are left until when.",
        REST + "users/users#get-the-authenticated-user",
        Ask("GET", "/user"),
        Expect(body=ACCOUNT, headers=LIMITS),
        keep={"login": "login"},
    ),
    Call(
        "an account",
        "An account is found by its name, and says whether it is a person's or an organisation's.",
        REST + "users/users#get-a-user",
        Ask("GET", "/users/{login}"),
        Expect(body={**ACCOUNT, "login": "={login}"}),
    ),
    Call(
        "our repositories",
        "The repositories that a token may see are listed, each with what its user may do there.",
        REST + "repos/repos#list-repositories-for-the-authenticated-user",
        Ask("GET", "/user/repos", query={"per_page": 1}),
        Expect(body=[{**REPOSITORY, "permissions?": {"admin": "flag", "push": "flag", "pull": "flag", "*": "any"}}]),
    ),
    Call(
        "a stranger's token",
        "A token that is not valid is refused with 401 and the words Bad credentials.",
        REST + "authentication/authenticating-to-the-rest-api",
        Ask("GET", "/user", trusted=False),
        refusal(401, "Bad credentials"),
    ),
    Call(
        "a version that is none",
        "A version of the API that is not served is refused with 400.",
        REST + "about-the-rest-api/api-versions",
        Ask("GET", "/user", headers={"X-GitHub-Api-Version": "1999-01-01"}),
        Expect(400, {"message": "words", "*": "any"}),
    ),
    Call(
        "a repository that is not there",
        "What does not exist and what is not shared with a token are the same 404.",
        REST + "repos/repos#get-a-repository",
        Ask("GET", "/repos/{login}/workwright-probe-that-was-never-made"),
        refusal(404, "Not Found"),
    ),
    Call(
        "a repository is made",
        "POST user/repos makes a private repository with a first commit and answers 201 with it.",
        REST + "repos/repos#create-a-repository-for-the-authenticated-user",
        Ask("POST", "/user/repos", {"name": "{mark}", "private": True, "auto_init": True}),
        Expect(201, {**REPOSITORY, "name": "={mark}", "private": True, "owner": {**ACCOUNT, "login": "={login}"}}),
        keep={"repo": "full_name", "owner": "owner.login"},
        when="own",
    ),
    Call(
        "a repository of an organisation is made",
        "POST orgs/{org}/repos does the same for an organisation.",
        REST + "repos/repos#create-an-organization-repository",
        Ask("POST", "/orgs/{organisation}/repos", {"name": "{mark}", "private": True, "auto_init": True}),
        Expect(201, {**REPOSITORY, "name": "={mark}", "private": True}),
        keep={"repo": "full_name", "owner": "owner.login"},
        when="organisation",
    ),
    Call(
        "a repository is made twice",
        "A name that is taken is refused with 422, and the repository that has it stays.",
        REST + "repos/repos#create-a-repository-for-the-authenticated-user",
        Ask("POST", "/user/repos", {"name": "{mark}", "private": True, "auto_init": True}),
        refusal(422, "creation failed", detail=("already exists",)),
        when="own",
    ),
    Call(
        "an empty repository",
        "Without auto_init a repository has no commit.",
        REST + "repos/repos#create-a-repository-for-the-authenticated-user",
        Ask("POST", "/user/repos", {"name": "{mark}-empty", "private": True}),
        Expect(201, {**REPOSITORY, "private": True}),
        keep={"empty": "name"},
        when="own",
    ),
    Call(
        "a branch of an empty repository",
        "Git data of an empty repository is refused with 409.",
        REST + "git/refs#get-a-reference",
        Ask("GET", "/repos/{owner}/{empty}/git/ref/heads/main"),
        refusal(409, "empty"),
        when="own",
    ),
    Call(
        "a tree of an empty repository",
        "No tree can be made in an empty repository: 409.",
        REST + "git/trees#create-a-tree",
        Ask("POST", "/repos/{owner}/{empty}/git/trees",
            {"tree": [{"path": "a.txt", "mode": "100644", "type": "blob", "content": "a"}]}),
        refusal(409, "empty"),
        when="own",
    ),
    Call(
        "the first file",
        "PUT contents makes the first commit of an empty repository, on the branch that it names.",
        REST + "repos/contents#create-or-update-file-contents",
        Ask("PUT", "/repos/{owner}/{empty}/contents/README.md",
            {"message": "First", "content": "aGVsbG8K", "branch": "main"}),
        Expect(201, {"content": {"path": "=README.md", "sha": "sha", "*": "any"},
                     "commit": {"sha": "sha", "message": "=First", "*": "any"}}),
        when="own",
    ),
    Call(
        "a repository is archived",
        "An archived repository says so; it can be read, and be archived no more than once.",
        REST + "repos/repos#update-a-repository",
        Ask("PATCH", "/repos/{owner}/{empty}", {"archived": True}),
        Expect(body={**REPOSITORY, "archived": True}),
        when="own",
    ),
    Call(
        "an archived repository is written to",
        "Nothing is written to an archived repository: 403.",
        REST + "repos/repos#update-a-repository",
        Ask("PUT", "/repos/{owner}/{empty}/contents/b.md", {"message": "No", "content": "aGVsbG8K", "branch": "main"}),
        refusal(403, "archived"),
        when="own",
    ),
    Call(
        "the repository",
        "A repository says who owns it, what its default branch is called, and whether it is private.",
        REST + "repos/repos#get-a-repository",
        Ask("GET", "/repos/{repo}"),
        Expect(body={**REPOSITORY, "full_name": "={repo}"}),
        keep={"main": "default_branch", "owner": "owner.login"},
        patience=20.0,
    ),
    Call(
        "our right in it",
        "The right of a person in a repository is told in one word.",
        REST + "collaborators/collaborators#get-repository-permissions-for-a-user",
        Ask("GET", "/repos/{repo}/collaborators/{login}/permission"),
        Expect(body={"permission": "=admin|=write", "role_name": "text", "user": "object|null"}),
    ),
)  # fmt: skip

HOOK_PATH = "/repos/{repo}/hooks"
BRANCHES = (
    Call(
        "branches in parts",
        "Lists are cut with per_page and page.",
        REST + "using-the-rest-api/using-pagination-in-the-rest-api",
        Ask("GET", "/repos/{repo}/branches", query={"per_page": 1, "page": 2}),
        Expect(body=Rows(1, {"name": "words", "commit": {"sha": "sha", "url": "url"}, "protected": "flag", "*": "any"}),
               headers={"link": "words"}),
    ),
    Call(
        "a branch is deleted",
        "DELETE git/refs removes a branch with 204 and no body.",
        REST + "git/refs#delete-a-reference",
        Ask("DELETE", "/repos/{repo}/git/refs/heads/{mark}"),
        Expect(204, None),
    ),
    Call(
        "a branch is deleted twice",
        "A branch that is gone is refused with 422 and the words does not exist.",
        REST + "git/refs#delete-a-reference",
        Ask("DELETE", "/repos/{repo}/git/refs/heads/{mark}"),
        refusal(422, "Reference does not exist"),
    ),
)  # fmt: skip

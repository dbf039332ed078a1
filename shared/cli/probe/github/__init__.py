"""The probe of GitHub: in a repository of its own that is deleted again, or on branches of one that a person names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.cli.probe.calls import Ask, Expect, Kept, Left, Look, Place, Probe
from shared.cli.probe.github import door, git, pulls
from shared.cli.probe.run import MARK, is_marked
from shared.core.errors import ConfigError, Rejected
from shared.ports import Secret

VERSION = "2026-03-10"
_NAME = r"[A-Za-z0-9][A-Za-z0-9-]{0,38}"
_REPOSITORY = re.compile(rf"(?:https://github\.com/)?({_NAME})/([A-Za-z0-9._-]{{1,100}}?)(?:\.git)?/?")


def read_place(named: str) -> Place:
    """Return where the probe works: `me`, `org:NAME`, or a repository; raises ConfigError."""
    if named == "me":
        return Place("your account on GitHub", {"own": "me"})
    if found := re.fullmatch(rf"org:({_NAME})", named):
        return Place(f"the organisation {found[1]}", {"organisation": found[1]})
    if found := _REPOSITORY.fullmatch(named):
        return Place(f"the repository {found[1]}/{found[2]}", {"repo": f"{found[1]}/{found[2]}", "given": "yes"})
    raise ConfigError("--in names no place on GitHub; give me, org:NAME, or a repository as OWNER/NAME")


def credential(token: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


def find_left(look: Look, kept: Kept) -> Iterator[Left]:
    """Yield repositories of ours, or in a given one webhooks, open drafts and branches with a probe's mark."""
    if "given" in kept:
        yield from _list_left_in_repository(look, str(kept["repo"]))
        return
    path = f"/orgs/{kept['organisation']}/repos" if "organisation" in kept else "/user/repos"
    query = {} if "organisation" in kept else {"affiliation": "owner"}
    for repo in _list_pages(look, path, query):
        if is_marked(repo["name"]):
            yield Left(f"the repository {repo['name']}", Ask("DELETE", f"/repos/{repo['full_name']}"))


def _list_left_in_repository(look: Look, repo: str) -> Iterator[Left]:
    for hook in _list_pages(look, f"/repos/{repo}/hooks", {}, missing=(403, 404)):
        if MARK in str(hook["config"].get("url")):
            yield Left("a webhook", Ask("DELETE", f"/repos/{repo}/hooks/{hook['id']}"))
    for branch in _list_pages(look, f"/repos/{repo}/branches", {}):
        if is_marked(branch["name"]):  # its pull requests are closed with it
            ask = Ask("DELETE", f"/repos/{repo}/git/refs/heads/{branch['name']}")
            yield Left(f"the branch {branch['name']}", ask, also=(404, 422))


def _list_pages(look: Look, path: str, query: Mapping[str, Any], missing: tuple[int, ...] = ()) -> Iterator[Any]:
    for page in range(1, 100):
        answer = look(Ask("GET", path, query={**query, "per_page": 100, "page": page}))
        if answer.status in missing:
            return
        if answer.status != 200 or not isinstance(answer.body, list):
            raise Rejected("github", f"{path} cannot be read ({answer.status}); check the name and the token's rights")
        yield from answer.body
        if len(answer.body) < 100:
            return


LIMITED = Expect(
    (403, 429), {"message": "words", "documentation_url?": "text", "status?": "text"}, {"retry-after": "digits"}
)

PROBE = Probe(
    system="github",
    title="GitHub",
    address="https://api.github.com",
    asks_for="me or org:NAME (private repositories are made and deleted there), or a throw-away repository OWNER/NAME",
    rights="a token that may write contents, pull requests, webhooks and, unless a repository is named, administration",
    makes="for me and org:NAME a private repository or two; in a named one two branches, a pull request that is merged "
    "into a branch of the probe (it stays in the list of closed ones) and a webhook",
    calls=(*door.DOOR, *git.GIT, *pulls.PULLS, *pulls.CHECKS, *pulls.HOOK_CALLS, *door.BRANCHES),
    read_place=read_place,
    credential=credential,
    find_left=find_left,
    headers={
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": VERSION,
        "User-Agent": "workwright-probe",
    },
    credential_name="GitHub token",
    grant="github",
    pace=1.0,  # GitHub asks for a second between writes
    limited=LIMITED,
    no_harm=(
        ("an app's token is made of a signed word of the app", "it needs the app's private key"),
        ("the annotations and the log of a check run", "only apps report check runs"),
        ("5,000 calls an hour are taken, and 80 writes a minute", "asking more would keep other work from being done"),
    ),
)  # fmt: skip

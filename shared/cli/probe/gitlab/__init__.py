"""The probe of GitLab, its own cloud or a self-managed one: in a project of its own, which is deleted again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.cli.probe.calls import Ask, Expect, Kept, Left, Look, Place, Probe
from shared.cli.probe.gitlab import door, git, requests
from shared.cli.probe.run import is_marked
from shared.core.errors import ConfigError, Rejected
from shared.ports import Secret


def read_place(named: str) -> Place:
    """Return the namespace that a project is made in; raises ConfigError."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", named):
        return Place(f"the namespace {named}", {"space": named})
    raise ConfigError("--in names no place on GitLab; give your user name, or the path of a group")


def credential(token: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


def find_left(look: Look, kept: Kept) -> Iterator[Left]:
    """Yield the projects of ours in the namespace, but for those that are on their way out already."""
    query = {"membership": "true", "search": "workwright-probe-", "per_page": 100}
    answer = look(Ask("GET", "/projects", query=query))
    if answer.status != 200 or not isinstance(answer.body, list):
        raise Rejected("gitlab", f"the projects cannot be listed ({answer.status}); the token needs the scope api")
    for project in answer.body:
        same_space = project["path_with_namespace"] == f"{kept['space']}/{project['path']}"
        if same_space and is_marked(project["path"]) and not project.get("marked_for_deletion_on"):
            yield Left(f"the project {project['path']}", Ask("DELETE", f"/projects/{project['id']}"))


PROBE = Probe(
    system="gitlab",
    title="GitLab",
    address="https://gitlab.com",
    asks_for="your user name, or the path of a group",
    rights="a token with the scope api that may make projects there",
    makes="one private project with a merge request and a webhook, which is deleted (GitLab keeps it for some days)",
    calls=(*door.DOOR, *git.GIT, *requests.REQUESTS, *requests.HOOK_CALLS, *git.BRANCHES),
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

"""The probe of Vercel: in a project of its own, which goes with all its deployments in the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.cli.probe.calls import Ask, Expect, Kept, Left, Look, Place, Probe
from shared.cli.probe.run import is_marked
from shared.cli.probe.vercel import deployments, live, projects
from shared.core.errors import ConfigError, Rejected
from shared.ports import Secret


def read_place(named: str) -> Place:
    """Return the account that a project is made in: `me`, or a team's id; raises ConfigError."""
    if named == "me":
        return Place("your own account on Vercel", {"team": ""})
    if re.fullmatch(r"team_[A-Za-z0-9]+", named):
        return Place(f"the team {named} on Vercel", {"team": named})
    raise ConfigError("--in names no place on Vercel; give me for your own account, or a team's id, team_…")


def credential(token: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


def find_left(look: Look, kept: Kept) -> Iterator[Left]:
    """Yield the projects of ours; their deployments go with them."""
    answer = look(Ask("GET", "/v10/projects", query={"search": "workwright-probe-", "limit": "100"}))
    if answer.status != 200 or not isinstance(answer.body, dict):
        raise Rejected("vercel", f"the projects cannot be listed ({answer.status}); check the token and its team")
    for project in answer.body.get("projects") or ():
        if is_marked(project["name"]):
            yield Left(f"the project {project['name']}", Ask("DELETE", f"/v9/projects/{project['id']}"))


PROBE = Probe(
    system="vercel",
    title="Vercel",
    address="https://api.vercel.com",
    asks_for="me for your own account, or a team's id (team_…)",
    rights="a token of the account or the team that may make projects",
    makes="one project with two deployments of a page of one line, which is deleted with them",
    calls=(*projects.PROJECTS, *deployments.DEPLOYMENTS, *live.LIVE),
    read_place=read_place,
    credential=credential,
    find_left=find_left,
    query={"teamId": "{team}"},
    credential_name="Vercel token",
    grant="vercel",
    pace=0.5,
    code_at="error.code",
    limited=Expect(429, {"error": {"code": "words", "message": "words", "*": "any"}, "*": "any"}),
    no_harm=(
        ("a plan that does not go back so far answers 402", "it depends on the plan"),
        ("a protected preview answers 401 without the word that opens it", "it depends on the project's settings"),
    ),
)

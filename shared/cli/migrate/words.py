"""A move in plain words, before it is agreed to and after it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.cli.migrate.move_ends import There
from shared.cli.migrate.moving import Plan
from shared.cli.migrate.survey import Team
from shared.integrations.systems import SYSTEMS
from shared.local.configuration.choices import REAL, Choices

# Of these the project's own serve as well: nothing that people hold was made with the folder's.
_UNNOTICED = frozenset({"hook-key", "oauth-state-key", "api-key-pepper"})
_AT_HAND = tuple(each.name for each in SYSTEMS.values() if not each.simulated)  # what is there with the machine
_CLIENTS = ("-client-id", "-client-secret", "-app-id", "-app-key")


def plan_to_data(plan: Plan, cloud: There) -> dict[str, Any]:
    teams = [
        {
            "tenant": team.tenant,
            "name": team.name,
            "runs": dict(team.runs),
            "connections": list(team.connections),
            "left": list(team.left),
            "databases": list(team.databases),
            "keys": team.keys,
            "documents": team.documents,
            "sealed": team.sealed,
            "texts": team.texts,
            "waiting": team.waiting,
            "put_aside": team.put_aside,
            "paused": team.paused,
        }
        for team in plan.teams
    ]
    names = {"added": plan.secrets.add, "beside": plan.secrets.beside, "there": plan.secrets.same}
    names |= {"other": plan.secrets.other, "stay": plan.secrets.stay}
    secrets = {name: list(each) for name, each in names.items()}
    return {
        "project": cloud.project,
        "region": cloud.region,
        "teams": teams,
        "stay": list(plan.stay),
        "secrets": secrets,
    }


def plan_words(plan: Plan, cloud: There, choices: Choices) -> Iterator[str]:
    """Yield what is moved, what keeps working, what does not, and what stays."""
    yield f"To project {cloud.project}, region {cloud.region}:"
    for team in plan.teams:
        yield from _team(team)
    yield from _secrets(plan)
    yield ""
    yield "What does not go along:"
    yield from (f"  - {each}" for each in _list_left(plan, choices))
    yield ""
    yield (
        "From the first moment on this folder does nothing more, and the project nothing for these teams until all of"
        " it is there. Until then it can be taken back with --back, afterwards not."
    )


def _team(team: Team) -> Iterator[str]:
    runs = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in team.runs.items()) or "none"
    yield f"  {team.name} ({team.tenant})"
    yield f"    runs          {runs}; of these go on there: {team.moving}"
    yield f"    connections   {', '.join(team.connections) or 'none'}; sealed anew: {team.sealed}"
    yield f"    databases     {', '.join(team.databases) or 'none'}"
    yield f"    records       documents: {team.documents}, texts: {team.texts}, commands that wait: {team.waiting}"
    if team.put_aside:
        yield f"    put aside     commands that stay put aside: {team.put_aside}"
    if team.paused:
        yield "    paused        and so it stays until somebody resumes it there"


def _secrets(plan: Plan) -> Iterator[str]:
    found = plan.secrets
    if found.add:
        yield f"  secrets that are missing there: {', '.join(found.add)}"
    keys = sum(team.keys for team in plan.teams)
    if "api-key-pepper" in (*found.add, *found.same):
        yield f"  API keys that keep working: {keys}"
    elif "api-key-pepper" in found.beside:
        yield f"  API keys that keep working: {keys}; one that is not used within 90 days has to be made anew"


def _list_left(plan: Plan, choices: Choices) -> Iterator[str]:
    keys = sum(team.keys for team in plan.teams)
    if keys and "api-key-pepper" in plan.secrets.other:
        yield f"API keys ({keys}): the project's pepper is another one and is just being changed; make them anew there"
    yield "the index of the workspace: it is read again from Notion, which takes a while"
    yield "addresses of this machine: links in messages and pages that were sent before lead here, and nothing answers"
    if not plan.webhook:
        yield "Notion's webhook: set it up there (docs/guides/deploy.md, “Notion”), or changes are seen once an hour"
    hooks = sorted({hook for team in plan.teams for hook in team.hooks})
    if hooks:
        yield f"webhooks that lead here ({', '.join(hooks)}): the next work makes new ones; delete the old ones there"
    for system in sorted({each for team in plan.teams for each in team.left}):
        yield f"{system}: it is simulated on this machine; connect a real one there"
    if any(team.site in _AT_HAND for team in plan.teams):
        yield "sites in a folder of this machine: they stay there as they are; choose another host in the project"
    yield from _list_differing_secrets(plan)
    if plan.secrets.stay:
        yield f"secrets that are for this machine alone: {', '.join(plan.secrets.stay)}"
    yield from _deployments(choices)
    if plan.stay:
        yield f"other teams of this folder, which stand still here until they are moved too: {', '.join(plan.stay)}"


def _list_differing_secrets(plan: Plan) -> Iterator[str]:
    """Yield the secrets that the project has others of, where somebody notices."""
    others = [name for name in plan.secrets.other if name not in _UNNOTICED]
    if not others:
        return
    yield f"secrets of which the project has others, which count there: {', '.join(others)}"
    if any(name.endswith(_CLIENTS) for name in others):
        yield "connections that were made with the folder's own client or app: connect them again when they are refused"


def _deployments(choices: Choices) -> Iterator[str]:
    """Yield what a deployment is told by Terraform's variables."""
    if choices.mode("mail") == REAL:
        yield "how mail is sent: say it with the variables `mail` and its sender (docs/guides/connect-mail.md)"
    if choices.model.get("ask"):
        yield f"the model {choices.model['ask']}: say it with the variable `models` (docs/guides/models.md)"


def list_todos(cloud: There, tenants: list[str]) -> Iterator[str]:
    """Yield what to do next."""
    yield ""
    yield f"Moved. Work goes on in {cloud.project} within a minute, when `sweep` is called there."
    for tenant in tenants:
        yield f"  its terminal   workwright attach {cloud.where()} --tenant {tenant} --data NEW"
    yield f"  look it over   workwright doctor --cloud {cloud.where()}"
    yield "This folder stays as it is, and `workwright up` refuses it. Its key still opens the tokens as they were:"
    yield "keep it like a backup, and delete it when you no longer want it."

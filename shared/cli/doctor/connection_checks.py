"""What is connected for real is asked whether it still takes what is kept of it. Nothing is changed, nothing written.

The folder is only read, so it may be in use. One question to a model is paid for: less than a hundredth of a cent.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.accounts.endpoints import Endpoints
from shared.backends.local.folder.data_folder import DATABASE
from shared.backends.local.keys.keyfile import KEY_FILE
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.cli.root import format_command
from shared.cli.setup.trials import read_now, try_model_of, try_system
from shared.core.models.model_facts import OFFLINE
from shared.core.system import TOKEN
from shared.core.tenants.finding import LATER, MISSING, OK, Finding
from shared.integrations.notion.trial import try_notion
from shared.integrations.systems import SYSTEMS
from shared.integrations.trial_result import Given, Tried
from shared.local.configuration.choices import Choice, Choices, read_choices
from shared.local.configuration.runtime_environment import select_used
from shared.ports import SYSTEM, Secret

_ADDRESSED = tuple(each.name for each in SYSTEMS.values() if each.address)


def try_connected(data: Path, env: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what each real system says, and the model."""
    choices, kept = select_used(read_choices(data), env), Kept(data)
    ends = _endpoints(choices, env)
    for choice in choices.real:
        yield _build_finding(choice, _try(choices, choice, kept, ends, data))
        yield from _try_clicks(choice, kept, ends)
    provider = choices.model.get("ask", OFFLINE).partition("/")[0]
    if provider != OFFLINE:
        yield _build_finding(provider, try_model_of(choices.model, kept.secret(f"{provider}-api-key")))
    elif not choices.real:
        yield Finding("tries", OK, "nothing is connected for real, so there was nothing to try", needed=False)


def _build_finding(system: str, tried: Tried) -> Finding:
    state = MISSING if not tried.ok else LATER if tried.way_out else OK
    return Finding(system, state, tried.says, tried.way_out, needed=system == "notion")


def _endpoints(choices: Choices, env: Mapping[str, str]) -> Endpoints:
    urls = {
        each: env.get(f"WORKWRIGHT_{each.upper()}_URL") or choices.read(each).fact("address") for each in _ADDRESSED
    }
    return Endpoints({name: url for name, url in urls.items() if url})


def _try(choices: Choices, choice: str, kept: Kept, ends: Endpoints, data: Path) -> Tried:
    system, chosen = SYSTEMS[choices.system_of(choice)], choices.read(choice)
    token = kept.token(system.name)
    if not token and (system.name == "notion" or any(each.secret == TOKEN for each in system.questions)):
        says = f"{system.title} was chosen, and no token of it is kept."
        return Tried(False, says, f"Give one with: {format_command('init', system.part, data=data)}")
    at = chosen.fact("host") or (ends.get_address(system.name) if system.address else chosen.fact("address"))
    if system.name == "notion":
        return _try_notion(chosen, token, kept.grant(system.name), at)
    facts = {**chosen.facts, "data": str(data)}
    return try_system(
        system.name, Given(read_now, at, token, facts, {name: kept.secret(name) for name in system.secrets})
    )


def _try_notion(chosen: Choice, token: Secret, grant: Mapping[str, Any], at: str) -> Tried:
    public = grant.get("public", {})
    by_token = public.get("given") == TOKEN or "refresh" not in grant
    workspace, page = str(public.get("workspace_id") or ""), chosen.fact("page")
    return try_notion(token, at=at, page=page, workspace=workspace, given="token" if by_token else "link")


def _try_clicks(choice: str, kept: Kept, ends: Endpoints) -> Iterator[Finding]:
    """Yield what each way says that clicks on a system's buttons come in by, where one is set up."""
    for way in SYSTEMS[choice].clicks if choice in SYSTEMS else ():
        if way.trial and (secret := kept.secret(way.ask.secret)):
            given = Given(read_now, ends.get_address(choice), keys={way.ask.secret: secret})
            yield _build_finding(f"{choice}-clicks", try_system(choice, given, way.trial))


class Kept:
    """The grants and secrets of a data folder, read beside whoever works with it."""

    def __init__(self, data: Path) -> None:
        """Read what is there; a folder that does not exist has nothing, and stays away."""
        self._secrets = LocalSecrets(data) if (data / KEY_FILE).exists() else None
        self._grants: dict[str, dict[str, Any]] = {}
        self._tenant = ""
        if (data / DATABASE).exists():
            with closing(sqlite3.connect(f"file:{data / DATABASE}?mode=ro", uri=True, timeout=10)) as connection:
                self._read(connection)

    def _read(self, connection: sqlite3.Connection) -> None:
        found = connection.execute(
            "SELECT body FROM docs WHERE tenant = ? AND kind = 'install' AND id IN ('workspace', 'home') "
            "ORDER BY id DESC",
            (SYSTEM,),
        ).fetchone()
        if found is not None:
            self._tenant = str(json.loads(found[0])["tenant"])
            query = "SELECT id, body FROM docs WHERE tenant = ? AND kind = 'grants'"
            self._grants = {str(name): json.loads(body) for name, body in connection.execute(query, (self._tenant,))}

    def grant(self, system: str) -> dict[str, Any]:
        """Return the team's grant, {} where there is none."""
        return self._grants.get(system, {})

    def token(self, system: str) -> Secret:
        """Return the team's token, or the one that waits until there is a team; empty for none."""
        sealed = self.grant(system).get("access")
        if sealed and self._secrets is not None:
            return self._secrets.open(self._tenant, f"{system}.access", sealed)
        return self.secret(f"setup-{system}-token")

    def secret(self, name: str) -> Secret:
        """Return one of the operator's secrets; empty for none."""
        return (self._secrets.find(name) if self._secrets is not None else None) or Secret("")

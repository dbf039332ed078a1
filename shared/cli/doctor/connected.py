"""What is connected for real is asked whether it still takes what is kept of it. Nothing is changed, nothing written.

The folder is only read, so it may be in use. One question to a model is paid for: less than a hundredth of a cent.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.accounts.endpoints import Endpoints
from shared.app.connections.ways_back import TOKEN
from shared.app.tries.notion import try_notion
from shared.app.tries.tried import Tried
from shared.cli.doctor.finding import LATER, MISSING, OK, Finding
from shared.cli.root import typed
from shared.cli.setup.trials import (
    try_bucket,
    try_clicks,
    try_code,
    try_folder,
    try_host,
    try_mail,
    try_model_of,
    try_slack,
)
from shared.core.models.model_facts import OFFLINE
from shared.integrations.systems import SYSTEMS, name_system
from shared.local.chosen.choices import Choice, Choices, read_choices
from shared.local.chosen.surroundings import in_use
from shared.ports import SYSTEM, Secret

_PART = {"github": "code", "gitlab": "code", "vercel": "sites"}  # of `workwright init`, where it has another name
_MAIL = tuple(name for each in SYSTEMS.values() if each.sends_mail for name in each.secrets)
_ADDRESSED = tuple(each.name for each in SYSTEMS.values() if each.address and not each.for_all)


def try_connected(data: Path, env: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what each real system says, and the model."""
    choices, kept = in_use(read_choices(data), env), Kept(data)
    reach = Reach(_endpoints(choices, env))
    for system in choices.real:
        yield _found(system, _try(system, choices.of(system), kept, reach, data))
        if system == "slack" and (app := kept.secret("slack-app-token")):
            yield _found("slack-clicks", try_clicks(reach, app))
    provider = choices.model.get("ask", OFFLINE).partition("/")[0]
    if provider != OFFLINE:
        yield _found(provider, try_model_of(choices.model, kept.secret(f"{provider}-api-key")))
    elif not choices.real:
        yield Finding("tries", OK, "nothing is connected for real, so there was nothing to try", needed=False)


def _found(system: str, tried: Tried) -> Finding:
    state = MISSING if not tried.ok else LATER if tried.way_out else OK
    return Finding(system, state, tried.says, tried.way_out, needed=system == "notion")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where systems are asked."""

    endpoints: Endpoints
    trace: None = None


def _endpoints(choices: Choices, env: Mapping[str, str]) -> Endpoints:
    told = {each: env.get(f"WORKWRIGHT_{each.upper()}_URL") or choices.of(each).fact("address") for each in _ADDRESSED}
    return Endpoints({name: url for name, url in told.items() if url})


def _try(system: str, chosen: Choice, kept: Kept, reach: Reach, data: Path) -> Tried:
    if system == "local_sites":
        return try_folder(chosen.fact("folder"), data)
    if system == "cloud_storage":
        return try_bucket(chosen.fact("bucket"), chosen.fact("address"))
    if system == "mail":
        facts = {"sender": "", **chosen.facts}
        return try_mail(facts, {name: kept.secret(name) for name in _MAIL})
    token = kept.token(system)
    if not token:
        says = f"{name_system(system)} was chosen, and no token of it is kept."
        return Tried(False, says, f"Give one with: {typed('init', _PART.get(system, system), data=data)}")
    if system == "notion":
        public = kept.grant(system).get("public", {})
        by_token = public.get("given") == TOKEN or "refresh" not in kept.grant(system)
        return try_notion(
            token,
            at=reach.endpoints.of(system),
            page=chosen.fact("page"),
            workspace=str(public.get("workspace_id") or ""),
            given="token" if by_token else "link",
        )
    if system == "vercel":
        return try_host(reach, token)
    if system == "slack":
        return try_slack(reach, token, chosen.fact("channel"))
    return try_code(reach, system, token, chosen.fact("owner"), chosen.fact("host"))


class Kept:
    """The grants and secrets of a data folder, read beside whoever works with it."""

    def __init__(self, data: Path) -> None:
        """Read what is there; a folder that does not exist has nothing, and stays away."""
        from shared.backends.local.folder.data_folder import DATABASE
        from shared.backends.local.keys.keyfile import KEY_FILE
        from shared.backends.local.keys.local_secrets import LocalSecrets

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

"""Two tenants with one thing of each kind, of whom one comes to its end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.tenants.tenant_delete import erase_tenant
from shared.app.tenants.tenant_export import export
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.knowledge.chunk import Chunk
from shared.core.run.commands import ERASE, Command
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, Secret, Store
from shared.ports.knowledge import KnownPage
from tests.support.builders.saved_runs import a_command, a_run, opening
from tests.support.ports.dying import Died
from tests.support.ports.moved_clock import MovedClock

MINE, OTHER = "acme", "globex"


def chunk(text: str) -> Chunk:
    return Chunk(id="k1.0", page="k1", path=("Top",), text=text, block="b1", key="key-1", position=0)


class Tasks:
    """A queue whose commands the test hands over."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def enqueue(self, commands: Sequence[Command]) -> None:
        self.commands += commands


class TwoTenants:
    """Two tenants with one thing of each kind, and canaries of the first in every place."""

    def __init__(self, store: Store, clock: MovedClock, folder: Path) -> None:
        self.store, self.clock, self.queue = store, clock, Tasks()
        self.secrets = LocalSecrets(folder / "secrets")
        self.known = LocalKnowledge(folder / "secrets")
        self.points: list[str] = []
        self.dies_at: set[str] = set()
        self.deps = Deps(store, self.queue, self.secrets, clock, crash_point=self._point)  # type: ignore[arg-type]
        self.accounts = Accounts(store, self.secrets, clock, Endpoints(timeouts=(1, 1)), self.deps.owner)
        self.tools = Tools({}, self.accounts, None, None, None, None, knowledge=self.known.open_for)  # type: ignore[arg-type]

    def _point(self, name: str) -> None:
        self.points.append(name)
        if name in self.dies_at:
            self.dies_at.discard(name)
            raise Died(name)

    def furnish(self, tenant: str) -> list[str]:
        """Put something everywhere; return the words that must not be found afterwards."""
        words = [f"canary-{tenant}-{n:02d}" for n in range(9)]
        run = a_run("r1", tenant)
        run = replace(run, trigger=replace(run.trigger, title=words[0]))
        audit: tuple[dict[str, Any], ...] = ({"at": "", "run": "r1", "what": "x", "by": words[1]},)
        command = a_command("c1", tenant, ref=words[2])
        self.store.commit(opening(run, command, puts=(Put("effects", "e1", {"a": words[3]}),), audit=audit))
        self.store.put(tenant, Put("settings", "tenant", {"name": words[4]}), Put("pages", "p1", {"run": words[5]}))
        self.store.put_text(tenant, words[6] + "x" * 2_000_000)
        page = KnownPage("k1", words[7])
        self.known.open_for(tenant).replace(page, [chunk(words[8])])
        self.accounts.keep(tenant, "vercel", GrantTokens(Secret("made-up"), None, {}), {"login": words[8]})
        self.store.put(SYSTEM, Put("bots", f"bot-{tenant}", {"tenant": tenant, "workspace": words[0]}))
        return words

    def kept(self, tenant: str) -> list[dict[str, Any]]:
        """Return all that the tenant could take along, without when it was asked for."""
        lines = [json.loads(line) for line in export(self.deps, self.known.open_for(tenant), tenant, "a test")]
        return [line for line in lines if line["kind"] not in ("about", "audit", "end")]

    def erase(self) -> None:
        erase_tenant(Command("e", ERASE, "sync", MINE), self.deps, self.tools, self.accounts)

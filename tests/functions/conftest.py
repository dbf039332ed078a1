"""The real function `api`, loaded as the platform loads it, on a store in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from functions_framework import create_app

from shared.app.api.keys import create_key
from shared.app.engine.deps import Deps
from shared.core.run.events import Event, RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import Limits, Run, StepSpec, Trigger, WaitKind
from shared.ports import Commit, Put, Secret
from shared.wiring import wire
from tests.support.rigs.house import forget_wiring

ROOT = Path(__file__).resolve().parents[2]
MINE, OTHER = "t-0123456789abcdef01234567", "t-fedcba987654321001234567"


ROLES = ("owner", "admin", "member", "viewer")


class Keys(dict[str, str]):
    """Keys of two tenants by role, the other's as "foreign owner" and so on; each made when it is first asked for."""

    def __init__(self, deps: Deps) -> None:
        super().__init__()
        self._deps = deps

    def __missing__(self, role: str) -> str:
        foreign = role.startswith("foreign ")
        own = role.removeprefix("foreign ")
        self[role] = create_key(
            self._deps, OTHER if foreign else MINE, own, f"{'their ' if foreign else ''}{own}'s key"
        )
        return self[role]

    def of(self, role: str) -> str:
        """Return the key of a role; what is no role is a key itself."""
        return self[role] if role.removeprefix("foreign ") in ROLES else role


@dataclass
class Service:
    """The function, its ports, and keys of two tenants."""

    app: Any
    deps: Deps
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        """Make keys on the same store, and somebody who is told, to whom links go."""
        self.keys = Keys(self.deps)
        if self.deps.store.get(MINE, "settings", "tenant") is None:
            self.deps.store.put(MINE, Put("settings", "tenant", {"people": [{"id": "lin", "name": "Lin Example"}]}))

    def call(self, method: str, path: str, *, key: str = "owner", **given: Any) -> Any:
        """Send a request with the key of that role; "" sends none."""
        headers = dict(given.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {self.keys.of(key)}"
        return self.app.test_client(use_cookies=False).open(path, method=method, headers=headers, **given)

    def save(self, *events: Event, puts: tuple[Put, ...] = ()) -> Run:
        """Store a run that these events made, as the engine would."""
        run: Run | None = None
        version = ""
        for number, event in enumerate(events):
            run, commands = reduce(run, event)
            commit = Commit(run, (event,), commands, version, f"{run.id}.{number}", puts=puts if not number else ())
            version = self.deps.store.commit(commit)
        assert run is not None
        return run

    def waiting(self, tenant: str = MINE, run: str = "run-waits") -> Run:
        """Return a stored run that waits for its approval."""
        return self.save(self.opened(tenant, run, GATE, BUILD))

    def opened(self, tenant: str, run: str, *specs: StepSpec, page: str = "page-1") -> RunOpened:
        """Return the event that opens a run."""
        trigger = Trigger("page", page, "A <b>club</b> site", "Ada <Example>")
        return RunOpened(self.deps.clock.now(), tenant, run, trigger, Limits(), specs)


GATE = StepSpec("approve", "approval.ask", "Approve", lane="", gate=WaitKind.APPROVAL)
BUILD = StepSpec("build", "code.generate", "Write the <script>site</script>", depends_on=("approve",))


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Yield the function on a fresh folder."""
    monkeypatch.setenv("WORKWRIGHT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKWRIGHT_PUBLIC_URL", "http://localhost")
    monkeypatch.setattr(sys, "path", [*sys.path])  # each app adds its folder, and every import looks through them all
    forget_wiring()
    wired = wire()
    for name in ("api-key-pepper", "approval-link-key", "slack-signing-secret"):
        wired.deps.secrets.set(name, Secret(f"{name} of the tests"))
    app = create_app("api", str(ROOT / "functions" / "api" / "main.py"))  # type: ignore[no-untyped-call]
    yield Service(app, wired.deps)
    assert wired.local_store is not None
    wired.local_store.close()
    forget_wiring()

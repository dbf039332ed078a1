"""Two who change one document at the same time both succeed: neither is told to try again, neither is undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.app.connections.connect_notion import connect_notion
from shared.app.intake.accept_forge_delivery import note_installation
from shared.app.models.model_health import DOCUMENT, forget_health
from shared.app.tenants.settings_changes import change_settings
from shared.core.errors import Busy
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, Secret
from tests.support.ports.changed_meanwhile import ChangedMeanwhile
from tests.support.ports.local_ports import Ports, local_ports

SETTINGS = ("settings", "tenant")


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path) as ports:
        yield ports


def _crowded(ports: Ports, kind: str, id: str, theirs: dict[str, Any], times: int = 1) -> tuple[Any, ChangedMeanwhile]:
    store = ChangedMeanwhile(ports.store, kind, id, theirs, times)
    return replace(ports.deps, store=store), store  # type: ignore[arg-type]


def _body(ports: Ports, tenant: str, kind: str, id: str) -> Any:
    doc = ports.store.get(tenant, kind, id)
    return doc.body if doc is not None else None


@pytest.mark.parametrize("changes", [{"name": "Bakery"}, {"time_zone": "Europe/Berlin"}])
def test_settings_that_others_change_too(ports: Ports, changes: dict[str, Any]) -> None:
    ports.store.put("t-1", Put(*SETTINGS, {"name": "Old", "people": []}))
    deps, store = _crowded(ports, *SETTINGS, {"refused": {"a": 1}}, times=2)
    change_settings(deps, "t-1", **changes)
    assert store.left == 0
    body = dict(_body(ports, "t-1", *SETTINGS))
    assert set(body.pop("changed", {})) == ({"planning"} if "time_zone" in changes else set())
    assert body == {"name": "Old", "people": [], "refused": {"a": 1}, **changes}


def test_settings_that_others_change_without_end_are_said_to_be_busy(ports: Ports) -> None:
    deps, _ = _crowded(ports, *SETTINGS, {"theirs": 1}, times=1000)
    with pytest.raises(Busy, match="the settings of t-1 were changed by others"):
        change_settings(deps, "t-1", name="Bakery")
    assert _body(ports, "t-1", *SETTINGS) == {"theirs": 1}


def test_an_installation_that_another_team_has_just_connected_too(ports: Ports) -> None:
    deps, store = _crowded(ports, "installations", "github-7", {"tenants": ["t-2"]})
    note_installation(deps, "t-1", 7)
    assert (store.left, _body(ports, SYSTEM, "installations", "github-7")) == (0, {"tenants": ["t-2", "t-1"]})
    note_installation(deps, "t-1", 7)
    assert _body(ports, SYSTEM, "installations", "github-7") == {"tenants": ["t-2", "t-1"]}


class _Accounts:
    """Keeps a grant as accounts do, and asks nobody."""

    def keep(self, *given: object) -> None:
        """Keep it."""


def _connected(deps: Any, bot: str) -> str:
    public = {"bot_id": bot, "workspace_id": "w-1", "workspace_name": "Acme"}
    return connect_notion(deps, _Accounts(), GrantTokens(Secret("a"), None, public=public))  # type: ignore[arg-type]


def test_a_workspace_that_two_people_connect_at_once(ports: Ports) -> None:
    deps, store = _crowded(ports, "workspaces", "w-1", {"tenants": {"t-2": "bot-2"}})
    tenant = _connected(deps, "bot-1")
    assert (store.left, _body(ports, SYSTEM, "workspaces", "w-1")) == (
        0,
        {"tenants": {"t-2": "bot-2", tenant: "bot-1"}},
    )
    assert _body(ports, tenant, *SETTINGS) == {"name": "Acme"}


def test_a_team_whose_settings_are_made_by_another_answer_just_now(ports: Ports) -> None:
    deps, store = _crowded(ports, *SETTINGS, {"name": "Theirs"})
    tenant = _connected(deps, "bot-1")
    assert (store.left, _body(ports, tenant, *SETTINGS)) == (0, {"name": "Theirs"})


def test_health_of_models_that_another_instance_notes_just_now(ports: Ports) -> None:
    mark = {"what": "down", "until": "2030-01-01T00:00:00+00:00"}
    ports.store.put("t-1", Put(*DOCUMENT, {"openai/a": mark, "gemini/b": mark}))
    deps, store = _crowded(ports, *DOCUMENT, {"openai/c": mark, "gemini/d": mark})
    forget_health(deps.store, "t-1", "openai")
    assert (store.left, set(_body(ports, "t-1", *DOCUMENT))) == (0, {"gemini/b", "gemini/d"})

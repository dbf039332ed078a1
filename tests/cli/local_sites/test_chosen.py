"""Beside a simulated Vercel, which is always connected, a folder that is named is where sites go, until it is not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shared.app.engine.deps import Deps
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.integrations.ship_settings import ship_of
from shared.local.first_setup import _ship_to_folder
from shared.ports import Put
from shared.settings import Settings
from tests.support.ports.moved_clock import MovedClock

TENANT = "t-1"


def _host(tmp_path: Path, chosen: str, *starts: str) -> str:
    """Return where sites go after these starts, each with that folder or none; `chosen` stands in the settings."""
    store = LocalStore(tmp_path, MovedClock())
    deps = Deps(store, LocalQueue(store, MovedClock()), LocalSecrets(tmp_path), MovedClock())
    ship = {"site": {"system": chosen, "watch_s": 60}, "code": {"owner": "acme"}}
    store.put(TENANT, Put("settings", "tenant", {"ship": ship}))
    for folder in starts:
        settings = Settings.from_env({"WORKWRIGHT_SITES_FOLDER": folder} if folder else {})
        house: Any = SimpleNamespace(wired=SimpleNamespace(deps=deps, settings=settings))
        _ship_to_folder(house, TENANT)
    doc = store.get(TENANT, "settings", "tenant")
    assert doc is not None
    body = dict(doc.body)
    store.close()
    kept = ship_of(body)
    assert (kept.site.watch_s, kept.code.owner) == (60, "acme"), "nothing else is touched"
    return ship_of({**body, "connected": ["vercel", "local_sites"], "granted": ["vercel"]}).site.system


@pytest.mark.parametrize(
    ("chosen", "starts", "host"),
    [
        ("", (), "vercel"),
        ("", ("/srv/sites",), "local_sites"),
        ("", ("/srv/sites", "/srv/sites"), "local_sites"),
        ("", ("/srv/sites", ""), "vercel"),
        ("vercel", ("/srv/sites",), "vercel"),
        ("cloud_storage", ("/srv/sites", ""), "cloud_storage"),
    ],
)
def test_the_folder_is_chosen_by_being_named_where_nobody_has_chosen_another(
    tmp_path: Path, chosen: str, starts: tuple[str, ...], host: str
) -> None:
    assert _host(tmp_path, chosen, *starts) == host

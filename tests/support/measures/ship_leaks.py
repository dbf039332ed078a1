"""Whether a secret has left: everything that our side wrote into the systems outside, read as they keep it.

Of repositories all objects (so commit messages too, and what was deleted again), of deployments every file that was
ever uploaded, of Notion what our bot wrote, of the rest all that somebody could read there.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.app.ship.site_environment import keep_value
from shared.ports import Secret
from tests.support.builders.made_up_secrets import letters
from tests.support.rigs.moved_house import MovedHouse

ON_THE_PAGE = "ghp" + "_" + letters("on the page", 36)  # which a person wrote there by mistake
_PLACEHOLDER = re.compile(rb"secret(?::|%3A)[a-z-]+(?::|%3A)[0-9]+")
_AMONG_US = ("slack's", "nodes", "comments", "mail")  # where only people of the team read
_HOW_ONE_GETS_IN = ("tokens", "signing_secret")  # parts of a simulator's state that are no text anywhere


def plant(moved: MovedHouse) -> Mapping[str, str]:
    """Return what must not leave, by what it is: tokens, a key, a variable of the tenant's sites, a mistake."""
    there, canary = moved.there, letters("a variable", 40)
    keep_value(there.house.wired.deps, there.home.tenant, "forms", Secret(canary))
    found = {name: next(iter(there.look(name, "/_state")["tokens"])) for name in ("github", "vercel", "slack")}
    key = (there.house.data / "owner.key").read_text(encoding="ascii").strip()
    return {**found, "the owner's key": key, "a variable": canary, "a page": ON_THE_PAGE}


def leaks(moved: MovedHouse, canaries: Mapping[str, str]) -> list[str]:
    """Return where which of the canaries is found, and where strangers read that something was hidden."""
    found = []
    for where, content in left(moved):
        found += [f"{name} in {where}" for name, canary in canaries.items() if canary.encode() in content]
        if not where.startswith(_AMONG_US) and _PLACEHOLDER.search(content):
            found.append(f"a placeholder in {where}")
    return found


def left(moved: MovedHouse) -> Iterator[tuple[str, bytes]]:
    """Yield all that has left, with where it lies."""
    folder: Path = moved.there.house.data / "simulators"
    for place in (path.parent for system in ("github", "gitlab") for path in (folder / system).rglob("HEAD")):
        asked = ["git", f"--git-dir={place}", "cat-file", "--batch", "--batch-all-objects"]
        yield str(place.name), subprocess.run(asked, capture_output=True, check=True).stdout
    for path in (*folder.glob("vercel/files/*"), *folder.glob("cloud_storage/bytes/*")):
        yield f"{path.parent.parent.name} {path.name}", path.read_bytes()
    for system in ("github", "gitlab", "vercel", "slack"):
        yield f"{system}'s state", _text(_shown(moved.there.look(system, "/_state")))
    bot = moved.there.bot
    state: dict[str, dict[str, Any]] = moved.there.look("notion", "/_state")
    for kind in ("nodes", "comments"):
        ours = [one for one in state[kind].values() if one["created_by"]["id"] == bot]
        yield f"{kind} of ours in Notion", _text(ours)
    yield "mail", _text(moved.there.look("ses", "/_outbox"))


def _shown(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what people could read there; the values of a project's variables are where they belong."""
    shown = {name: part for name, part in state.items() if name not in _HOW_ONE_GETS_IN}
    projects = {name: {**one, "env": []} for name, one in shown.get("projects", {}).items()}
    return {**shown, "projects": projects}


def _text(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()

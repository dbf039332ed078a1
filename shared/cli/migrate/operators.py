"""The operator's secrets on their way into Secret Manager: only what functions read, and only where nothing is yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.app.tenants.operator_secrets import CHANGED, KIND
from shared.cli.doctor.cloud_wanted import Wanted
from shared.cli.migrate.places import Here, There
from shared.local.chosen.choices import SIMULATED
from shared.ports import SYSTEM, Put, Secret

_BEFORE = "-before"
_NOT_OURS = frozenset({"notion-webhook-token"})  # Notion gives each subscription its own
# What people hold that was made with them: links and keys go on counting beside those of the deployment.
_HELD = ("api-key-pepper", "approval-link-key")
_SYSTEMS = {"notion": "notion", "github": "github", "gitlab": "gitlab", "slack": "slack", "ses": "mail", "smtp": "mail"}


@dataclass(frozen=True, slots=True)
class Operators:
    """What becomes of each secret of the installation, by name."""

    add: tuple[str, ...]  # nothing is there yet
    beside: tuple[str, ...]  # another one is there; ours counts beside it for a time
    there: tuple[str, ...]  # the same is there
    other: tuple[str, ...]  # another one is there, and that counts
    stay: tuple[str, ...]  # no function reads it


def compare(here: Here, there: There) -> Operators:
    """Return what becomes of each secret; values are compared in memory."""
    read = Wanted(there.project, there.region).purposes
    found: dict[str, list[str]] = {name: [] for name in ("add", "beside", "there", "other", "stay")}
    for name in here.secrets.names():
        moves = name in read and not name.endswith(_BEFORE) and name not in _NOT_OURS and not _simulated(here, name)
        found[_fate(here, there, name) if moves else "stay"].append(name)
    return Operators(**{name: tuple(names) for name, names in found.items()})


def bring(here: Here, there: There, secrets: Operators) -> None:
    """Put them there. Done again, it changes nothing more."""
    for name in secrets.add:
        there.deps.secrets.set(name, here.secrets.get(name))
    for name in secrets.beside:
        now = there.deps.clock.now()
        there.deps.secrets.set(name + _BEFORE, here.secrets.get(name))
        until = (now + CHANGED[name]).isoformat()
        there.deps.store.put(SYSTEM, Put(KIND, name, {"until": until, "at": now.isoformat()}))


def _fate(here: Here, there: There, name: str) -> str:
    ours, theirs = here.secrets.get(name), _value(there, name)
    if not theirs:
        return "add"
    if ours == theirs:
        return "there"
    if name not in _HELD:
        return "other"
    doc = there.deps.store.get(SYSTEM, KIND, name)
    if doc is None or datetime.fromisoformat(doc.body["until"]) <= there.deps.clock.now():
        return "beside"
    return "there" if _value(there, name + _BEFORE) == ours else "other"


def _value(there: There, name: str) -> Secret:
    try:
        return there.deps.secrets.get(name, refresh=True)
    except KeyError:
        return Secret("")


def _simulated(here: Here, name: str) -> bool:
    """Say whether it opens nothing but a simulated system."""
    system = _SYSTEMS.get(name.partition("-")[0], "")
    return bool(system) and here.choices.mode(system) == SIMULATED

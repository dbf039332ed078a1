"""The operator's secrets on their way into Secret Manager: only what functions read, and only where nothing is yet."""

from __future__ import annotations

from dataclasses import dataclass

from shared.app.tenants.operator_secrets import CHANGED
from shared.cli.doctor.cloud_wanted import Wanted
from shared.cli.migrate.move_ends import Here, There
from shared.core.documents.codec import to_body
from shared.core.documents.sealed_values import ROTATIONS, Rotation
from shared.integrations.systems import BY_PART
from shared.local.configuration.choices import MAIL, SIMULATED
from shared.ports import SYSTEM, Put, Secret, get_as

_BEFORE = "-before"
_NOT_OURS = frozenset({"notion-webhook-token"})  # Notion gives each subscription its own
# What people hold that was made with them: links and keys go on counting beside those of the deployment.
_HELD = ("api-key-pepper", "approval-link-key")
_CHOICES = {name: MAIL if part == MAIL else name for part, names in BY_PART.items() for name in names}


@dataclass(frozen=True, slots=True)
class Operators:
    """What becomes of each secret of the installation, by name."""

    add: tuple[str, ...]  # nothing is there yet
    beside: tuple[str, ...]  # another one is there; ours counts beside it for a time
    same: tuple[str, ...]  # the same is there
    other: tuple[str, ...]  # another one is there, and that counts
    stay: tuple[str, ...]  # no function reads it


def compare(here: Here, cloud: There) -> Operators:
    """Return what becomes of each secret; values are compared in memory."""
    read = Wanted(cloud.project, cloud.region).purposes
    found: dict[str, list[str]] = {name: [] for name in ("add", "beside", "same", "other", "stay")}
    for name in here.secrets.names():
        moves = name in read and not name.endswith(_BEFORE) and name not in _NOT_OURS and not _is_simulated(here, name)
        found[_fate(here, cloud, name) if moves else "stay"].append(name)
    return Operators(**{name: tuple(names) for name, names in found.items()})


def bring(here: Here, cloud: There, secrets: Operators) -> None:
    """Put them there. Done again, it changes nothing more."""
    for name in secrets.add:
        cloud.deps.secrets.set(name, here.secrets.get(name))
    for name in secrets.beside:
        now = cloud.deps.clock.now()
        cloud.deps.secrets.set(name + _BEFORE, here.secrets.get(name))
        cloud.deps.store.put(SYSTEM, Put(ROTATIONS, name, to_body(Rotation(now + CHANGED[name], now))))


def _fate(here: Here, cloud: There, name: str) -> str:
    ours, theirs = here.secrets.get(name), _value(cloud, name)
    if not theirs:
        return "add"
    if ours == theirs:
        return "same"
    if name not in _HELD:
        return "other"
    rotation = get_as(Rotation, cloud.deps.store, (SYSTEM, ROTATIONS, name))
    if rotation is None or rotation.until <= cloud.deps.clock.now():
        return "beside"
    return "same" if _value(cloud, name + _BEFORE) == ours else "other"


def _value(cloud: There, name: str) -> Secret:
    try:
        return cloud.deps.secrets.get(name, refresh=True)
    except KeyError:
        return Secret("")


def _is_simulated(here: Here, name: str) -> bool:
    """Say whether it opens nothing but a simulated system."""
    system = _CHOICES.get(name.partition("-")[0], "")
    return bool(system) and here.choices.mode(system) == SIMULATED

"""Secrets of the operator that are changed without a gap: for a while the one before is taken too.

Only those that this installation has made up for itself: what a vendor has given is changed where the vendor says so.
The token of Notion's webhook has its own way, because Notion chooses it (see accept_delivery.py).
"""

from __future__ import annotations

import secrets as random_source
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.app.engine.deps import Deps
from shared.core.documents.codec import to_body
from shared.core.documents.sealed_values import ROTATIONS, Rotation
from shared.core.errors import ConfigError
from shared.ports import SYSTEM, Put, Secret, get_as

# name → for how long the one before is taken: longer than what was made with it is good for. A key that is shown within
# that time is kept under the new pepper from then on.
CHANGED: dict[str, timedelta] = {
    "api-key-pepper": timedelta(days=90),
    "approval-link-key": timedelta(days=31),
    "oauth-state-key": timedelta(hours=1),
}


def valid(deps: Deps, name: str) -> Iterator[Secret]:
    """Yield the secret in use, then the one before while that is taken too; raises KeyError without any.

    Who signs takes the first. The second is looked for only when the first did not fit.
    """
    yield deps.secrets.get(name)
    rotation = get_as(Rotation, deps.store, (SYSTEM, ROTATIONS, name))
    if rotation is None:
        return
    yield deps.secrets.get(name, refresh=True)  # this instance may not have heard of the new one yet
    if deps.clock.now() < rotation.until:
        try:
            yield deps.secrets.get(_name_former(name))
        except KeyError:
            return


def change(deps: Deps, name: str, *, at_once: bool = False) -> datetime:
    """Make up a new secret and use it from now on; return until when the one before is taken.

    `at_once`: the one before is refused from now on, because somebody may know it. Raises ConfigError for a secret that
    is not ours to make up, and while an earlier change still runs: its one before would be lost too soon.
    """
    if name not in CHANGED:
        raise ConfigError(f"{name} is not a secret that can be changed here; use one of {', '.join(CHANGED)}")
    now, before = deps.clock.now(), get_as(Rotation, deps.store, (SYSTEM, ROTATIONS, name))
    if before is not None and now < before.until and not at_once and not _cut_off(deps, name):
        accepted = before.until.isoformat()
        raise ConfigError(f"{name} has already been changed; the one before is accepted until {accepted}")
    until = now if at_once else now + CHANGED[name]
    try:
        deps.secrets.set(_name_former(name), deps.secrets.get(name, refresh=True))
    except KeyError:
        raise ConfigError(f"the secret {name} is not set yet; set it to 32 random bytes as text") from None
    deps.crash_point("rotate.after/before")
    deps.store.put(SYSTEM, Put(ROTATIONS, name, to_body(Rotation(until, now))))
    deps.crash_point("rotate.after/until")
    deps.secrets.set(name, Secret(random_source.token_hex(32)))
    return until


def _cut_off(deps: Deps, name: str) -> bool:
    """Say whether the last change died before the new secret was there: then it is to be finished."""
    try:
        return deps.secrets.get(_name_former(name), refresh=True) == deps.secrets.get(name, refresh=True)
    except KeyError:
        return False


def _name_former(name: str) -> str:
    return f"{name}-before"

"""The lasting mark of a data folder whose work went to the cloud: nothing works here any more.

It is written before the first word is written there, and taken away only once it is certain that nothing works there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from shared.backends.local.keys.keyfile import write_private
from shared.core.errors import ConfigError

FILE = "moved.json"
MOVING, MOVED = "moving", "moved"  # what holds for a team


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the folder's teams go, or went."""

    migration: str
    project: str
    region: str
    name: str
    began: str
    tenants: Mapping[str, str] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Return whether all of them work there."""
        return set(self.tenants.values()) == {MOVED}

    def having(self, tenant: str, state: str) -> Mark:
        """Return the mark when that holds for a team."""
        return replace(self, tenants={**self.tenants, tenant: state})

    def remove(self, tenant: str) -> Mark:
        """Return the mark when a team is back."""
        return replace(self, tenants={name: state for name, state in self.tenants.items() if name != tenant})


def new_mark(project: str, region: str, name: str, began: str) -> Mark:
    """Return the mark of a move that begins."""
    return Mark(os.urandom(6).hex(), project, region, name, began)


def read_mark(data: Path) -> Mark | None:
    """Return the folder's mark, None for none; raises ConfigError for one that cannot be read."""
    path = data / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Mark(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} is damaged ({type(error).__name__}); put a good copy back") from None


def write_mark(data: Path, mark: Mark) -> None:
    """Keep the mark; it is on the disk when this returns. One without teams is taken away."""
    if mark.tenants:
        write_private(data / FILE, json.dumps(asdict(mark), indent=1) + "\n", replace=True)
    else:
        (data / FILE).unlink(missing_ok=True)


def describe_move(data: Path) -> str:
    """Return where the folder's work went and what to do, "" where it is here."""
    mark = read_mark(data)
    if mark is None:
        return ""
    destination = f"project {mark.project}"
    where = f"--project {mark.project} --region {mark.region} --data {data}"
    if mark.done:
        return (
            f"{data} was moved to {destination} on {mark.began[:10]} and works there now; to use it from a terminal:"
            f" workwright attach --project {mark.project} --region {mark.region}"
            f" --tenant {next(iter(mark.tenants))} --data NEW"
        )
    return (
        f"{data} has been on its way to {destination} since {mark.began[:10]}; finish that with"
        f" `workwright migrate-to-cloud {where}`, or take it back with `workwright migrate-to-cloud --back {where}`"
    )


def refuse_moved(data: Path) -> None:
    """Raise ConfigError for a folder whose work goes on in the cloud, or is on its way there."""
    if words := describe_move(data):
        raise ConfigError(words)

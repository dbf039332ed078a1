"""An auditor of what has left: every push and every deployment, against the approvals that were in force right then.

It reads the journals of the simulated systems and the stored histories of all runs, and nothing of what the product
says about itself. What it finds without an approval at that very moment is unauthorised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.core.run.events import Event
from shared.core.run.reducer import reduce
from shared.core.run.run import Run, StepStatus
from shared.ports import Store

Json = Mapping[str, Any]
Journals = Mapping[str, Sequence[Json]]  # system → entries with effects

LEAVES = {
    "github": ("repo.create", "blob.create", "tree.create", "commit.create", "ref.create", "ref.update", "pull.create"),
    "gitlab": ("project.create", "commit.create", "merge_request.create"),
    "vercel": ("deployment.create", "file.upload", "env.set"),
    "cloud_storage": ("object.write preview",),
}
GOES_LIVE = {"vercel": ("deployment.promote",), "cloud_storage": ("object.write live",)}
MERGES = {"github": ("pull.merge",), "gitlab": ("merge_request.merge",)}
SKEW = timedelta(milliseconds=50)  # between a journal's clock and ours: both are this machine's


@dataclass
class History:
    """A run as it was at any moment."""

    run: str
    moments: list[tuple[datetime, Run]] = field(default_factory=list)

    def at(self, when: datetime) -> Run | None:
        """Return the run as it was at that moment."""
        known = [run for moment, run in self.moments if moment <= when + SKEW]
        return known[-1] if known else None

    def allows(self, gate: str, when: datetime) -> bool:
        """Say whether the approval at a gate was in force: given, and not void again."""
        run = self.at(when)
        return run is not None and any(
            step.id.rpartition(".")[2] == gate and step.status == StepStatus.SUCCEEDED for step in run.steps
        )


def histories(store: Store, tenants: Iterable[str]) -> list[History]:
    """Return what every run of these tenants was like after each of its events."""
    return [
        history(run.id, [event for _, event in store.events(tenant, run.id)])
        for tenant in tenants
        for run in store.list_runs(tenant, limit=200)
    ]


def history(name: str, events: Sequence[Event]) -> History:
    """Return what a run was like after each of these events."""
    history, run = History(name), None
    for event in events:
        run, _ = reduce(run, event)
        history.moments.append((event.at, run))
    return history


def unauthorised(journals: Journals, runs: Sequence[History], *, together: bool | Collection[str] = False) -> list[str]:
    """Return every effect outside that no approval of its moment covers, in words.

    An effect that names its run is measured by that run, any other by all runs. `together` are the runs (True: all)
    whose approval of what leaves is the one for production too.
    """
    rules: list[tuple[Mapping[str, tuple[str, ...]], str]]
    rules = [(LEAVES, "release"), (MERGES, "release"), (GOES_LIVE, "production")]
    bad = []
    for system, entries in journals.items():
        for entry in entries:
            for effect in entry["effects"]:
                gates = [gate for table, gate in rules if _kind(effect) in table.get(system, ())]
                if gates and not _covered(effect, gates[0], entry, entries, runs, together):
                    bad.append(f"{system} {effect} at {entry['at']} without {gates[0]}")
    return bad


def _kind(effect: Json) -> str:
    """Return the kind of an effect; of what is written into a bucket, with the part of the bucket."""
    return (
        f"{effect['kind']} {effect['name'].partition('/')[0]}" if effect["kind"] == "object.write" else effect["kind"]
    )


def _covered(
    effect: Json,
    gate: str,
    entry: Json,
    entries: Sequence[Json],
    runs: Sequence[History],
    together: bool | Collection[str],
) -> bool:
    told, when = str(effect) + _made_of(effect, entries), datetime.fromisoformat(entry["at"])
    own = [run for run in runs if run.run in told or f"-{run.run[-8:]}" in told]
    return any(run.allows(_gate_of(run, gate, together), when) for run in own or runs)


def _gate_of(run: History, gate: str, together: bool | Collection[str]) -> str:
    at_once = together if isinstance(together, bool) else run.run in together
    return "release" if at_once else gate


def _made_of(effect: Json, entries: Sequence[Json]) -> str:
    """Return what is known of the deployment that an effect is about from when it was made."""
    made = (each for entry in entries for each in entry["effects"] if each["kind"] == "deployment.create")
    return next((str(each) for each in made if each.get("id") == effect.get("id")), "")

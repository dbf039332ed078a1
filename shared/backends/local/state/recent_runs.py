"""The runs saved last, as they were saved: the next step of a run begins a moment after the one before it ended.

Right only because a data folder belongs to one process, and every save of a run goes through its store. A run is
forgotten before its transaction ends and kept again after it, so nobody reads one that is older than what they saw
elsewhere (a list, its events, its approval): whoever approves what they were just shown would be refused.
"""

from __future__ import annotations

from collections import OrderedDict

from shared.ports import Loaded

_MAX = 512


class RecentRuns:
    """At most a few hundred runs with their versions. Written under the writer's lock alone, in order of commits."""

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[str, str], Loaded] = OrderedDict()

    def get(self, tenant: str, run: str) -> Loaded | None:
        """Return the run as it was saved last, or None when we do not know."""
        return self._runs.get((tenant, run))

    def forget(self, saved: Loaded) -> None:
        """Know nothing of a run that is about to be saved anew: for a moment only the disk can say which one counts."""
        self._runs.pop((saved.run.tenant, saved.run.id), None)

    def forget_tenant(self, tenant: str) -> None:
        """Know nothing of a tenant whose runs are about to be deleted."""
        for key in [key for key in self._runs if key[0] == tenant]:
            del self._runs[key]

    def keep(self, loaded: Loaded) -> None:
        """Remember a run that was just saved."""
        key = (loaded.run.tenant, loaded.run.id)
        self._runs[key] = loaded
        self._runs.move_to_end(key)
        if len(self._runs) > _MAX:
            self._runs.popitem(last=False)

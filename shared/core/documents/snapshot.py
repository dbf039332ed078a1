"""A kept version of a run's work, and when somebody looks whether it is still to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

SNAPSHOTS = "snapshots"  # documents of a tenant
EXPIRIES = "snapshot-expiries"  # documents under SYSTEM


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Version `n` of a run's work: the step that tried it, the texts that hold it, and what came of its tests."""

    at: datetime
    run: str
    n: int
    step: str = ""
    ref: str = ""  # of its files; "" where they were not kept
    green: bool = False
    tests: int | None = sparse(None)
    tree: str = sparse("")
    kind: str = sparse("")
    report: str = sparse("")
    driver: str = sparse("")
    seconds: float | None = sparse(None)
    reason: str = sparse("")
    absent: str = sparse("")
    originals: str = sparse("")  # the files of the repository that it is based on
    signature: str = sparse("")
    more: Mapping[str, Any] = unknown()

    @property
    def id(self) -> str:
        """Return the name of its document: ascending with the versions of a run."""
        return snapshot_id(self.run, self.n)

    @property
    def texts(self) -> frozenset[str]:
        """Return the texts of its run that it names."""
        return frozenset(text for text in (self.ref, self.report, self.originals) if text)


def snapshot_id(run: str, number: int) -> str:
    """Return the name of the document of a run's version."""
    return f"{run}.{number:03d}"


@dataclass(frozen=True, slots=True)
class Expiry:
    """When the versions of a run are looked at."""

    tenant: str
    run: str
    at: datetime
    id: str = beside("")
    more: Mapping[str, Any] = unknown()

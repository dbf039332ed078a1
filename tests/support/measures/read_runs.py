"""The runs of a page, for whoever waits and asks again and again: only what has changed since is read anew."""

from __future__ import annotations

import json

from shared.core.run.codec import run_from_data
from shared.core.run.run import Run
from shared.wiring import Wired

_QUERY = "SELECT id, body FROM runs WHERE tenant = ? AND instr(body, ?) ORDER BY opened_at, id"


class ReadRuns:
    """Remembers what each stored run said; a run of another page is not read at all."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, Run]] = {}  # by id: as it is stored, and what that says

    def of(self, wired: Wired, tenant: str, page: str) -> list[Run]:
        """Return the page's runs, oldest first."""
        assert wired.local_store is not None
        with wired.local_store.reading() as connection:
            rows = connection.execute(_QUERY, (tenant, page[-12:])).fetchall()
        found = [self._said(name, body) for name, body in rows]
        return [run for run in found if run.trigger.page.replace("-", "") == page.replace("-", "")]

    def _said(self, name: str, body: str) -> Run:
        kept = self._read.get(name)
        if kept is None or kept[0] != body:
            kept = self._read[name] = (body, run_from_data(json.loads(body)))
        return kept[1]

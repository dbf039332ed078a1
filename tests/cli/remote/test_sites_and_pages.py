"""Sites, versions of the work, and pages, as they are typed in a terminal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from shared.app.engine.engine import open_run, record
from shared.core.run import events as ev
from shared.core.run.events import RunOpened
from shared.core.run.run import StepSpec, Trigger, derive_id
from shared.ports import Put
from tests.support.builders.work_versions import TestedRun
from tests.support.programs.commands import GROUP, type_command
from tests.support.rigs.served_api import ServedApi, served_api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

TENANT = "t-0123456789abcdef01234567"
PAGE = "aaaaaaaa-0000-4000-8000-000000000001"


def go_live(api: ServedApi) -> None:
    """Save a run of a page that put a site live."""
    now = api.deps.clock.now()
    specs = (StepSpec("promote", "site.promote", lane="deploy"),)
    open_run(api.deps, RunOpened(now, TENANT, "run-live", Trigger("page", PAGE, "Bakery", "Ada"), specs=specs))
    live = {"system": "vercel", "project": "prj", "deployment": "dpl-1", "url": "https://bakery.example"}
    record(api.deps, TENANT, "run-live", ev.StepSucceeded(now, "promote", 1, live))
    done = {"state": "confirmed", "at": now.isoformat(), "result": {}}
    page = {"id": PAGE, "kind": "page", "title": "Bakery", "version": "2026-11-20T09:00:00.000Z"}
    record_of = {"run": "run-live", "generation": 1, "settled": True}
    api.deps.store.put(TENANT, Put("effects", "run-live.promote.promotion", done))
    api.deps.store.put(TENANT, Put("map", PAGE, page), Put("pages", PAGE, record_of))


def test_sites_versions_and_pages_are_looked_at_and_changed_in_a_terminal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    site = derive_id("site-", "vercel", "prj")

    def typed(*words: str, said: str = "") -> tuple[int, str]:
        done = type_command(*words, "--data", str(data), env={"PATH": os.environ["PATH"]}, said=said)
        return done.returncode, done.stdout + done.stderr

    with served_api(data, TENANT) as api:
        assert "Nothing of your team is live" in typed("sites")[1]
        go_live(api)
        told = TestedRun(api.deps, TENANT)
        told.tell()
        _, listed = typed("sites")
        assert site in listed
        assert "bakery.example  live: dpl-1" in listed
        assert f"{PAGE}  2026-11-20T09:00  Bakery  (run-live)" in typed("pages", "--text", "bak", "--tracked")[1]
        assert "No page is known" in typed("pages", "--text", "Club")[1]
        code, refused = typed("page", PAGE)
        assert (code, "Notion is not connected" in refused) == (2, True)
        code, refused = typed("work", "restore", "run-work", "2")
        assert (code, "cannot be changed just now" in refused) == (2, True)
        code, refused = typed("sites", "take-down", site, said="another.example\n")
        assert (code, "confirm it with its name: bakery.example" in refused) == (2, True)
        code, down = typed("sites", "take-down", site, "--json", said="bakery.example\n")
        assert (code, json.loads(down.splitlines()[0])["trigger"]) == (0, "take-down")
        code, began = typed("sites", "redeploy", site, "--run", "run-live")
        assert (code, began.startswith("Bakery: ")) == (0, True), began

"""`bench ship`: requests, seconds, tokens and dollars from an approved plan to production that is checked.

A house of its own runs each kind of work through the simulated systems; people agree at once at every gate. Requests
are counted in the systems' own journals, from the moment at which the plan was approved to that at which the watch over
production ended well, by the systems' clock. Beside those to the forge and to the host stands the least that their APIs
allow. What follows production (the merge, the last notes) is not counted.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from shared.bench.ship.ship_change import OWNER, REPOSITORY, TITLE, WISH, ScriptedModel, make_repository
from shared.bench.ship.ship_least import Minimum, find_minima
from shared.core.errors import ConfigError
from shared.core.pages import marks
from shared.core.run.acts import ApprovalGranted
from shared.core.run.events import StepSucceeded
from shared.core.run.run import Run, RunStatus
from shared.integrations.github.client import GitHub
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.integrations.notion.markdown.markdown import MarkdownPage, parse_markdown
from shared.local.first_setup import Home, call_as_person, settle_in
from shared.local.runtime import House
from shared.local.story.demo import select, write_idea
from shared.settings import process_environment
from shared.wiring.tools import wire_accounts

Json = dict[str, Any]
TIMEOUT_S = 180.0
KINDS = ("static_site", "python_service", "change", "static_site_again", "static_site_in_a_bucket")
CHANGE = "change"  # to a repository that is not ours
_LAST = ("site.watch", "site.promote")  # the step at whose end production is checked
_SITE = """# Swimming lessons at the lido

Every Tuesday in June, at the shallow end.

| Group | From | To |
| --- | --- | --- |
| Beginners | 9:00 | 9:45 |
| Seahorses | 10:00 | 10:45 |

- Bring a towel and a cap
- [ ] Ask for a second lifeguard
"""
_SERVICE = """# Tide table API

A web service for the harbour, so that the board at the pier can show the tides.

- GET /tides?day= lists them
- POST /tides with port, day and height
- DELETE /tides/{id}

| Field | Type | Required |
| --- | --- | --- |
| port | text | yes |
| height | number | yes |
| day | date | no |
"""
_CHANGE = "In September the lessons begin half an hour later."
_ID = re.compile(r"^(?:\d+|[0-9a-f-]{20,}|[0-9a-f]{7,40}|(?:prj|dpl|team)_\w+|[a-z0-9-]*-[0-9a-f]{6}(?:[.-].*)?)$")


@dataclass(frozen=True, slots=True)
class Shipped:
    """One run from approval to the end of its watch: what each system was asked, when, and what it cost."""

    calls: Mapping[str, Sequence[Json]]  # system → entries of its journal
    seconds: float
    tokens: int
    usd: float
    people_s: float  # of the seconds: between a question at a gate and the answer


def bench_ship(kinds: Sequence[str] = KINDS) -> Json:
    """Run each kind once and return what it took; raises ConfigError for a run that does not end well.

    A process has one house, and a house one model: with others beside it `change` is measured in a process of its own.
    """
    if tuple(kinds) == (CHANGE,):
        return _in_a_house(kinds, ScriptedModel())
    found = _in_a_house([kind for kind in kinds if kind != CHANGE], None)
    if CHANGE in kinds:
        command = [sys.executable, "-m", "shared", "bench", "ship", "--json", "--kind", CHANGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=2 * TIMEOUT_S, check=False)
        if done.returncode:
            raise ConfigError(f"measuring a change failed: {done.stderr.strip()[-500:]}")
        found["kinds"] = {kind: {**found["kinds"], **json.loads(done.stdout)["kinds"]}[kind] for kind in kinds}
    return found


def _in_a_house(kinds: Sequence[str], model: ScriptedModel | None) -> Json:
    if model is not None:
        process_environment().update(model.environment)
    folder = Path(tempfile.mkdtemp(prefix="workwright-bench-ship-"))
    house = House(folder, 0)
    house.start()
    try:
        home = settle_in(house)
        _ship(house, home, code={"merge": "when_green"})
        found = {kind: _describe_figures(kind, _story(house, home, kind, model)) for kind in kinds}
    finally:
        house.stop()
        if model is not None:
            model.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return {"bench": "ship", "kinds": found, "not_measured": _NOT_MEASURED}


_NOT_MEASURED = (
    "what a language model costs: sites and services are the offline model's, and `change` is answered by a script,"
    " whose tokens are those of the real prompts; and Node projects, for which a script would have to write one"
)


def as_text(found: Json) -> str:
    """Return the figures as a table for people."""
    lines = [f"{'kind':24} {'requests':>8} {'s':>6} {'tokens':>7} {'USD':>6}   asked (least)"]
    for kind, figures in found["kinds"].items():
        beside = ", ".join(
            f"{system} {count}" + (f" ({figures['least'][system]['calls']})" if system in figures["least"] else "")
            for system, count in figures["requests"].items()
        )
        lines.append(
            f"{kind:24} {figures['total']:8} {figures['seconds']:6} {figures['tokens']:7} {figures['usd']:6.2f}"
            f"   {beside}"
        )
    for kind, figures in found["kinds"].items():
        lines += [f"{kind}, {system}: {minimum['why']}" for system, minimum in figures["least"].items()]
    return "\n".join([*lines, f"Not measured: {found['not_measured']}."])


def _story(house: House, home: Home, kind: str, model: ScriptedModel | None) -> Shipped:
    """Let one page be built and shipped; `static_site_again` changes a page that is shipped already."""
    system = "cloud_storage" if kind == "static_site_in_a_bucket" else "vercel"
    _ship(house, home, site={"system": system})
    if model is not None:
        return _measure_shipped(house, _ship_change(house, home, model))
    idea = parse_markdown(_SERVICE if kind == "python_service" else _SITE, name=kind)
    page = str(write_idea(house, home, MarkdownPage(f"{idea.title} ({kind})", idea.properties, idea.blocks))["id"])
    first = _follow_page(house, home, page, before="")
    if kind != "static_site_again":
        return _measure_shipped(house, first)
    more = [{"type": "paragraph", "paragraph": {"rich_text": blocks.rich_text(_CHANGE)}}]
    call_as_person(house, home, "PATCH", f"/v1/blocks/{page}/children", {"children": more})
    return _measure_shipped(house, _follow_page(house, home, page, before=first.id))


def _ship_change(house: House, home: Home, model: ScriptedModel) -> Run:
    """Let a page ask for a change to a repository that somebody else has made."""
    accounts = wire_accounts()
    connect = accounts.connect_for(home.tenant)
    make_repository(connect(GitHub))
    _ship(house, home, code={"system": "github", "owner": OWNER, "repository": REPOSITORY})
    page = str(write_idea(house, home, parse_markdown(WISH, name=TITLE))["id"])
    model.page = connect(Notion).read_page(page)
    return _follow_page(house, home, page, before="")


def _ship(house: House, home: Home, **changes: Mapping[str, Any]) -> None:
    """Change how the tenant ships, as its owner would."""
    from shared.app.tenants.settings_changes import change_settings

    deps = house.wired.deps
    doc = deps.store.get(home.tenant, "settings", "tenant")
    ship = dict((doc.body if doc else {}).get("ship") or {})
    merged = {name: {**(ship.get(name) or {}), **values} for name, values in changes.items()}
    change_settings(deps, home.tenant, ship={**ship, **merged})


def _follow_page(house: House, home: Home, page: str, before: str) -> Run:
    """Ask for a plan, agree at every gate, and return the run when it has ended well and the page shows it."""
    status = {"properties": select("Status", marks.PLAN_IT)}
    call_as_person(house, home, "PATCH", f"/v1/pages/{page}", status)
    store, deadline, asked = house.wired.deps.store, time.monotonic() + TIMEOUT_S, ""
    while time.monotonic() < deadline:
        runs = [
            run for run in store.list_runs(home.tenant) if run.trigger.page.replace("-", "") == page.replace("-", "")
        ]
        run = next((run for run in runs if run.id != before), None)
        if run is not None:
            if run.status.final and _is_done(house, home, page):
                _come_to_rest(house)
                return _require_success(run)
            if run.status == RunStatus.AWAITING_APPROVAL and run.asked != asked and _shows(house, home, page):
                approved = {"properties": select("Status", marks.APPROVED)}
                call_as_person(house, home, "PATCH", f"/v1/pages/{page}", approved)
                asked = run.asked
        time.sleep(0.02)
    raise ConfigError(f"the run for {page} did not end within {TIMEOUT_S:.0f} s")


def _come_to_rest(house: House) -> None:
    """Wait until nobody asks Notion any more: the last notes of one run are not to be counted for the next."""
    seen = -1
    while (now := len(_journal(house.simulators["notion"]))) != seen:
        seen = now
        time.sleep(0.5)


def _read_status(house: House, home: Home, page: str) -> str:
    value = call_as_person(house, home, "GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]
    return str(value["name"]) if value else ""


def _shows(house: House, home: Home, page: str) -> bool:
    return _read_status(house, home, page) in marks.ASKING


def _is_done(house: House, home: Home, page: str) -> bool:
    return _read_status(house, home, page) in (marks.DONE, marks.FAILED, marks.CANCELLED)


def _require_success(run: Run) -> Run:
    if run.status != RunStatus.SUCCEEDED:
        raise ConfigError(f"the run {run.id} ended as {run.status.value}: {run.failure}")
    return run


def _measure_shipped(house: House, run: Run) -> Shipped:
    events = [event for _, event in house.wired.deps.store.events(run.tenant, run.id)]
    granted = [event.at for event in events if isinstance(event, ApprovalGranted)]
    kinds = {step.id: step.spec.kind for step in run.steps}
    ended = {kinds.get(event.step): event.at for event in events if isinstance(event, StepSucceeded)}
    end = next(ended[kind] for kind in _LAST if kind in ended)
    calls = {
        system: [request for request in _journal(url) if granted[0] <= datetime.fromisoformat(request["at"]) <= end]
        for system, url in house.simulators.items()
    }
    people = sum((at - max(done for done in _list_ends(events, at)) for at in granted[1:]), start=end - end)
    seconds, usd = (end - granted[0]).total_seconds(), run.spent.micros / 1e6
    return Shipped(calls, round(seconds, 1), run.spent.tokens, usd, round(people.total_seconds(), 1))


def _list_ends(events: Sequence[Any], before: datetime) -> list[datetime]:
    """Return when steps ended before that moment."""
    return [event.at for event in events if isinstance(event, StepSucceeded) and event.at <= before]


def _journal(url: str) -> list[Json]:
    entries: list[Json] = requests.get(f"{url}/_journal", timeout=30).json()
    return entries


def _describe_figures(kind: str, shipped: Shipped) -> Json:
    counts = {system: len(entries) for system, entries in shipped.calls.items() if entries}
    named = {system: _by_call(entries) for system, entries in shipped.calls.items() if entries}
    minima: dict[str, Minimum] = find_minima(kind, named)
    return {
        "requests": counts,
        "total": sum(counts.values()),
        "seconds": shipped.seconds,
        "seconds_of_people": shipped.people_s,
        "tokens": shipped.tokens,
        "usd": shipped.usd,
        "least": {system: {"calls": fewest.calls, "why": fewest.why} for system, fewest in minima.items()},
        "calls": {system: dict(sorted(calls.items())) for system, calls in named.items()},
    }


def _by_call(entries: Sequence[Json]) -> Counter[str]:
    """Count requests by method and path, without what names one thing."""
    return Counter(f"{request['method']} {_without_names(request['path'])}" for request in entries)


def _without_names(path: str) -> str:
    parts = path.split("/")
    if parts[1:2] == ["repos"]:
        parts[2:4] = ["{repository}"]
        parts[4:] = ["{path}"] if parts[3:4] == ["contents"] else parts[4:]
    if parts[1:4] == ["storage", "v1", "b"] or parts[1:5] == ["upload", "storage", "v1", "b"]:
        kept = 5 if parts[1] == "storage" else 6
        rewritten = "/rewriteTo" if "rewriteTo" in parts else ""
        return (
            "/".join([*parts[: kept - 1], "{bucket}", "o"]) + ("/{object}" if len(parts) > kept + 1 else "") + rewritten
        )
    return "/".join("{id}" if _ID.match(part) else part for part in parts)

"""What must hold at the end of a story, whatever disturbed it: looked up on the disk and in the systems outside."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from shared.backends.clock import SystemClock
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.state.local_store import LocalStore
from shared.core.run.run import Run, StepStatus
from tests.support.builders.runs import fold
from tests.support.rigs.at_home import AT_HOME
from tests.support.rigs.disturbed_house import Place
from tests.support.rigs.settled_house import SYSTEMS

Json = dict[str, Any]
Effects = Counter[str]

# What a mirror shows on the way and may leave out, when by its turn the run has gone on. Never twice, though.
_PASSING = ('"properties": {"Run":', '"Status": "Planning"', '"Status": "Building"', '"Site": "{site}/_site/')
_EMAIL = '["ses", {"bcc"'
GATES = ("approve", "release", "production")
TOPICS = (*(f"approval_asked/{gate}" for gate in GATES), "run_succeeded/end")

# Names and times that differ between two runs of the same story.
_VOLATILE = frozenset(
    {"id", "ts", "at", "discussion_id", "parent_id", "bot_id", "project", "headers", "by", "workspace_id"}
)
_OBJECT_NAMES = frozenset({"sha", "before"})  # of commits, made of the time among other things; a tree's is not
_TOKEN = re.compile(r"(?<=/approvals/)[^\s\"'<>]+")


@dataclass(frozen=True)
class Ending:
    """How a story ended."""

    run: Run
    effects: Effects
    trouble: list[str]


def ending(place: Place) -> Ending:
    """Stop the house and return how it all ended; `trouble` says what is not as it has to be."""
    shown, unchecked, effects = place.status(), _unchecked(place), effects_of(place)
    followed = _followed(place)
    place.stop_house()
    if place.outside is not None:  # the simulators are still there: nothing may have come after the last look
        effects = effects_of(place)
    store = LocalStore(place.folder / "house", SystemClock())
    try:
        tenant = place.settled.tenant
        (run,) = store.list_runs(tenant)
        events = store.events(tenant, run.id)
        dead = LocalQueue(store, SystemClock()).dead_letters(tenant)
        states = Counter(doc.body["state"] for doc in store.list_docs(tenant, "effects"))
        record = store.get(tenant, "pages", run.trigger.page)
    finally:
        store.close()
    unclear = unclear_emails(place)
    planned = sum(1 for s in run.steps if not (s.parent or s.spec.gate or s.spec.lane == "plan" or s.id == "publish"))
    checks = {
        f"run is {run.status.value}: {run.failure}": run.status.value == "succeeded",
        f"steps are {[(s.id, s.status.value) for s in run.steps]}": all(
            step.status == StepStatus.SUCCEEDED for step in run.steps
        ),
        "the events do not lead to the snapshot": fold(event for _, event in events) == run,
        f"event numbers {[number for number, _ in events]}": [n for n, _ in events] == list(range(1, run.seq + 1)),
        f"page shows {shown}": shown == "Done",
        f"to-dos not checked: {unchecked}": unchecked == [],
        f"progress and rows: {followed}": followed == ([f"Done — {planned} of {planned} steps done"], ["Done"]),
        f"page record {record}": record is not None and record.body["settled"] is True,
        f"dead letters {dead}": dead == [],
        f"effects {states}, unclear: {unclear}": states["intended"] == len(unclear) and not states["refused"],
        f"notices {dict(run.notices)}, unclear: {unclear}": run.notices == expected_notices(unclear),
    }
    return Ending(run, effects, [what for what, holds in checks.items() if not holds])


def unclear_emails(place: Place) -> set[str]:
    """Return the topics whose e-mail was begun when a process died, or was answered unclearly."""
    begun = [name for death in place.deaths for name in death.emails_begun]
    return {t for t in TOPICS if any(f".notify.{t.replace('/', '.')}." in name for name in begun)} | place.unclear


def expected_notices(unclear: set[str]) -> dict[str, str]:
    """Return what the run must say of its notices: an unclear e-mail is not known, all else is sent."""
    return {t: f"notion:sent, email:{'not known' if t in unclear else 'sent'}, slack:sent" for t in TOPICS}


def compare(place: Place, ended: Ending, undisturbed: Effects, *, emails: int | None = None) -> list[str]:
    """Return how the effects differ from the undisturbed ones; `emails` is how many of the unclear ones have gone out.

    None: each of them may have gone out or not, but never twice.
    """
    trouble = list(ended.trouble)
    unclear = unclear_emails(place)
    lacking = undisturbed - ended.effects
    for effect, count in (ended.effects - undisturbed).items():
        trouble.append(f"{count} more than once done undisturbed: {effect}")
    unsent = Counter({effect: count for effect, count in lacking.items() if effect.startswith(_EMAIL)})
    for effect, count in (lacking - unsent).items():
        passing = any(part in effect for part in _passing(place))
        if not passing:
            trouble.append(f"{count} missing: {effect}")
    sent = len(unclear) - unsent.total()
    if sent < 0 or (emails is not None and sent != emails):
        trouble.append(f"{sent} of the unclear e-mails went out: {sorted(unclear)}; expected {emails}")
    return trouble


def effects_of(place: Place) -> Effects:
    """Return all effects in all systems, without what differs between two runs of the same story."""
    found: Effects = Counter()
    rows: set[str] = set()  # of Runs
    for system in SYSTEMS:
        for entry in AT_HOME.get(f"{place.simulators[system]}/_journal?effects=1", timeout=30).json():
            for effect in entry["effects"]:
                if _is_row(effect):
                    rows.add(str(effect["id"]))
                    effect["properties"] = {}  # what it shows first depends on when it is made
                if not _follows(effect, rows):
                    found.update(_TOKEN.sub("TOKEN", each) for each in _normal(system, effect))
    return found


def _is_row(effect: Json) -> bool:
    return effect["kind"] == "page.create" and "/v1/runs/" in effect["properties"].get("Run", "")


def _follows(effect: Json, rows: set[str]) -> bool:
    """Say whether it brings the progress or the row up to date: those follow the run in as many writes as it takes."""
    progress = effect["kind"] == "block.update" and effect.get("type") == "callout"
    return progress or (effect["kind"] == "page.update" and effect["id"] in rows)


def _normal(system: str, effect: Json) -> list[str]:
    dropped = _VOLATILE if effect["kind"] == "tree.create" else _VOLATILE | _OBJECT_NAMES
    if effect["kind"] == "file.upload":
        dropped = _VOLATILE
    kept = {key: value for key, value in effect.items() if key not in dropped}
    if effect["kind"] != "page.update":
        return [_text(system, kept)]
    kept["by"] = effect["by"]["type"]
    return [_text(system, {**kept, "properties": {key: value}}) for key, value in kept["properties"].items()]


def _text(system: str, kept: Json) -> str:
    return json.dumps([system, kept], sort_keys=True, ensure_ascii=False)


def _passing(place: Place) -> list[str]:
    return [part.replace("{site}", place.simulators["vercel"]) for part in _PASSING]


def _followed(place: Place) -> tuple[list[str], list[str]]:
    """Return the first line of each progress on the page, and the status of each row in Runs, the example left out."""
    state = AT_HOME.get(f"{place.simulators['notion']}/_state", timeout=30).json()
    nodes = state["nodes"].values()
    progress = [one["data"]["rich_text"][0]["plain_text"] for one in nodes if one.get("type") == "callout"]
    (runs,) = [one for one in nodes if one["object"] == "data_source" and one["title"][0]["plain_text"] == "Runs"]
    rows = place.as_person("POST", f"/v1/data_sources/{runs['id']}/query", {})["results"]
    shown = [row["properties"] for row in rows if row["properties"]["Run"]["url"]]
    return [each for each in progress if " steps done" in each], [row["Status"]["select"]["name"] for row in shown]


def _unchecked(place: Place) -> list[str]:
    blocks = place.as_person("GET", f"/v1/blocks/{place.settled.page}/children")["results"]
    plans = [block["id"] for block in blocks if block["type"] == "callout"]
    if len(plans) != 1:
        return [f"{len(plans)} plans on the page"]
    inside = place.as_person("GET", f"/v1/blocks/{plans[0]}/children")["results"]
    todos = [block["to_do"] for block in inside if block["type"] == "to_do"]
    if not todos:
        return ["no to-dos at all"]
    return [todo["rich_text"][0]["plain_text"] for todo in todos if not todo["checked"]]

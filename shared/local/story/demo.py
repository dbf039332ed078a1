"""The whole story once: an idea becomes a page, a plan, an approval, tested code, a pull request, a live site."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from shared.app.workspace.workspace_schemas import IDEAS, SCHEMAS
from shared.core.approval.gates import gate_kind
from shared.core.errors import ConfigError
from shared.core.models.model_facts import OFFLINE
from shared.core.pages import marks
from shared.core.planning.proposal import upgrade_proposal
from shared.core.run.run import Run, RunStatus
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.tree import plan, position
from shared.integrations.notion.content.tree_requests import TOP, Append
from shared.local.configuration.choices import read_choices
from shared.local.configuration.harmless import refuse_real_choices
from shared.local.first_setup import Home, Installation, call_as_person, settle_in
from shared.local.story.idea import Idea, own_columns
from shared.local.story.story_end import LIVE, QUESTION, check, outcome_of

TIMEOUT_S = 120.0
LOOK_S = 0.1  # between two looks at the run: each reads all of it, which takes the house's own time
MODEL_TIMEOUT_S = 3600.0  # a language model may think for minutes about each of a dozen calls


@dataclass(frozen=True, slots=True)
class Progress:
    """What the person watching is shown: called with the run whenever it has changed."""

    show: Callable[[str, Run | None], None]
    ask: Callable[[Run], bool]  # whether to approve


@dataclass(slots=True)
class Story:
    """The demo as data, in the order it happened."""

    run: dict[str, Any] = field(default_factory=dict)
    page: dict[str, Any] = field(default_factory=dict)
    requirements: list[Any] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    approval: dict[str, Any] = field(default_factory=dict)  # of the plan
    approvals: list[dict[str, Any]] = field(default_factory=list)  # at each gate: plan, release, production
    sandbox: dict[str, Any] = field(default_factory=dict)
    pull_request: dict[str, Any] = field(default_factory=dict)
    deployment: dict[str, Any] = field(default_factory=dict)
    notifications: list[Any] = field(default_factory=list)
    cost: dict[str, Any] = field(default_factory=dict)
    duration_s: float = 0.0
    by_tests_alone: list[str] = field(default_factory=list)  # requirements that no text on the site can show
    outcome: str = LIVE  # how it ended: see story_end.py
    checks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Say whether every check holds."""
        return bool(self.checks) and all(check["ok"] for check in self.checks)

    def check(self, name: str, ok: bool, detail: str) -> None:
        """Add one check."""
        self.checks.append({"name": name, "ok": bool(ok), "detail": detail})


def tell_story(
    house: Installation, idea: Idea, progress: Progress, code: str = "", limit_s: float | None = None
) -> Story:
    """Run the idea through the house and return what became of it; `code` is as in `settle_in`.

    Without `limit_s` it has as long as the models there are may take. Raises ConfigError for an idea that Notion does
    not take.
    """
    started = time.monotonic()
    refuse_real_choices(read_choices(house.data), house.data)
    home = settle_in(house, code)
    progress.show("connected", None)
    page = _write_idea_page(house, home, idea)
    progress.show("page", None)
    call_as_person(house, home, "PATCH", f"/v1/pages/{page['id']}", {"properties": select("Status", marks.PLAN_IT)})
    run, in_time = follow(house, home, page["id"], progress, limit_s or _patience(house))
    story = collect(house, home, run, page, in_time=in_time)
    story.duration_s = round(time.monotonic() - started, 2)
    return story


def _patience(house: Installation) -> float:
    """Return how many seconds a story has: rules are quick, and a language model is not."""
    return TIMEOUT_S if house.wired.deps.models.references == (OFFLINE,) else MODEL_TIMEOUT_S


def _write_idea_page(house: Installation, home: Home, idea: Idea) -> Mapping[str, Any]:
    try:
        return write_idea(house, home, idea)
    except requests.HTTPError as error:
        reason = error.response.text[:300] if error.response is not None else str(error)
        raise ConfigError(f"Notion does not take this idea as a page: {reason}") from error


def write_idea(house: Installation, home: Home, idea: Idea) -> Mapping[str, Any]:
    """Write the idea as a page into Ideas, as a person would: unknown properties become columns first."""
    taken = {column.name.lower() for column in SCHEMAS[IDEAS].columns}
    own = own_columns(idea, taken)
    if own:
        columns: dict[str, Any] = {name: {"rich_text": {}} for name in own}
        call_as_person(house, home, "PATCH", f"/v1/data_sources/{home.ideas}", {"properties": columns})
    texts = {name: {"rich_text": blocks.rich_text(value)} for name, value in own.items()}
    properties = {
        "Name": {"title": blocks.rich_text(idea.title)},
        **select("Status", marks.IDEA),
        **texts,
    }
    body = {"parent": {"type": "data_source_id", "data_source_id": home.ideas}, "properties": properties}
    page: Mapping[str, Any] = call_as_person(house, home, "POST", "/v1/pages", body)
    _append(house, home, str(page["id"]), idea.blocks)
    return page


def _append(house: Installation, home: Home, page: str, children: list[Any]) -> None:
    """Append blocks in as many calls as Notion's limits ask for."""
    ids = {TOP: page}
    for request in plan(children):
        place = f"/v1/blocks/{ids[request.parent]}/children"
        if isinstance(request, Append):
            after, at_start = position(request, ids, None)
            body: dict[str, Any] = {"children": list(request.blocks)}
            if at_start:
                body["position"] = {"type": "start"}
            elif after:
                body["position"] = {"type": "after_block", "after_block": {"id": after}}
            made = call_as_person(house, home, "PATCH", place, body)
        else:
            made = call_as_person(house, home, "GET", place, None)
        ids.update(zip(request.numbers, (str(each["id"]) for each in made["results"]), strict=True))


def select(name: str, value: str) -> dict[str, Any]:
    """Return a select property as Notion takes it."""
    return {name: {"select": {"name": value}}}


def follow(house: Installation, home: Home, page: str, progress: Progress, limit_s: float) -> tuple[Run, bool]:
    """Watch the page's run; approve when it asks for it; return it when it has ended or waits for an answer.

    False with it where it had not within `limit_s`.
    """
    store, deadline = house.wired.deps.store, time.monotonic() + TIMEOUT_S
    seen, run, asked = -1, None, ""
    while time.monotonic() < deadline:
        run = run or next((r for r in store.list_runs(home.tenant) if _bare(r.trigger.page) == _bare(page)), None)
        loaded = store.load_run(home.tenant, run.id) if run else None
        if run is not None and seen < 0:  # the time counts from its beginning
            deadline = time.monotonic() + limit_s
        if loaded is not None:
            run = loaded.run
            if run.seq != seen:
                seen = run.seq
                progress.show("run", run)
            if run.status.final and _is_settled(house, run):
                return run, True
            if run.status == RunStatus.AWAITING_INPUT and _read_status(house, home, page) == marks.QUESTION:
                return run, True
            if run.status == RunStatus.AWAITING_APPROVAL and asked != run.asked:
                asked = _approve(house, home, run, page, progress)
        time.sleep(LOOK_S)
    if run is None:
        raise ConfigError(f"no run began within {TIMEOUT_S:.0f} s; workwright doctor says what is missing")
    return run, False


def _approve(house: Installation, home: Home, run: Run, page: str, progress: Progress) -> str:
    """Approve the way a person does: by setting the page's status, once the page shows the plan."""
    if _read_status(house, home, page) not in marks.ASKING:
        return ""
    status = marks.APPROVED if progress.ask(run) else marks.CANCELLED
    call_as_person(house, home, "PATCH", f"/v1/pages/{page}", {"properties": select("Status", status)})
    return run.asked


def _read_status(house: Installation, home: Home, page: str) -> str:
    value = call_as_person(house, home, "GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]
    return str(value["name"]) if value else ""


def _is_settled(house: Installation, run: Run) -> bool:
    """Say whether people have been told and the page shows the end."""
    doc = house.wired.deps.store.get(run.tenant, "pages", run.trigger.page)
    return bool(run.notices.get(f"run_{run.status.value}/end")) and (doc is None or bool(doc.body["settled"]))


def _bare(notion_id: str) -> str:
    return notion_id.replace("-", "")


def _plan_of(run: Run, planned: Mapping[str, Any], proposal: Mapping[str, Any], *, asks: bool) -> dict[str, Any]:
    return {
        "summary": planned.get("summary", ""),
        "question": str(run.facts.get("question") or " ".join(proposal.get("questions", ()))) if asks else "",
        "hash": run.plan_hash,
        "model": planned.get("model", ""),
        "steps": [
            {"id": s.id, "title": s.spec.title, "kind": s.spec.kind, "status": s.status.value} for s in run.steps
        ],
    }


def collect(house: Installation, home: Home, run: Run, page: Mapping[str, Any], *, in_time: bool = True) -> Story:
    """Return what the run did, looked up in the store and in the simulated systems, and check it there."""
    store = house.wired.deps.store
    story = Story(outcome=outcome_of(run, in_time=in_time))
    planned, tested, pulled, deployed, promoted, generated = (
        next((s.output for s in reversed(run.steps) if s.spec.kind == kind and s.output), {})
        for kind in (
            "plan.propose",
            "code.test",
            "repository.propose_change",
            "site.deploy",
            "site.promote",
            "code.generate",
        )
    )
    proposal = upgrade_proposal(json.loads(store.get_text(run.tenant, str(planned["proposal"])))) if planned else {}
    story.run = {"id": run.id, "tenant": run.tenant, "status": run.status.value, "failure": run.failure or run.cancel}
    story.page = {"id": page["id"], "title": run.trigger.title, "url": str(page.get("url", "")), "status": ""}
    story.page["status"] = _read_status(house, home, str(page["id"]))
    story.page["view"] = f"{house.simulators['notion']}/p/{page['id']}"
    story.requirements = proposal.get("requirements", [])
    story.plan = _plan_of(run, planned, proposal, asks=story.outcome == QUESTION)
    gates = [s for s in run.steps if s.spec.kind == "approval.ask" and s.output]
    story.approvals = [{"gate": gate_kind(s.id), **s.output} for s in gates]
    story.approval = dict(gates[0].output) if gates else {}
    story.sandbox = dict(tested)
    story.pull_request = dict(pulled)
    story.deployment = {**deployed, **promoted}
    story.notifications = [{"about": about, "outcome": outcome} for about, outcome in run.notices.items()]
    story.cost = {"usd": run.spent.micros / 1e6, "tokens": run.spent.tokens}
    outlined = str(generated.get("outline") or "")
    kept = json.loads(house.wired.deps.store.get_text(run.tenant, outlined)) if outlined else {}
    story.by_tests_alone = list(kept.get("by_tests_alone", ()))
    check(house, story, run, str(generated.get("checks", "")))
    return story

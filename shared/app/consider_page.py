"""A page has changed: read it again, and open a run, decide an approval, cancel, or plan anew; mostly nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared import log
from shared.app.budget import plan_estimate
from shared.app.come_again import MAX_TIMES, come_again, patient
from shared.app.deps import Deps
from shared.app.engine import record, relay
from shared.app.execute_step import Tools
from shared.app.ledger import causes_of
from shared.app.mirror_run import says_cancel, shows_plan
from shared.app.open_page_run import open_page_run, page_record
from shared.app.page_view import read_page_view, said_until
from shared.core import events as ev
from shared.core import marks
from shared.core.commands import Command
from shared.core.errors import IntegrationError, Missing, Rejected, Unauthorized
from shared.core.run import Run, RunStatus, Step, Trigger, WaitKind
from shared.integrations.notion.client import Notion


@dataclass(frozen=True, slots=True)
class _Seen:
    """The page as it is now, and who changed it."""

    page: str
    title: str
    status: str
    author: str  # "person:id", "bot:id", "agent:id" or "unknown:"; with "seen-" before it: set no property just now
    properties: Mapping[str, Any]

    @property
    def by_person(self) -> bool:
        """Say whether a person set a property just now: only then may the status be that person's decision."""
        return self.author.startswith("person:")


@patient
def consider_page(command: Command, deps: Deps, tools: Tools) -> None:
    """Do what the page's present state asks for. The delivery said only that something changed.

    What cannot be decided yet, or read from Notion now, comes again later.
    """
    try:
        seen = _look(command, tools)
    except Unauthorized:  # told about by the runs that need the grant; what people did to the page waits for them
        if command.attempt < MAX_TIMES:
            _look_later(command, deps)
        return
    if seen is None:
        return
    known = page_record(deps, command.tenant, seen.page)
    loaded = deps.store.load_run(command.tenant, known.run) if known.run else None
    if loaded is None or loaded.run.status.final:
        if seen.status == marks.PLAN_IT:
            _open(command, deps, tools, seen)
        return
    _steer(command, deps, tools, seen, loaded.run)
    relay(deps, command.tenant, loaded.run.id)


def _look_later(command: Command, deps: Deps) -> None:
    """Look at the page again later; a status read then may be somebody else's, so it decides nothing."""
    come_again(replace(command, topic=f"seen-{command.topic.removeprefix('seen-')}"), deps)


def _look(command: Command, tools: Tools) -> _Seen | None:
    """Read the page; None when it is gone, not shared with us, or not in the tenant's Ideas."""
    ideas = str(tools.settings(command.tenant).get("ideas_data_source", ""))
    try:
        raw = tools.accounts.connect_for(command.tenant)(Notion).page(command.ref)
    except (Missing, Rejected):
        return None
    parent = raw.get("parent") or {}
    if raw.get("in_trash") or not ideas or _bare(str(parent.get("data_source_id", ""))) != _bare(ideas):
        return None
    return _Seen(str(raw["id"]), _title(raw), _status(raw), command.topic, raw.get("properties") or {})


def _open(command: Command, deps: Deps, tools: Tools, seen: _Seen) -> None:
    """Open the page's next run. What a person asks for has no causes; what another agent does, has ours."""
    causes = () if seen.by_person else causes_of(deps, command.tenant, seen.page)
    if len(causes) > deps.limits.depth:  # the run before this one failed for that very reason, and people were told
        log.line("WARNING", "page not planned: runs wake each other", tenant=command.tenant, run=causes[-1])
        return
    by = _name(tools, command.tenant, seen.author)
    trigger = Trigger("page", seen.page, seen.title, by, causes)
    estimate = plan_estimate(tools.model(command.tenant))
    open_page_run(deps, command.tenant, seen.page, trigger, estimate, handled=command.id)


def _steer(command: Command, deps: Deps, tools: Tools, seen: _Seen, run: Run) -> None:
    """Cancel, approve, or plan again, as the page says. Only a person's change can approve or cancel."""
    now = deps.clock.now()
    decided = seen.by_person or seen.author.startswith("mixed-person:")
    if seen.status == marks.CANCELLED and decided and says_cancel(deps, seen.properties, run):
        by = _name(tools, command.tenant, seen.author)
        record(deps, command.tenant, run.id, ev.CancelRequested(now, by, "in Notion"), handled=command.id)
        return
    if run.status in (RunStatus.RECEIVED, RunStatus.PLANNING) and command.attempt < MAX_TIMES:
        # the plan may be made from the page as it was: look again when it is there, but decide nothing by then
        _look_later(command, deps)
    if run.status not in (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT):
        return
    connect = tools.accounts.connect_for(command.tenant)
    view = read_page_view(connect, seen.page, answers_until=said_until(run, now))
    gate = waiting_gate(run)
    if view.content_hash != planned_hash(run):
        by = _name(tools, command.tenant, seen.author)
        record(deps, command.tenant, run.id, ev.PageChanged(now, by), handled=command.id)
    elif not shows_plan(deps, seen.properties, run):
        return  # what the status says was said of an older plan, or before there was one
    elif seen.status == marks.APPROVED and seen.by_person and gate is not None and gate.wait is not None:
        by = _name(tools, command.tenant, seen.author)
        granted = ev.ApprovalGranted(now, gate.id, gate.wait.what, by, "notion")
        record(deps, command.tenant, run.id, granted, handled=command.id)


def waiting_gate(run: Run) -> Step | None:
    """Return the approval the run waits for."""
    for step in run.steps:
        if step.wait is not None and step.wait.kind == WaitKind.APPROVAL:
            return step
    return None


def planned_hash(run: Run) -> str:
    """Return the hash of the content that the present plan was made from."""
    for step in reversed(run.steps):
        if step.spec.kind == "plan.propose" and step.output:
            return str(step.output.get("page_hash", ""))
    return ""


def _name(tools: Tools, tenant: str, author: str) -> str:
    """Return a name people recognise; the id where Notion does not tell."""
    kind, _, user = author.partition(":")
    if not user:
        return kind
    try:
        found = tools.accounts.connect_for(tenant)(Notion).user(user)
    except IntegrationError:
        return author
    return str(found.get("name") or author)


def _title(raw: Any) -> str:
    for value in (raw.get("properties") or {}).values():
        if value.get("type") == "title":
            return "".join(part.get("plain_text", "") for part in value["title"])
    return ""


def _status(raw: Any) -> str:
    value = (raw.get("properties") or {}).get("Status") or {}
    chosen = value.get(value.get("type", ""), None)
    return str(chosen["name"]) if isinstance(chosen, dict) and "name" in chosen else ""


def _bare(notion_id: str) -> str:
    return notion_id.replace("-", "").lower()

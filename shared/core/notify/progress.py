"""Where a run is, in a few words for its page: status, step n of m, cost so far, last change, links."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.core.approval.gates import PLAN, PRODUCTION, RELEASE, waiting_kind
from shared.core.approval.release_words import describe_decision, describe_passed
from shared.core.approval.roll_back_words import describe_roll_back
from shared.core.notify.attention import attention_of
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.pages.page_changes import TO_BUILD, describe_edits
from shared.core.run.acts import EDITED, ROLLED_BACK
from shared.core.run.run import Run, RunStatus, Step, StepStatus, WaitKind
from shared.core.text.cut_text import cut_text
from shared.core.text.outgoing_text import hosts_of, may_link, plain

STATUS = {
    RunStatus.RECEIVED: marks.PLANNING,
    RunStatus.PLANNING: marks.PLANNING,
    RunStatus.AWAITING_INPUT: marks.QUESTION,
    RunStatus.AWAITING_APPROVAL: marks.PLAN_READY,
    RunStatus.EXECUTING: marks.BUILDING,
    RunStatus.CANCELLING: marks.CANCELLED,
    RunStatus.SUCCEEDED: marks.DONE,
    RunStatus.FAILED: marks.FAILED,
    RunStatus.CANCELLED: marks.CANCELLED,
}
_GATES = {PLAN: marks.PLAN_READY, RELEASE: marks.RELEASE_READY, PRODUCTION: marks.PRODUCTION_READY}
_LOOKS = {
    marks.PLANNING: ("💭", "gray_background"),
    marks.QUESTION: ("❓", "yellow_background"),
    marks.PLAN_READY: ("✋", "yellow_background"),
    marks.RELEASE_READY: ("✋", "yellow_background"),
    marks.PRODUCTION_READY: ("✋", "yellow_background"),
    marks.BUILDING: ("🔨", "blue_background"),
    marks.DONE: ("✅", "green_background"),
    marks.FAILED: ("⚠️", "red_background"),
    marks.CANCELLED: ("⏹️", "gray_background"),
}
_NOTHING_YET = "Nothing is built or sent anywhere before somebody approves it.\n"
_HOW_TO_DECIDE = (
    "To begin: comment “approve”, or set the status to Approved. For another plan: comment “no, because …”, or edit "
    "the page. To stop: set the status to Cancelled."
)
_ASKED = {
    RELEASE: "The work is done and tested. Below is exactly what would leave, and where to; nothing has left yet.",
    PRODUCTION: "The preview is there and was checked. Nothing goes live before somebody approves it.",
}
_HOW_BY_COMMENT = "To begin: comment “approve”. For another plan: comment “no, because …”, or edit the page."
_LINKS = (("Pull request", "pull_request"), ("Preview", "preview"), ("Site", "site"))


def status_of(run: Run) -> str:
    """Return the status that people read of a run: of one that waits for them, what it waits for."""
    if run.status == RunStatus.AWAITING_APPROVAL:
        return _GATES[waiting_kind(run) or PLAN]
    return STATUS[run.status]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a callout shows: its text, an emoji, a colour."""

    spans: tuple[Span, ...]
    icon: str
    color: str

    @property
    def words(self) -> list[tuple[str, str]]:
        """Return the text as (text, link), to compare with what is shown."""
        return [(span.text, span.href or "") for span in self.spans]


def progress_of(run: Run, run_url: str, steps: Collection[str], settings: Mapping[str, Any]) -> Progress:
    """Return the progress of a run whose plan has these steps, by id."""
    status = status_of(run)
    icon, color = ("↩️", "orange_background") if run.facts.get(ROLLED_BACK) else _LOOKS[status]
    taken_back = describe_roll_back(run)
    head = (
        f"{taken_back}\n{status}{_describe_place(run, steps)}"
        if taken_back
        else f"{status}{_describe_place(run, steps)}"
    )
    lines = [
        _doing(run, steps),
        *describe_passed(run),
        *(plain(text) for text in attention_of(run)),
        f"Cost so far: {dollars(run)} US dollars · Last change: {describe_last_change(run, settings)}",
    ]
    spans = [
        Span(head, bold=True),
        Span("\n" + "\n".join(line for line in lines if line) + "\n"),
        Span("Run", href=run_url),
    ]
    hosts = hosts_of(run_url, *(str(run.facts.get(key, "")) for _, key in _LINKS))
    for label, key in _LINKS:
        address = str(run.facts.get(key, ""))
        if address and may_link(address, hosts):
            spans += [Span(" · "), Span(label, href=address)]
    return Progress(tuple(spans), icon, color)


def dollars(run: Run) -> str:
    """Return what a run has cost, in US dollars."""
    return f"{run.spent.micros / 1e6:.4f}"


def describe_last_change(run: Run, settings: Mapping[str, Any]) -> str:
    """Return when something last began or ended, in the tenant's time zone."""
    times = [run.opened_at, *(step.handed_at for step in run.steps if step.handed_at)]
    at = run.ended_at or max(times)
    return convert_to_zone(at, settings).strftime("%d %b %Y, %H:%M %Z")


def convert_to_zone(at: datetime, settings: Mapping[str, Any]) -> datetime:
    """Return the time in the tenant's zone, in UTC where it has none we know."""
    try:
        return at.astimezone(ZoneInfo(str(settings.get("time_zone") or "UTC")))
    except (KeyError, ValueError, OSError):
        return at.astimezone(UTC)


def _describe_place(run: Run, steps: Collection[str]) -> str:
    if run.status == RunStatus.AWAITING_APPROVAL:
        waiting = {RELEASE: "waiting for approval of what leaves", PRODUCTION: "waiting for approval to go live"}
        words = waiting.get(waiting_kind(run), "waiting for approval")
        return f" — {len(steps)} step{'' if len(steps) == 1 else 's'}, {words}"
    if run.status not in (RunStatus.EXECUTING, RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED) or not steps:
        return ""
    done = sum(1 for step in run.steps if step.id in steps and step.status == StepStatus.SUCCEEDED)
    if run.status == RunStatus.EXECUTING:
        return f" — step {min(done + 1, len(steps))} of {len(steps)}"
    return f" — {done} of {len(steps)} steps done"


def _doing(run: Run, steps: Collection[str]) -> str:
    """Return what goes on now, or why nothing does; words of a model or a page lead nowhere."""
    if run.status == RunStatus.AWAITING_APPROVAL and (kind := waiting_kind(run)) not in ("", PLAN):
        edited = [*describe_edits(run), TO_BUILD] if run.facts.get(EDITED) else []
        return "\n".join([*edited, _ASKED[kind], describe_decision(run, kind)])
    if run.status == RunStatus.AWAITING_APPROVAL:
        return _NOTHING_YET + (_HOW_TO_DECIDE if run.trigger.decided_by_status else _HOW_BY_COMMENT)
    if run.status == RunStatus.FAILED:
        return cut_text(plain(run.failure), 300)
    if run.status == RunStatus.AWAITING_INPUT and run.facts.get("question"):
        return cut_text(plain(f"Asked in a comment: {run.facts['question']}"), 300)
    if run.status == RunStatus.SUCCEEDED:
        return "\n".join(describe_edits(run))
    if run.cancel:
        return plain(run.cancel)[:300]
    busy = [
        (step.spec.title or step.spec.kind) + _describe_progress(run, step)
        for step in run.steps
        if step.id in steps and step.status in (StepStatus.RUNNING, StepStatus.WAITING)
    ]
    return plain("Now: " + ", ".join(busy))[:300] if busy and run.status == RunStatus.EXECUTING else ""


def _describe_progress(run: Run, step: Step) -> str:
    """Return how many rows are done, for the one kind of step that takes many turns; or that it waits for money."""
    if step.wait is not None and step.wait.kind == WaitKind.BUDGET:
        return f" (waits: {step.error or 'the budget is used up'})"
    rows = run.facts.get("rows") if step.spec.kind == "notion.update_rows" else None
    return f" ({rows} rows)" if rows and step.wake else ""

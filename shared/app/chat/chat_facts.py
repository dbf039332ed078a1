"""What is so with a run, in words: for people who ask how it stands, and for the model that answers them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.approval.gates import PLAN, PRODUCTION, RELEASE, gate_kind, waiting_kind, waits_at
from shared.core.approval.release_words import count_found, describe_question
from shared.core.approval.roll_back_words import describe_roll_back
from shared.core.pages.page_changes import describe_edits
from shared.core.planning.plan import describe_in_full
from shared.core.run.acts import EDITED, ROLLED_BACK
from shared.core.run.run import Run, Step, StepStatus, WaitKind
from shared.core.text.outgoing_text import plain

_WORDS: Mapping[str, str] = {
    "files": "Files written or changed",
    "files_not_read": "Files of the repository that no model may read",
    "model": "The model that wrote them",
    "tests": "Tests that passed",
    "tests_changed": "Tests that were there before and were changed",
    "sandbox": "The sandbox that they ran in",
    "repository": "Repository",
    "branch": "Branch",
    "pull_request": "Pull request",
    "not_taken": "Of the team's settings for pull requests, not taken by the forge",
    "webhook": "Webhook of the repository",
    "checks": "Checks of the pull request",
    "merge": "Merging of the pull request",
    "merged": "Merged",
    "preview": "Preview of the site",
    "verified": "Found on the preview",
    "notes": "To be known before it goes live",
    "site": "Live site",
    "rolling_back_to": "Being taken back to the deployment",
    "rolled_back_to": "Taken back to the deployment",
    "alarm": "To be done at once, by a person",
    "rows": "Rows changed",
    "rows read": "Rows read",
    "rows counted": "Rows counted",
    "passages found": "Passages of the workspace that were found",
    "kept": "Left where it is",
    "left_as_it_is": "Left as it is",
    "retries": "It does over the run",
}
MAX_STEPS = 60
_OURS = frozenset({"plan.propose", "notion.publish_plan", "approval.ask", "notion.ask_question", "input.wait"})
_ELSEWHERE = frozenset({"question", "by_tests", EDITED, ROLLED_BACK})  # said by themselves, or with another fact


def fact_lines(run: Run) -> Iterator[str]:
    """Yield what is known of a run beside its steps, a line each; addresses are dead, as in all that we write."""
    writers: Mapping[str, Callable[[Any], str]] = {
        "verified": lambda found: count_found(int(found), int(run.facts.get("by_tests") or 0))
    }
    for name, value in run.facts.items():
        if name not in _ELSEWHERE:
            text = writers.get(name, str)(value)
            yield f"{_WORDS.get(name) or name.replace('_', ' ').capitalize()}: {plain(text)}"
    yield from (line for line in (*describe_edits(run), describe_roll_back(run)) if line)


def title_of(run: Run) -> str:
    """Return what people call the run."""
    return " ".join(plain(run.trigger.title).split())[:200] or run.id


def facts_of(run: Run) -> str:
    """Return where a run stands: its steps, what failed and why, what it waits for, what it has cost."""
    lines = [f"{title_of(run)}: {run.status.value.replace('_', ' ')}."]
    lines += [f"Why: {plain(reason)}" for reason in (run.failure, run.cancel) if reason]
    steps = [step for step in run.steps if step.spec.kind not in _OURS and not step.parent]
    lines += [_step(step) for step in steps[:MAX_STEPS]]
    if len(steps) > MAX_STEPS:
        lines.append(f"… and {len(steps) - MAX_STEPS} more steps")
    if any(step.wait and step.wait.kind == WaitKind.APPROVAL for step in run.steps):
        waits = {RELEASE: "what leaves", PRODUCTION: "that it goes live"}
        lines.append(f"It waits for somebody to approve {waits.get(waiting_kind(run), 'its plan')}.")
    if any(step.wait and step.wait.kind == WaitKind.INPUT for step in run.steps):
        lines.append(f"It waits for an answer: {plain(str(run.facts.get('question', 'see the page')))}")
    lines += fact_lines(run)
    so_far = "" if run.status.final else " so far"
    lines.append(f"Cost{so_far}: {run.spent.micros / 1e6:.2f} US dollars.")
    return "\n".join(lines)


def plan_of(deps: Deps, run: Run) -> str:
    """Return what waits, as it is approved: a plan with what it is for and every step, or what leaves or goes live."""
    gate = waits_at(run)
    if gate is not None and gate_kind(gate.id) != PLAN:
        return "\n".join(describe_question(run, gate.id))
    planned: Mapping[str, Any] = next(
        (step.output for step in reversed(run.steps) if step.spec.kind == "plan.propose" and step.output), {}
    )
    shown = [plain(str(planned.get("summary", "")))] if planned.get("summary") else []
    waiting = [step for step in run.steps if step.status in (StepStatus.PENDING, StepStatus.READY)]
    shown += [
        f"• {plain(step.spec.title)} ({plain(describe_in_full(step.spec))})" for step in waiting if not step.spec.gate
    ]
    return "\n".join(shown)


def _step(step: Step) -> str:
    why = f" ({plain(step.error)[:300]})" if step.error else ""
    return f"- {plain(step.spec.title) or step.spec.kind}: {step.status.value}{why}"


def list_runs(runs: list[Run], present: Run | None) -> str:
    """Return runs as data for a model: id, title, state, the newest first, and which of them is spoken of."""
    return "\n".join(
        json.dumps(
            {
                "run": run.id,
                "title": title_of(run),
                "state": run.status.value,
                **({"present": True} if present is not None and run.id == present.id else {}),
            },
            ensure_ascii=False,
        )
        for run in runs
    )

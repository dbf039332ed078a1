"""What we say in comments about a plan: how it is decided, and whose word does not count; each once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from shared.app.approval.page_comments import comments_at
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.core.approval.four_eyes import Barred
from shared.core.approval.late_words import describe_decision, describe_other
from shared.core.errors import Missing, Rejected
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run.run import Run, Step, derive_id
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat

HOW = "how-to-decide"
UNCLEAR = "I could not tell what you want."
HOW_TO_DECIDE = " To decide about this plan, comment “approve”, or “no, because …” with what should be different"
BY_STATUS = ", or set the status to Approved or Cancelled"
WHO = "Notion did not tell me who set the status to {status}."
AGAIN = {
    marks.APPROVED: " Only a person can approve this. If you do, set the status to another one and then to Approved "
    "again, or comment “approve”.",
    marks.CANCELLED: " Only a person can cancel this, so it goes on. To stop it, set the status to another one and "
    "then to Cancelled again.",
}


def explain(deps: Deps, notion: Notion, run: Run, discussion: str) -> None:
    """Say once in a run how a plan is decided; raises OutcomeUnknown while an earlier answer may still arrive."""
    how = HOW_TO_DECIDE + (BY_STATUS if run.trigger.decided_by_status else "")
    _say_once(deps, notion, run, HOW, (UNCLEAR, f"{how}."), discussion)


def tell_barred(deps: Deps, notion: Notion, run: Run, gate: Step, by: str, bar: Barred) -> None:
    """Say once per person and question why somebody's approval does not count."""
    name = derive_id("barred-", gate.id, gate.wait.what if gate.wait else "", by)[:40]
    words = f"{by}, your approval does not count here: {bar.why}.", f" {bar.way_out}"
    _say_once(deps, notion, run, name, words)


def tell_late(deps: Deps, notion: Notion, run: Run, gate: Step, discussion: str) -> None:
    """Say once about a plan, or work, that a yes was to an earlier one, and what is asked now."""
    name = derive_id("late-", gate.id, gate.wait.what if gate.wait else "")[:40]
    changed = f"That did not count: {describe_other(run, gate.id, '')}."
    _say_once(deps, notion, run, name, (changed, " Look at it, and decide about that."), discussion)


def tell_decided(deps: Deps, notion: Notion, run: Run, gate: Step, who: str, discussion: str) -> None:
    """Say once to somebody whose word comes too late what was decided before; `who` is what the audit calls them."""
    name = derive_id("decided-", gate.id, str(gate.done_seq), who)[:40]
    _say_once(deps, notion, run, name, ("That did not count: ", f"{describe_decision(gate)}."), discussion)


def ask_who(deps: Deps, notion: Notion, run: Run, status: str) -> None:
    """Say once about a plan that Approved, or Cancelled, counts only from a person whom we saw set it."""
    name = f"who-{status.lower()}-{run.revision}"
    _say_once(deps, notion, run, name, (WHO.format(status=status), AGAIN[status]))


def _say_once(
    deps: Deps, notion: Notion, run: Run, name: str, words: tuple[str, str], discussion: str | None = None
) -> None:
    """Say it in a discussion, else in a new comment on the page; the first words bear the mark that it is found by."""
    target = marks.mark(run_url(deps, run), name)
    spans = (Span(words[0], href=target), Span(words[1]))

    def write() -> dict[str, Any]:
        made = notion.comment(run.trigger.page, spans) if discussion is None else notion.reply(discussion, spans)
        return {"id": made["id"]}

    with suppress(Missing, Rejected):  # gone, or we may not comment: then the plan itself says how to decide
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            name, write, repeat=Repeat.LOOK, look=lambda: find_answer_of_ours(notion, run, target)
        )


def find_answer_of_ours(notion: Notion, run: Run, target: str) -> dict[str, Any] | None:
    """Return the comment of ours that is marked so, where one is."""
    published = next((s.output for s in reversed(run.steps) if s.output.get("shown")), {})
    places = [run.trigger.page, *([str(published["container"])] if published else ())]
    for comment in (comment for place in places for comment in comments_at(notion, place)):
        if any((part.get("href") or "") == target for part in comment.get("rich_text", ())):
            return {"id": str(comment["id"])}
    return None

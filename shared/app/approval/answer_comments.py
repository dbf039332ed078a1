"""What we say in comments about a plan: how it is decided, and whose word does not count; each once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from shared.app.approval.page_comments import comments_at
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.core.approval.four_eyes import Barred
from shared.core.errors import Missing, Rejected
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run.run import Run, Step, derived_id
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
    target = marks.mark(run_url(deps, run), HOW)
    how = HOW_TO_DECIDE + (BY_STATUS if run.trigger.decided_by_status else "")
    spans = (Span(UNCLEAR, href=target), Span(f"{how}."))
    with suppress(Missing, Rejected):  # the discussion is gone, or we may not comment: then the plan itself says it
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            HOW,
            lambda: {"id": notion.reply(discussion, spans)["id"]},
            repeat=Repeat.LOOK,
            look=lambda: said_already(notion, run, target),
        )


def tell_barred(deps: Deps, notion: Notion, run: Run, gate: Step, by: str, bar: Barred) -> None:
    """Say once per person and question why somebody's approval does not count."""
    name = derived_id("barred-", gate.id, gate.wait.what if gate.wait else "", by)[:40]
    target = marks.mark(run_url(deps, run), name)
    spans = (Span(f"{by}, your approval does not count here: {bar.why}.", href=target), Span(f" {bar.way_out}"))
    with suppress(Missing, Rejected):
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            name,
            lambda: {"id": notion.comment(run.trigger.page, spans)["id"]},
            repeat=Repeat.LOOK,
            look=lambda: said_already(notion, run, target),
        )


def ask_who(deps: Deps, notion: Notion, run: Run, status: str) -> None:
    """Say once about a plan that Approved, or Cancelled, counts only from a person whom we saw set it."""
    name = f"who-{status.lower()}-{run.revision}"
    target = marks.mark(run_url(deps, run), name)
    spans = (Span(WHO.format(status=status), href=target), Span(AGAIN[status]))
    with suppress(Missing, Rejected):  # gone, or we may not comment: then the plan itself says how to decide
        Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
            name,
            lambda: {"id": notion.comment(run.trigger.page, spans)["id"]},
            repeat=Repeat.LOOK,
            look=lambda: said_already(notion, run, target),
        )


def said_already(notion: Notion, run: Run, target: str) -> dict[str, Any] | None:
    """Return the comment of ours that is marked so, where one is."""
    published = next((s.output for s in reversed(run.steps) if s.output.get("shown")), {})
    places = [run.trigger.page, *([str(published["container"])] if published else ())]
    for one in (comment for place in places for comment in comments_at(notion, place)):
        if any((part.get("href") or "") == target for part in one.get("rich_text", ())):
            return {"id": str(one["id"])}
    return None

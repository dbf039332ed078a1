"""A page that is edited after its plan was approved: noticed by what it says, and told to whoever decides next.

The work goes on as it was approved. What was changed since is kept as a fact of the run, so that every gate behind it
and its end say what is not in it.
"""

from __future__ import annotations

import json

from shared.app.approval.comment_records import load_heard
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record
from shared.app.engine.tools import Tools
from shared.app.intake.page_view import PageView, find_spoken, read_page_view
from shared.app.planning.make_plan import is_made_by_rules
from shared.core.page import page_from_data
from shared.core.pages.page_changes import changes_between, find_known_hash, find_planned_hash
from shared.core.run import acts
from shared.core.run.run import Run
from shared.mind.safety.redaction import Redactor


def may_be_edited(deps: Deps, run: Run) -> bool:
    """Say whether the run's work was planned from what its page said, so that an edit of it means something."""
    return run.trigger.decided_by_status and bool(find_planned_hash(run)) and not is_made_by_rules(deps, run)


def look_for_edits(deps: Deps, tools: Tools, run: Run, by: str, handled: str = "") -> bool:
    """Read the page and note what was changed since the plan. Raises the errors of the integration."""
    heard = load_heard(deps, run.tenant, run.id)
    spoken = find_spoken(deps, run, heard)
    connect = tools.accounts.connect_for(run.tenant)
    view = read_page_view(connect, run.trigger.page, tools.settings(run.tenant), spoken)
    return note_edit(deps, tools, run, view, by, handled)


def note_edit(deps: Deps, tools: Tools, run: Run, view: PageView, by: str, handled: str = "") -> bool:
    """Remember what was changed since the plan, or that nothing is any more; False where that is known already."""
    if view.content_hash == find_known_hash(run):
        return False
    redactor = Redactor(tools.known_secrets(run.tenant))
    changes = () if view.content_hash == find_planned_hash(run) else _changes(deps, run, view)
    event = acts.PageEdited(deps.clock.now(), view.content_hash, tuple(redactor.hide(each) for each in changes), by)
    return record(deps, run.tenant, run.id, event, handled=handled).seq != run.seq


def _changes(deps: Deps, run: Run, view: PageView) -> tuple[str, ...]:
    ref = next((str(s.output["page"]) for s in reversed(run.steps) if s.output.get("page_hash")), "")
    kept = deps.store.get_text(run.tenant, ref) if ref else ""
    if not kept:
        return ("what exactly is not known: the page as it was planned is no longer kept",)
    return changes_between(page_from_data({"id": "", "title": "", **json.loads(kept)}), view.page)

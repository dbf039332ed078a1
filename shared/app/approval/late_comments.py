"""A yes or a no in a comment that comes after somebody else has decided: who made it is told who did, what and when."""

from __future__ import annotations

from shared.app.approval.answer_comments import tell_decided
from shared.app.approval.comment_records import load_heard
from shared.app.approval.page_comments import author_of, is_person, new_comments, text_of
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import page_record
from shared.app.intake.page_look import identify_author
from shared.core.approval.deciders import MAY_DECIDE
from shared.core.approval.decision_words import Said, is_plain_no, read_decision
from shared.core.approval.late_words import find_last_decided
from shared.core.pages.author import PERSON, Author
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion

_DECIDED = (RunStatus.EXECUTING, RunStatus.CANCELLING, RunStatus.CANCELLED)  # nothing is asked, and it is not done yet
_MINUTE = len("2026-11-22T10:05")  # Notion tells no more of when a comment was made


def tell_late_comments(deps: Deps, tools: Tools, tenant: str, page: str) -> None:
    """Tell each who decides in a comment what others have decided before, once. Raises OutcomeUnknown of a reply."""
    known = page_record(deps, tenant, page)
    loaded = deps.store.load_run(tenant, known.run) if known.run else None
    run = loaded.run if loaded is not None else None
    gate = find_last_decided(run) if run is not None and run.status in _DECIDED else None
    if run is None or gate is None:
        return
    notion, since = tools.accounts.connect_for(tenant)(Notion), str(gate.output.get("at", ""))[:_MINUTE]
    for remark in new_comments(notion, run, load_heard(deps, tenant, run.id)):
        text, author = text_of(remark.comment), author_of(remark.comment)
        is_late = bool(since) and str(remark.comment["created_time"])[:_MINUTE] >= since
        if not (is_late and _decides(text) and is_person(notion, author)):
            continue
        who = identify_author(deps, tools, tenant, Author(PERSON, author))
        if who.role in MAY_DECIDE and who.actor.ref != gate.output.get("actor"):
            tell_decided(deps, notion, run, gate, who.actor.ref, str(remark.comment.get("discussion_id") or ""))


def _decides(text: str) -> bool:
    """Say whether a comment speaks of approving, or is a plain no: praise for what is done asks for nothing."""
    decision = read_decision(text)
    return (decision.answer == Said.YES and decision.names_it) or is_plain_no(text)

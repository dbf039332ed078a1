"""A status that a person set and we wrote over without having seen it: they are asked to set it again.

Notion tells that a person set the status, and when; neither what it was nor that it is gone. The delivery and the times
of our own write are the evidence. What is not known is not guessed at: a plan costs money, a stop costs work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from shared.app.approval.answer_comments import find_answer_of_ours
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.step_context import run_url
from shared.app.engine.tools import Tools
from shared.app.intake.debounce import Gathered
from shared.app.intake.open_page_run import page_record
from shared.app.wishes.status_journal import Kept, Written, load_kept
from shared.app.workspace.workspace_databases import map_page
from shared.app.workspace.workspace_schemas import IDEAS
from shared.core.documents.look import Happening
from shared.core.errors import Missing, Rejected, Unauthorized
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.pages.author import PERSON
from shared.core.run.commands import Command
from shared.core.run.run import Run, derive_id
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat

_SETS = "page.properties_updated"
_CLOCKS = timedelta(seconds=5)  # by which Notion's clock and ours may differ
_WORDS = (
    "Somebody set this page's status at the very moment at which we set it to {status}. Notion kept only ours, and does"
    " not tell us what the other one was. ",
    "Nothing was done about it. Please set it again if you still want it.",
)


def ask_again(command: Command, deps: Deps, tools: Tools, seen: Gathered) -> None:
    """Comment once for each status of a person that a write of ours has hidden, while the page still shows ours."""
    people = [
        each for each in seen.happenings if each.type == _SETS and each.who is not None and each.who.kind == PERSON
    ]
    kept = load_kept(deps, command.tenant, command.ref) if people else Kept()
    hidden = [(each, over) for each in people if (over := hiding(kept, datetime.fromisoformat(each.at))) is not None]
    if not hidden:
        return
    run = page_record(deps, command.tenant, command.ref).run
    loaded = deps.store.load_run(command.tenant, run) if run else None
    if loaded is None or kept.wish.run == run:
        return
    connect = tools.accounts.connect_for(command.tenant)
    with suppress(Missing, Rejected, Unauthorized):  # gone, or we may not comment
        notion = connect(Notion)
        page = notion.page(command.ref)
        for each, over in hidden:
            if over.run == run and _set_status(tools.settings(command.tenant), page, each, kept.find_last(run)):
                _ask(deps, notion, loaded.run, over)


def hiding(kept: Kept, at: datetime) -> Written | None:
    """Return the write of ours that hid what was set then; None when what was set then was seen, or is none of ours.

    A write that found what we had written before did not see what was set since it looked. One that found something
    else saw what was set before it looked. What stands behind a later write alone had been seen, or had been replaced
    by somebody else.
    """
    for number, each in enumerate(kept.writes):
        read_at, wrote_at = datetime.fromisoformat(each.read_at), datetime.fromisoformat(each.wrote_at)
        if wrote_at + _CLOCKS < at:
            continue
        unseen = number > 0 and each.saw == kept.writes[number - 1].wrote
        hid = read_at - _CLOCKS <= at if unseen else read_at < at <= wrote_at
        return each if hid and not _was_seen_later(kept.writes[number:], at) else None
    return None


def _was_seen_later(writes: Sequence[Written], at: datetime) -> bool:
    """Say whether a write after the first of these found what somebody else had set, and looked after that moment."""
    return any(
        each.saw != before.wrote and at <= datetime.fromisoformat(each.read_at) for before, each in pairwise(writes)
    )


def _set_status(settings: Mapping[str, Any], page: Mapping[str, Any], each: Happening, ours: str) -> bool:
    """Say whether it was the status that was set, and the page shows ours since."""
    mapped = map_page(settings, page)
    if mapped is None or mapped.kind != IDEAS or mapped.status(page) != ours:
        return False
    status = unquote(str(mapped.value(page, "Status").get("id")))
    return status in {unquote(name) for name in each.properties}


def _ask(deps: Deps, notion: Notion, run: Run, over: Written) -> None:
    name = derive_id("again-", over.wrote, over.wrote_at)
    target = marks.mark(run_url(deps, run), name)
    first, rest = _WORDS
    spans = (Span(first.format(status=over.wrote), href=target), Span(rest))
    Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
        name,
        lambda: {"id": notion.comment(run.trigger.page, spans)["id"]},
        repeat=Repeat.LOOK,
        look=lambda: find_answer_of_ours(notion, run, target),
    )

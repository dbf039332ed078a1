"""“Roll back”, as a comment on the page of a run that has put a site live. Members of the workspace alone are heard."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from shared.app.approval.heard import heard_of, keep_heard
from shared.app.approval.page_comments import Remark, author_of, members_of, new_comments, text_of
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.tools import Tools
from shared.app.ship.roll_back import roll_back
from shared.core.approval.roll_back_words import asks_to_roll_back
from shared.core.errors import Missing, Rejected, RequestError
from shared.core.pages.author import PERSON, Author, write_author
from shared.core.run.run import Run
from shared.core.text.sentence import end_sentence
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat


def hear_roll_back(deps: Deps, tools: Tools, run: Run) -> None:
    """Take back what the run put live, when a member has asked for that since it ended; each comment counts once."""
    went_live = any(step.spec.kind == "site.promote" and step.output for step in run.steps)
    if run.ended_at is None or not went_live:
        return
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    heard = heard_of(deps, run.tenant, run.id)
    fresh = [one for one in new_comments(notion, run, heard) if one.id not in heard.ids]
    asked = _asked(notion, run, fresh)
    if asked is not None:
        _obey(deps, notion, run, asked)
    if fresh:
        keep_heard(deps, run, heard, [one.id for one in fresh])


def _asked(notion: Notion, run: Run, fresh: Sequence[Remark]) -> Remark | None:
    ended = run.ended_at
    assert ended is not None
    minute = ended.replace(second=0, microsecond=0).isoformat()[:16]  # Notion tells only the minute of a comment
    meant = [
        one
        for one in fresh
        if asks_to_roll_back(text_of(one.comment)) and str(one.comment["created_time"])[:16] >= minute
    ]
    members = members_of(notion) if meant else frozenset()
    return next((one for one in reversed(meant) if author_of(one.comment) in members), None)


def _obey(deps: Deps, notion: Notion, run: Run, asked: Remark) -> None:
    """Do it; the run that does it tells how it went. What cannot be done is said where it was asked for."""
    author = author_of(asked.comment)
    try:
        by = str(notion.user(author).get("name") or write_author(Author(PERSON, author)))
        roll_back(deps, run.tenant, run.id, by)
    except RequestError as error:
        text = f"That cannot be rolled back: {end_sentence(str(error))} {error.way_out}".strip()
        discussion = str(asked.comment.get("discussion_id") or "")
        with suppress(Missing, Rejected):
            Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
                f"no-rollback-{asked.id}", lambda: {"id": notion.reply(discussion, text)["id"]}, repeat=Repeat.ONCE
            )

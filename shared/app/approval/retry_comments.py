"""“Retry”, as a comment on the page of a run that failed or was stopped. Members of the workspace alone are heard."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from shared.app.api.run.retry import retry_run
from shared.app.approval.heard import heard_of, keep_heard
from shared.app.approval.page_comments import author_of, members_of, text_of
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.tools import Tools
from shared.core.approval.retry_words import asks_to_retry
from shared.core.errors import Missing, Rejected, RequestError
from shared.core.pages.author import PERSON, Author, write_author
from shared.core.run.run import Run
from shared.core.text.sentence import end_sentence
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat


def hear_retry(deps: Deps, tools: Tools, run: Run) -> None:
    """Retry the run when a member has asked for that since it ended; each comment counts once.

    Raises Busy while the page does not show the end of the run yet.
    """
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    heard = heard_of(deps, run.tenant, run.id)
    meant = [one for one in _since_its_end(notion, run) if str(one["id"]) not in heard.ids]
    members = members_of(notion) if meant else None
    asked = next((one for one in reversed(meant) if author_of(one) in (members or ())), None)
    if asked is not None:
        _obey(deps, tools, notion, run, asked)
    if meant:
        keep_heard(deps, run, heard, [str(one["id"]) for one in meant])


def _since_its_end(notion: Notion, run: Run) -> list[dict[str, Any]]:
    """Return the comments that ask for a retry; Notion tells only the minute of a comment."""
    try:
        found = notion.comments(run.trigger.page)
    except (Missing, Rejected):
        return []
    minute = run.ended_at.isoformat()[:16] if run.ended_at is not None else ""
    return [one for one in found if str(one["created_time"])[:16] >= minute and asks_to_retry(text_of(one))]


def _obey(deps: Deps, tools: Tools, notion: Notion, run: Run, asked: dict[str, Any]) -> None:
    """Do it; what cannot be done is said where it was asked for."""
    author = author_of(asked)
    by = str(notion.user(author).get("name") or write_author(Author(PERSON, author)))
    anew = asks_to_retry(text_of(asked))
    try:
        retry_run(deps, lambda: tools, run.tenant, run.id, by, from_start=anew == "from the start")
    except RequestError as error:
        text = f"That cannot be retried: {end_sentence(str(error))} {error.way_out}".strip()
        with suppress(Missing, Rejected):
            Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
                f"no-retry-{asked['id']}",
                lambda: {"id": notion.reply(str(asked.get("discussion_id") or ""), text)["id"]},
                repeat=Repeat.ONCE,
            )

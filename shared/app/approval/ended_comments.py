"""“Retry” and “Roll back” in comments on the page of a run that has ended: only members of the workspace are heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from shared.app.api.run.retry import retry_run
from shared.app.approval.comment_records import keep_heard, load_heard
from shared.app.approval.gates import refuse_role
from shared.app.approval.page_comments import author_of, members_of, new_comments, text_of
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.tools import Tools
from shared.app.intake.page_look import identify_author
from shared.app.ship.roll_back import roll_back
from shared.core.approval.short_words import asks_to_retry, asks_to_roll_back
from shared.core.errors import Missing, Rejected, RequestError
from shared.core.pages.author import PERSON, Author
from shared.core.people.actor import Actor
from shared.core.run.run import Run
from shared.core.text.sentence import end_sentence
from shared.integrations.notion.client.client import Notion
from shared.steps._kind import Repeat

_Comment = Mapping[str, Any]


def hear_retry(deps: Deps, tools: Tools, run: Run) -> None:
    """Retry the run when a member has asked for that since it ended; each comment counts once.

    Raises Busy while the page does not show the end of the run yet.
    """
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    heard = load_heard(deps, run.tenant, run.id)
    meant = [
        comment
        for comment in _comments_on(notion, run)
        if _is_since_end(run, comment) and asks_to_retry(text_of(comment))
    ]
    meant = [comment for comment in meant if str(comment["id"]) not in heard.ids]
    if (asked := _find_last(notion, meant)) is not None:
        from_start = asks_to_retry(text_of(asked)) == "from the start"

        def retry(by: Actor) -> None:
            retry_run(deps, lambda: tools, run.tenant, run.id, by, from_start=from_start)

        _obey(deps, tools, run, asked, retry, ("no-retry", "That cannot be retried"))
    if meant:
        keep_heard(deps, run, heard, [str(comment["id"]) for comment in meant])


def hear_roll_back(deps: Deps, tools: Tools, run: Run) -> None:
    """Take back what the run put live, when a member has asked for that since it ended; each comment counts once.

    The run that does it tells how it went.
    """
    went_live = any(step.spec.kind == "site.promote" and step.output for step in run.steps)
    if run.ended_at is None or not went_live:
        return
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    heard = load_heard(deps, run.tenant, run.id)
    fresh = [remark.comment for remark in new_comments(notion, run, heard) if remark.id not in heard.ids]
    meant = [comment for comment in fresh if asks_to_roll_back(text_of(comment)) and _is_since_end(run, comment)]
    if (asked := _find_last(notion, meant)) is not None:

        def take_back(by: Actor) -> None:
            roll_back(deps, run.tenant, run.id, by)

        _obey(deps, tools, run, asked, take_back, ("no-rollback", "That cannot be rolled back"))
    if fresh:
        keep_heard(deps, run, heard, [str(comment["id"]) for comment in fresh])


def _comments_on(notion: Notion, run: Run) -> Sequence[_Comment]:
    try:
        return notion.comments(run.trigger.page)
    except (Missing, Rejected):
        return []


def _is_since_end(run: Run, comment: _Comment) -> bool:
    """Say whether it was made since; Notion tells only the minute of a comment."""
    return str(comment["created_time"])[:16] >= (run.ended_at.isoformat()[:16] if run.ended_at is not None else "")


def _find_last(notion: Notion, meant: Sequence[_Comment]) -> _Comment | None:
    """Return the last of these comments that a member has made."""
    members = members_of(notion) if meant else frozenset()
    return next((comment for comment in reversed(meant) if author_of(comment) in members), None)


def _obey(
    deps: Deps, tools: Tools, run: Run, asked: _Comment, act: Callable[[Actor], None], refusal: tuple[str, str]
) -> None:
    """Do it; what cannot be done is said where it was asked for, under the name and with the words of `refusal`."""
    notion = tools.accounts.connect_for(run.tenant)(Notion)
    who = identify_author(deps, tools, run.tenant, Author(PERSON, author_of(asked)))
    try:
        refuse_role(who.role)
        act(who.actor)
    except RequestError as error:
        name, words = refusal
        text = f"{words}: {end_sentence(str(error))} {error.way_out}".strip()
        with suppress(Missing, Rejected):
            Effects(deps, run.tenant, f"{run.id}.comments", "comments", "notion")(
                f"{name}-{asked['id']}",
                lambda: {"id": notion.reply(str(asked.get("discussion_id") or ""), text)["id"]},
                repeat=Repeat.ONCE,
            )

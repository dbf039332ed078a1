"""Comments on a run's page and on its plan: which are there, which are new, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.app.approval.comment_records import keep_heard, listening, load_heard
from shared.app.engine.deps import Deps
from shared.app.notify.messages import question_of
from shared.core.documents.comment_records import Heard
from shared.core.errors import Missing, Rejected
from shared.core.run.run import Run, Step
from shared.integrations.notion.client.client import Notion

Json = Mapping[str, Any]


def listen_from_now(deps: Deps, notion: Notion, run: Run, gate: Step) -> None:
    """Take what was said so far for said about something else: at this gate only what comes now decides.

    Once per question, before it is put into a comment. Raises Busy when another delivery heard something just now.
    """
    heard = load_heard(deps, run.tenant, run.id)
    if listening(run, gate, heard):
        return
    ids = [remark.id for remark in new_comments(notion, run, heard)]
    deps.crash_point("heard.before/notify")
    keep_heard(deps, run, heard, ids, asked=question_of(gate))
    deps.crash_point("heard.after/notify")


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment, and the one it answers: the last one before it in its discussion; None when it began that.

    `follows` is the last one before it on the page, in whatever discussion.
    """

    comment: Json
    answers: Json | None = None
    follows: Json | None = None

    @property
    def id(self) -> str:
        return str(self.comment["id"])


def new_comments(notion: Notion, run: Run, heard: Heard) -> list[Remark]:
    """Return the comments on the page and on its plan since the plan was shown, oldest first; none of ours.

    Notion tells only the minute of a comment, so those of the plan's own minute count unless they were there before it.
    """
    published = next((s.output for s in reversed(run.steps) if s.output.get("shown")), None)
    if published is None:
        return []
    found = [*_remarks(notion, run.trigger.page), *_remarks(notion, str(published["container"]))]
    since, known_ids = str(published["shown"]), frozenset(published.get("said") or ()) | heard.ids
    fresh = [remark for remark in found if str(remark.comment["created_time"]) >= since and remark.id not in known_ids]
    if not fresh:
        return []
    ours = str(notion.me()["id"])
    theirs = [remark for remark in fresh if author_of(remark.comment) != ours]
    return sorted(theirs, key=lambda remark: str(remark.comment["created_time"]))


def _remarks(notion: Notion, place: str) -> list[Remark]:
    last: dict[str, Json] = {}
    found: list[Remark] = []
    for comment in comments_at(notion, place):  # oldest first
        discussion = str(comment.get("discussion_id") or comment["id"])
        found.append(Remark(comment, last.get(discussion), found[-1].comment if found else None))
        last[discussion] = comment
    return found


def comments_at(notion: Notion, place: str) -> list[dict[str, Any]]:
    """Return the comments there; none where there is nothing any more, or where we may not read them."""
    try:
        return notion.comments(place)
    except (Missing, Rejected):
        return []


def is_person(notion: Notion, user: str) -> bool:
    """Say whether a person it is; who cannot be looked up decides nothing."""
    if not user:
        return False
    try:
        return notion.user(user).get("type") == "person"
    except (Missing, Rejected):
        return False


def members_of(notion: Notion) -> frozenset[str]:
    """Return the people of the workspace; guests are none of them. Empty where Notion does not tell us."""
    try:
        return frozenset(str(user["id"]) for user in notion.users() if user.get("type") == "person")
    except (Missing, Rejected):
        return frozenset()


def author_of(comment: Json) -> str:
    """Return the id of who wrote a comment."""
    return str((comment.get("created_by") or {}).get("id", ""))


def text_of(comment: Json) -> str:
    return "".join(str(part.get("plain_text", "")) for part in comment.get("rich_text", ()))

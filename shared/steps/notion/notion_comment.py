"""notion.comment: comment on a page or block, or answer in a discussion."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from shared.core.text.outgoing_text import hosts_of, plain
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.reading import plain_text
from shared.steps._input import Input, Target
from shared.steps._kind import Done, Repeat, StepContext, StepKind

Json = dict[str, Any]


class Comment(Input):
    """On `page` or `block`; with `discussion` an answer in this open discussion there."""

    page: Target = ""
    block: Target = ""
    discussion: Target = ""
    text: str = Field(min_length=1, max_length=50_000)

    @model_validator(mode="after")
    def _require_one_place(self) -> Comment:
        self.exactly_one("page", "block")
        return self


def _run(wanted: Comment, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    place = _place(wanted, ctx)
    text = plain(wanted.text, hosts_of(ctx.run_url))
    known = ctx.keep_before("before", lambda: [str(each["id"]) for each in notion.comments(place)])
    comment = ctx.create_if_absent(
        "comment",
        lambda: _claim_comment(ctx, _say(notion, wanted, ctx, text)),
        lambda: _find_ours(notion, ctx, place, text, known),
    )
    return Done(dict(comment))


def _place(wanted: Comment, ctx: StepContext) -> str:
    return ctx.target(wanted.block or wanted.page, "block" if wanted.block else "page", "last")


def _say(notion: Notion, wanted: Comment, ctx: StepContext, text: str) -> Json:
    if wanted.discussion:
        return notion.reply(ctx.target(wanted.discussion, "discussion"), text)
    place = _place(wanted, ctx)
    return notion.comment(place, text, block_id=place if wanted.block else "")


def _claim_comment(ctx: StepContext, comment: Json) -> Json:
    return {"comment": ctx.claim_made(str(comment["id"])), "discussion": str(comment.get("discussion_id") or "")}


def _find_ours(notion: Notion, ctx: StepContext, place: str, text: str, known: list[str]) -> Json | None:
    """Return the comment with this text that we made, that was not there before and is no other step's."""
    fresh = [each for each in notion.comments(place) if str(each["id"]) not in known]
    same = [each for each in fresh if plain_text(each.get("rich_text")) == text]
    me = str(notion.me()["id"]) if same else ""
    ours = (each for each in same if (each.get("created_by") or {}).get("id") == me)
    return next((_claim_comment(ctx, each) for each in ours if ctx.effect.claim(str(each["id"]))), None)


def _undo(wanted: Comment, ctx: StepContext) -> None:
    if not ctx.effect.was_begun("comment"):
        return
    notion = ctx.connect(Notion)
    comment = ctx.effect.find_result("comment")
    if comment is None:
        text = plain(wanted.text, hosts_of(ctx.run_url))
        comment = _find_ours(notion, ctx, _place(wanted, ctx), text, ctx.recall("before") or [])
    if comment is not None:
        ctx.do_idempotently("undo", lambda: _delete_comment(notion, str(comment["comment"])))


def _delete_comment(notion: Notion, comment: str) -> Json:
    notion.delete_comment(comment)
    return {"deleted": comment}


NOTION_COMMENT = StepKind(
    "notion.comment",
    "Comment on a page or block, or answer in a discussion.",
    Comment,
    _run,
    Repeat.LOOK,
    undo=_undo,
    systems=("notion",),
    fills=("text",),
    vital=True,
    core=True,
)

"""The page as the planner sees it: what people wrote, their comments, and nothing of our own or that nobody sees."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.app.approval.page_comments import author_of, text_of
from shared.app.engine.deps import Deps
from shared.app.intake.open_page_run import page_record
from shared.app.workspace.workspace_databases import map_page
from shared.core.approval.decision_words import MAX_WISH
from shared.core.documents.comment_records import Heard, Wish
from shared.core.documents.page_record import Answered
from shared.core.page import ANSWER, EARLIER, WISH, Block, Page, Span, page_from_data, page_to_data
from shared.core.pages.marks import OUR_PROPERTIES, content_hash, drop_our_blocks
from shared.core.run.run import Run, RunStatus
from shared.core.text.outgoing_text import visible, visible_in
from shared.integrations.notion.client.block_calls import Kept
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import reading

if TYPE_CHECKING:
    from shared.steps._kind import Connect

BY_WORD = "said-"  # how the ids of wishes begin that answer a question, and are no comments
MAX_ANSWERS = 20  # that a page's later runs are told


@dataclass(frozen=True, slots=True)
class PageView:
    """A page without what we wrote ourselves; people's comments are its last blocks, of types that tell them apart."""

    page: Page
    content_hash: str

    @property
    def data(self) -> Mapping[str, Any]:
        return page_to_data(self.page)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Which comments are content: answers up to a time, without some, and wishes that were made about a plan.

    `earlier` are answers of the runs before: what was answered once is not asked again.
    """

    until: datetime | None = None
    without: Set[str] = frozenset()
    wishes: tuple[Wish, ...] = ()
    earlier: tuple[Answered, ...] = ()


def find_spoken(
    deps: Deps, run: Run, heard: Heard, *, now: datetime | None = None, without: Set[str] | None = None
) -> Spoken:
    """Return which comments are content for this run; `now` and `without` are as in `find_heard_until` and `Spoken`."""
    earlier = page_record(deps, run.tenant, run.trigger.page).answers
    unsaid = heard.ids if without is None else without
    return Spoken(find_heard_until(run, now), unsaid, heard.list_wishes_before(run.revision), earlier)


def find_heard_until(run: Run, now: datetime | None = None) -> datetime | None:
    """Return until when people's comments count as content: never, unless we have asked them something.

    A plan counts what was said before it was made; `now` is given while the run may be waiting for an answer.
    """
    if not any(step.spec.kind == "notion.ask_question" for step in run.steps):
        return None
    planned = [step.handed_at for step in run.steps if step.spec.lane == "plan" and step.handed_at]
    return now if now is not None and run.status == RunStatus.AWAITING_INPUT else max(planned)


def read_page_view(
    connect: Connect, page_id: str, settings: Mapping[str, Any], spoken: Spoken, kept: Kept | None = None
) -> PageView:
    """Read the page, its blocks, and the comments that are content. Raises the errors of the integration.

    With `kept`, what an interrupted read of the same page has already seen is not asked for again.

    Letters that nobody sees are gone before anything is made of the page (security 7.3).
    """
    notion = connect(Notion)
    raw = notion.page(page_id)
    edited = str(raw.get("last_edited_time") or "")
    page = _select_visible(reading.read_page(raw, notion.read_tree(page_id, kept=kept, edited=edited)))
    mapped = map_page(settings, raw)
    ours = frozenset(mapped.map_names(raw).values()) if mapped is not None else OUR_PROPERTIES
    again = {wish.comment for wish in spoken.wishes}  # of a run that goes on with another's plan
    answers = [
        replace(_comment(ANSWER, each.text, each.id), extra={EARLIER: True})
        for each in spoken.earlier
        if each.id not in again
    ]
    answers += [_comment(ANSWER, text_of(each), str(each["id"])) for each in _answers(notion, page_id, spoken)]
    answers += [_comment(WISH, wish.text, wish.comment) for wish in spoken.wishes]
    view = replace(
        page,
        blocks=drop_our_blocks(page.blocks) + tuple(answers),
        properties={name: value for name, value in page.properties.items() if name not in ours},
    )
    return PageView(view, content_hash(view, ours))


def answers_in(view: PageView) -> list[dict[str, str]]:
    """Return the last of what people answered us, for the page's later runs; what they say of one plan is no answer."""
    answers = [
        each for each in view.page.blocks if each.type == ANSWER or (each.type == WISH and each.id.startswith(BY_WORD))
    ]
    return [{"id": each.id, "text": each.text[:MAX_WISH]} for each in answers[-MAX_ANSWERS:]]


def _answers(notion: Notion, page_id: str, spoken: Spoken) -> list[Mapping[str, Any]]:
    if spoken.until is None:
        return []
    ours = str(notion.me()["id"])
    known = spoken.without | {each.id for each in spoken.earlier}
    people = [
        comment for comment in notion.comments(page_id) if author_of(comment) != ours and comment["id"] not in known
    ]
    return [comment for comment in people if datetime.fromisoformat(str(comment["created_time"])) <= spoken.until]


def _comment(kind: str, text: str, comment: str) -> Block:
    return Block(id=comment, type=kind, spans=(Span(visible(text)),))


def _select_visible(page: Page) -> Page:
    return page_from_data(visible_in(page_to_data(page)))

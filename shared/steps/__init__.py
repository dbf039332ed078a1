"""Every kind of step the agent can do. A new kind is one file and one line here.

They are loaded when the first of them is asked for: most requests need what `_kind` says, and none of the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.steps._kind import StepKind

    ALL: tuple[StepKind, ...]
    KINDS: dict[str, StepKind]


def __getattr__(name: str) -> Any:
    """Return ALL and KINDS, which are the same objects each time."""
    if name == "ALL":
        return tuple(_kinds().values())
    if name == "KINDS":
        return _kinds()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class KindsWhenAsked(Mapping[str, "StepKind"]):
    """KINDS, not loaded before somebody looks into it: for functions that seldom attempt a step."""

    def __getitem__(self, name: str) -> StepKind:
        """Return a kind; raises KeyError."""
        return _kinds()[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter(_kinds())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(_kinds())


@cache
def _kinds() -> dict[str, StepKind]:
    return {kind.name: kind for kind in (*_shipping(), *_in_notion(), *_thinking())}


def _shipping() -> tuple[StepKind, ...]:
    from shared.steps.code.code_generate import CODE_GENERATE
    from shared.steps.code.code_outline import CODE_OUTLINE
    from shared.steps.code.code_repair import CODE_REPAIR
    from shared.steps.code.code_test import CODE_TEST
    from shared.steps.code.code_try import CODE_TRY
    from shared.steps.code.code_write import CODE_WRITE
    from shared.steps.notion.notion_ask_question import NOTION_ASK_QUESTION
    from shared.steps.notion.notion_publish_plan import NOTION_PUBLISH_PLAN
    from shared.steps.ship.made_take_away import MADE_TAKE_AWAY
    from shared.steps.ship.release_review import RELEASE_REVIEW
    from shared.steps.ship.repository_merge_change import REPOSITORY_MERGE_CHANGE
    from shared.steps.ship.repository_propose_change import REPOSITORY_PROPOSE_CHANGE
    from shared.steps.ship.repository_watch_checks import REPOSITORY_WATCH_CHECKS
    from shared.steps.ship.sites.site_deploy import SITE_DEPLOY
    from shared.steps.ship.sites.site_promote import SITE_PROMOTE
    from shared.steps.ship.sites.site_rollback import SITE_ROLLBACK
    from shared.steps.ship.sites.site_verify import SITE_VERIFY
    from shared.steps.ship.sites.site_watch import SITE_WATCH

    return (
        NOTION_PUBLISH_PLAN,
        NOTION_ASK_QUESTION,
        CODE_GENERATE,
        CODE_OUTLINE,
        CODE_WRITE,
        CODE_TEST,
        CODE_TRY,
        CODE_REPAIR,
        RELEASE_REVIEW,
        REPOSITORY_PROPOSE_CHANGE,
        REPOSITORY_WATCH_CHECKS,
        REPOSITORY_MERGE_CHANGE,
        SITE_DEPLOY,
        SITE_VERIFY,
        SITE_PROMOTE,
        SITE_WATCH,
        SITE_ROLLBACK,
        MADE_TAKE_AWAY,
    )


def _in_notion() -> tuple[StepKind, ...]:
    from shared.steps.notion.notion_attach_file import NOTION_ATTACH_FILE
    from shared.steps.notion.notion_change_page import NOTION_MOVE_PAGE, NOTION_TRASH_PAGE, NOTION_UPDATE_PAGE
    from shared.steps.notion.notion_change_schema import NOTION_CHANGE_SCHEMA
    from shared.steps.notion.notion_comment import NOTION_COMMENT
    from shared.steps.notion.notion_content import NOTION_APPEND_BLOCKS, NOTION_DELETE_BLOCKS, NOTION_REPLACE_CONTENT
    from shared.steps.notion.notion_create_database import NOTION_CREATE_DATABASE
    from shared.steps.notion.notion_create_page import NOTION_CREATE_FROM_TEMPLATE, NOTION_CREATE_PAGE
    from shared.steps.notion.notion_edit_markdown import NOTION_EDIT_MARKDOWN
    from shared.steps.notion.notion_query_rows import NOTION_AGGREGATE_ROWS, NOTION_QUERY_ROWS
    from shared.steps.notion.notion_update_rows import NOTION_UPDATE_ROWS

    return (
        NOTION_CREATE_PAGE,
        NOTION_CREATE_FROM_TEMPLATE,
        NOTION_UPDATE_PAGE,
        NOTION_MOVE_PAGE,
        NOTION_TRASH_PAGE,
        NOTION_APPEND_BLOCKS,
        NOTION_REPLACE_CONTENT,
        NOTION_DELETE_BLOCKS,
        NOTION_EDIT_MARKDOWN,
        NOTION_QUERY_ROWS,
        NOTION_AGGREGATE_ROWS,
        NOTION_UPDATE_ROWS,
        NOTION_CREATE_DATABASE,
        NOTION_CHANGE_SCHEMA,
        NOTION_COMMENT,
        NOTION_ATTACH_FILE,
    )


def _thinking() -> tuple[StepKind, ...]:
    from shared.steps.agents.agent_ask import AGENT_ASK
    from shared.steps.agents.agent_loop import AGENT_LOOP, AGENT_TURN
    from shared.steps.agents.knowledge_search import KNOWLEDGE_SEARCH
    from shared.steps.agents.pattern_debate import PATTERN_DEBATE
    from shared.steps.agents.pattern_panel import PATTERN_PANEL
    from shared.steps.agents.pattern_parallel import PATTERN_PARALLEL
    from shared.steps.agents.pattern_sequence import PATTERN_SEQUENCE
    from shared.steps.agents.pattern_verify import PATTERN_VERIFY

    return (
        KNOWLEDGE_SEARCH,
        AGENT_ASK,
        AGENT_LOOP,
        AGENT_TURN,
        PATTERN_SEQUENCE,
        PATTERN_PARALLEL,
        PATTERN_DEBATE,
        PATTERN_VERIFY,
        PATTERN_PANEL,
    )

"""Every kind of step the agent can do: one line each, in the order in which a planner is told of them."""

from __future__ import annotations

# ruff: isort: skip_file
from shared.steps.notion.notion_publish_plan import NOTION_PUBLISH_PLAN as NOTION_PUBLISH_PLAN
from shared.steps.notion.notion_ask_question import NOTION_ASK_QUESTION as NOTION_ASK_QUESTION
from shared.steps.code.code_generate import CODE_GENERATE as CODE_GENERATE
from shared.steps.code.code_questions import CODE_OUTLINE as CODE_OUTLINE
from shared.steps.code.code_questions import CODE_WRITE as CODE_WRITE
from shared.steps.code.code_test import CODE_TEST as CODE_TEST
from shared.steps.code.code_try import CODE_TRY as CODE_TRY
from shared.steps.code.code_questions import CODE_REPAIR as CODE_REPAIR
from shared.steps.ship.release_review import RELEASE_REVIEW as RELEASE_REVIEW
from shared.steps.ship.repository_propose_change import REPOSITORY_PROPOSE_CHANGE as REPOSITORY_PROPOSE_CHANGE
from shared.steps.ship.repository_watch_checks import REPOSITORY_WATCH_CHECKS as REPOSITORY_WATCH_CHECKS
from shared.steps.ship.repository_merge_change import REPOSITORY_MERGE_CHANGE as REPOSITORY_MERGE_CHANGE
from shared.steps.ship.sites.site_deploy import SITE_DEPLOY as SITE_DEPLOY
from shared.steps.ship.sites.site_verify import SITE_VERIFY as SITE_VERIFY
from shared.steps.ship.sites.site_promote import SITE_PROMOTE as SITE_PROMOTE
from shared.steps.ship.sites.site_watch import SITE_WATCH as SITE_WATCH
from shared.steps.ship.sites.site_rollback import SITE_ROLLBACK as SITE_ROLLBACK
from shared.steps.ship.sites.site_take_down import SITE_TAKE_DOWN as SITE_TAKE_DOWN
from shared.steps.ship.made_take_away import MADE_TAKE_AWAY as MADE_TAKE_AWAY
from shared.steps.notion.notion_create_page import NOTION_CREATE_PAGE as NOTION_CREATE_PAGE
from shared.steps.notion.notion_create_page import NOTION_CREATE_FROM_TEMPLATE as NOTION_CREATE_FROM_TEMPLATE
from shared.steps.notion.notion_change_page import NOTION_UPDATE_PAGE as NOTION_UPDATE_PAGE
from shared.steps.notion.notion_change_page import NOTION_MOVE_PAGE as NOTION_MOVE_PAGE
from shared.steps.notion.notion_change_page import NOTION_TRASH_PAGE as NOTION_TRASH_PAGE
from shared.steps.notion.notion_content import NOTION_APPEND_BLOCKS as NOTION_APPEND_BLOCKS
from shared.steps.notion.notion_content import NOTION_REPLACE_CONTENT as NOTION_REPLACE_CONTENT
from shared.steps.notion.notion_content import NOTION_DELETE_BLOCKS as NOTION_DELETE_BLOCKS
from shared.steps.notion.notion_edit_markdown import NOTION_EDIT_MARKDOWN as NOTION_EDIT_MARKDOWN
from shared.steps.notion.notion_query_rows import NOTION_QUERY_ROWS as NOTION_QUERY_ROWS
from shared.steps.notion.notion_query_rows import NOTION_AGGREGATE_ROWS as NOTION_AGGREGATE_ROWS
from shared.steps.notion.notion_update_rows import NOTION_UPDATE_ROWS as NOTION_UPDATE_ROWS
from shared.steps.notion.notion_create_database import NOTION_CREATE_DATABASE as NOTION_CREATE_DATABASE
from shared.steps.notion.notion_change_schema import NOTION_CHANGE_SCHEMA as NOTION_CHANGE_SCHEMA
from shared.steps.notion.notion_comment import NOTION_COMMENT as NOTION_COMMENT
from shared.steps.notion.notion_attach_file import NOTION_ATTACH_FILE as NOTION_ATTACH_FILE
from shared.steps.agents.knowledge_search import KNOWLEDGE_SEARCH as KNOWLEDGE_SEARCH
from shared.steps.agents.agent_ask import AGENT_ASK as AGENT_ASK
from shared.steps.agents.agent_loop import AGENT_LOOP as AGENT_LOOP
from shared.steps.agents.agent_loop import AGENT_TURN as AGENT_TURN
from shared.steps.agents.pattern_sequence import PATTERN_SEQUENCE as PATTERN_SEQUENCE
from shared.steps.agents.pattern_parallel import PATTERN_PARALLEL as PATTERN_PARALLEL
from shared.steps.agents.pattern_debate import PATTERN_DEBATE as PATTERN_DEBATE
from shared.steps.agents.pattern_verify import PATTERN_VERIFY as PATTERN_VERIFY
from shared.steps.agents.pattern_panel import PATTERN_PANEL as PATTERN_PANEL

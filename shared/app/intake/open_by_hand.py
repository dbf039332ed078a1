"""Open a run because a person asks for it: for a page of theirs, or for a text that becomes a page first.

Setting the page's status in Notion does the same; this is for programs, the terminal and pages of ours.
"""

from __future__ import annotations

from typing import Any

from shared.accounts.grants import holds
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import open_page_run
from shared.app.money.budget import plan_estimate
from shared.app.workspace.workspace_databases import Mapped, database_of, map_page
from shared.app.workspace.workspace_schemas import IDEAS
from shared.core.errors import Conflicting, Missing, NotThere
from shared.core.pages import marks
from shared.core.people.actor import Actor
from shared.core.run.run import Run, Trigger, derive_id
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.reading import plain_text
from shared.integrations.notion.markdown.markdown import MarkdownPage, parse_markdown
from shared.steps._kind import Repeat

_SET_UP = "Set up the databases first: POST /v1/databases, or the page /setup."
_RUN = "Run"  # the column that names a page's run; until there is one, it says by which request the page was made
_MAX_TITLE = 200


def open_for_page(deps: Deps, tools: Tools, tenant: str, page: str, who: Actor) -> Run:
    """Open the next run of a page in Ideas, or return the one that is under way.

    Raises NotThere for a page that is not shared with us, Conflicting for one that is no idea, and Busy while the page
    does not show the end of its last run.
    """
    ideas = _find_ideas(deps, tools, tenant)
    try:
        raw = _notion(tools, tenant).page(page)
    except Missing:
        way_out = "Share the page with Workwright in Notion: ••• › Connections."
        raise NotThere("Notion shows us no page with this id", way_out=way_out) from None
    mapped = map_page(tools.settings(tenant), raw)
    if mapped is None or mapped.data_source != ideas.data_source or raw.get("in_trash"):
        raise Conflicting("this page is not a row of Ideas", way_out="Move it into Ideas, or send its text instead.")
    title = plain_text(mapped.value(raw, "Name").get("title") or ())
    return _open(deps, tools, tenant, str(raw["id"]), title, who)


def open_for_text(deps: Deps, tools: Tools, tenant: str, markdown: str, title: str, who: Actor, request: str) -> Run:
    """Write the text as a page of Ideas and open its run; the same `request` again writes no second page.

    Raises Conflicting for a text that says nothing, and what `open_for_page` raises.
    """
    written = parse_markdown(markdown)
    if not written.blocks and not title:
        raise Conflicting("field 'markdown' says nothing", way_out="Write what is wanted, in your own words.")
    ideas, name = _find_ideas(deps, tools, tenant), (title or written.title)[:_MAX_TITLE]
    key = derive_id("asked-", tenant, request)
    with lease(deps, tenant, f"open.{key}"):
        effect = Effects(deps, tenant, f"opened.{key}", "a page for a run", "notion")
        made = effect(
            "page",
            lambda: _write_page(_notion(tools, tenant), ideas, name, written, key),
            repeat=Repeat.LOOK,
            look=lambda: _find_page(_notion(tools, tenant), ideas, name, key),
        )
    deps.crash_point("opened.after/page")
    return _open(deps, tools, tenant, str(made["page"]), name, who)


def _open(deps: Deps, tools: Tools, tenant: str, page: str, title: str, who: Actor) -> Run:
    trigger = Trigger("page", page, title, who.name, actor=who)
    run = open_page_run(deps, tenant, page, trigger, plan_estimate(tools.model(tenant)))
    assert run is not None  # None is for those that no person asked for
    return run


def _find_ideas(deps: Deps, tools: Tools, tenant: str) -> Mapped:
    if not holds(deps.store, tenant, "notion"):
        raise Conflicting("Notion is not connected", way_out="Connect it again: workwright connect notion.")
    ideas = database_of(tools.settings(tenant), IDEAS)
    if ideas is None:
        raise Conflicting("this team has no Ideas in Notion yet", way_out=_SET_UP)
    return ideas


def _notion(tools: Tools, tenant: str) -> Notion:
    return tools.accounts.connect_for(tenant)(Notion)


def _write_page(notion: Notion, ideas: Mapped, title: str, written: MarkdownPage, key: str) -> dict[str, Any]:
    column = ideas.name(_RUN)
    properties: dict[str, Any] = {
        ideas.name("Name") or "Name": {"title": blocks.rich_text(title)},
        ideas.name("Status") or "Status": ideas.status_of_type(ideas.types.get("Status", "select"), marks.IDEA),
        **({column: {"rich_text": blocks.rich_text(key)}} if column else {}),
    }
    page = notion.create_page(data_source_id=ideas.data_source, properties=properties, children=written.blocks)
    return {"page": str(page["id"])}


def _find_page(notion: Notion, ideas: Mapped, title: str, key: str) -> dict[str, Any] | None:
    """Find what an earlier attempt may have left behind: by its mark, or where there is no such column by its title."""
    column = ideas.name(_RUN)
    marked = {"property": column, "rich_text": {"equals": key}}
    named = {"property": ideas.name("Name") or "Name", "title": {"equals": title}}
    rows = notion.query(ideas.data_source, marked if column else named)
    return {"page": str(rows[0]["id"])} if rows else None

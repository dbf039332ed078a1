"""notion.create_database: a table with its columns, below a page."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from shared.core.errors import Missing
from shared.core.text.outgoing_text import plain
from shared.integrations.notion.client.client import Notion
from shared.steps._input import Input, Target
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps.notion._columns import Column, Json


class CreateDatabase(Input):
    """Below a page. Beside `columns` (by name) there is always the title column, "Name"."""

    page: Target = Field(min_length=1)
    title: str = Field(min_length=1, max_length=200)
    columns: dict[str, Column] = Field(default_factory=dict, max_length=50)
    title_column: str = Field("Name", min_length=1, max_length=100)


def _create(wanted: CreateDatabase, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    page, title = ctx.target(wanted.page, "page"), plain(wanted.title)
    columns = {
        wanted.title_column: {"title": {}},
        **{name: column.config(ctx) for name, column in wanted.columns.items()},
    }
    known = ctx.keep_before("before", lambda: [str(each["id"]) for each in _find_titled(notion, page, title)])

    def create() -> Json:
        database, source = notion.create_database(page, title, columns)
        return {"database": ctx.claim_made(database), "data_source": source}

    made = ctx.create_if_absent(
        "created",
        create,
        lambda: _find_ours(notion, ctx, page, title, known),
    )
    return Done({"database": made["database"], "data_source": made["data_source"]})


def _find_titled(notion: Notion, page: str, title: str) -> list[Json]:
    below = (each for each in notion.children(page) if each.get("type") == "child_database")
    return [each for each in below if each["child_database"].get("title") == title]


def _find_ours(notion: Notion, ctx: StepContext, page: str, title: str, known: Sequence[str]) -> Json | None:
    fresh = [each for each in _find_titled(notion, page, title) if str(each["id"]) not in known]
    me = str(notion.me()["id"]) if fresh else ""
    made = (str(each["id"]) for each in fresh if (each.get("created_by") or {}).get("id") == me)
    ours = next((each for each in made if ctx.effect.claim(each)), None)  # no other step's
    if ours is None:
        return None
    return {"database": ours, "data_source": str(notion.database(ours)["data_sources"][0]["id"])}


def _undo_create(wanted: CreateDatabase, ctx: StepContext) -> None:
    if not ctx.effect.was_begun("created"):
        return
    notion = ctx.connect(Notion)
    made = ctx.effect.find_result("created")
    if made is None:
        page, known = ctx.target(wanted.page, "page"), ctx.recall("before") or []
        made = _find_ours(notion, ctx, page, plain(wanted.title), known)
    database = str(made["database"]) if made else ""
    if made is not None and _find_gone(notion, database) is None:  # Notion refuses to trash what is in the trash
        ctx.create_if_absent(
            "undo",
            lambda: {"gone": notion.trash_database(database)["id"]},
            lambda: _find_gone(notion, database),
        )


def _find_gone(notion: Notion, database: str) -> Json | None:
    try:
        return {"gone": database} if notion.database(database).get("in_trash") else None
    except Missing:
        return {"gone": database}


NOTION_CREATE_DATABASE = StepKind(
    "notion.create_database",
    "Create a database with columns below a page.",
    CreateDatabase,
    _create,
    Repeat.LOOK,
    undo=_undo_create,
    systems=("notion",),
    core=True,
)

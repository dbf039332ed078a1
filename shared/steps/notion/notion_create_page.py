"""notion.create_page, notion.create_from_template: a page below a page, or a row in a data source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field, model_validator

from shared.core.errors import Missing, Rejected
from shared.core.text.outgoing_text import hosts_of, plain, tame
from shared.http_client import json_bytes
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.reading import plain_text
from shared.integrations.notion.content.writer import write_page
from shared.integrations.notion.values.property_values import Value
from shared.integrations.notion.values.writable_values import find_column, planned_values
from shared.steps._input import Emoji, Input, Target
from shared.steps._kind import Again, Done, Repeat, StepContext, StepFailure, StepKind

Json = dict[str, Any]
_TITLE_ONLY: Mapping[str, Json] = {"title": {"id": "title", "type": "title"}}
_FILLED_EVERY = timedelta(seconds=3)
_FILLED_WITHIN = 10  # looks


class CreatePage(Input):
    """A page below `page`, or a row of `data_source`; properties by column name or id, e.g. {"Status": "To do"}."""

    page: Target = ""
    data_source: Target = ""
    title: str = Field("", max_length=2000)
    properties: dict[str, Value] = Field(default_factory=dict, max_length=50)
    markdown: str = Field("", max_length=50_000)
    icon: Emoji = ""

    @model_validator(mode="after")
    def _require_one_place(self) -> CreatePage:
        self.exactly_one("page", "data_source")
        return self


class CreateFromTemplate(Input):
    """A row of `data_source` from its template of that name, or its "default" one."""

    data_source: Target = Field(min_length=1)
    template: str = Field("default", min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=200)
    properties: dict[str, Value] = Field(default_factory=dict, max_length=50)


def _run(wanted: CreatePage, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    place = _Place(notion, ctx, wanted.data_source, wanted.page)
    properties, title = place.properties(wanted.title, wanted.properties)
    known = ctx.keep_before("page-before", lambda: place.find_titled(title))

    def create(children: Sequence[Json]) -> str:
        icon = wanted.icon or None
        made = notion.create_page(
            data_source_id=place.source, page_id=place.page, properties=properties, children=children, icon=icon
        )
        return ctx.claim_made(str(made["id"]))

    page = write_page(
        notion,
        ctx.create_if_absent,
        _blocks(wanted.markdown, ctx),
        create,
        lambda: place.find_new(title, known),
        size=len(json_bytes(properties)) + 1000,
    )
    return Done({"page": page})


def _blocks(markdown: str, ctx: StepContext) -> list[Json]:
    from shared.integrations.notion.markdown.markdown import parse_blocks

    return tame(parse_blocks(markdown), hosts_of(ctx.run_url)) if markdown else []


class _Place:
    """Where a page is made, and how one that was made there is found again."""

    def __init__(self, notion: Notion, ctx: StepContext, data_source: str, page: str) -> None:
        self._notion = notion
        self._claim = ctx.effect.claim
        self.source = ctx.target(data_source, "data_source")
        self.page = ctx.target(page, "page")
        self._hosts = hosts_of(ctx.run_url)

    def properties(self, title: str, values: Mapping[str, Value]) -> tuple[Json, str]:
        """Return the properties to write, and the title among them."""
        columns: Mapping[str, Json] = _TITLE_ONLY
        if self.source:
            columns = self._notion.data_source(self.source)["properties"]
        written = planned_values(columns, {**values, **({"title": title} if title else {})}, self._hosts)
        found = find_column(columns, "title")
        items = written.get(str(found[1]["id"]), {}).get("title") if found else None
        if not items:
            raise Rejected("notion", "title: the page needs one; give `title`, or a value for the title column")
        return written, plain_text(items)

    def find_titled(self, title: str) -> list[str]:
        """Return the ids of all pages here with this title."""
        return [str(each["id"]) for each in self._find_by_title(title)]

    def find_new(self, title: str, known: Sequence[str]) -> str | None:
        """Return the page with this title that we made, that was not known before and is no other step's."""
        fresh = [each for each in self._find_by_title(title) if str(each["id"]) not in known]
        if not fresh:
            return None
        me = str(self._notion.me()["id"])
        ours = (str(each["id"]) for each in fresh if (each.get("created_by") or {}).get("id") == me)
        return next((page for page in ours if self._claim(page)), None)

    def _find_by_title(self, title: str) -> list[Json]:
        if self.source:
            return self._notion.query(self.source, {"property": "title", "title": {"equals": title}})
        below = (each for each in self._notion.children(self.page) if each.get("type") == "child_page")
        return [each for each in below if each["child_page"].get("title") == title]


def _undo(wanted: CreatePage | CreateFromTemplate, ctx: StepContext) -> None:
    """Put the page into the trash; one that is gone already stays gone."""
    if not ctx.effect.was_begun("page-created"):
        return
    notion = ctx.connect(Notion)
    made = ctx.effect.find_result("page-created")
    page = str(made["page"]) if made else None
    if page is None:
        place = _Place(notion, ctx, wanted.data_source, getattr(wanted, "page", ""))
        _, title = place.properties(wanted.title, wanted.properties)
        page = place.find_new(title, ctx.recall("page-before") or ())
    if page is not None and _find_gone(notion, page) is None:  # Notion refuses to trash what is in the trash
        ctx.create_if_absent(
            "undo", lambda: {"gone": notion.update_page(page, in_trash=True)["id"]}, lambda: _find_gone(notion, page)
        )


def _find_gone(notion: Notion, page: str) -> Json | None:
    try:
        return {"gone": page} if notion.page(page).get("in_trash") else None
    except Missing:
        return {"gone": page}


def _from_template(wanted: CreateFromTemplate, ctx: StepContext) -> Done | Again:
    notion = ctx.connect(Notion)
    place = _Place(notion, ctx, wanted.data_source, "")
    properties, title = place.properties(wanted.title, wanted.properties)
    known = ctx.keep_before("page-before", lambda: place.find_titled(title))
    template = ctx.keep_before("template", lambda: _template(notion, place.source, wanted.template))

    def create() -> Json:
        return notion.create_page(data_source_id=place.source, properties=properties, template=template)

    def find_page() -> Json | None:
        page = place.find_new(title, known)
        return None if page is None else {"page": page}

    made = ctx.create_if_absent(
        "page-created",
        lambda: {"page": ctx.claim_made(str(create()["id"]))},
        find_page,
    )
    page = str(made["page"])
    filled = bool(notion.children(page))  # nothing tells when it is; a template may be empty, too
    if not filled and ctx.step.wake < _FILLED_WITHIN:
        return Again(_FILLED_EVERY)
    ctx.do_idempotently(
        "values", lambda: {"page": notion.update_page(page, properties)["id"]}
    )  # over the template's own
    return Done({"page": page, "filled": filled})


def _template(notion: Notion, source: str, name: str) -> str:
    if name == "default":
        return name
    named = [each for each in notion.templates(source) if plain(str(each["name"])).casefold() == name.casefold()]
    if len(named) == 1:
        return str(named[0]["id"])
    names = ", ".join(str(each["name"]) for each in notion.templates(source)) or "none"
    raise StepFailure(
        (f"{len(named)} templates are called {name!r}; the templates are: {names}"), signature=f"template {name}"
    )


NOTION_CREATE_PAGE = StepKind(
    "notion.create_page",
    "Create a page with properties and content below a page or in a database.",
    CreatePage,
    _run,
    Repeat.LOOK,
    undo=_undo,
    systems=("notion",),
    fills=("title", "markdown"),
    core=True,
)
NOTION_CREATE_FROM_TEMPLATE = StepKind(
    "notion.create_from_template",
    "Create a page in a database from one of its templates.",
    CreateFromTemplate,
    _from_template,
    Repeat.LOOK,
    undo=_undo,
    systems=("notion",),
    core=True,
)

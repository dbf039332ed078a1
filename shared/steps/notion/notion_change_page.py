"""notion.update_page, notion.move_page, notion.trash_page: change a page that is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from shared.core.errors import Missing, Rejected
from shared.core.text.outgoing_text import hosts_of
from shared.integrations.notion.client.client import KEEP, Notion
from shared.integrations.notion.content.blocks import check_icon
from shared.integrations.notion.values.property_values import Value, property_value
from shared.integrations.notion.values.writable_values import (
    CHANGED,
    back_again,
    column_of,
    means_the_same,
    planned_values,
)
from shared.steps._input import Emoji, Input, Target
from shared.steps._kind import Done, Repeat, StepContext, StepKind

Json = dict[str, Any]


class UpdatePage(Input):
    """Properties by name or id, e.g. {"Due": "2026-12-01", "Tags": ["a"]}; null clears one.

    only_if: values that the page must still have; where somebody has changed one since, all is left as it is.
    """

    page: Target = Field(min_length=1)
    properties: dict[str, Value] = Field(default_factory=dict, max_length=50)
    icon: Emoji = ""
    only_if: dict[str, Value] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="after")
    def _require_change(self) -> UpdatePage:
        if not self.properties and not self.icon:
            raise ValueError("give properties or an icon to change")
        return self


class MovePage(Input):
    """Below `to_page`, or into `to_data_source`."""

    page: Target = Field(min_length=1)
    to_page: Target = ""
    to_data_source: Target = ""

    @model_validator(mode="after")
    def _require_one_place(self) -> MovePage:
        self.exactly_one("to_page", "to_data_source")
        return self


class TrashPage(Input):
    """A page, with all below it."""

    page: Target = Field(min_length=1)


def _update(wanted: UpdatePage, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    again = ctx.recall("before") is not None  # read by an earlier attempt: what people wrote since is newer
    before = ctx.keep_before("before", lambda: _pick_shown(notion.page(page)))
    values = planned_values(before["properties"], wanted.properties, hosts_of(ctx.run_url))
    if changed := _find_changed_since(wanted, before["properties"]):
        return _leave_alone(page, changed)

    def write() -> Json:
        now = notion.page(page)["properties"] if wanted.only_if or again else {}
        if now and (changed := _find_changed_since(wanted, now)) and not (values and _hold(now, values)):
            return {"left": changed}
        theirs = _theirs(now, before["properties"], values) if again else {}
        rest = {key: value for key, value in values.items() if key not in theirs}
        notion.update_page(page, rest, icon=wanted.icon or KEEP)
        return {"page": page, "theirs": ", ".join(theirs.values())}

    done = ctx.do_idempotently("updated", write)
    if left := done.get("left"):
        return _leave_alone(page, left)
    facts = _meanwhile(done["theirs"]) if done.get("theirs") else {}
    return Done({"page": page, "properties": len(values)}, facts=facts)


def _leave_alone(page: str, changed: str) -> Done:
    return Done({"page": page, "properties": 0}, facts=_meanwhile(changed))


def _meanwhile(changed: str) -> dict[str, str]:
    return {"left_as_it_is": f"{changed} has been changed meanwhile"}


def _theirs(now: Mapping[str, Json], before: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, str]:
    """Return the properties, id → name, that hold neither what they held before nor what we write."""
    former = {str(each["id"]): each for each in before.values()}
    held = ((name, str(each["id"]), each) for name, each in now.items())
    return {
        key: name
        for name, key, each in held
        if key in values
        and each.get(each["type"]) != former.get(key, {}).get(each["type"])
        and not means_the_same(each, values[key])
    }


def _hold(now: Mapping[str, Json], values: Mapping[str, Json]) -> bool:
    """Say whether the page has these values: an earlier request has arrived."""
    held = {str(each["id"]): each for each in now.values()}
    return all(means_the_same(held.get(key, {}), value) for key, value in values.items())


def _find_changed_since(wanted: UpdatePage, columns: Mapping[str, Json]) -> str:
    """Return the name of a property that no longer has the value the plan was made for; "" for none."""
    for name, value in wanted.only_if.items():
        shown, column = column_of(columns, name)
        if not means_the_same(column, property_value(str(column.get("type")), value)):
            return shown
    return ""


def _undo_update(wanted: UpdatePage, ctx: StepContext) -> None:
    before = ctx.recall("before")
    if before is None or not ctx.effect.was_begun("updated") or "left" in (ctx.effect.find_result("updated") or ()):
        return
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    written = planned_values(before["properties"], wanted.properties, hosts_of(ctx.run_url))
    _say_lost(_put_back(notion, ctx, page, before, written, icon=wanted.icon))


def _move(wanted: MovePage, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    to_page, to_source = ctx.target(wanted.to_page, "page"), ctx.target(wanted.to_data_source, "data_source")
    again = ctx.recall("before") is not None  # where people put it since an earlier attempt is newer
    before = ctx.keep_before("before", lambda: _pick_shown(notion.page(page)))

    def move() -> Json:
        if again and _place(notion.page(page)["parent"]) not in (to_page or to_source, _place(before["parent"])):
            return {"left": page}
        return {"page": notion.move_page(page, to_page=to_page, to_data_source=to_source)["id"]}

    left = "left" in ctx.do_idempotently("moved", move)
    return Done({"page": page}, facts=_meanwhile("where the page stands") if left else {})


def _undo_move(wanted: MovePage, ctx: StepContext) -> None:
    before = ctx.recall("before")
    if before is None or not ctx.effect.was_begun("moved") or "left" in (ctx.effect.find_result("moved") or ()):
        return
    notion = ctx.connect(Notion)
    page, parent = ctx.target(wanted.page, "page"), before["parent"]
    to = ctx.target(wanted.to_page, "page") or ctx.target(wanted.to_data_source, "data_source")
    if _place(notion.page(page)["parent"]) not in (to, _place(parent)):
        raise Rejected("notion", "somebody has moved the page since; it stays where it is")
    if parent.get("type") == "data_source_id":
        source = str(parent["data_source_id"])
        ctx.do_idempotently("undo", lambda: {"page": notion.move_page(page, to_data_source=source)["id"]})
        _say_lost(_put_back(notion, ctx, page, before, None))
    elif parent.get("type") == "page_id":
        home = str(parent["page_id"])
        ctx.do_idempotently("undo", lambda: {"page": notion.move_page(page, to_page=home)["id"]})
    else:
        raise Rejected("notion", f"the page stood in a {parent.get('type')}, and no call moves one there; move it back")


def _place(parent: Mapping[str, Any]) -> str:
    return str(parent.get(str(parent.get("type"))))


def _pick_shown(page: Mapping[str, Any]) -> Json:
    return {name: page.get(name) for name in ("properties", "icon", "parent", "in_trash")}


def _put_back(
    notion: Notion, ctx: StepContext, page: str, before: Json, written: Mapping[str, Json] | None, *, icon: str = ""
) -> list[str]:
    """Write former values where ours (`written`, or none after a move) are still there; return the rest, in words."""
    now = notion.page(page)
    held = {str(each["id"]): each for each in now["properties"].values()}
    values, lost = dict[str, Json](), list[str]()
    for name, value in before["properties"].items():
        if value["id"] not in written if written is not None else value.get("type") == "title":
            continue
        try:
            again = back_again(held.get(value["id"], {}), value, written and written[value["id"]])
        except ValueError as error:
            lost.append(f"{name}: {error}")
            continue
        if again is not None:
            values[value["id"]] = again
    former: Any = KEEP
    if icon and now.get("icon") != before["icon"]:
        try:
            if (now.get("icon") or {}).get("emoji") != icon:
                raise ValueError(CHANGED)
            former = check_icon(before["icon"]) if before["icon"] else None
        except ValueError as error:
            lost.append(f"icon: {error}")
    if values or former is not KEEP:
        ctx.do_idempotently("undo-values", lambda: {"page": notion.update_page(page, values, icon=former)["id"]})
    return lost


def _say_lost(lost: list[str]) -> None:
    if lost:
        raise Rejected("notion", f"all was put back but this: {'; '.join(lost)[:1000]}")


def _trash(wanted: TrashPage, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    before = ctx.keep_before("before", lambda: {"in_trash": notion.page(page).get("in_trash")})
    if not before["in_trash"]:  # Notion refuses to trash what is in the trash
        ctx.create_if_absent(
            "trashed",
            lambda: {"page": notion.update_page(page, in_trash=True)["id"]},
            lambda: {"page": page} if notion.page(page).get("in_trash") else None,
        )
    return Done({"page": page})


def _undo_trash(wanted: TrashPage, ctx: StepContext) -> None:
    before = ctx.recall("before")
    if before is None or before["in_trash"] or not ctx.effect.was_begun("trashed"):
        return
    notion = ctx.connect(Notion)
    page = ctx.target(wanted.page, "page")
    try:
        ctx.do_idempotently("undo", lambda: {"page": notion.update_page(page, in_trash=False)["id"]})
    except Missing as error:
        raise Rejected("notion", f"page {page} is no longer in the trash, and cannot be brought back") from error


NOTION_UPDATE_PAGE = StepKind(
    "notion.update_page",
    "Change properties or the icon of a page.",
    UpdatePage,
    _update,
    Repeat.SAME_END,
    undo=_undo_update,
    systems=("notion",),
    core=True,
)
NOTION_MOVE_PAGE = StepKind(
    "notion.move_page",
    "Move a page below another page or into a database.",
    MovePage,
    _move,
    Repeat.SAME_END,
    undo=_undo_move,
    systems=("notion",),
    core=True,
)
NOTION_TRASH_PAGE = StepKind(
    "notion.trash_page",
    "Put a page into the trash.",
    TrashPage,
    _trash,
    Repeat.LOOK,
    undo=_undo_trash,
    systems=("notion",),
    core=True,
)

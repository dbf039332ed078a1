"""The values of a page's properties: checked and written, mirrored to their other side, and one of them read whole."""

import copy
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.calls import Call, path_id
from shared.local.simulators.notion.content import signed_files
from shared.local.simulators.notion.content.rich_text import plain
from shared.local.simulators.notion.refusals import ApiError, missing, validation_error
from shared.local.simulators.notion.tables import schema, values

Json = dict[str, Any]


def with_title(columns: list[Json], properties: Any, trees: list[Json], from_markdown: bool) -> Any:
    """A page made of Markdown without a title takes its first heading for one."""
    title = next(column for column in columns if column["type"] == "title")
    given = isinstance(properties, dict) and any(schema.find([title], key) for key in properties)
    if given or not from_markdown or not trees or trees[0]["type"] != "heading_1":
        return properties
    text = plain(trees.pop(0)["data"]["rich_text"])
    return {**properties, title["name"]: {"title": [{"text": {"content": piece}} for piece in checks.pieces(text)]}}


def give_number(source: Json | None, page: Json) -> None:
    if source is not None and any(column["type"] == "unique_id" for column in source.get("columns", ())):
        source["last_number"] = source.get("last_number", 0) + 1
        page["number"] = source["last_number"]


def write_values(call: Call, page: Json, columns: list[Json], value: Any) -> Json:
    """Check and store property values; return them as plain text by column name."""
    given = checks.check_object(value, "body.properties")
    configs = [copy.deepcopy(column["config"]) for column in columns]
    try:
        # Everything is checked before anything is stored: a refused update changes nothing.
        taken = [_parse_value(call, columns, key, part) for key, part in given.items()]
        signed_files.attach(call, [stored for _, stored in taken])
    except ApiError:
        for column, config in zip(columns, configs, strict=True):
            column["config"] = config  # an option that came into being on the way goes again
        raise
    for column, stored in taken:
        page["values"][column["id"]] = stored
    full = {"created_time": "", "last_edited_time": "", **page}
    return {column["name"]: values.text(column, full, call.world) for column, _ in taken}


def _parse_value(call: Call, columns: list[Json], key: str, part: Any) -> tuple[Json, Any]:
    column = schema.find(columns, key)
    if column is None:
        raise validation_error(f"{key} is not a property that exists.")
    stored = values.parse_value(column, part, f"body.properties.{key}", call.world.name_of)
    if column["type"] == "people" and any(person not in call.world.state["people"] for person in stored):
        raise validation_error(f"{column['name']}: a user does not exist in this workspace.")
    if column["type"] == "files":
        stored = [_restore_upload(call, item) for item in stored]
    if column["type"] == "relation":
        for target in stored:
            call.world.find(call.caller, target, "page")
    return column, stored


def _restore_upload(call: Call, item: Json) -> Json:
    """A file that was read and is written back: its signed address stands for the upload."""
    if item["type"] != "file":
        return item
    upload = signed_files.upload_of(call.world, str(item["file"]["url"]))
    if upload is None:
        raise validation_error("A file hosted by Notion can only be written back with the address it was read with.")
    return {"name": item["name"], "type": "file_upload", "file_upload": {"id": upload}}


def mirror_relations(call: Call, page: Json, before: Json) -> None:
    """Keep the other side of two-way relations: who is linked links back."""
    for column in call.world.columns(page):
        other_side = column["config"].get("dual_property", {}).get("synced_property_id")
        if other_side is None:
            continue
        old, new = before.get(column["id"], []), page["values"].get(column["id"], [])
        for target in {*old, *new}:
            back = call.world.nodes[target]["values"].setdefault(other_side, [])
            if target in new and page["id"] not in back:
                back.append(page["id"])
            elif target not in new and page["id"] in back:
                back.remove(page["id"])


def template_values(call: Call, source: Json, properties: Json) -> Json:
    """Take the values a template gives its pages."""
    page: Json = {"values": {}}
    write_values(call, page, source["columns"], properties)
    return dict(page["values"])


def one_property(call: Call, page_id: str, property_id: str) -> Json:
    """GET /v1/pages/{id}/properties/{property_id}: the whole value, lists in pages."""
    page = call.world.find(call.caller, path_id(page_id, "page_id"), "page")
    column = schema.find(call.world.columns(page), property_id)
    if column is None:
        raise missing("property", property_id)
    kind = column["type"]
    head = {"object": "property_item", "id": column["id"], "type": kind}
    full = values.read(column, page, call.world, cut=False)[kind]
    rolled = kind == "rollup" and full["type"] == "array"
    if kind not in values.LISTED and not rolled:
        return {**head, kind: full}
    if rolled:
        answer = call.page(full["array"], "property_item", lambda item: {"object": "property_item", "id": "", **item})
        empty = {**full, "array": []}
    else:
        answer, empty = call.page(full, "property_item", lambda item: {**head, kind: item}), {}
    following = None
    if answer["next_cursor"]:
        following = f"{call.world.simulator.base_url}{call.request.path}?start_cursor={answer['next_cursor']}"
    return {**answer, "property_item": {"id": column["id"], "next_url": following, "type": kind, kind: empty}}

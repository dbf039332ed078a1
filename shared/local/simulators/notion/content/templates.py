"""Templates of a data source: listed, chosen when a page is made or changed, filled in later in the background."""

import copy
from typing import Any

from shared.local.simulators.notion import checks, jobs
from shared.local.simulators.notion.calls import Call, path_id
from shared.local.simulators.notion.content.blocks import announce_blocks
from shared.local.simulators.notion.refusals import invalid, missing, validation_error
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]


def list_templates(call: Call, source_id: str) -> Json:
    """GET /v1/data_sources/{id}/templates; `name` is part of a name, upper and lower case alike."""
    source = call.world.find(call.caller, path_id(source_id, "data_source_id"), "data_source")
    part = call.request.args.get("name", "").lower()
    found = [t for t in _of(call.world, source["id"]) if part in t["name"].lower()]
    page = call.page(found, "template", lambda t: {key: t[key] for key in ("id", "name", "is_default")})
    return {"templates": page["results"], "has_more": page["has_more"], "next_cursor": page["next_cursor"]}


def _of(world: World, source_id: str) -> list[Json]:
    return [t for t in world.state["templates"].values() if t["data_source_id"] == source_id]


def parse_template(call: Call, value: Any, source: Json | None, kinds: tuple[str, ...]) -> Json | None:
    """Take the `template` of a request; return the template, or None for none."""
    if value is None:
        return None
    given = checks.check_object(value, "body.template", ("type",))
    kind = checks.one_of(given["type"], "body.template.type", kinds)
    checks.check_exact(
        given, "body.template", ("type", "timezone", *(("template_id",) if kind == "template_id" else ()))
    )
    if "timezone" in given:
        checks.string(given["timezone"], "body.template.timezone", 100, 1)
    if kind == "none":
        return None
    known = _of(call.world, source["id"]) if source is not None and source["object"] == "data_source" else []
    if kind == "default":
        default = next((t for t in known if t["is_default"]), None)
        if default is None:
            raise validation_error("The data source has no default template.")
        return default
    if "template_id" not in given:
        raise invalid("body.template.template_id", "defined", ...)
    wanted = checks.object_id(given["template_id"], "body.template.template_id")
    found = next((t for t in known if t["id"] == wanted), None)
    if found is None:
        raise missing("template", wanted)
    return found


def put_off(call: Call, page: Json, template: Json) -> None:
    """Let the page be filled when the time has come; nothing tells when that is."""
    delay = float(call.world.state["config"]["template_s"])
    jobs.add(call.world, "fill", delay, page=page["id"], template=template["id"], by=call.caller.author)


def fill(world: World, job: Json) -> None:
    """Put the template's values and blocks into a page, unless one of them is gone."""
    page, template = world.nodes.get(job["page"]), world.state["templates"].get(job["template"])
    if page is None or template is None or world.is_trashed(page):
        return
    caller = Caller(job["by"]["id"], job["by"]["type"], page["workspace_id"])
    added = {key: value for key, value in template["values"].items() if not page["values"].get(key)}
    page["values"].update(copy.deepcopy(added))
    made = world.add_blocks(page, copy.deepcopy(template["trees"]), caller)
    world.stamp_edit(page, caller)
    announce_blocks(world, caller, page, made)
    if added:
        world.effect("page.update", caller, id=page["id"], title=world.title(page), properties=sorted(added))
        world.announce("page.properties_updated", page, caller, {"updated_properties": list(added)})

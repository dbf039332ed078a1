"""The values of the variables that a team's sites get: sealed when they are given, and never shown again."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import closed, text
from shared.app.api.run.run_views import shown
from shared.app.ship.site_environment import forget_value, keep_value, kept_values
from shared.ports import Secret

SET = closed(
    {
        "name": text(
            "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", what="The name that ship.site.environment gives as `secret`."
        ),
        "value": {**text(most=5_000, what="The value; leave it empty to delete it."), "writeOnly": True},
    },
    required=("name", "value"),
)
SITE_VALUES = shown({"names": {"type": "array", "items": text()}})


def show_site_values(call: Call) -> ApiReply:
    """Return the names of the stored values, and never a value."""
    return ApiReply(body={"names": kept_values(call.deps, call.tenant)})


def set_site_value(call: Call) -> ApiReply:
    """Store a value under its name, encrypted, in place of the old one."""
    name, value = str(call.body["name"]), str(call.body["value"])
    if value:
        keep_value(call.deps, call.tenant, name, Secret(value))
    else:
        forget_value(call.deps, call.tenant, name)
    return show_site_values(call)

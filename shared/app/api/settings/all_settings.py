"""Everything that a team can set, in one answer and in one change: all of it or nothing, with who changed it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.app.api.exchange import ApiReply, Call, compute_tag, refuse_changed
from shared.app.api.json_shapes import (
    COUNT,
    FLAG,
    MAYBE_TIME,
    NUMBER,
    TEXTS,
    Schema,
    array,
    explain,
    lists,
    members,
    number,
    or_usual,
    shape,
    text,
)
from shared.app.api.origins import MAX_ORIGINS, ORIGIN, read_origin
from shared.app.api.route import PERMISSIONS
from shared.app.api.settings.budget import BUDGET, LIMITS
from shared.app.api.settings.model_choice import RULES, change_models, check_models
from shared.app.api.settings.notifications import TEAM
from shared.app.api.settings.planning import DAILY
from shared.app.api.settings.ship import APPROVALS
from shared.app.models.model_keys import own_keys
from shared.app.tenants.settings_changes import change_sections, load_bodies, name_changer
from shared.core.errors import Forbidden
from shared.core.tenants.sections import (
    CHANGED,
    Bodies,
    change_section,
    check_budgets,
    list_values,
    read_section,
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a section is asked for and answered, and the permission that a change of it needs."""

    permission: str
    fields: Mapping[str, Schema]
    answer: Mapping[str, Schema]


_SYNC = {"interval_s": explain(number(0, 3600), "Seconds between two looks at Notion at least; 0 for no such bound.")}
_LIMITS = {
    "api_per_minute": explain(number(60, 6000), "How many calls of the API each key or person has in a minute."),
    "automated_runs_per_hour": explain(
        number(0, 1000), "How many runs of one page others than people may ask for in an hour."
    ),
}
_RETENTION = {
    "contexts_days": explain(number(1, 3650), "What models were told, after the end of the run, and conversations."),
    "preferences_days": explain(number(30, 3650), "Preferences and feedback, after they were said or changed."),
    "accounts_days": explain(number(1, 3650), "What is left of keys, sessions and requests to join, after their end."),
    "spending_days": explain(number(92, 3650), "What was paid for."),
    "audit_days": explain(number(90, 3650), "The audit."),
}
_ORIGINS = {"origins": lists(text(f"^{ORIGIN}/?$", max_length=300), MAX_ORIGINS, what="Whose pages may call.")}
_RULES = {"classes": {"type": "object", "additionalProperties": TEXTS}, "prefer": text(), "allow": TEXTS, "deny": TEXTS}
_KEYS = array(
    members(provider=text(), since=MAYBE_TIME, by=text(), status=text()),
    "The team's own keys: that one is there, and since when. None is ever shown.",
)
_SECTIONS: Mapping[str, _Shown] = {
    "planning": _Shown("planning.change", DAILY, {"planning_time": text(), "time_zone": text(), "day_hours": NUMBER}),
    "sync": _Shown("planning.change", _SYNC, {"interval_s": COUNT}),
    "models": _Shown("models.change", RULES["properties"], {**_RULES, "keys": _KEYS}),
    "budgets": _Shown("budget.change", LIMITS, BUDGET["properties"]),
    "approvals": _Shown("ship.change", APPROVALS, {"production": text(), "four_eyes": FLAG}),
    "channels": _Shown("notifications.change", TEAM["properties"], {"escalate_hours": COUNT}),
    "frontends": _Shown("origins.change", _ORIGINS, {"origins": TEXTS}),
    "limits": _Shown("budget.change", _LIMITS, dict.fromkeys(_LIMITS, COUNT)),
    "retention": _Shown("tenant.delete", _RETENTION, dict.fromkeys(_RETENTION, COUNT)),
}
_CHANGER: Mapping[str, Schema] = {
    "changed_by": text(what="Who changed it last; empty where nobody has."),
    "changed_actor": text(what="The same as the audit names it, such as person:p-0123."),
    "changed_at": MAYBE_TIME,
}
# What a team sets elsewhere, because it is a list of things of their own.
LINKS: Mapping[str, str] = {
    "connections": "/v1/connections",
    "databases": "/v1/databases",
    "endpoints": "/v1/endpoints",
    "knowledge": "/v1/knowledge",
    "model_keys": "/v1/models",
    "notifications": "/v1/notifications",
    "policy": "/v1/policy",
    "routines": "/v1/routines",
    "ship": "/v1/settings/ship",
}


def _part(fields: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the schema of a section in a change: what is null is as usual again, also within the model's classes."""
    usual = {name: or_usual(_loosen(schema)) for name, schema in fields.items()}
    return {**shape(**usual), "maxProperties": len(fields)}


def _loosen(schema: Schema) -> Schema:
    within = schema.get("properties", {})
    return {**schema, "properties": {name: or_usual(each) for name, each in within.items()}} if within else schema


CHANGE = shape(**{name: _part(section.fields) for name, section in _SECTIONS.items()})
VIEWS: Mapping[str, Any] = {
    "Settings": members(
        **{name: members(**section.answer, **_CHANGER) for name, section in _SECTIONS.items()},
        links=explain(members(**dict.fromkeys(LINKS, text())), "Where the rest of what a team sets is."),
    )
}


def show_settings(call: Call) -> ApiReply:
    """Return what the team has set, by section, with who changed each last; never a secret."""
    return _show(call, load_bodies(call.deps, call.tenant))


def change_all_settings(call: Call) -> ApiReply:
    """Change sections as a merge patch says (RFC 7396), all or nothing; null is what is usual.

    Raises Forbidden for a section that the caller may not change, and ChangedSince where `If-Match` does not hold.
    """
    given = call.body
    for name in given:
        if call.who.role not in (PERMISSIONS[_SECTIONS[name].permission] or ()):
            raise Forbidden(
                f"field {name!r}: the role {call.who.role} does not have the permission {_SECTIONS[name].permission}",
                way_out="Leave this section out, or ask an owner of your team.",
            )
    check_models(call, given.get("models", {}), "models.")

    def change(known: Bodies) -> Bodies:
        refuse_changed(call.request, _show(call, known))
        for name, patch in given.items():
            known = _change(known, name, patch)
        check_budgets(read_section(known, "budgets"), "budgets.")
        return known

    reply = _show(call, change_sections(call.deps, call.tenant, call.who.actor, change))
    return replace(reply, headers={"ETag": compute_tag(reply)})


def _change(known: Bodies, name: str, patch: Mapping[str, Any]) -> Bodies:
    if name == "models":
        return change_models(known, patch)
    if origins := patch.get("origins"):
        patch = {**patch, "origins": list(dict.fromkeys(map(read_origin, origins)))}
    return change_section(known, name, patch)


def _show(call: Call, bodies: Bodies) -> ApiReply:
    body: dict[str, Any] = {}
    for name in _SECTIONS:
        changer = name_changer(bodies.settings.get(CHANGED), name)
        last = {"changed_by": changer.get("name", ""), "changed_actor": changer.get("actor", "")}
        body[name] = {**list_values(bodies, name), **last, "changed_at": changer.get("at")}
    body["models"]["keys"] = [
        {"provider": provider, "since": key["since"] or None, "by": key["by"], "status": key["status"]}
        for provider, key in sorted(own_keys(call.deps, call.tenant).items())
    ]
    return ApiReply(body={**body, "links": dict(LINKS)})

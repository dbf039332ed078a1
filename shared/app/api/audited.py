"""What calls change of who may do what is in the audit: by whom, from where, and how it was and is.

An entry is written after the change: of what was refused there is none. The fields of the settings are read before and
after, so where two change the same field at once, each entry may show what both made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.route import Route
from shared.app.tenants.settings_changes import load_bodies
from shared.app.tenants.tenant_export import hide_sealed
from shared.core.documents.codec import to_body
from shared.core.tenants.audit_entries import build_entry
from shared.core.tenants.sections import list_values
from shared.ports.documents import tenant_settings

About = Callable[[Call, Mapping[str, Any]], str]


def _read_field(field: str) -> About:
    """Return what takes the entry's subject from the path, the request or the answer, whichever has it."""
    return lambda call, answer: str(call.parts.get(field) or call.body.get(field) or answer.get(field) or "")


@dataclass(frozen=True, slots=True)
class Audited:
    """What a route's entry is called, which fields of the settings it changes, and what it is about."""

    what: str
    fields: tuple[str, ...] = ()
    about: About = lambda call, answer: ""
    by_section: bool = False  # it changes the sections that its body names
    shows: tuple[str, ...] = ()  # fields of the answer that say how it is now, none of them secret


_KEY = ("role", "name", "person", "account", "scopes", "created_by", "expires_at", "revoked_at")
AUDITED: Mapping[str, Audited] = {
    "change_all_settings": Audited(
        "SettingsChanged", about=lambda call, answer: ", ".join(sorted(call.body)), by_section=True
    ),
    "change_budget": Audited("BudgetChanged", ("budget",)),
    "change_knowledge": Audited("KnowledgeChanged", ("knowledge",)),
    "change_origins": Audited("OriginsChanged", ("origins",)),
    "change_planning": Audited("PlanningChanged", ("planning_time", "time_zone", "day_hours")),
    "change_rules": Audited("ModelRulesChanged", ("models",)),
    "change_team_notifications": Audited("TeamNotificationsChanged", shows=("escalate_hours",)),
    "choose_notifications": Audited(
        "NotificationsChosen",
        about=_read_field("recipient"),
        shows=("channels", "off", "no_mail", "email", "email_waits"),
    ),
    "connect": Audited("ConnectionAsked", about=_read_field("system"), shows=("connected", "as")),
    "drop_account": Audited("ServiceAccountRemoved", about=_read_field("account"), shows=("keys",)),
    "drop_key": Audited("ApiKeyRevoked", about=_read_field("key"), shows=_KEY),
    "forget_key": Audited("ModelKeyDeleted", about=_read_field("provider")),
    "give_hook_secret": Audited("HookSecretStored", about=_read_field("hook")),
    "invite": Audited("PersonInvited", about=_read_field("id"), shows=("to", "role", "until")),
    "make_account": Audited("ServiceAccountMade", about=_read_field("id"), shows=("name", "role", "scopes")),
    "make_hook": Audited("HookMade", about=_read_field("id"), shows=("system", "repository")),
    "new_key": Audited("ApiKeyMade", about=_read_field("id"), shows=_KEY),
    "remove_hook": Audited("HookRemoved", about=_read_field("hook")),
    "replace_key": Audited("ApiKeyReplaced", about=_read_field("key"), shows=("id", *_KEY)),
    "resend_invitation": Audited("InvitationResent", about=_read_field("invitation"), shows=("to", "role", "until")),
    "revoke_invitation": Audited("InvitationRevoked", about=_read_field("invitation"), shows=("to", "role")),
    "set_key": Audited("ModelKeyStored", about=_read_field("provider")),
    "set_policy": Audited("PolicyChanged", ("autonomy",)),
    "set_ship": Audited("ShipChanged", ("ship",)),
    "set_site_value": Audited("SiteValueSet", about=_read_field("name")),
    "set_up": Audited("DatabasesAsked", about=_read_field("page")),
    "take_site_down": Audited("SiteTakeDownAsked", about=_read_field("site")),
    "redeploy_site": Audited("SiteRedeployAsked", about=_read_field("site")),
}


def handle(route: Route, call: Call) -> ApiReply:
    """Answer a call, and note what it has changed."""
    spec = AUDITED.get(route.id)
    if spec is None:
        return route.handler(call)
    before = _read_fields(call, spec)
    reply = route.handler(call)
    after = _read_fields(call, spec)
    compares = bool(spec.fields) or spec.by_section
    if compares and before == after:
        return reply  # it is as it was
    answer = reply.body or {}
    values = {"before": before, "after": after} if compares else {}
    if spec.shows:
        values = {"after": {name: answer[name] for name in spec.shows if name in answer}}
    about = spec.about(call, answer)
    call.deps.store.note(call.tenant, build_entry(call.deps.clock.now(), spec.what, call.acting, about, **values))
    return reply


def _read_fields(call: Call, spec: Audited) -> Mapping[str, Any]:
    if spec.by_section:
        bodies = load_bodies(call.deps, call.tenant)
        return {name: list_values(bodies, name) for name in call.body}
    body = to_body(tenant_settings(call.deps.store, call.tenant)) if spec.fields else {}
    return {name: hide_sealed(body[name]) for name in spec.fields if name in body}

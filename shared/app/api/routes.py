"""Every address of the API, once: who may use it, what it takes, what it answers. Start reading here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.app.api import (
    approval_page,
    asking,
    budget,
    chats,
    connections,
    contexts,
    databases,
    feedback,
    html,
    life,
    models,
    operate,
    planning,
    plans,
    rollback_page,
    runs,
    ship,
    site_values,
    slack_clicks,
    work,
)
from shared.app.api.exchange import FORM, JSON, ApiReply, Call
from shared.app.api.keys import ROLES
from shared.app.api.shapes import Schema, choice, closed, number, text, texts
from shared.app.time_zones import zone_names
from shared.app.usage import BY
from shared.app.workspace_schemas import KINDS
from shared.core.run import RunStatus

Handler = Callable[[Call], ApiReply]

# What each permission needs: a key of one of these roles; None where something else than a key opens the door.
PERMISSIONS: Mapping[str, frozenset[str] | None] = {
    "public": None,
    "approval link": None,
    "slack signature": None,
    "runs.read": frozenset(ROLES),
    "runs.decide": frozenset({"owner", "admin", "member"}),
    "runs.steer": frozenset({"owner", "admin", "member"}),
    "contexts.read": frozenset({"owner", "admin"}),
    "feedback.give": frozenset({"owner", "admin", "member"}),
    "preferences.read": frozenset(ROLES),
    "preferences.change": frozenset({"owner", "admin", "member"}),
    "usage.read": frozenset(ROLES),
    "budget.change": frozenset({"owner"}),
    "audit.read": frozenset({"owner", "admin"}),
    "queue.read": frozenset({"owner", "admin"}),
    "queue.replay": frozenset({"owner", "admin"}),
    "keys.manage": frozenset({"owner", "admin"}),
    "databases.read": frozenset(ROLES),
    "databases.manage": frozenset({"owner"}),
    "connections.read": frozenset(ROLES),
    "connections.manage": frozenset({"owner"}),
    "planning.read": frozenset(ROLES),
    "planning.change": frozenset({"owner"}),
    "chat": frozenset({"owner", "admin", "member"}),
    "knowledge.ask": frozenset({"owner", "admin", "member"}),
    "knowledge.read": frozenset(ROLES),
    "knowledge.change": frozenset({"owner", "admin"}),
    "models.read": frozenset(ROLES),
    "models.change": frozenset({"owner"}),
    "pause.read": frozenset(ROLES),
    "pause.change": frozenset({"owner", "admin"}),
    "tenant.read": frozenset(ROLES),
    "tenant.export": frozenset({"owner"}),
    "tenant.delete": frozenset({"owner"}),
    "ship.read": frozenset(ROLES),
    "ship.change": frozenset({"owner"}),
}

_RUN = text("^run-[0-9A-Za-z][0-9A-Za-z-]{0,63}$")
PARTS: Mapping[str, Schema] = {
    "run": _RUN,
    "step": text("^[0-9A-Za-z][0-9A-Za-z_.:@~+-]{0,199}$"),
    "chat": text("^chat-[0-9a-f]{24}$"),
    "n": text("^[1-9][0-9]{0,3}$"),
    "letter": text("^[0-9A-Za-z][0-9A-Za-z_.:@=~+-]{0,399}$"),
    "key": text("^[0-9a-f]{12}$"),
    "hook": text("^[0-9a-f]{32}$"),
    "preference": text("^pref-[0-9a-f]{24}$"),
    "token": text("^[^/]{1,4000}$"),
    "provider": text("^[a-z-]{1,40}$"),
}
_NAME = text("^[^\\u0000-\\u001f\\u007f]{1,80}$", most=80)
_TENANT = {"tenant": text("^[0-9A-Za-z-]{1,64}$")}  # what the OAuth callback adds; it grants nothing
_PLANNING: Mapping[str, Schema] = {
    "planning_time": text("^([01][0-9]|2[0-3]):[0-5][0-9]$|^$", what="Like 07:30; empty for no daily planning."),
    "time_zone": choice(*zone_names()),
    "day_hours": number(1, 24),
}
_ADOPT = texts(databases.IN_NOTION, *KINDS, what="Databases to adopt, by kind.")
_ANSWERS = texts(text(most=300), what="Answers to questions, by their keys: the value of a choice.")
_REASON = {**text(most=500), "default": ""}


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    permission: str
    handler: Handler
    summary: str
    answer: str  # name of the answer's schema; "html" for a page
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    body_type: str = JSON
    status: int = 200
    errors: Sequence[int] = ()  # beside those that every route of its kind can answer

    @property
    def parts(self) -> list[str]:
        """Return the names of the path's variable parts."""
        return [piece[1:-1] for piece in self.path.split("/") if piece.startswith("{")]

    @property
    def needs_key(self) -> bool:
        """Return whether a key opens this route."""
        return PERMISSIONS[self.permission] is not None

    @property
    def id(self) -> str:
        """Return a name for programs."""
        return self.handler.__name__


def _openapi(call: Call) -> ApiReply:
    from shared.app.api.openapi import document

    return ApiReply(body=document(ROUTES, call.deps.public_url))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", "public", html.front, "Say that Workwright is running", "html", query=_TENANT),
    Route("GET", "/connected", "public", html.connected, "Where OAuth ends", "html", query=_TENANT),
    Route("GET", "/openapi.json", "public", _openapi, "This document", "Document"),
    Route("GET", "/v1/health", "public", operate.health, "Is it well", "Health", errors=(503,)),
    Route(
        "GET", "/v1/runs", "runs.read", runs.list_runs, "List runs, newest first", "Runs", errors=(404,),
        query={"limit": number(1, 200, 50), "after": _RUN, "status": choice(*(s.value for s in RunStatus))},
    ),
    Route("GET", "/v1/runs/{run}", "runs.read", runs.show_run, "Look at a run", "Run"),
    Route(
        "GET", "/v1/runs/{run}/events", "runs.read", runs.list_events, "What happened, in order", "Events",
        query={"after": number(0, 1_000_000_000, 0), "limit": number(1, 1000, 200)},
    ),
    Route(
        "GET", "/v1/runs/{run}/context/{step}", "contexts.read", contexts.show_context,
        "What a step has told a model", "Context",
    ),
    Route("GET", "/v1/runs/{run}/work", "runs.read", work.list_work, "The versions of a run's work", "Work"),
    Route(
        "GET", "/v1/runs/{run}/work/{n}", "runs.read", work.show_work,
        "One version: its diff, its files, its test report", "Version",
    ),
    Route("GET", "/v1/runs/{run}/plan", "runs.read", plans.show_plan, "A run's present plan in full", "Plan"),
    Route(
        "POST", "/v1/runs/{run}/approve", "runs.decide", runs.approve, "Approve what it asks", "Run", errors=(409,),
        body=closed({"plan_hash": text("^[0-9a-f]{64}$", what="The hash that the waiting approval names.")}),
    ),
    Route(
        "POST", "/v1/runs/{run}/deny", "runs.decide", runs.deny, "Deny what it asks; it ends", "Run", errors=(409,),
        body=closed({"reason": _REASON}),
    ),
    Route(
        "POST", "/v1/runs/{run}/rework", "runs.decide", runs.rework, "Have what is asked about done differently", "Run",
        body=closed({"wish": text("^(?s:.*\\S.*)$", most=2000)}, required=("wish",)), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/answer", "runs.decide", runs.answer, "Answer what it asks in words", "Run",
        body=closed({"text": text("^(?s:.*\\S.*)$", most=2000)}, required=("text",)), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/cancel", "runs.steer", runs.cancel, "Stop a run and undo what can be", "Run",
        body=closed({"reason": _REASON, "force": {"type": "boolean", "default": False}}), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/retry", "runs.steer", runs.retry, "Go on where a failed or cancelled run ended, once",
        "Run", body=closed({"from_start": {"type": "boolean", "default": False}}), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/rollback", "runs.decide", rollback_page.rollback,
        "Take back what a run put live, once", "Run", body=closed({}), errors=(409,),
    ),
    Route(
        "POST", "/v1/runs/{run}/feedback", "feedback.give", feedback.give_feedback, "Say what you think of a run",
        "Feedback", body=closed({"thumb": choice("up", "down"), "text": _REASON}, required=("thumb",)), status=201,
    ),
    Route(
        "GET", "/v1/preferences", "preferences.read", feedback.list_preferences, "What the team prefers", "Preferences",
    ),
    Route(
        "POST", "/v1/preferences/{preference}", "preferences.change", feedback.reword_preference,
        "Put a preference in other words", "Preference", body=closed({"text": text(most=300)}, required=("text",)),
        errors=(409,),
    ),
    Route(
        "DELETE", "/v1/preferences/{preference}", "preferences.change", feedback.delete_preference,
        "Delete a preference", "Deleted", errors=(409,),
    ),
    Route(
        "GET", "/v1/usage", "usage.read", budget.usage, "What a day or month has cost, and into what it went", "Usage",
        query={
            "day": {"type": "string", "format": "date", "description": "In UTC; by default today."},
            "month": text("^[0-9]{4}-(0[1-9]|1[0-2])$", what="Like 2026-11; goes before a day."),
            "by": choice(*BY),
        },
    ),
    Route("GET", "/v1/budget", "usage.read", budget.budget, "What may be spent", "Budget"),
    Route(
        "POST", "/v1/budget", "budget.change", budget.change_budget, "Set what may be spent", "Budget",
        body=closed(budget.LIMITS), errors=(409,),
    ),
    Route(
        "GET", "/v1/audit", "audit.read", operate.audit, "Who decided what", "Audit", errors=(404,),
        query={"after": text("^[0-9A-Za-z][0-9A-Za-z_.:-]{0,199}$"), "limit": number(1, 500, 100)},
    ),
    Route("GET", "/v1/dead-letters", "queue.read", operate.dead_letters, "What the queue gave up on", "DeadLetters"),
    Route(
        "POST", "/v1/dead-letters/{letter}/replay", "queue.replay", operate.replay, "Deliver one again", "Replayed",
        body=closed({}),
    ),
    Route("GET", "/v1/databases", "databases.read", databases.show_databases, "The databases in Notion", "Databases"),
    Route(
        "POST", "/v1/databases", "databases.manage", databases.set_up, "Create or adopt databases", "Databases",
        body=closed({"page": {**databases.IN_NOTION, "default": ""}, "adopt": _ADOPT, "answers": _ANSWERS}),
        errors=(409,),
    ),
    Route(
        "POST", "/v1/connections", "connections.manage", connections.connect, "Connect a system", "Connection",
        body=connections.CONNECT, errors=(409,),
    ),
    Route("GET", "/v1/hooks", "connections.read", connections.list_hooks, "List webhooks", "Hooks"),
    Route(
        "POST", "/v1/hooks", "connections.manage", connections.make_hook, "Make a webhook", "Hook",
        body=connections.HOOK, errors=(409,),
    ),
    Route(
        "POST", "/v1/hooks/{hook}/secret", "connections.manage", connections.give_hook_secret,
        "Keep the secret a system has chosen for its webhook", "Hook", body=connections.SECRET, errors=(404, 409),
    ),
    Route(
        "DELETE", "/v1/hooks/{hook}", "connections.manage", connections.remove_hook, "Take a webhook away",
        "HookRemoved", errors=(404, 409),
    ),
    Route("GET", "/v1/planning", "planning.read", planning.planning, "When days are planned", "Planning"),
    Route(
        "POST", "/v1/planning", "planning.change", planning.change_planning, "Set when days are planned", "Planning",
        body=closed(_PLANNING), errors=(409,),
    ),
    Route("GET", "/v1/settings/ship", "ship.read", ship.show_ship, "Where work goes, and who has to agree", "Ship"),
    Route(
        "PUT", "/v1/settings/ship", "ship.change", ship.set_ship, "Set where work goes, and who has to agree", "Ship",
        body=ship.CHANGE, errors=(409,),
    ),
    Route(
        "POST", "/v1/ask", "knowledge.ask", asking.ask, "Ask what the workspace says", "Answered",
        body=asking.QUESTION, errors=(409,),
    ),
    Route("GET", "/v1/chats", "chat", chats.list_chats, "Your conversations, the latest first", "Chats"),
    Route(
        "POST", "/v1/chats", "chat", chats.open_chat, "Begin a conversation", "Chat", body=chats.OPEN, status=201,
        errors=(404, 409),
    ),
    Route("GET", "/v1/chats/{chat}", "chat", chats.show_chat, "Read a conversation", "Chat"),
    Route(
        "POST", "/v1/chats/{chat}", "chat", chats.continue_chat, "Say something, and be answered", "Chat",
        body=chats.SAY, errors=(409,),
    ),
    Route("DELETE", "/v1/chats/{chat}", "chat", chats.drop_chat, "Delete a conversation", "Chat"),
    Route("GET", "/v1/knowledge", "knowledge.read", asking.show_knowledge, "What is known of it", "Knowledge"),
    Route(
        "POST", "/v1/knowledge", "knowledge.change", asking.change_knowledge, "Set what is known of it", "Knowledge",
        body=asking.CHANGE, errors=(409,),
    ),
    Route("GET", "/v1/models", "models.read", models.show_models, "Models: prices, rules, who is asked", "Models"),
    Route(
        "POST", "/v1/models", "models.change", models.change_rules, "Set who is asked for what", "Models",
        body=models.RULES, errors=(404, 409),
    ),
    Route(
        "POST", "/v1/models/keys", "models.change", models.set_key, "Keep a key of your own for a provider", "Models",
        body=models.KEY,
    ),
    Route(
        "DELETE", "/v1/models/keys/{provider}", "models.change", models.forget_key, "Forget such a key", "Models",
        errors=(409,),
    ),
    Route("GET", "/v1/keys", "keys.manage", operate.keys, "List API keys", "Keys"),
    Route(
        "POST", "/v1/keys", "keys.manage", operate.new_key, "Make an API key; it is shown this once", "NewKey",
        body=closed({"role": choice(*ROLES), "name": _NAME, "days": number(1, 3650)}, required=("role", "name")),
        status=201, errors=(409,),
    ),
    Route("DELETE", "/v1/keys/{key}", "keys.manage", operate.drop_key, "Revoke an API key", "Key"),
    Route("GET", "/v1/pause", "pause.read", life.show_pause, "Is work paused", "Pause"),
    Route(
        "POST", "/v1/pause", "pause.change", life.change_pause, "Pause all work, or let it go on", "Pause",
        body=life.PAUSE, errors=(409,),
    ),
    Route("GET", "/v1/tenant", "tenant.read", life.show_tenant, "Is the tenant being deleted", "Tenant"),
    Route(
        "DELETE", "/v1/tenant", "tenant.delete", life.delete_tenant, "Delete the tenant, with all that is kept",
        "Tenant", body=life.DELETE, status=202, errors=(409,),
    ),
    Route("GET", "/v1/export", "tenant.export", life.export_tenant, "All that is kept, to take along", "Export"),
    Route(
        "GET", "/approvals/{token}", "approval link", approval_page.show_question, "Ask a person to decide", "html",
        errors=(401, 404, 409),
    ),
    Route(
        "POST", "/approvals/{token}", "approval link", approval_page.take_answer, "Take the person's answer", "html",
        body=closed({"decision": choice(*approval_page.DECISIONS), "reason": _REASON}, required=("decision",)),
        body_type=FORM, errors=(400, 401, 403, 404, 409, 413, 415),
    ),
    Route(
        "GET", "/rollbacks/{token}", "approval link", rollback_page.show_rollback, "Ask whether to roll back", "html",
        errors=(401, 404, 409),
    ),
    Route(
        "POST", "/rollbacks/{token}", "approval link", rollback_page.take_rollback, "Roll back", "html",
        body=closed({"decision": choice("rollback")}, required=("decision",)),
        body_type=FORM, errors=(400, 401, 403, 404, 409, 413, 415),
    ),
    Route(
        "GET", "/v1/settings/site-values", "ship.read", site_values.show_site_values,
        "Names of the values that sites' variables have", "SiteValues",
    ),
    Route(
        "PUT", "/v1/settings/site-values", "ship.change", site_values.set_site_value,
        "Seal the value of a site's variable", "SiteValues", body=site_values.SET,
    ),
    Route(
        "POST", "/v1/slack/interactions", "slack signature", slack_clicks.take_click, "A click in Slack", "SlackAnswer",
        errors=(400, 401, 404, 413),
    ),
)  # fmt: skip


def check_routes(routes: Sequence[Route]) -> None:
    """Raise ValueError for a route that nobody has said who may use, or that cannot be told from another."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        name = f"{route.method} {route.path}"
        if route.permission not in PERMISSIONS:
            raise ValueError(f"{name}: no permission {route.permission!r}; deny by default means it must not start")
        if (route.method, route.path) in seen:
            raise ValueError(f"{name} is there twice")
        if unknown := set(route.parts) - set(PARTS):
            raise ValueError(f"{name}: no schema for {sorted(unknown)}")
        seen.add((route.method, route.path))


check_routes(ROUTES)

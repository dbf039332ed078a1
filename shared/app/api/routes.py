"""Every address of the API, once: who may use it, what it takes, what it answers. Start reading here."""

from __future__ import annotations

from shared.app.api.exchange import FORM, MERGE_PATCH, ApiReply, Call
from shared.app.api.json_shapes import choice, number, shape, text, texts
from shared.app.api.pages import approval_page, rollback_page
from shared.app.api.pages import page_html as html
from shared.app.api.people.invitation_routes import INVITATION_ROUTES
from shared.app.api.people.key_routes import KEY_ROUTES
from shared.app.api.people.people_routes import PEOPLE_ROUTES
from shared.app.api.route import REASON, RUN, TENANT, Route, check_routes
from shared.app.api.run import chats, resources
from shared.app.api.run import team_status as status
from shared.app.api.run import workspace_questions as asking
from shared.app.api.run.agent_questions import AGENT_ROUTES
from shared.app.api.run.run_routes import RUN_ROUTES
from shared.app.api.run.workspace_pages import PAGE_ROUTES
from shared.app.api.settings import all_settings as everything
from shared.app.api.settings import allowed_origins as origins
from shared.app.api.settings import audit, budget, connections, feedback, life, operate, planning, ship
from shared.app.api.settings import endpoint_routes as endpoints
from shared.app.api.settings import model_choice as models
from shared.app.api.settings import tenant_databases as databases
from shared.app.api.settings.autonomy_policy import POLICY_ROUTES
from shared.app.api.settings.notification_routes import NOTIFICATION_ROUTES
from shared.app.api.settings.site_routes import SITE_ROUTES
from shared.app.api.settings.team_lists import LIST_ROUTES
from shared.app.api.slack.slack_routes import SLACK_ROUTES
from shared.app.money.usage import BY
from shared.app.workspace.workspace_schemas import KINDS

_ADOPT = texts(databases.IN_NOTION, *KINDS, what="The databases to adopt, by their kinds.")
_ANSWERS = texts(text(max_length=300), what="Answers to the questions, by their keys: the value of a choice.")


def _openapi(call: Call) -> ApiReply:
    """Return the description of this API, in OpenAPI 3.1."""
    from shared.app.api.openapi import document

    return ApiReply(body=document(ROUTES, call.deps.public_url))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", "public", html.front, "Say that Workwright is running", "html", query=TENANT),
    Route("GET", "/connected", "public", html.landing_page, "Show that an account is connected", "html", query=TENANT),
    Route("GET", "/openapi.json", "public", _openapi, "Get this document", "Document"),
    Route("GET", "/v1/health", "public", operate.health, "Check whether the service is well", "Health", errors=(503,)),
    *RUN_ROUTES,
    *LIST_ROUTES,
    *SITE_ROUTES,
    *PAGE_ROUTES,
    *AGENT_ROUTES,
    *NOTIFICATION_ROUTES,
    *POLICY_ROUTES,
    Route(
        "GET", "/v1/preferences", "preferences.read", feedback.list_preferences, "List preferences", "Preferences",
    ),
    Route(
        "POST", "/v1/preferences/{preference}", "preferences.change", feedback.reword_preference,
        "Reword a preference", "Preference", body=shape(text=text(max_length=300), required=("text",)),
        errors=(409,),
    ),
    Route(
        "DELETE", "/v1/preferences/{preference}", "preferences.change", feedback.delete_preference,
        "Delete a preference", "Deleted", errors=(409,),
    ),
    Route(
        "GET", "/v1/usage", "usage.read", budget.usage, "Get what a day or month has cost, and for what", "Usage",
        query={
            "day": {"type": "string", "format": "date", "description": "A day in UTC; today by default."},
            "month": text("^[0-9]{4}-(0[1-9]|1[0-2])$", what="A month such as 2026-11; takes precedence over a day."),
            "by": choice(*BY),
        },
    ),
    Route("GET", "/v1/budget", "usage.read", budget.budget, "Get what may be spent", "Budget"),
    Route(
        "POST", "/v1/budget", "budget.change", budget.change_budget, "Set what may be spent", "Budget",
        body=shape(**budget.LIMITS), errors=(409,),
    ),
    Route(
        "GET", "/v1/audit", "audit.read", audit.audit, "List who decided what", "Audit", errors=(404,),
        query={"after": text("^[0-9A-Za-z][0-9A-Za-z_.:-]{0,199}$"), "limit": number(1, 500, 100)},
    ),
    Route(
        "GET", "/v1/audit/verify", "audit.read", audit.verify_audit, "Check whether the audit is as it was written",
        "AuditCheck",
    ),
    Route(
        "GET", "/v1/audit/export", "audit.read", audit.download_audit, "Export the audit", "AuditExport",
        query=audit.EXPORT,
    ),
    Route("GET", "/v1/dead-letters", "queue.read", operate.dead_letters, "List dead letters", "DeadLetters"),
    Route(
        "POST", "/v1/dead-letters/{letter}/replay", "queue.replay", operate.replay, "Replay a dead letter", "Replayed",
        body=shape(),
    ),
    Route("GET", "/v1/databases", "databases.read", databases.show_databases, "Get the Notion databases", "Databases"),
    Route(
        "POST", "/v1/databases", "databases.manage", databases.set_up, "Create or adopt databases", "Databases",
        body=shape(page={**databases.IN_NOTION, "default": ""}, adopt=_ADOPT, answers=_ANSWERS),
        errors=(409,),
    ),
    Route(
        "POST", "/v1/connections", "connections.manage", connections.connect, "Connect a system", "Connection",
        body=connections.CONNECT, errors=(409,),
    ),
    Route("GET", "/v1/hooks", "connections.read", connections.list_hooks, "List webhooks", "Hooks"),
    Route(
        "POST", "/v1/hooks", "connections.manage", connections.make_hook, "Create a webhook", "Hook",
        body=connections.HOOK, errors=(409,),
    ),
    Route(
        "POST", "/v1/hooks/{hook}/secret", "connections.manage", connections.give_hook_secret,
        "Store the secret that a system chose for its webhook", "Hook", body=connections.SECRET, errors=(404, 409),
    ),
    Route(
        "DELETE", "/v1/hooks/{hook}", "connections.manage", connections.remove_hook, "Delete a webhook",
        "HookRemoved", errors=(404, 409),
    ),
    Route("GET", "/v1/endpoints", "endpoints.manage", endpoints.list_endpoints, "List endpoints", "Endpoints"),
    Route(
        "POST", "/v1/endpoints", "endpoints.manage", endpoints.add_endpoint, "Add an endpoint", "Endpoint",
        body=endpoints.NEW, status=201, errors=(409,),
    ),
    Route(
        "DELETE", "/v1/endpoints/{endpoint}", "endpoints.manage", endpoints.remove_endpoint, "Remove an endpoint",
        "EndpointRemoved",
    ),
    Route(
        "PUT", "/v1/endpoints/{endpoint}/events", "endpoints.manage", endpoints.choose_endpoint_events,
        "Choose what an endpoint is told of", "Endpoint", body=endpoints.EVENTS_CHOSEN,
    ),
    Route(
        "POST", "/v1/endpoints/{endpoint}/secret", "endpoints.manage", endpoints.replace_endpoint_secret,
        "Replace an endpoint's secret", "Endpoint", body=shape(),
    ),
    Route(
        "POST", "/v1/endpoints/{endpoint}/on", "endpoints.manage", endpoints.switch_endpoint_on,
        "Switch an endpoint on again", "Endpoint", body=shape(),
    ),
    Route(
        "POST", "/v1/endpoints/{endpoint}/test", "endpoints.manage", endpoints.send_test, "Send a test message",
        "DeliveryOrdered", body=shape(), status=202, errors=(409,),
    ),
    Route(
        "GET", "/v1/endpoints/{endpoint}/deliveries", "endpoints.manage", endpoints.list_deliveries,
        "List what was sent to an endpoint", "Deliveries", query=endpoints.PAGE,
    ),
    Route(
        "POST", "/v1/endpoints/{endpoint}/deliveries/{delivery}/replay", "endpoints.manage",
        endpoints.replay_delivery, "Send a delivery again", "DeliveryOrdered", body=shape(), status=202, errors=(409,),
    ),
    Route(
        "POST", "/v1/endpoints/{endpoint}/replay", "endpoints.manage", endpoints.order_replay,
        "Send deliveries of a range again", "Replay", body=endpoints.RANGE, status=202, errors=(409,), goes_on=True,
    ),
    Route("GET", "/v1/settings", "settings.read", everything.show_settings, "Get all settings", "Settings"),
    Route(
        "PATCH", "/v1/settings", "settings.change", everything.change_all_settings, "Change settings", "Settings",
        body=everything.CHANGE, body_type=MERGE_PATCH, errors=(404, 409, 412), is_conditional=True,
    ),
    Route("GET", "/v1/planning", "planning.read", planning.planning, "Get when days are planned", "Planning"),
    Route(
        "POST", "/v1/planning", "planning.change", planning.change_planning, "Set when days are planned", "Planning",
        body=shape(**planning.DAILY), errors=(409,),
    ),
    Route("GET", "/v1/settings/ship", "ship.read", ship.show_ship, "Get where work goes, and who has to agree", "Ship"),
    Route(
        "PUT", "/v1/settings/ship", "ship.change", ship.set_ship, "Set where work goes, and who has to agree", "Ship",
        body=ship.CHANGE, errors=(409,),
    ),
    Route(
        "POST", "/v1/ask", "knowledge.ask", asking.ask, "Ask a question about the workspace", "Answered",
        body=asking.QUESTION, errors=(409,),
    ),
    Route("GET", "/v1/chats", "chat", chats.list_chats, "List your conversations, the latest first", "Chats"),
    Route(
        "POST", "/v1/chats", "chat", chats.open_chat, "Begin a conversation", "Chat", body=chats.OPEN, status=201,
        errors=(404, 409),
    ),
    Route("GET", "/v1/chats/{chat}", "chat", chats.show_chat, "Read a conversation", "Chat"),
    Route(
        "POST", "/v1/chats/{chat}", "chat", chats.continue_chat, "Say something and get an answer", "Chat",
        body=chats.SAY, errors=(409,),
    ),
    Route("DELETE", "/v1/chats/{chat}", "chat", chats.drop_chat, "Delete a conversation", "Chat"),
    Route("GET", "/v1/knowledge", "knowledge.read", asking.show_knowledge, "Get what has been read", "Knowledge"),
    Route(
        "POST", "/v1/knowledge", "knowledge.change", asking.change_knowledge, "Set what is to be read", "Knowledge",
        body=asking.CHANGE, errors=(409,),
    ),
    Route("GET", "/v1/models", "models.read", models.show_models, "List models, prices and rules", "ModelChoice"),
    Route(
        "POST", "/v1/models", "models.change", models.change_rules, "Set which models are asked for what",
        "ModelChoice",
        body=models.RULES, errors=(404, 409),
    ),
    Route(
        "POST", "/v1/models/keys", "models.change", models.set_key, "Store a key of your own for a provider",
        "ModelChoice",
        body=models.KEY,
    ),
    Route(
        "DELETE", "/v1/models/keys/{provider}", "models.change", models.forget_key, "Delete a provider's key",
        "ModelChoice",
        errors=(409,),
    ),
    *KEY_ROUTES,
    *INVITATION_ROUTES,
    *PEOPLE_ROUTES,
    Route(
        "GET", "/v1/made", "made.read", resources.list_made, "List what was made in other systems", "Made",
        query={"run": RUN},
    ),
    Route(
        "POST", "/v1/made/{made}/take-away", "made.take_away", resources.take_away, "Take away what was made elsewhere",
        "Run", body=shape(confirm=text(max_length=500), required=("confirm",)), errors=(409,),
    ),
    Route("GET", "/v1/status", "runs.read", status.show_status, "Get how the work stands", "TeamStatus"),
    Route(
        "GET", "/v1/confinement", "databases.read", databases.show_confinement,
        "Get the page that writes to Notion are confined to", "Confinement",
    ),
    Route(
        "POST", "/v1/confinement", "databases.manage", databases.change_confinement,
        "Confine writes to Notion to a page, or lift that", "Confinement", body=databases.CONFINE, errors=(409,),
    ),
    Route("GET", "/v1/pause", "pause.read", life.show_pause, "Check whether work is paused", "Pause"),
    Route(
        "POST", "/v1/pause", "pause.change", life.change_pause, "Pause all work, or resume it", "Pause",
        body=life.PAUSE, errors=(409,),
    ),
    Route("GET", "/v1/tenant", "tenant.read", life.show_tenant, "Check whether the tenant is being deleted", "Tenant"),
    Route(
        "DELETE", "/v1/tenant", "tenant.delete", life.delete_tenant, "Delete the tenant with everything that is stored",
        "Tenant", body=life.DELETE, status=202, errors=(409,),
    ),
    Route("GET", "/v1/export", "tenant.export", life.export_tenant, "Export everything that is stored", "Export"),
    Route(
        "GET", "/approvals/{token}", "approval link", approval_page.show_question, "Ask a person to decide", "html",
        errors=(401, 404, 409),
    ),
    Route(
        "POST", "/approvals/{token}", "approval link", approval_page.take_answer, "Take the person's answer", "html",
        body=shape(decision=choice(*approval_page.DECISIONS), reason=REASON, required=("decision",)),
        body_type=FORM, errors=(400, 401, 403, 404, 409, 413, 415),
    ),
    Route(
        "GET", "/rollbacks/{token}", "approval link", rollback_page.show_rollback, "Ask whether to roll back", "html",
        errors=(401, 404, 409),
    ),
    Route(
        "POST", "/rollbacks/{token}", "approval link", rollback_page.take_rollback, "Roll back", "html",
        body=shape(decision=choice("rollback"), required=("decision",)),
        body_type=FORM, errors=(400, 401, 403, 404, 409, 413, 415),
    ),
    Route(
        "GET", "/v1/settings/site-values", "ship.read", ship.show_site_values,
        "List the names of the stored values of sites' variables", "SiteValues",
    ),
    Route(
        "PUT", "/v1/settings/site-values", "ship.change", ship.set_site_value,
        "Store the value of a site's variable, encrypted", "SiteValues", body=ship.SET_VALUE,
    ),
    Route(
        "GET", "/v1/settings/origins", "origins.read", origins.show_origins, "List allowed origins", "Origins",
    ),
    Route(
        "POST", "/v1/settings/origins", "origins.change", origins.change_origins, "Set allowed origins", "Origins",
        body=origins.CHANGE, errors=(409,),
    ),
    *SLACK_ROUTES,
)  # fmt: skip


check_routes(ROUTES)

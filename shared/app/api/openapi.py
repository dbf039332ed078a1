"""The OpenAPI document, written from the routes themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.app.api.cursors import NEXT_CURSOR
from shared.app.api.exchange import JSON, PROBLEM
from shared.app.api.json_shapes import (
    ANY,
    COUNT,
    FLAG,
    MAYBE_TIME,
    NUMBER,
    TEXTS,
    array,
    choice,
    explain,
    listing,
    members,
    text,
)
from shared.app.api.parameter_words import describe_parameter
from shared.app.api.people import invitation_routes, key_routes, session_list, setup_steps, sign_in, team
from shared.app.api.route import IDEMPOTENCY_KEY, PARTS, Route
from shared.app.api.route_groups import GROUPS, group_of
from shared.app.api.run import run_views as views
from shared.app.api.run import team_status as status
from shared.app.api.run.agent_questions import VIEWS as AGENT_VIEWS
from shared.app.api.run.attempts import ATTEMPTS
from shared.app.api.run.contexts import CONTEXT
from shared.app.api.run.feed import VIEWS as FEED_VIEWS
from shared.app.api.run.plans import PLAN
from shared.app.api.run.resources import VIEWS as MADE_VIEWS
from shared.app.api.run.run_figures import STATISTICS
from shared.app.api.run.run_steps import VIEWS as STEP_VIEWS
from shared.app.api.run.run_versions import FILE, VERSION, WORK
from shared.app.api.run.workspace_pages import VIEWS as PAGE_VIEWS
from shared.app.api.run.workspace_questions import KNOWLEDGE
from shared.app.api.settings import all_settings, audit, autonomy_policy, budget, life
from shared.app.api.settings.allowed_origins import ORIGINS
from shared.app.api.settings.connections import VIEWS
from shared.app.api.settings.endpoint_messages import VIEWS as MESSAGE_VIEWS
from shared.app.api.settings.endpoint_messages import describe_webhooks
from shared.app.api.settings.endpoint_routes import VIEWS as ENDPOINT_VIEWS
from shared.app.api.settings.feedback import FEEDBACK, PREFERENCE
from shared.app.api.settings.notifications import VIEWS as TOLD_VIEWS
from shared.app.api.settings.operate import API
from shared.app.api.settings.ship import SHIP, SITE_VALUES
from shared.app.api.settings.site_routes import VIEWS as SITE_VIEWS
from shared.app.api.settings.team_lists import VIEWS as LIST_VIEWS
from shared.app.api.settings.tenant_databases import CONFINEMENT
from shared.app.api.slack.slack_links import VIEWS as SLACK_VIEWS
from shared.app.api.slack.slack_links import describe_body

_LETTER = {name: text() for name in ("id", "name", "function", "run", "step", "reason", "at")}
_ASKED = array(members(task_class=text(), reference=text(), why=text()))
_KEY_OF_PROVIDER = {name: text() for name in ("key_since", "key_by", "key_status")}
_DOLLARS = {
    name: explain(NUMBER, "US dollars per million tokens.") for name in ("input", "cached", "written", "output")
}
_OF_SOURCE = ("id", "title", "url", "page", "excerpt", "edited_at")
_OF_CHAT = {name: text() for name in ("id", "opened", "page", "title", "project", "run", "language")}
_TURN = members(
    **{name: text() for name in ("text", "at", "message", "did", "run")},
    role=choice("user", "assistant"),
    sources=array(members(**{name: text() for name in ("title", "url", "page")})),
)
_OF_DATABASES = ("databases", "questions", "pages", "found")

SCHEMAS: Mapping[str, Any] = {
    "Problem": members(type=text(), title=text(), status=COUNT, detail=text(), not_lost=text(), way_out=text()),
    "Document": ANY,
    **VIEWS,
    **MADE_VIEWS,
    **ENDPOINT_VIEWS,
    **MESSAGE_VIEWS,
    **STEP_VIEWS,
    **FEED_VIEWS,
    **LIST_VIEWS,
    **SITE_VIEWS,
    **PAGE_VIEWS,
    **AGENT_VIEWS,
    "Statistics": STATISTICS,
    **TOLD_VIEWS,
    "Confinement": CONFINEMENT,
    "SiteValues": SITE_VALUES,
    "Origins": ORIGINS,
    "Hooks": listing("hooks", "Hook"),
    "Health": members(
        status=choice("ok", "down"),
        store=choice("ok", "unreachable"),
        paused=explain(FLAG, "The operator has stopped all work for now."),
        versions=members(api=text(), schema=COUNT, rules=COUNT),
    ),
    "RunHead": views.RUN_HEAD,
    "Run": views.RUN,
    "Runs": listing(
        "runs",
        "RunHead",
        next_cursor=NEXT_CURSOR,
        paused=text(what="Why all work stands still; empty when it does not."),
        notion_away=text(what="Notion is not reached, or a clock is wrong; empty for neither."),
    ),
    "Attempts": ATTEMPTS,
    "Context": CONTEXT,
    "Work": WORK,
    "WorkVersion": VERSION,
    "WorkFile": FILE,
    "Event": views.EVENT,
    "Events": listing("events", "Event"),
    "Usage": members(cost=views.COST, **budget.USAGE, workspace_map=views.WORKSPACE_MAP),
    "Budget": budget.BUDGET,
    "Plan": PLAN,
    "Feedback": FEEDBACK,
    "Preference": PREFERENCE,
    "Preferences": listing("preferences", "Preference", paged=False),
    "Deleted": members(deleted=text()),
    **audit.VIEWS,
    "DeadLetter": members(**_LETTER, deliveries=COUNT),
    "DeadLetters": listing("dead_letters", "DeadLetter", paged=False),
    "Replayed": members(replayed=text()),
    "Planning": members(
        planning_time=text(),
        time_zone=text(),
        day_hours=NUMBER,
        next=MAYBE_TIME,
        problem=text(what="Why the day that is due has not been planned yet; empty when nothing prevents it."),
    ),
    "Ship": SHIP,
    **all_settings.VIEWS,
    "ModelChoice": members(
        checked=text(what="The day on which the list prices were looked up."),
        rules=members(
            classes={"type": "object", "additionalProperties": TEXTS}, prefer=text(), allow=TEXTS, deny=TEXTS
        ),
        providers=array(
            members(
                id=text(),
                connected=FLAG,
                by=text(what="Whose key it is: team, installation, or empty."),
                takes_key=FLAG,
                **_KEY_OF_PROVIDER,
            )
        ),
        asked=explain(_ASKED, "Which models would be asked now for each task class, in this order."),
        left_out=_ASKED,
        models=array(
            members(
                reference=text(),
                connected=FLAG,
                window=COUNT,
                output=COUNT,
                speed=COUNT,
                prices=array(members(from_tokens=COUNT, **_DOLLARS)),
            )
        ),
    ),
    "Answered": members(
        found=explain(FLAG, "Whether the workspace holds an answer."),
        answer=text(),
        sources=array(members(**{name: text() for name in _OF_SOURCE})),
        model=text(what="The model that answered; empty where nothing was found to ask a model about."),
        searched_for=text(),
    ),
    "Chats": members(chats=array(members(**_OF_CHAT, turns=COUNT))),
    "Chat": members(**_OF_CHAT, turns=array(_TURN)),
    "Knowledge": KNOWLEDGE,
    "Databases": members(
        connected=FLAG,
        connect_url=text(),
        connect_command=text(),
        state=text(what="One of: not begun, working, asking, choosing, done, failed."),
        problem=text(),
        **{name: array(ANY) for name in _OF_DATABASES},
    ),
    "SlackAnswer": ANY,
    **team.VIEWS,
    **key_routes.VIEWS,
    **invitation_routes.VIEWS,
    **sign_in.VIEWS,
    **session_list.VIEWS,
    **SLACK_VIEWS,
    **setup_steps.VIEWS,
    **life.VIEWS,
    **status.VIEWS,
    **autonomy_policy.VIEWS,
}

_TAG = text(what="The ETag of an answer before: while nothing has changed, the answer is 304, without a body.")
_SEEN = text(what="The ETag of what was looked at: where it has changed since, nothing is done.")
_NAMED = text(f"^{IDEMPOTENCY_KEY}$", what="Sent again with the same key, the call is answered as the first time.")
_REASONS = {
    400: "The request cannot be understood.",
    401: "There is no valid identity.",
    403: "The caller is known, but not allowed to do this.",
    404: "It does not exist, or belongs to another tenant.",
    405: "This address does not answer this method.",
    409: "It has changed, or somebody else is working on it.",
    412: "It has changed.",
    413: "The request is too large.",
    415: "The body is of the wrong type.",
    421: "The page has another address.",
    429: "The key, or the person whose key it is, has made too many calls.",
    503: "This cannot be done right now.",
}


def document(routes: Sequence[Route], public_url: str) -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Workwright",
            "version": API,
            "description": "Look at runs and act on them. Errors are problem+json (pages to who asks for text/html).",
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "tags": [{"name": name, "description": what} for name, what in GROUPS.items()],
        "paths": paths,
        "webhooks": describe_webhooks(),
        "components": {
            "schemas": dict(SCHEMAS),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key, ww_…"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.id.lstrip("_"),
        "tags": [group_of(route)],
        "summary": route.summary,
        "description": f"Permission: {route.permission}.",
        "security": [{"key": []}] if route.needs_key else [],
        "responses": {str(route.status): _answer(route), **{str(n): _error(route, n) for n in _errors(route)}},
    }
    parameters = [_parameter("path", name, PARTS[name]) for name in route.parts]
    parameters += [_parameter("query", name, schema) for name, schema in route.query.items()]
    if route.takes_idempotency_key:
        parameters.append(_parameter("header", "Idempotency-Key", _NAMED))
    if route.is_conditional:
        parameters.append(_parameter("header", "If-Match", _SEEN))
    if route.is_tagged:
        parameters.append(_parameter("header", "If-None-Match", _TAG))
        found["responses"]["304"] = {"description": "It is as the `ETag` says that was given."}
    if parameters:
        found["parameters"] = parameters
    if route.body is not None:
        required = bool(route.body.get("required"))
        found["requestBody"] = {"required": required, "content": {route.body_type: {"schema": route.body}}}
    elif route.permission == "slack signature":
        found["requestBody"] = {"required": True, "content": describe_body(route.path)}
    return found


def _parameter(place: str, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    what = describe_parameter(name, schema)
    return {"name": name, "in": place, "description": what, "required": place == "path", "schema": schema}


def _errors(route: Route) -> list[int]:
    codes = {*route.errors, 400, 503}  # 400: a query that no route knows
    if route.needs_key:
        codes |= {401, 403, 409, 429}
    if route.parts and route.permission != "slack signature":
        codes.add(404)
    if route.body is not None:
        codes |= {413, 415}
    return sorted(codes - {route.status})


def _answer(route: Route) -> dict[str, Any]:
    if route.answer == "html":
        return {"description": "A page.", "content": {"text/html": {"schema": {"type": "string"}}}}
    kind = life.LINES if route.answer == "Export" else JSON
    content: dict[str, Any] = {kind: {"schema": {"$ref": f"#/components/schemas/{route.answer}"}}}
    if route.answer == "AuditExport":
        content[audit.CSV] = {"schema": {"type": "string"}}
    return {"description": "Done.", "content": content}


def _error(route: Route, status: int) -> dict[str, Any]:
    """Describe an error: a page where an answer is a page, else a problem, which is what programs get."""
    content: dict[str, Any] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if route.answer == "html":
        content = {"text/html": {"schema": {"type": "string"}}}
    if route.answer == "Health" and status == 503:
        content[JSON] = {"schema": {"$ref": "#/components/schemas/Health"}}
    return {"description": _REASONS[status], "content": content}

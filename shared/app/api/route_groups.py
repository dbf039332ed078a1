"""Which group of the API a route belongs to: what clients and documents made of the description sort it by."""

from __future__ import annotations

from collections.abc import Mapping

from shared.app.api.route import Route

PAGES, WEBHOOKS = "Pages", "Webhooks"
_SIGNED = "Calls of other systems"
GROUPS: Mapping[str, str] = {
    "Runs": "What has been asked for, how it stands, what it waits for, and every version of the work.",
    "Agents": "Agents and patterns of agents, asked by themselves.",
    "Knowledge": "Questions about the workspace, conversations, and what is read.",
    "Planning": "When days are planned, and what people prefer.",
    "Money": "What is spent and what may be, and which models are asked at which prices.",
    "Connections": "Other systems: what is connected, where work goes, what is told to them, and what was made there.",
    "People": "Who is in the team, how they sign in, which keys there are, and what each is told.",
    "Team": "The team as a whole: its settings, its pause, its audit, its export and its end.",
    "Service": "How the service is, and what it offers.",
    _SIGNED: "What other systems call; each call is signed by its system.",
    WEBHOOKS: "What a team's endpoints are sent.",
    PAGES: "Pages for a browser, behind links and sessions; for no program.",
}
_OF_PERMISSION: Mapping[str, str] = {  # the permission's first word
    **dict.fromkeys(("runs", "contexts", "feedback", "queue", "sites"), "Runs"),
    "agents": "Agents",
    **dict.fromkeys(("knowledge", "chat"), "Knowledge"),
    **dict.fromkeys(("planning", "preferences"), "Planning"),
    **dict.fromkeys(("usage", "budget", "models"), "Money"),
    **dict.fromkeys(("connections", "endpoints", "databases", "made", "ship", "origins"), "Connections"),
    **dict.fromkeys(("members", "keys", "sessions", "accounts", "notifications", "whoami"), "People"),
    **dict.fromkeys(("tenant", "settings", "policy", "pause", "audit"), "Team"),
    "public": "Service",
}


def group_of(route: Route) -> str:
    """Return the group; "" where nobody has said it, which a test finds."""
    if route.answer == "html":
        return PAGES
    if route.path.startswith("/v1/login"):  # open to everybody, because who signs in has no key yet
        return "People"
    if route.permission.endswith(" signature"):
        return _SIGNED
    return _OF_PERMISSION.get(route.permission.partition(".")[0], "")

"""What a route of the API is: who may use it, what it takes, what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shared.app.api.exchange import JSON, ApiReply, Call
from shared.app.api.json_shapes import Schema, text
from shared.core.people.members import ROLES

Handler = Callable[[Call], ApiReply]

# What each permission needs: a key of one of these roles; None where something else than a key opens the door.
PERMISSIONS: Mapping[str, frozenset[str] | None] = {
    "public": None,
    "approval link": None,
    "login link": None,
    "mail link": None,
    "session": None,
    "slack signature": None,
    "runs.read": frozenset(ROLES),
    "runs.decide": frozenset({"owner", "admin", "member"}),
    "runs.steer": frozenset({"owner", "admin", "member"}),
    "runs.open": frozenset({"owner", "admin", "member"}),
    "contexts.read": frozenset({"owner", "admin"}),
    "feedback.give": frozenset({"owner", "admin", "member"}),
    "preferences.read": frozenset(ROLES),
    "preferences.change": frozenset({"owner", "admin", "member"}),
    "usage.read": frozenset(ROLES),
    "budget.change": frozenset({"owner"}),
    "audit.read": frozenset({"owner", "admin"}),
    "queue.read": frozenset({"owner", "admin"}),
    "queue.replay": frozenset({"owner", "admin"}),
    "keys.own": frozenset(ROLES),
    "keys.manage": frozenset({"owner", "admin"}),
    "members.read": frozenset(ROLES),
    "members.leave": frozenset(ROLES),
    "whoami": frozenset(ROLES),
    "members.manage": frozenset({"owner", "admin"}),
    "databases.read": frozenset(ROLES),
    "databases.manage": frozenset({"owner"}),
    "connections.read": frozenset(ROLES),
    "connections.manage": frozenset({"owner"}),
    "settings.read": frozenset(ROLES),
    "settings.change": frozenset({"owner", "admin"}),
    "planning.read": frozenset(ROLES),
    "planning.change": frozenset({"owner"}),
    "agents.read": frozenset(ROLES),
    "agents.ask": frozenset({"owner", "admin", "member"}),
    "chat": frozenset({"owner", "admin", "member"}),
    "knowledge.ask": frozenset({"owner", "admin", "member"}),
    "knowledge.read": frozenset(ROLES),
    "knowledge.change": frozenset({"owner", "admin"}),
    "models.read": frozenset(ROLES),
    "models.change": frozenset({"owner"}),
    "pause.read": frozenset(ROLES),
    "pause.change": frozenset({"owner", "admin"}),
    "made.read": frozenset(ROLES),
    "made.take_away": frozenset({"owner", "admin"}),
    "sites.take_down": frozenset({"owner", "admin"}),
    "tenant.read": frozenset(ROLES),
    "tenant.export": frozenset({"owner"}),
    "tenant.delete": frozenset({"owner"}),
    "sessions.own": frozenset(ROLES),
    "accounts.link": frozenset(ROLES),
    "notifications.own": frozenset(ROLES),
    "notifications.read": frozenset(ROLES),
    "notifications.change": frozenset({"owner", "admin"}),
    "origins.read": frozenset(ROLES),
    "origins.change": frozenset({"owner"}),
    "endpoints.manage": frozenset({"owner"}),
    "ship.read": frozenset(ROLES),
    "ship.change": frozenset({"owner"}),
    "policy.read": frozenset(ROLES),
    "policy.change": frozenset({"owner", "admin"}),
}

# Which scopes a key needs for a permission, all of them: a conversation can do whatever one says in it.
NEEDS: Mapping[str, frozenset[str]] = {
    **{name: frozenset({"read"}) for name in PERMISSIONS if name.endswith(".read")},
    **{name: frozenset({"settings"}) for name in PERMISSIONS if name.endswith((".change", ".manage"))},
    **dict.fromkeys(("runs.open", "feedback.give", "knowledge.ask", "agents.ask"), frozenset({"run"})),
    **dict.fromkeys(
        ("runs.steer", "queue.replay", "pause.change", "made.take_away", "sites.take_down"), frozenset({"steer"})
    ),
    **dict.fromkeys(("keys.own", "members.leave", "sessions.own", "notifications.own"), frozenset({"settings"})),
    **dict.fromkeys(("tenant.export", "tenant.delete"), frozenset({"settings"})),
    "runs.decide": frozenset({"decide"}),
    "chat": frozenset({"run", "decide", "steer"}),
    "accounts.link": frozenset({"decide", "settings"}),  # whose account it is decides there in their name
    "whoami": frozenset(),
}

RUN = text("^run-[0-9A-Za-z][0-9A-Za-z-]{0,63}$")
PARTS: Mapping[str, Schema] = {
    "run": RUN,
    "page": text("^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$"),
    "site": text("^site-[0-9a-f]{24}$"),
    "agent": text("^[a-z][a-z0-9-]{0,59}$"),
    "pattern": text("^[a-z]{1,40}$"),
    "system": text("^[a-z][a-z0-9_-]{0,39}$"),
    "made": text("^made-[0-9a-f]{12}$"),
    "step": text("^[0-9A-Za-z][0-9A-Za-z_.:@~+-]{0,199}$"),
    "chat": text("^chat-[0-9a-f]{24}$"),
    "n": text("^[1-9][0-9]{0,3}$"),
    "letter": text("^[0-9A-Za-z][0-9A-Za-z_.:@=~+-]{0,399}$"),
    "key": text("^[0-9a-f]{12}$"),
    "account": text("^sa-[0-9a-f]{12}$"),
    "invitation": text("^inv-[0-9a-f]{24}$"),
    "digest": text("^[0-9a-f]{64}$"),
    "login": text("^[A-Za-z0-9_-]{1,2000}\\.[0-9a-f]{64}$"),
    "browser": text("^[0-9a-f]{64}$"),
    "member": text("^p-[0-9a-f]{24}$"),
    "recipient": text("^[0-9A-Za-z][0-9A-Za-z_.@+-]{0,79}$"),
    "session": text("^[0-9a-f]{12}$"),
    "hook": text("^[0-9a-f]{32}$"),
    "endpoint": text("^ep-[0-9a-f]{24}$"),
    "delivery": text("^[0-9]{10}\\.msg_[0-9a-f]{24}$"),
    "preference": text("^pref-[0-9a-f]{24}$"),
    "token": text("^[^/]{1,4000}$"),
    "provider": text("^[a-z-]{1,40}$"),
}

STREAMED = ("Export", "AuditExport")  # answers that are sent as they come
IDEMPOTENCY_KEY = "[!-~]{1,200}"
REASON = text(max_length=500, default="")
TENANT: Mapping[str, Schema] = {
    "tenant": text("^[0-9A-Za-z-]{1,64}$")
}  # what the OAuth callback adds; it grants nothing


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
    is_conditional: bool = False  # it takes If-Match: what is changed must still be as it was read
    goes_on: bool = False  # with the same Idempotency-Key its handler finds what a call that died has done, and goes on

    @property
    def parts(self) -> list[str]:
        """Return the names of the path's variable parts."""
        return [piece[1:-1] for piece in self.path.split("/") if piece.startswith("{")]

    @property
    def needs_key(self) -> bool:
        """Return whether a key opens this route."""
        return PERMISSIONS[self.permission] is not None

    @property
    def takes_idempotency_key(self) -> bool:
        """Return whether a call can name itself, so that it is carried out once however often it is sent."""
        return self.method == "POST" and self.needs_key

    @property
    def is_tagged(self) -> bool:
        """Return whether its answers have an ETag: who looks on asks again and again whether something has changed."""
        return self.method == "GET" and self.needs_key and self.answer not in STREAMED

    @property
    def id(self) -> str:
        """Return a name for programs."""
        return self.handler.__name__


def check_routes(routes: Sequence[Route]) -> None:
    """Raise ValueError for a route that nobody has said who may use, or that cannot be told from another."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        name = f"{route.method} {route.path}"
        if route.permission not in PERMISSIONS:
            raise ValueError(f"{name}: unknown permission {route.permission!r}; deny by default: it must not start")
        if route.needs_key and route.permission not in NEEDS:
            raise ValueError(f"{name}: nobody has said which scopes {route.permission!r} needs; it must not start")
        if (route.method, route.path) in seen:
            raise ValueError(f"{name} is there twice")
        if unknown := set(route.parts) - set(PARTS):
            raise ValueError(f"{name}: no schema for {sorted(unknown)}")
        seen.add((route.method, route.path))

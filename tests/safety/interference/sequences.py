"""Random requests of two teams, one of them hostile: it knows every name, key and run of the other."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.app.api.route import Route
from shared.app.api.routes import ROUTES
from tests.functions.api.test_api_access import BODIES
from tests.functions.conftest import ROLES
from tests.safety.interference.worlds import TEAMS, Asked, Ground

KEYED = [route for route in ROUTES if route.needs_key]
_RARE = {"delete_tenant", "drop_key", "leave_team"}  # after which there is little left to see
_MADE_UP = {"run": "run-made-up", "step": "made-up", "n": "7", "provider": "openai", "letter": "run-made-up.1.0"}
_ROLES = ("owner", "owner", "owner", "person", *ROLES)


def draw_sequence(rng: random.Random, ground: Ground, watched: str, length: int, first: Route) -> list[Asked]:
    """Return so many requests of both teams, the first of them a plain one of this route.

    The watched team asks for its own things for the greater part.
    """
    plain = rng.choice(ask_plainly(ground, first, rng.choice(TEAMS)))
    return [plain, *(_draw(rng, ground, rng.choice(TEAMS), watched) for _ in range(length - 1))]


def ask_plainly(ground: Ground, route: Route, team: str) -> list[Asked]:
    """Return what the team's owner and somebody in both teams ask of a route: of what is theirs, and of the other's."""
    (other,) = set(TEAMS) - {team}
    body = None if route.method == "GET" else {**BODIES.get(route.id, {})}
    asked = []
    for whose in (team, other):
        names = ground.names[whose] if whose == team else {**ground.names[whose], "run": ground.names[whose]["own_run"]}
        path = re.sub(r"\{(\w+)\}", lambda part, names=names: names[part[1]], route.path)
        for role, key in (("owner", "same-for-both"), ("person", "")):
            used = key if route.takes_idempotency_key else ""
            asked.append(Asked(team, role, route.method, path, body=body, idempotency_key=used))
    return asked


def _draw(rng: random.Random, ground: Ground, team: str, watched: str) -> Asked:
    route = _draw_route(rng)
    (other,) = set(TEAMS) - {team}
    others = 0.2 if team == watched else 0.6
    names = {part: _draw_part(rng, ground, part, team if rng.random() > others else other) for part in route.parts}
    path = re.sub(r"\{(\w+)\}", lambda part: names[part[1]], route.path)
    query = tuple(
        (name, _draw_value(rng, ground, schema, other)) for name, schema in route.query.items() if _often(rng)
    )
    body = None if route.method == "GET" else _draw_body(rng, route, other)
    key = rng.choice(("", "", "same-for-both")) if route.takes_idempotency_key else ""
    role = rng.choice(_ROLES)
    return Asked(team, role, route.method, path, query, body, key, _forge(rng, ground, team, role, watched))


def _draw_route(rng: random.Random) -> Route:
    route = rng.choice(KEYED)
    return route if route.id not in _RARE or rng.random() < 0.1 else rng.choice(KEYED)


def _draw_part(rng: random.Random, ground: Ground, part: str, team: str) -> str:
    known = ground.names[team].get("own_run" if part == "run" and rng.random() < 0.4 else part, "")
    return known if known and rng.random() < 0.9 else _MADE_UP.get(part, known or "made-up")


def _draw_value(rng: random.Random, ground: Ground, schema: Mapping[str, Any], other: str) -> str:
    if "enum" in schema:
        return str(rng.choice(schema["enum"]))
    if schema.get("type") == "integer":
        return str(rng.choice((1, 2, 5)))
    if schema.get("format") == "date":
        return "2026-11-24"
    return str(rng.choice([*ground.names[other].values(), "run-waits", "2026-11", other]))


def _draw_body(rng: random.Random, route: Route, other: str) -> dict[str, Any]:
    body = dict(BODIES.get(route.id, {}))
    if route.id == "delete_tenant" and rng.random() < 0.5:
        body["confirm"] = other
    if rng.random() < 0.1:
        body["tenant"] = other
    return body


def _forge(rng: random.Random, ground: Ground, team: str, role: str, watched: str) -> str:
    """Return a key of the hostile team's that names the watched one, now and then; "" for the right one."""
    if team == watched or rng.random() > 0.05:
        return ""
    theirs, mine = ground.keys[watched, role], ground.keys[team, role]
    return rng.choice((mine.replace(team, watched), theirs[:-9] + mine[-9:], theirs.rpartition(".")[0] + mine[-74:]))


def _often(rng: random.Random) -> bool:
    return rng.random() < 0.4


def count_routes(requests: Sequence[Asked]) -> int:
    """Return how many of the API's routes with a key were asked for."""
    asked = {(each.method, each.path) for each in requests}
    return sum(any(method == route.method and _fits(route, path) for method, path in asked) for route in KEYED)


def _fits(route: Route, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route.path), path) is not None

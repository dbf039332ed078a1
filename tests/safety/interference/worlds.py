"""Two teams behind one API, and the same API with one of them alone: what one sees must not tell them apart."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from shared.app.api.exchange import ApiReply, ApiRequest
from shared.app.api.keys import make_key
from shared.app.api.router import Api
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.core.documents.codec import to_body
from shared.core.errors import StoreError
from shared.core.people.sessions import Session
from shared.integrations.notion.ids import normal_id
from shared.ports import Put, Secret, change_doc
from tests.functions.api.test_api_access import LIKED, prepare_things
from tests.functions.conftest import MINE, OTHER, ROLES, Service
from tests.support.ports.moved_clock import MovedClock

TEAMS = (MINE, OTHER)
PIA, SESSION = "p-" + "c" * 24, "5" * 12  # who is in both, and is signed in to each by a name that both have
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPERATOR_SECRETS = ("api-key-pepper", "approval-link-key", "slack-signing-secret", "oauth-state-key")
# Ids and secrets that were drawn by lot are the same in two worlds only by their order of appearance.
_DRAWN = re.compile(
    r"ww_(?:live|local)_[0-9A-Za-z_.-]+|whsec_[0-9A-Za-z+/=]+|[0-9a-f]{12,}|(?=[A-Za-z_-]*[0-9])[0-9A-Za-z_-]{24,}"
    r"|\b[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}\b"
)
Wrap = Callable[[Deps], Deps]


def leave_alone(deps: Deps) -> Deps:
    """Return the ports as they are."""
    return deps


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of one team, with the key of one of its roles, or with a forged one."""

    team: str
    role: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    idempotency_key: str = ""
    forged: str = ""


@dataclass(slots=True)
class Ground:
    """A folder with teams in it, to begin from again and again: their keys, and the names of their things."""

    folder: Path
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def settle(self, team: str) -> None:
        """Give a team one thing of each kind, and a key for each role."""
        deps, store = _open(self.folder)
        for name in OPERATOR_SECRETS:
            deps.secrets.set(name, Secret(f"{name} of the tests"))
        service = Service(None, deps)
        front = "foreign " if team == OTHER else ""
        self.names[team] = prepare_things(service, team, "" if front else "owner")
        self.names[team]["own_run"] = f"run-of-{team[2:6]}"  # beside one that is called the same in both teams
        service.waiting(team, self.names[team]["own_run"])
        for role in ROLES:
            self.keys[team, role] = service.keys[f"{front}{role}"]
        self._let_in(deps, team)
        self._tell_apart(deps, team)
        self._settle_in(deps, team)
        store.close()

    def _let_in(self, deps: Deps, team: str) -> None:
        """Let somebody be in both teams, with a key, a session, an account and choices of their own in each."""
        first, role = team == MINE, "admin" if team == MINE else "member"
        body = {"name": "Pia", "identity": "notion:u-2", "since": "2026-11-21T09:00:00+00:00", "role": role}
        change_doc(
            deps.store, (team, "members", "team"), lambda known: {"people": {**(known or {})["people"], PIA: body}}
        )
        session = Session(PIA, role, "no hash", NOW, NOW, browser=f"the browser of {team}")
        deps.store.put(
            team,
            Put("sessions", SESSION, to_body(session)),
            Put("linked-accounts", f"slack.T1.U{1 if first else 2}", {"person": PIA, "at": NOW.isoformat()}),
            Put("telling", PIA, {"priority": "high" if first else "low"}),
            Put("telling-team", "team", {"escalate_hours": 5 if first else 6}),
        )
        self.names[team]["session"] = SESSION
        self.keys[team, "person"] = make_key(deps, team, role, "Pia's laptop", person=PIA)[1]

    def _tell_apart(self, deps: Deps, team: str) -> None:
        """Let what is called the same in both teams say something else in each."""
        page = self.names[team]["page"]
        place, below = normal_id(page), normal_id("2" * 32)  # whose way is told by the title of what it lies in
        liked = {"text": f"As {team} likes it", "by": "rules", "sources": [], "at": NOW.isoformat(), "until": ""}
        deps.store.put(
            team,
            Put("routines", page, {"page": page, "title": f"the routine of {team}"}),
            Put("map", place, {"id": place, "kind": "page", "title": f"the page of {team}"}),
            Put("map", below, {"id": below, "kind": "page", "title": "Rye", "parent": place}),
            Put("preferences", LIKED, liked),
        )

    def _settle_in(self, deps: Deps, team: str) -> None:
        """Let the team's owner set what there is to set, unlike the other team."""
        first, api = team == MINE, Api(deps, _no_systems)
        for method, path, body in (
            ("POST", "/v1/planning", {"planning_time": "07:30" if first else "08:45", "day_hours": 6 if first else 7}),
            ("POST", "/v1/models", {"deny": ["openai" if first else "anthropic"]}),
            ("POST", "/v1/budget", {"day": 40_000_000 if first else 50_000_000}),
            ("POST", f"/v1/runs/{self.names[team]['own_run']}/approve", {}),
            *([("POST", "/v1/databases", {})] if first else []),
        ):
            asked = Asked(team, "owner", method, path, body=body)
            assert (reply := api.answer(_request(self, asked))).status == 200, _whole(reply)


def lay_grounds(folder: Path, watched: str) -> tuple[Ground, Ground]:
    """Return the ground where both teams live, and the one where the watched team lives alone, the same to the byte."""
    (hostile,) = set(TEAMS) - {watched}
    alone = Ground(folder / "alone")
    alone.settle(watched)
    shutil.copytree(alone.folder, folder / "both")
    both = Ground(folder / "both", dict(alone.keys), dict(alone.names))
    both.settle(hostile)
    return both, replace(alone, keys=both.keys, names=both.names)


class World:
    """An API in this process on a copy of some ground."""

    def __init__(self, ground: Ground, folder: Path, wrap: Wrap = leave_alone) -> None:
        shutil.copytree(ground.folder, folder)
        self._ground, self._folder = ground, folder
        deps, self._store = _open(folder)
        self._clock = deps.clock
        self._deps = wrap(deps)
        self._api = Api(self._deps, _no_systems)
        self._known = set(_DRAWN.findall(json.dumps([sorted(ground.keys.values()), ground.names])))

    def answer(self, asked: Asked) -> Any:
        """Return what the team sees: the status, what the headers say, and the body without what was drawn by lot."""
        reply = self._api.answer(_request(self._ground, asked))
        shown = {name: value for name, value in reply.all_headers.items() if name != "ETag"}  # a hash of the body
        return reply.status, self._mask(json.dumps(shown, sort_keys=True)), self._mask(_whole(reply))

    def list_records(self, team: str) -> list[Any]:
        """Return everything the team has in the store and the queue."""
        store, letters = self._store, self._deps.queue.dead_letters(team)
        docs = [[kind, doc.id, doc.body] for kind in store.kinds(team) for doc in store.list_docs(team, kind)]
        entries = [dict(entry.body) for entry in store.audit(team, limit=1000)]
        return [self._mask(json.dumps(each, sort_keys=True, default=str)) for each in (docs, entries, letters)]

    def pass_time(self) -> None:
        """Let a second pass, whoever asked for something in it."""
        assert isinstance(self._clock, MovedClock)
        self._clock.move(seconds=1)

    def close(self) -> None:
        """End the world."""
        self._store.close()
        shutil.rmtree(self._folder)

    def _mask(self, text: str) -> Any:
        """Return the text with each drawn name as `…`; lists whose order such names decide are sorted."""
        masked = _DRAWN.sub(lambda found: found[0] if found[0] in self._known else "…", text)
        try:
            return _sort(json.loads(masked))
        except ValueError:
            return masked


def _request(ground: Ground, asked: Asked) -> ApiRequest:
    key = asked.forged or ground.keys[asked.team, asked.role]
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    if asked.idempotency_key:
        headers["idempotency-key"] = asked.idempotency_key
    query: dict[str, list[str]] = {}
    for name, value in asked.query:
        query.setdefault(name, []).append(value)
    body = b"" if asked.body is None else json.dumps(asked.body).encode()
    return ApiRequest(asked.method, asked.path, query, headers, body, "198.51.100.7")


def describe(asked: Asked) -> str:
    """Return the request as somebody would type it."""
    query = f"?{urlencode(asked.query)}" if asked.query else ""
    return f"{asked.role} of {asked.team[:6]}: {asked.method} {asked.path}{query} {asked.body or ''}"


def _open(folder: Path) -> tuple[Deps, LocalStore]:
    clock = MovedClock(NOW)
    store = LocalStore(folder, clock)
    return Deps(store, LocalQueue(store, clock), LocalSecrets(folder), clock, public_url="http://localhost"), store


def _no_systems() -> Tools:
    raise StoreError("no system can be reached here")


def _whole(reply: ApiReply) -> str:
    return b"".join(reply.stream).decode() if reply.stream is not None else reply.text


def _sort(value: Any) -> Any:
    if isinstance(value, dict):
        return "sealed" if "ct" in value and "nonce" in value else {name: _sort(each) for name, each in value.items()}
    if isinstance(value, list):
        inner = [_sort(each) for each in value]
        drawn = "…" in json.dumps(inner, ensure_ascii=False)
        return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True)) if drawn else inner
    return value

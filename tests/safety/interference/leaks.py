"""Ports that forget the tenant in one place each: what a missing check would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.ports import Put
from tests.safety.interference.worlds import TEAMS, Wrap


class Leaking:
    """A port of which one method does something else; the rest is the real one's."""

    def __init__(self, real: Any, **methods: Callable[..., Any]) -> None:
        self._real, self._methods = real, methods

    def __getattr__(self, name: str) -> Any:
        """Return the changed method, or the real one."""
        return self._methods[name] if name in self._methods else getattr(self._real, name)


def _other(tenant: str) -> str:
    return TEAMS[1 - TEAMS.index(tenant)] if tenant in TEAMS else tenant


def _fall_back(real: Any, name: str) -> Callable[..., Any]:
    """Return the method, which finds the other team's where there is nothing of one's own."""
    method = getattr(real, name)

    def find(tenant: str, *rest: Any, **options: Any) -> Any:
        try:
            found = method(tenant, *rest, **options)
        except KeyError:
            found = None
        return found if found is not None else method(_other(tenant), *rest, **options)

    return find


def _merge(real: Any, name: str) -> Callable[..., Any]:
    """Return the method, which lists what both teams have."""
    method = getattr(real, name)

    def list_both(tenant: str, *rest: Any, **options: Any) -> Any:
        theirs = method(_other(tenant), *rest, **options) if tenant in TEAMS else []
        return [*method(tenant, *rest, **options), *theirs]

    return list_both


def _write_to_both(real: Any) -> Callable[..., Any]:
    def put(tenant: str, *puts: Put) -> None:
        real.put(tenant, *puts)
        if tenant in TEAMS:
            real.put(_other(tenant), *(replace(each, expected=None) for each in puts))

    return put


def _note_for_both(real: Any) -> Callable[..., Any]:
    def note(tenant: str, entry: Mapping[str, Any]) -> None:
        real.note(tenant, entry)
        real.note(_other(tenant), entry)

    return note


def _replay_any(real: Any) -> Callable[..., Any]:
    def replay(tenant: str, command: str) -> None:
        owner = next((each for each in TEAMS if any(x.command.id == command for x in real.dead_letters(each))), tenant)
        real.replay(owner, command)

    return replay


def _in_store(name: str, change: Callable[[Any], Callable[..., Any]]) -> Wrap:
    return lambda deps: replace(deps, store=Leaking(deps.store, **{name: change(deps.store)}))


def _in_queue(name: str, change: Callable[[Any], Callable[..., Any]]) -> Wrap:
    return lambda deps: replace(deps, queue=Leaking(deps.queue, **{name: change(deps.queue)}))


def _swap_kind(name: str, kind: str) -> Wrap:
    """Return ports that, of one kind of documents, read the other team's instead of one's own."""

    def change(real: Any) -> Callable[..., Any]:
        method = getattr(real, name)

        def read(tenant: str, of: str, *rest: Any, **options: Any) -> Any:
            return method(_other(tenant) if of == kind else tenant, of, *rest, **options)

        return read

    return _in_store(name, change)


def _finding(name: str) -> Wrap:
    return _in_store(name, lambda real: _fall_back(real, name))


def _listing(name: str) -> Wrap:
    return _in_store(name, lambda real: _merge(real, name))


# What the API reads one by one and in lists, where the two teams do not have the same.
_READ = (
    "api_keys", "chats", "contexts", "endpoint-deliveries", "endpoints", "grants", "hooks", "idempotency",
    "invitations", "map", "members", "planning", "preference-state", "preferences", "rates", "routines",
    "service-accounts", "settings", "setup", "snapshots", "telling-team",
)  # fmt: skip
_LISTED = (
    "api_keys", "chats", "effects", "endpoint-deliveries", "endpoints", "feedback", "grants", "hooks",
    "linked-accounts", "map", "preferences", "service-accounts", "sessions", "site_values", "telling",
)  # fmt: skip
LEAKS: Mapping[str, Wrap] = {
    **{name: _finding(name) for name in ("load_run", "get")},
    **{name: _listing(name) for name in ("list_runs", "events", "list_docs", "audit")},
    "put": _in_store("put", _write_to_both),
    "note": _in_store("note", _note_for_both),
    "dead_letters": _in_queue("dead_letters", lambda real: _merge(real, "dead_letters")),
    "replay": _in_queue("replay", _replay_any),
    **{f"get {kind}": _swap_kind("get", kind) for kind in _READ},
    **{f"list_docs {kind}": _swap_kind("list_docs", kind) for kind in _LISTED},
}

# What the API reads beside, and no leak is planted in.
ELSEWHERE = {
    "pages": "which run a page has: each run is read by its team",
    "spending": "what models have cost: none is reached here, so it is the same in both teams",
}


def note_reads(seen: set[str]) -> Wrap:
    """Return ports that note, by the names of the leaks, what a team has asked of them and which kinds it has read."""
    names = {name.partition(" ")[0] for name in LEAKS}

    def change(real: Any, name: str) -> Callable[..., Any]:
        def ask(tenant: str, *rest: Any, **options: Any) -> Any:
            found = getattr(real, name)(tenant, *rest, **options)
            if tenant in TEAMS:
                seen.add(f"{name} {rest[0]}" if name in ("get", "list_docs") and found else name)
            return found

        return ask

    def note_in(real: Any) -> Leaking:
        return Leaking(real, **{name: change(real, name) for name in names if hasattr(real, name)})

    return lambda deps: replace(deps, store=note_in(deps.store), queue=note_in(deps.queue))

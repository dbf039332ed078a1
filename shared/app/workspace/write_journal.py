"""The write journal: what we wrote to Notion lately, by object and by content, and which runs led to it.

Our own writes come back as deliveries; not to take them for news is echo suppression. Those of our bot alone are
dropped at the door; the ledger is for the others: a delivery that names a person beside our bot (is the status shown
what we wrote, or what the person set?), and what another agent does after us (which runs led to it? agents must not
wake each other without end). It is written before the write it tells of, for whatever calls Notion in a run's name:
see `noting`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.accounts.grants import grant_of
from shared.app.engine.deps import Deps
from shared.core.documents.bots import WORKSPACES, Workspace
from shared.core.errors import Busy
from shared.core.run.run import Run, derive_id
from shared.ports import SYSTEM, Doc, Put, change_doc, get_as

KIND = "ledger"
WINDOW = timedelta(hours=24)  # a write of ours this recent counts as a cause of what happens to the object next
AROUND = timedelta(hours=1)  # and this recent, of what happens to other objects in the same table
MAX_PARTS = 100
_CONFLICTS = 5

Noted = Callable[[str, str, Any], None]
"""Hears of a write before it is sent: method, path, JSON body."""

_PATHS = (
    (re.compile(r"^/v1/(?:pages|databases|data_sources)/([0-9a-fA-F-]{32,36})(/move|/markdown)?$"), True),
    (re.compile(r"^/v1/blocks/([0-9a-fA-F-]{32,36})(/children)?$"), False),
)
_MAKES = re.compile(r"^/v1/(pages|databases|data_sources)$")


def noting(deps: Deps, run: Run) -> Noted:
    """Return what writes down every write of this run before it is sent."""
    last: dict[str, Mapping[str, str]] = {}

    def note(method: str, path: str, body: Any) -> None:
        for thing, parts in list_writes(method, path, body, run.trigger.page).items():
            if last.get(thing) != parts:  # a write that is repeated is in the ledger already
                deps.crash_point("ledger.before/notion")
                wrote(deps, run, thing, parts)
                deps.crash_point("ledger.after/notion")
                last[thing] = parts

    return note


def wrote(deps: Deps, run: Run, thing: str, parts: Mapping[str, str] | None = None) -> None:
    """Remember that this run wrote to an object: which parts of it, each with the hash of what it wrote there."""
    now, place = deps.clock.now(), (run.tenant, KIND, _id(thing))

    def add(known: Mapping[str, Any] | None) -> Mapping[str, Any]:
        before = _fresh_body(known, now, WINDOW)
        kept = {name: each for name, each in (before.get("parts") or {}).items() if name not in (parts or {})}
        known = dict(list({**kept, **(parts or {})}.items())[-MAX_PARTS:])
        times = {**(before.get("times") or {}), **dict.fromkeys(parts or (), now.isoformat())}
        return {
            "run": run.id,
            "causes": [*run.trigger.causes, run.id],
            "at": now.isoformat(),
            "parts": known,
            "times": {name: at for name, at in times.items() if name in known},
        }

    try:
        change_doc(deps.store, place, add, deps.stand_back, _CONFLICTS)
    except Busy:  # that we wrote counts for more than what others write down at the same time
        doc = deps.store.get(*place)
        deps.store.put(run.tenant, Put(KIND, _id(thing), add(doc.body if doc else None)))


def causes_of(deps: Deps, tenant: str, page: str, *around: str) -> tuple[str, ...]:
    """Return the runs that led to the page's present state: none when nobody but people wrote to it lately.

    `around` is the table the page is in: of two agents that make new pages for each other in one table, each page is
    new, and only the table knows how long the chain is. The chain may come from another tenant's agent in the same
    workspace; of its runs one learns only how many they are.
    """
    things = [page, *(each for each in around if each)]
    others = [
        tuple(derive_id("other-", other, run) for run in _chain(deps, other, things))
        for other in _neighbours(deps, tenant)
    ]
    return max([_chain(deps, tenant, things), *others], key=len)


def _chain(deps: Deps, tenant: str, things: Sequence[str]) -> tuple[str, ...]:
    now = deps.clock.now()
    found = [
        _fresh(deps.store.get(tenant, KIND, _id(each)), now, AROUND if number else WINDOW)
        for number, each in enumerate(things)
    ]
    return max((tuple(each.get("causes", ())) for each in found), key=len)


def _neighbours(deps: Deps, tenant: str) -> list[str]:
    """Return the other tenants in the same workspace: their bots are ours too."""
    grant = grant_of(deps.store, tenant, "notion")
    workspace = grant.workspace if grant else ""
    known = get_as(Workspace, deps.store, (SYSTEM, WORKSPACES, workspace)) if workspace else None
    return [each for each in (known.tenants if known else ()) if each != tenant]


def wrote_since(deps: Deps, tenant: str, thing: str, since: datetime | None) -> bool:
    """Say whether we wrote to the object after that time, or lately at all."""
    found = _fresh(deps.store.get(tenant, KIND, _id(thing)), deps.clock.now(), WINDOW)
    return bool(found) and (since is None or datetime.fromisoformat(found["at"]) > since)


def is_ours(
    deps: Deps, tenant: str, thing: str, value: Mapping[str, Any], *names: str, since: datetime | None = None
) -> bool:
    """Say whether a property still has the value that we wrote last, after `since`. `names` are its name and id."""
    found = _fresh(deps.store.get(tenant, KIND, _id(thing)), deps.clock.now(), WINDOW)
    parts, times = found.get("parts") or {}, found.get("times") or {}
    ours = [name for name in names if name in parts and parts[name] == content_hash(value)]
    return any(since is None or datetime.fromisoformat(times.get(name, found["at"])) > since for name in ours)


def forget_old(deps: Deps, tenant: str, after: str = "", limit: int = 100) -> str:
    """Drop what is older than the window, some at a time; return where to go on, "" at the end."""
    docs = deps.store.list_docs(tenant, KIND, after=after, limit=limit)
    for doc in docs:
        if not _fresh(doc, deps.clock.now(), WINDOW):
            deps.store.put(tenant, Put(KIND, doc.id, None))
    return docs[-1].id if len(docs) == limit else ""


def list_writes(method: str, path: str, body: Any, page: str = "") -> dict[str, dict[str, str]]:
    """Return what a request writes: object → part → hash. `page` is the run's, for blocks that do not tell theirs."""
    sent = body if isinstance(body, Mapping) else {}
    if method == "POST" and (makes := _MAKES.match(path)):
        parent = sent.get("parent") or {}
        into = next((str(parent[key]) for key in parent if key.endswith("_id") and parent[key]), "")
        return {into: {f"new {makes[1]}": content_hash(sent.get("properties"))}} if into else {}
    for pattern, stands_alone in _PATHS:
        if found := pattern.match(path):
            parts = {(found[2] or "").strip("/") or "whole": content_hash(sent)} if found[2] else _parts(sent)
            thing = {found[1]: parts}
            return thing if stands_alone or not page or _id(page) == _id(found[1]) else {**thing, page: {}}
    return {}


def _parts(sent: Mapping[str, Any]) -> dict[str, str]:
    """Each property by itself, because a person may change another one at the same moment."""
    parts = {name: content_hash(value) for name, value in sent.items() if name != "properties"}
    return parts | {name: content_hash(value) for name, value in (sent.get("properties") or {}).items()}


def content_hash(value: Any) -> str:
    """Return a hash that a value has both as it is written and as it is read back."""
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


_CHOICES = ("select", "status")
_TEXTS = ("title", "rich_text")
_IDS = ("people", "relation")


def _plain(value: Any) -> Any:
    """Reduce a property value to what was meant: the option's name, the text, the ids."""
    if not isinstance(value, Mapping):
        return value
    kind = str(value.get("type") or next((name for name in value if name not in ("id", "name")), ""))
    if kind not in value:
        return dict(value)
    content = value[kind]
    if kind in _CHOICES and isinstance(content, Mapping):
        return {kind: content.get("name") or content.get("id")}
    if isinstance(content, list) and all(isinstance(each, Mapping) for each in content):
        if kind in _TEXTS:
            return {kind: "".join(_text(each) for each in content)}
        if kind == "multi_select":
            return {kind: sorted(str(each.get("name")) for each in content)}
        if kind in _IDS:
            return {kind: sorted(_id(str(each.get("id"))) for each in content)}
    if kind == "date" and isinstance(content, Mapping):
        return {kind: [content.get("start"), content.get("end")]}
    return {kind: content}


def _text(item: Mapping[str, Any]) -> str:
    return str(item.get("plain_text") or (item.get("text") or {}).get("content") or "")


def _fresh(doc: Doc | None, now: datetime, window: timedelta) -> Mapping[str, Any]:
    return _fresh_body(doc.body if doc is not None else None, now, window)


def _fresh_body(known: Mapping[str, Any] | None, now: datetime, window: timedelta) -> Mapping[str, Any]:
    return known if known is not None and abs(now - datetime.fromisoformat(known["at"])) < window else {}


def _id(thing: str) -> str:
    bare = thing.replace("-", "").lower()
    return bare if len(bare) == 32 else thing

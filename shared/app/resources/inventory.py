"""What was made in other systems, as the records of effects have it: there is no second ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_scope import address_of
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.app.workspace.workspace_schemas import SCHEMAS, Schema
from shared.core.documents.effect import EFFECTS, Effect
from shared.core.run.run import Run, derive_id
from shared.integrations.systems import CHANNELS, UNNAMED_HOST
from shared.ports import get_as, read_as

Result = Mapping[str, Any]
_PAGE = 100
TAKEN = "take.taken"  # the step and the effect of the run that takes something away
REPOSITORY, BRANCH, CHANGE, PROJECT = "repository", "branch", "pull request", "project"
DEPLOYMENT, SITE, PAGE, DATABASE = "deployment", "site", "page", "database"


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in another system. `place` is what is needed to take it away; `gone` says how that was done."""

    id: str
    what: str
    system: str
    name: str
    url: str
    run: str
    at: str
    place: Mapping[str, str] = field(default_factory=dict)
    gone: str = ""
    effect: str = ""  # the record of the write that made it


@dataclass(frozen=True, slots=True)
class Made:
    """All that was made, oldest record first of each run, and how many messages went out, by channel."""

    things: tuple[Thing, ...]
    messages: Mapping[str, int]


def find_made(deps: Deps, tenant: str, run: str = "") -> Made:
    """Return what was made in other systems, of one run or of all."""
    runs = _Runs(deps, tenant)
    things: list[Thing] = []
    messages: dict[str, int] = {}
    gone: set[tuple[str, str]] = set()
    for effect in list_effects(deps, tenant, run):
        scope, _, name = effect.id.rpartition(".")
        if not effect.is_confirmed:
            continue
        if channel := next((each for each in CHANNELS if name.startswith(f"{each}-")), ""):
            messages[channel] = messages.get(channel, 0) + 1
            continue
        gone |= _find_taken_back(scope, name, effect.result or {})
        if (read := _READ.get(name.rstrip("0123456789").rstrip("-"))) is not None:
            things += read(_Record(deps, runs, effect, scope))
    kept = {thing.id: _mark_gone(deps, tenant, thing, gone) for thing in things}
    return Made(tuple(kept.values()), messages)


class _Runs:
    """The runs of a tenant, each read once."""

    def __init__(self, deps: Deps, tenant: str) -> None:
        self._deps, self.tenant = deps, tenant
        self._known: dict[str, Run | None] = {}

    def find_maker(self, scope: str) -> tuple[str, Run | None, str]:
        """Return id, run and step of an effect's scope."""
        run, _, step = scope.partition(".")
        if run not in self._known:
            loaded = self._deps.store.load_run(self.tenant, run) if run.startswith("run-") else None
            self._known[run] = loaded.run if loaded is not None else None
        known = self._known[run]
        return (run if known is not None else ""), known, step


def list_effects(deps: Deps, tenant: str, run: str) -> Iterator[Effect]:
    """Yield the records of writes, of one run or of all, by ascending id."""
    after, prefix = run, f"{run}." if run else ""
    while docs := deps.store.list_docs(tenant, EFFECTS, after=after, limit=_PAGE):
        yield from (read_as(Effect, doc) for doc in docs if doc.id.startswith(prefix))
        after = docs[-1].id
        if prefix and after > prefix and not after.startswith(prefix):
            return


def _find_taken_back(scope: str, name: str, result: Result) -> set[tuple[str, str]]:
    """Return what an undo has taken back, by the scope and what it is there."""
    if name == "undo-pull-request":
        return {(scope, CHANGE)}
    if name == "undo-branch":
        return {(scope, BRANCH)}
    if name.startswith("undo-deployment"):
        return {(scope, str(result.get("of")))}
    return {(scope, PAGE)} if name == "undo" and result.get("gone") else set()


class _Record:
    """The record of one effect that has happened, with the step that it belongs to."""

    def __init__(self, deps: Deps, runs: _Runs, effect: Effect, scope: str) -> None:
        self._deps, self._tenant, self._effect, self.scope = deps, runs.tenant, effect, scope
        self.run, run, step_id = runs.find_maker(scope)
        step = run.step(step_id) if run is not None else None
        self.result: Result = effect.result or {}
        self.output: Result = step.output if step is not None else {}
        self.given: Result = step.spec.input if step is not None else {}
        self.facts: Result = run.facts if run is not None else {}
        self.title = run.trigger.title if run is not None else ""

    def thing(self, what: str, system: str, title: str, url: str, place: Mapping[str, str], key: str = "") -> Thing:
        """Return a thing that this effect has made; `key` is what an undo knows it by in its step."""
        known = derive_id("made-", self._effect.id, what)[:17]
        place = {**place, "scope": self.scope, "key": key or what}
        at = self._effect.at.isoformat()
        return Thing(known, what, system, title, url, self.run, at, place, effect=self._effect.id)

    def list_in_notion(self, what: str, title: str) -> list[Thing]:
        """Return a page or a database, by its title: the one that is given, else the one that was read last."""
        made = str(self.result.get(what) or "")
        if not made:
            return []
        read = WorkspaceMap(self._deps, self._tenant).find_known(made) if not title else None
        name = title or (read.title if read is not None else "") or made
        return [self.thing(what, "notion", name, address_of(self._deps, made), {what: made})]


def _repository(record: _Record) -> list[Thing]:
    made, branch = record.result, str(record.output.get("branch", ""))
    if not made.get("system"):
        return []
    system, owner, name, url = (str(made[each]) for each in ("system", "owner", "name", "url"))
    found = [record.thing(REPOSITORY, system, f"{owner}/{name}", url, {"owner": owner, "name": name})]
    at = {"owner": owner, "name": name, "branch": branch}
    return [*found, *([record.thing(BRANCH, system, branch, f"{url}/tree/{branch}", at)] if branch else [])]


def _change(record: _Record) -> list[Thing]:
    owner, _, name = str(record.output.get("repository", "")).rpartition("/")
    number = str(record.result.get("number", ""))
    if not owner or not number:
        return []
    url, at = str(record.result["url"]), {"owner": owner, "name": name, "number": number}
    return [record.thing(CHANGE, str(record.output["system"]), f"{owner}/{name}#{number}", url, at)]


def _project(record: _Record) -> list[Thing]:
    project = str(record.result.get("id", ""))
    if not project:
        return []
    system, name = str(record.result.get("of") or UNNAMED_HOST), str(record.output.get("name") or project)
    return [record.thing(PROJECT, system, name, str(record.facts.get("site", "")), {"project": project})]


def _deployment(record: _Record) -> list[Thing]:
    deployment = str(record.result.get("id", ""))
    if not deployment:
        return []
    shown = record.output.get("deployment") == deployment
    url, system = str(record.output["url"]) if shown else "", str(record.result.get("system") or UNNAMED_HOST)
    at = {"deployment": deployment, "project": str(record.output.get("project", ""))}
    return [record.thing(DEPLOYMENT, system, deployment, url, at, deployment)]


def _site(record: _Record) -> list[Thing]:
    url = str(record.output.get("url", ""))
    return [record.thing(SITE, str(record.output["system"]), url, url, {})] if url else []


def _database(record: _Record) -> list[Thing]:
    ours = _ours(record)
    return record.list_in_notion(DATABASE, str(record.given.get("title") or (ours.title if ours is not None else "")))


def _page(record: _Record) -> list[Thing]:
    return record.list_in_notion(PAGE, str(record.given.get("title") or ""))


def _row(record: _Record) -> list[Thing]:
    """Return the row that shows a run; it is called as the run is."""
    return record.list_in_notion(PAGE, str(record.given.get("title") or record.title))


def _example(record: _Record) -> list[Thing]:
    ours = _ours(record)
    return record.list_in_notion(PAGE, ours.example if ours is not None else "")


def _ours(record: _Record) -> Schema | None:
    """Return what is known of a database that we made in a workspace; its scope names the kind."""
    kinds = [SCHEMAS[part] for part in record.scope.split(".") if part in SCHEMAS]
    return kinds[0] if kinds and record.scope.startswith("databases.") else None


_READ: Mapping[str, Callable[[_Record], list[Thing]]] = {  # by the effect's name, without its number
    "repository": _repository,
    "pull-request": _change,
    "project": _project,
    "deployment": _deployment,
    "promotion": _site,
    "database": _database,
    "page-created": _page,
    "row": _row,
    "example": _example,
}


def _mark_gone(deps: Deps, tenant: str, thing: Thing, gone: set[tuple[str, str]]) -> Thing:
    if (thing.place["scope"], thing.place["key"]) in gone:
        return replace(thing, gone="taken back with its run")
    taken = get_as(Effect, deps.store, (tenant, EFFECTS, f"{away_run(tenant, thing.id)}.{TAKEN}"))
    if taken is not None and taken.is_confirmed and taken.result is not None:
        return replace(thing, gone=str(taken.result["how"]))
    return thing


def away_run(tenant: str, thing: str) -> str:
    """Return the run that takes this thing away, the same however often somebody asks."""
    return derive_id("run-", tenant, thing, "take-away")

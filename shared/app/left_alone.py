"""What Notion refuses for good is left alone: a table of the tenant's, or the plan of the day.

A refusal may pass: after an hour it is asked for once more. Refused again, the owners are told, once, and nobody asks
until somebody does something that may have given access back: an edit that reaches us from the table, Notion connected
again, a planning time that is set. It stands among the tenant's settings, which everybody who would ask reads anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared import log
from shared.app.deps import Deps
from shared.app.workspace_databases import PLANNING, REFUSED, database_of
from shared.app.workspace_schemas import TASKS
from shared.core.errors import NotAllowed, VersionConflict
from shared.ports import Put

AGAIN = timedelta(hours=1)  # until a refusal is believed
_TRIES = 8  # others change other fields of the settings at the same time

Refusals = Mapping[str, Mapping[str, Any]]


def refused_of(settings: Mapping[str, Any]) -> Refusals:
    """Return what Notion refuses the tenant: by data source or PLANNING, since when, and whether it is believed."""
    return settings.get(REFUSED) or {}


def may_ask(settings: Mapping[str, Any], what: str, now: datetime) -> bool:
    """Say whether to ask for it now: not what is left alone, and not within an hour of its first refusal."""
    known = refused_of(settings).get(what)
    return known is None or (not known["left"] and now - datetime.fromisoformat(known["since"]) >= AGAIN)


def note_refused(deps: Deps, tenant: str, what: str, error: NotAllowed) -> bool:
    """Remember that Notion refused it; once it is believed, tell the owners. Return whether it is left alone now."""
    log.line("WARNING", "Notion refuses it", tenant=tenant, what=what, **log.about(error))
    doc, now = deps.store.get(tenant, "settings", "tenant"), deps.clock.now()
    settings: Mapping[str, Any] = doc.body if doc is not None else {}
    known = refused_of(settings).get(what)
    since = str(known["since"]) if known is not None else now.isoformat()
    left = now - datetime.fromisoformat(since) >= AGAIN
    if left and not _told_of_its_kin(settings, what):
        from shared.app.tell_refused import announce_refused  # brings what sends; little is ever refused

        announce_refused(deps, tenant, what, f"{datetime.fromisoformat(since):%Y%m%dT%H%M%S}")
    _change(deps, tenant, lambda refused: {**refused, what: {"since": since, "left": left}})
    return left


def _told_of_its_kin(settings: Mapping[str, Any], what: str) -> bool:
    """Say whether the owners have heard of it by another name: no plan of the day without the tasks."""
    tasks, refused = database_of(settings, TASKS), refused_of(settings)
    kin = {PLANNING, tasks.data_source if tasks is not None else ""}
    return what in kin and any(refused.get(each, {}).get("left") for each in kin - {what})


def let_in(deps: Deps, tenant: str, settings: Mapping[str, Any], source: str) -> None:
    """Ask for a table again: it was read, or somebody edited a row of it."""
    if source not in refused_of(settings):
        return
    tasks = database_of(settings, TASKS)
    _change(deps, tenant, lambda refused: {name: each for name, each in refused.items() if name != source})
    if tasks is not None and tasks.data_source == source and PLANNING in refused_of(settings):
        _plan_again(deps, tenant)


def let_all_in(deps: Deps, tenant: str) -> None:
    """Ask for everything again: Notion was connected anew."""
    doc = deps.store.get(tenant, "settings", "tenant")
    refused = refused_of(doc.body) if doc is not None else {}
    if not refused:
        return
    _change(deps, tenant, lambda refused: {name: each for name, each in refused.items() if name == PLANNING})
    if PLANNING in refused:
        _plan_again(deps, tenant)


def forget_refused_planning(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> None:
    """Take note that days are planned again."""
    if PLANNING in refused_of(settings):
        _change(deps, tenant, lambda refused: {name: each for name, each in refused.items() if name != PLANNING})


def _plan_again(deps: Deps, tenant: str) -> None:
    from shared.app.plan_day import planning_changes  # few tenants are refused anything

    planning_changes(deps, tenant)


def _change(deps: Deps, tenant: str, change: Callable[[Refusals], Refusals]) -> None:
    for _ in range(_TRIES):
        doc = deps.store.get(tenant, "settings", "tenant")
        body: dict[str, Any] = dict(doc.body) if doc is not None else {}
        refused = change(refused_of(body))
        body.pop(REFUSED, None)
        try:
            wanted = {**body, REFUSED: dict(refused)} if refused else body
            deps.store.put(tenant, Put("settings", "tenant", wanted, doc.version if doc is not None else ""))
        except VersionConflict:
            continue
        return
    raise VersionConflict(f"the settings of {tenant} were changed by others {_TRIES} times in a row")

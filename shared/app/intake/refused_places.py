"""What Notion refuses for good is left alone: a table of the tenant's, a page or routine, or the plan of the day.

A table's refusal may pass: after an hour it is asked for once more. Refused again, the owners are told, once, and
nobody asks until somebody does something that may have given access back: an edit that reaches us from there, Notion
connected again, a planning time that is set. That a table is shared again nobody tells us: it is asked for once a week.
All of this stands among the tenant's settings, which everybody who would ask reads anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_marks import WEEK, note_act
from shared.app.notify.announce import announce_refused
from shared.app.workspace.workspace_databases import PLANNING, REFUSED, database_of
from shared.app.workspace.workspace_schemas import TASKS
from shared.core.errors import Missing, NotAllowed
from shared.ports import change_doc
from shared.ports.documents import all_settings

AGAIN = timedelta(hours=1)  # until a refusal is believed
_MAX_PAGES = 100  # that the settings have room for

Refusals = Mapping[str, Mapping[str, Any]]


def read_refusals(settings: Mapping[str, Any]) -> Refusals:
    """Return what Notion refuses the tenant: by data source, page or PLANNING, since when, and if it is believed."""
    return settings.get(REFUSED) or {}


def may_ask(settings: Mapping[str, Any], what: str, now: datetime) -> bool:
    """Say whether to ask for it now: not within an hour of its first refusal, and what is left alone once a week."""
    known = read_refusals(settings).get(what)
    if known is None:
        return True
    return now - datetime.fromisoformat(known.get("asked") or known["since"]) >= (WEEK if known["left"] else AGAIN)


def note_refused(deps: Deps, tenant: str, what: str, error: NotAllowed | Missing) -> bool:
    """Remember that Notion refused it; once it is believed, tell the owners. Return whether it is left alone now."""
    log.line("WARNING", "Notion refuses it", tenant=tenant, what=what, **log.about(error))
    settings, now = all_settings(deps.store, tenant), deps.clock.now()
    known = read_refusals(settings).get(what)
    since = str(known["since"]) if known is not None else now.isoformat()
    left = now - datetime.fromisoformat(since) >= AGAIN
    if left and not (known and known["left"]) and not _is_known_by_kin(settings, what):
        _announce(deps, tenant, what, since)
    body = {"since": since, "left": left, "asked": now.isoformat()}
    _change(deps, tenant, lambda refused: {**refused, what: body})
    return left


def note_page_refused(deps: Deps, tenant: str, page: str) -> None:
    """Remember that Notion refuses a page or routine of ours, and tell the owners. Twice is once."""
    if page in read_refusals(all_settings(deps.store, tenant)):
        return
    from shared.app.notify.tenant_notices import known_page  # brings what sends; little is ever refused

    routine, title = known_page(deps, tenant, page)
    now = deps.clock.now().isoformat()
    _announce(deps, tenant, page, now)
    body = {"since": now, "left": True, "of": "routine" if routine else "page", "title": title}
    _change(deps, tenant, lambda refused: _drop_oldest({**refused, page: body}))


def _announce(deps: Deps, tenant: str, what: str, since: str) -> None:
    announce_refused(deps, tenant, what, f"{datetime.fromisoformat(since):%Y%m%dT%H%M%S}")


def _drop_oldest(refused: Refusals) -> Refusals:
    """Return them with as many pages as there is room for, those that were refused last."""
    pages = sorted((name for name, each in refused.items() if "of" in each), key=lambda name: refused[name]["since"])
    over = set(pages[:-_MAX_PAGES])
    return {name: each for name, each in refused.items() if name not in over}


def is_for_good(settings: Mapping[str, Any], error: NotAllowed | Missing) -> bool:
    """Say whether what keeps a day from being planned may be for good: a refusal, or tasks that are left alone."""
    tasks = database_of(settings, TASKS)
    known = read_refusals(settings).get(tasks.data_source, {}) if tasks is not None else {}
    return isinstance(error, NotAllowed) or bool(known.get("left"))


def _is_known_by_kin(settings: Mapping[str, Any], what: str) -> bool:
    """Say whether the owners have heard of it by another name: no plan of the day without the tasks."""
    tasks, refused = database_of(settings, TASKS), read_refusals(settings)
    kin = {PLANNING, tasks.data_source if tasks is not None else ""}
    return what in kin and any(refused.get(each, {}).get("left") for each in kin - {what})


def let_in(deps: Deps, tenant: str, settings: Mapping[str, Any], source: str) -> None:
    """Ask for a table or page again: it was read, or somebody edited it, or a row of it."""
    if source not in read_refusals(settings):
        return
    tasks = database_of(settings, TASKS)
    _change(deps, tenant, lambda refused: {name: each for name, each in refused.items() if name != source})
    if tasks is not None and tasks.data_source == source and PLANNING in read_refusals(settings):
        _plan_again(deps, tenant)


def let_all_in(deps: Deps, tenant: str) -> None:
    """Ask for everything again: Notion was connected anew."""
    note_act(deps, tenant)
    refused = read_refusals(all_settings(deps.store, tenant))
    if not refused:
        return
    _change(deps, tenant, lambda refused: {name: each for name, each in refused.items() if name == PLANNING})
    if PLANNING in refused:
        _plan_again(deps, tenant)


def forget_refused_planning(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> None:
    """Take note that days are planned again."""
    if PLANNING in read_refusals(settings):
        _change(deps, tenant, lambda refused: {name: each for name, each in refused.items() if name != PLANNING})


def _plan_again(deps: Deps, tenant: str) -> None:
    from shared.app.schedule.planning_time import planning_changes

    planning_changes(deps, tenant)


def _change(deps: Deps, tenant: str, change: Callable[[Refusals], Refusals]) -> None:
    def change_settings(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
        body = dict(settings or {})
        refused = change(read_refusals(body))
        body.pop(REFUSED, None)
        return {**body, REFUSED: dict(refused)} if refused else body

    change_doc(deps.store, (tenant, "settings", "tenant"), change_settings, deps.stand_back)

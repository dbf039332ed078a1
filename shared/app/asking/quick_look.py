"""One quick look at a tenant: what was edited in its tables. What is found is looked at as if it had been delivered."""

from __future__ import annotations

from collections.abc import Callable

from shared import log
from shared.app.asking.changed_rows import look_for_rows
from shared.app.asking.often import asked_of, keep_asked, open_runs, quick_sources
from shared.app.asking.watched_rows import Watch
from shared.app.deps import Deps
from shared.app.execute_step import Tools, lease
from shared.app.left_alone import let_in, may_ask, note_refused
from shared.app.workspace_databases import database_of, kind_of
from shared.core.commands import Command
from shared.core.errors import Blocked, Busy, IntegrationError, Missing, NotAllowed, Rejected
from shared.integrations.notion.client import Notion


def look_quickly(command: Command, deps: Deps, tools: Tools, notion: Notion) -> None:
    """Ask the tables, and have what has changed looked at. What cannot be asked now is asked by the next look."""
    tenant = command.tenant
    try:
        with lease(deps, tenant, "sync.quick"):
            found = _ask_tables(deps, tools, tenant, notion)
            now = deps.clock.now().isoformat()
            keep_asked(deps, tenant, looked=now, **({"active": now} if found else {}))
    except Busy:
        return
    except Blocked:
        raise
    except IntegrationError as error:  # the next one comes in seconds; a queue that repeats this one helps nobody
        log.line("INFO", "not looked", tenant=tenant, **log.about(error))


def _ask_tables(deps: Deps, tools: Tools, tenant: str, notion: Notion) -> int:
    """Return how many rows have changed."""
    settings, now, found = tools.settings(tenant), deps.clock.now(), 0
    pages = {run.trigger.page for run in open_runs(deps, tenant, asked_of(deps, tenant))}
    us = our_bot(deps, tenant, notion)
    for source in quick_sources(settings):
        mapped = database_of(settings, kind_of(settings, source))
        if mapped is None or not may_ask(settings, source, now):
            continue
        watch = Watch(deps, tenant, mapped, us, _asks_who(notion), pages)
        try:
            found += look_for_rows(deps, tenant, notion, source, watch)
            let_in(deps, tenant, settings, source)
        except Blocked:
            raise
        except (NotAllowed, Missing) as error:
            note_refused(deps, tenant, source, error)
        except Rejected as error:
            log.line("WARNING", "table not asked", tenant=tenant, source=source, **log.about(error))
    return found


def our_bot(deps: Deps, tenant: str, notion: Notion) -> str:
    """Return the id that Notion tells of what we write ourselves; asked for once, where the grant does not name it."""
    grant = deps.store.get(tenant, "grants", "notion")
    named = str((grant.body.get("public") or {}).get("bot_id") or "") if grant is not None else ""
    if named or (named := asked_of(deps, tenant).us):
        return named
    found = str(notion.me()["id"])
    keep_asked(deps, tenant, us=found)
    return found


def _asks_who(notion: Notion) -> Callable[[str], bool]:
    """Return what says of an id whether it is a person; who cannot be looked up decides nothing."""

    def is_person(user: str) -> bool:
        try:
            return notion.user(user).get("type") == "person"
        except (Missing, Rejected):
            return False

    return is_person

"""One quick look at a tenant: what was edited in its tables, and said where an answer is waited for.

What is found is looked at as if it had been delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from shared import log
from shared.accounts.grants import grant_of
from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.intake.refused_places import let_in, may_ask, note_refused
from shared.app.polling.changed_rows import look_for_rows
from shared.app.polling.comment_polling import hear_comments, threads_of
from shared.app.polling.connection_outages import note_reached, note_unreached
from shared.app.polling.polling_clock import keep_asked, lately_runs, load_asked, open_runs, quick_sources
from shared.app.polling.watched_rows import Watch
from shared.app.polling.wrong_clock import note_clock
from shared.app.workspace.workspace_databases import database_of, kind_of
from shared.core.errors import Blocked, Busy, IntegrationError, Missing, NotAllowed, Rejected, Unreachable
from shared.core.run.commands import Command
from shared.core.run.run import Run
from shared.integrations.notion.client.client import Notion


def look_quickly(command: Command, deps: Deps, tools: Tools, notion: Notion) -> None:
    """Ask the tables, and have what has changed looked at. What cannot be asked now is asked by the next look."""
    tenant = command.tenant
    try:
        with lease(deps, tenant, "sync.quick"):
            known, us = load_asked(deps, tenant), our_bot(deps, tenant, notion)
            runs = lately_runs(deps, tenant, known)
            found = _ask_tables(deps, tools, tenant, notion, us, {run.trigger.page for run in open_runs(runs)})
            found += _hear(command, deps, notion, us, runs, known.turn)
            note_reached(deps, tenant, notion.system)
            note_clock(deps, tenant, notion)
            now = deps.clock.now().isoformat()
            keep_asked(deps, tenant, looked=now, **({"active": now} if found else {}))
    except Busy:
        return
    except Blocked:
        raise
    except Unreachable as error:
        note_unreached(deps, tenant, error)
        log.line("INFO", "not looked: Notion cannot be reached", tenant=tenant)
    except IntegrationError as error:  # the next one comes in seconds; a queue that repeats this one helps nobody
        log.line("INFO", "not looked", tenant=tenant, **log.about(error))


def _hear(command: Command, deps: Deps, notion: Notion, us: str, runs: Sequence[Run], turn: int) -> int:
    """Return in how many places something was said, of as many as this look has room for; the others come next."""
    places = threads_of(runs, deps.clock.now())
    if not places or not command.wake:
        return 0
    first = turn % len(places)
    found = hear_comments(deps, command.tenant, notion, us, [*places[first:], *places[:first]][: command.wake])
    keep_asked(deps, command.tenant, turn=first + command.wake)
    return found


def _ask_tables(deps: Deps, tools: Tools, tenant: str, notion: Notion, us: str, pages: Collection[str]) -> int:
    """Return how many rows others have edited; those of `pages` are remembered for longer than others."""
    settings, now, found = tools.settings(tenant), deps.clock.now(), 0
    for source in quick_sources(settings):
        mapped = database_of(settings, kind_of(settings, source))
        if mapped is None or not may_ask(settings, source, now):
            continue
        watch = Watch(deps, tenant, mapped, us, _asks_who(notion), pages)
        try:
            look_for_rows(deps, tenant, notion, source, watch)
            found += watch.edits
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
    grant = grant_of(deps.store, tenant, "notion")
    named = grant.bot if grant is not None else ""
    if named or (named := load_asked(deps, tenant).us):
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

"""Find what deliveries missed, tenant by tenant: changed rows are looked at as if they had been delivered.

A webhook that fails eight times is lost, frequent events are merged, and nobody promises more than that. So every few
minutes each table of a tenant is asked for what was edited since the last time, a little earlier than that (page times
are given to the minute, clocks differ), and once more when the minute of an edit is over. Who set a property is not
told by a table, so what is found this way opens runs and stops them, where a person edited the page last, but approves
nothing: only what was delivered does. Where an approval or a stop seems to be lost, the page is commented on once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from shared import log
from shared.accounts.grants import holds
from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.requeue import patient
from shared.app.engine.tools import Tools
from shared.app.intake.refused_places import let_in, may_ask, note_refused
from shared.app.knowledge import knowledge_sync
from shared.app.knowledge.knowledge_marks import ERASE, GONE, READ, read_what_happened
from shared.app.polling import find_interval_s
from shared.app.polling.changed_rows import look_for_rows
from shared.app.polling.polling_clock import quick_sources, was_just_asked
from shared.app.polling.quick_look import look_quickly
from shared.app.tenants.retention import order_removal, remove_old
from shared.app.workspace import partial_reads
from shared.app.workspace import write_journal as ledger
from shared.app.workspace.crawl_orders import CRAWL, begin_crawl, crawl_part, remember
from shared.app.workspace.map_events import has_map
from shared.app.workspace.workspace_crawl import OVERLAP, crawl, take_recent
from shared.app.workspace.workspace_databases import sources_of
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.core.documents.codec import to_body
from shared.core.documents.sync import MAP, PASS, MapState, Pass
from shared.core.errors import Blocked, Missing, NotAllowed, Rejected, Unauthorized
from shared.core.run.commands import ORDER, QUICK, RECONCILE, RETAIN, Command
from shared.core.run.run import derive_id
from shared.integrations.notion.client.client import Notion
from shared.ports import SYSTEM, Put, get_as
from shared.ports.documents import tenant_settings
from shared.telemetry import trace

PAGE = 200  # tenants whose passes one request orders: two reads and a task for each
_AGAIN = timedelta(hours=1)  # a pass that has not ended by then is ordered again
_TIDY = timedelta(hours=1)  # between two walks through the ledger
_MAP = "map "


@trace.use_case
def order_passes(deps: Deps) -> Mapping[str, int]:
    """Order one pass per tenant with a connected Notion; while one is under way, no second one.

    Of more tenants than a page holds only the names are listed here: each page of them is a command, done by itself.
    """
    tenants = deps.store.tenants()
    if len(tenants) <= PAGE:
        return {"ordered": _order(deps, tenants)}
    now = deps.clock.now().isoformat()
    parts = [tenants[at : at + PAGE] for at in range(0, len(tenants), PAGE)]
    name = partial(derive_id, "order-", now)
    deps.queue.enqueue(
        [Command(name(part[0]), RECONCILE, "sync", SYSTEM, topic=ORDER, ref=" ".join(part)) for part in parts]
    )
    return {"ordered": 0, "pages": len(parts)}


def _order(deps: Deps, tenants: Sequence[str]) -> int:
    """Order a pass for each of them that needs one, and the removal of what it keeps no longer; return how many."""
    commands, removals = list[Command](), list[Command]()
    hour = int(deps.clock.now().timestamp() // _AGAIN.total_seconds())
    for tenant in tenants:
        if (removal := order_removal(deps, tenant)) is not None:
            removals.append(removal)
        if not holds(deps.store, tenant, "notion"):
            if knowledge_sync.orders_erasing(deps, tenant):
                commands.append(Command(derive_id("erase-", tenant, str(hour)), RECONCILE, "sync", tenant, topic=ERASE))
            continue
        done = get_as(Pass, deps.store, (tenant, *PASS))
        if done is not None and _is_too_soon(deps, tenant, done):
            continue
        name = derive_id("sync-", tenant, done.ended if done else "", str(hour))
        commands.append(Command(name, RECONCILE, "sync", tenant))
    if commands or removals:
        deps.queue.enqueue([*commands, *removals])
    return len(commands)


def _is_too_soon(deps: Deps, tenant: str, done: Pass) -> bool:
    """Say whether the tenant's owner wants more time between two passes than has passed since the last one."""
    wanted = timedelta(seconds=find_interval_s(to_body(tenant_settings(deps.store, tenant))))
    return timedelta(0) <= deps.clock.now() - datetime.fromisoformat(done.ended) < wanted


@trace.use_case
@patient
def reconcile(command: Command, deps: Deps, tools: Tools) -> None:
    """Do a pass, a part of a crawl, or what the topic says. What is cut short comes again."""
    if command.topic == ORDER:
        _order(deps, command.ref.split())
        return
    if command.topic == GONE:  # before anything is asked of Notion
        knowledge_sync.forget_trashed(command, deps, tools)
        return
    if command.topic == ERASE:
        knowledge_sync.erase_disconnected(command, deps, tools)
        return
    if command.topic == RETAIN:
        with lease(deps, command.tenant, f"sync.{RETAIN}"):
            remove_old(command, deps)
        return
    connect = tools.accounts.connect_for(command.tenant)
    try:
        notion = connect(Notion)
        if command.topic.startswith(_MAP):
            _refresh(command, deps, notion)
            return
        if command.topic == QUICK:
            look_quickly(command, deps, tools, notion)
            return
        with lease(deps, command.tenant, f"sync.{command.topic}"):
            if command.topic == CRAWL:
                _crawl(command, deps, tools, notion)
            elif command.topic == READ:
                knowledge_sync.read_stale(command, deps, tools, notion)
            else:
                _pass(command, deps, tools, notion)
    except Unauthorized:
        log.line("INFO", "not reconciled: Notion is disconnected", tenant=command.tenant)


def _pass(command: Command, deps: Deps, tools: Tools, notion: Notion) -> None:
    tenant, found = command.tenant, 0
    settings, began = tools.settings(tenant), deps.clock.now()
    asked = set(quick_sources(settings)) if was_just_asked(deps, tenant, settings) else set()
    for source in sources_of(settings):
        if source in asked or not may_ask(settings, source, began):
            continue
        try:
            found += look_for_rows(deps, tenant, notion, source)
            let_in(deps, tenant, settings, source)
        except Blocked:  # and so would be the next table
            raise
        except (NotAllowed, Missing) as error:  # gone, or not shared any more
            note_refused(deps, tenant, source, error)
        except Rejected as error:
            log.line("WARNING", "table not reconciled", tenant=tenant, source=source, **log.about(error))
    if not knowledge_sync.begin_if_needed(deps, tools, tenant):
        if has_map(deps, tenant):
            _freshen(deps, tools, tenant, notion)
        else:
            begin_crawl(deps, tenant)
    knowledge_sync.keep_up(deps, tools, tenant, notion)
    partial_reads.forget_old(deps, tenant)
    before, now = get_as(Pass, deps.store, (tenant, *PASS)) or Pass(""), deps.clock.now()
    deps.store.put(tenant, Put(*PASS, to_body(_tidy_ledger(deps, tenant, before, now))))
    log.line("INFO", "reconciled", tenant=tenant, found=found)


def _tidy_ledger(deps: Deps, tenant: str, before: Pass, now: datetime) -> Pass:
    """Forget some of the ledger that is old; once through it, not again within an hour: each entry is a read."""
    rest, through, ended = before.ledger, before.ledger_through, now.isoformat()
    if not rest and through and now - datetime.fromisoformat(through) < _TIDY:
        return replace(before, ended=ended, ledger="")
    rest = ledger.forget_old(deps, tenant, rest)
    return replace(before, ended=ended, ledger=rest, ledger_through=through if rest else ended)


def _freshen(deps: Deps, tools: Tools, tenant: str, notion: Notion) -> None:
    """Take over what the search says was edited since the last pass."""
    state, now = get_as(MapState, deps.store, (tenant, *MAP)), deps.clock.now()
    assert state is not None
    places = knowledge_sync.noticing_map(deps, tools, tenant, notion)
    since = datetime.fromisoformat(state.since) - OVERLAP
    began = take_recent(deps, tenant, notion, places, since, f"freshen {state.since}")
    remember(deps, tenant, {"since": began.isoformat()})
    if state.crawled < state.crawl and now - datetime.fromisoformat(state.part or state.crawl) > _AGAIN:
        begin_crawl(deps, tenant)  # it was cut off: its grant was revoked, or it failed too often


def _crawl(command: Command, deps: Deps, tools: Tools, notion: Notion) -> None:
    """Do some of the crawl, then order the next part: no function works for longer than it has to."""
    state = get_as(MapState, deps.store, (command.tenant, *MAP))
    if state is None or state.crawl != command.ref:
        return  # another crawl has begun since
    with knowledge_sync.taking(deps, tools, command.tenant, notion) as reader:
        taken, failed = (reader.take, reader.handle_refusal) if reader is not None else (None, None)
        first = command.wake == 1
        more = crawl(deps, command.tenant, notion, command.ref, first=first, taken=taken, failed=failed)
    if command.wake == 1 or not more:
        knowledge_sync.crawl_came_far(deps, command.tenant, command.ref, ended=not more)
    if more:
        remember(deps, command.tenant, {"part": deps.clock.now().isoformat()}, crawl=command.ref)
        deps.queue.enqueue([crawl_part(command.tenant, command.ref, command.wake + 1)])
    else:
        remember(deps, command.tenant, {"crawled": deps.clock.now().isoformat()}, crawl=command.ref)


def _refresh(command: Command, deps: Deps, notion: Notion) -> None:
    places = WorkspaceMap(deps, command.tenant, notion)
    places.refresh(command.ref, command.topic.removeprefix(_MAP))
    read_what_happened(deps, command.tenant, command.ref, command.id)

"""Kill switches: one for everybody, one per tenant. While one is off, nothing is opened and nothing is handed out.

The switch is the field `paused` of the settings, of SYSTEM's for everybody. It is read where a run is opened and at the
door of every function that the queue calls: a command that comes meanwhile is kept as a document of its tenant and
handed over when the switch is on again. So nothing is lost, what waits goes on waiting, and people may still decide.
A step under way stops before its next external write (`pauses/watch.py`), and no time of a pause counts against a run
(`engine.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.core.backoff import WAITING_S
from shared.core.documents.codec import to_body
from shared.core.documents.tenant_settings import PLACE as SETTINGS
from shared.core.documents.tenant_settings import TenantSettings, settings_in
from shared.core.errors import AgentError, Conflicting, VersionConflict
from shared.core.notify.attention import RESUME, explain_pause_of_all, pause_words
from shared.core.pages.author import UNKNOWN, Author, write_author
from shared.core.people.actor import By, read_by
from shared.core.run.commands import (
    CONSIDER,
    ERASE,
    LOOK,
    ORDER,
    QUICK,
    RECONCILE,
    RETAIN,
    SIGN_IN,
    Command,
    HeldCommand,
)
from shared.core.run.run import Run, derive_id
from shared.core.tenants.audit_entries import build_entry
from shared.core.tenants.erasure import ERASURES, TOMBSTONES, Erasure
from shared.ports import SYSTEM, Doc, Put, change_doc, read_as
from shared.ports.documents import tenant_settings

REHEARSES = "rehearses"  # field of SYSTEM's settings
STOOD = "stood"  # field of the settings: the pauses that are over
HELD = "held"  # documents of a tenant: the commands that came while it was paused
HALTED = "halted"  # documents under SYSTEM, by tenant: it has such commands
ARRIVALS = "arrivals"  # documents under SYSTEM, by tenant: it comes from another installation, or came
DELETING = "this tenant is being deleted"
_PAGE = 100
_MAX_STOOD = 50  # pauses that are remembered
_SLOT = timedelta(minutes=10)
ON_PAGE = "paused_on"  # field of the settings: the page of Notion on which work was paused
ARRIVING = "arriving"  # field of the settings: the tenant is on its way here, see arriving/state.py
PAUSED = ("paused", "paused_by", "paused_at", ON_PAGE)


class Paused(Conflicting):
    """The operator or an owner has stopped the work for now."""

    code = "paused"


def explain_pause(deps: Deps, tenant: str) -> str:
    """Return why nothing is done for this tenant now; "" when nothing is in the way."""
    return find_pause_reason(*(tenant_settings(deps.store, whose) for whose in (SYSTEM, tenant)))


def find_pause_reason(*settings: TenantSettings) -> str:
    """Return why nothing is done by these settings, those of everybody and of a tenant."""
    return next((each.why_paused for each in settings if each.paused), "")


def may_open(deps: Deps, tenant: str) -> bool:
    """Raise Paused where nothing new may be opened; return whether what is opened now is only rehearsed."""
    everybody = tenant_settings(deps.store, SYSTEM)
    if why := find_pause_reason(everybody, tenant_settings(deps.store, tenant)):
        raise Paused(f"work is paused: {why}", way_out="Nothing is lost. Try again when work has been resumed.")
    return everybody.rehearses


def rehearses(deps: Deps) -> bool:
    """Say whether this house only rehearses: what is opened stops before its first write outside."""
    return tenant_settings(deps.store, SYSTEM).rehearses


def set_rehearsal(deps: Deps, on: bool) -> None:
    """Let the house rehearse from now on, or work in earnest; runs that are there stay what they are."""

    def switch(settings: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        body = {name: value for name, value in (settings or {}).items() if name != REHEARSES}
        return settings if settings is None and not on else {**body, **({REHEARSES: True} if on else {})}

    change_doc(deps.store, (SYSTEM, *SETTINGS), switch, deps.stand_back)


def set_pause(
    deps: Deps,
    whose: str,
    paused: str | bool,
    by: By,
    page: Mapping[str, str] | None = None,
) -> None:
    """Stop the work of a tenant, or with SYSTEM everybody's; a text says why. False lets it go on, at once.

    With `page` (`page`, `title`) it was stopped there in Notion, and that page is looked at while it is.
    Raises Busy when the settings change all the time, and Conflicting while not all of the tenant is here yet.
    """

    now, (name, _) = deps.clock.now().isoformat(), read_by(by)

    def switch(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
        known = settings or {}
        if known.get(ARRIVING):
            way_out = "Run `workwright migrate-to-cloud` once more where it began; with --back it is taken back."
            raise Conflicting("this team is still on its way here from another machine", way_out=way_out)
        body = {name: value for name, value in known.items() if name not in PAUSED}
        since = known.get("paused_at") if known.get("paused") else None
        if paused:
            on_page = {ON_PAGE: dict(page)} if page else {}
            return {**body, "paused": paused, "paused_by": name, "paused_at": since or now, **on_page}
        stood = [*known.get(STOOD, ()), {"since": since, "until": now}] if since else known.get(STOOD, ())
        return {**body, STOOD: list(stood)[-_MAX_STOOD:]} if stood else body

    change_doc(deps.store, (whose, *SETTINGS), switch, deps.stand_back)
    what = "Paused" if paused else "Resumed"
    reason = {"why": paused} if isinstance(paused, str) and paused else {}
    deps.store.note(whose, build_entry(deps.clock.now(), what, by, **reason))
    deps.crash_point("pause.after/settings")
    if paused and page:
        deps.store.put(SYSTEM, Put(HALTED, whose, {"at": now}))  # so that the clock looks at the page
    if not paused:
        release(deps)


def hold_back(command: Command, deps: Deps) -> bool:
    """Keep a command that must not be carried out now; return whether it was. One of a deleted tenant is dropped."""
    if command.name in (ERASE, SIGN_IN):  # who cannot sign in cannot end a pause
        return False
    tenant = command.tenant
    doc = deps.store.get(tenant, *SETTINGS)
    if _is_gone(deps, tenant, doc):
        log.line("INFO", "command of a deleted tenant dropped", tenant=tenant, command=command.name)
        return True
    own = settings_in(doc.body if doc is not None else None)
    if not find_pause_reason(tenant_settings(deps.store, SYSTEM), own):
        return False
    if command.name in (LOOK, CONSIDER) and command.ref == own.pause_page:
        return False  # where the box is cleared
    if command.name == RECONCILE and command.topic == QUICK:  # it comes every few seconds: none is kept for later
        return not own.pause_page
    if command.name == RECONCILE and command.topic in ("", ORDER, RETAIN):
        return True  # the clock orders the next pass by itself
    at = deps.clock.now().isoformat()
    mark = Put(HALTED, tenant, {"at": at})
    deps.store.put(SYSTEM, mark)
    deps.crash_point("held.before/command")
    deps.store.put(tenant, Put(HELD, command.id, to_body(HeldCommand(command, at))))
    deps.store.put(
        SYSTEM, Put(HALTED, tenant, {"at": at})
    )  # who resumed in between saw nothing held, and took the mark away
    return True


def is_gone(deps: Deps, tenant: str) -> bool:
    """Return whether a tenant is being deleted, or was and has not come again."""
    return _is_gone(deps, tenant, deps.store.get(tenant, *SETTINGS))


def _is_gone(deps: Deps, tenant: str, settings: Doc | None) -> bool:
    if deps.store.get(SYSTEM, ERASURES, tenant) is not None:
        return True
    return settings is None and deps.store.get(SYSTEM, TOMBSTONES, tenant) is not None


def refuse_deleted(deps: Deps, tenant: str) -> None:
    """Raise Conflicting while the tenant is being deleted: what is connected now would be lost."""
    if deps.store.get(SYSTEM, ERASURES, tenant) is not None:
        raise Conflicting(DELETING, way_out="Connect again in half an hour; you will then start from scratch.")


def release(deps: Deps) -> int:
    """Hand over what was kept for tenants that are not paused any more; return how much. Anybody may call it."""
    count, after = 0, ""
    while docs := deps.store.list_docs(SYSTEM, HALTED, after=after, limit=_PAGE):
        for doc in docs:
            try:  # one by one: a tenant whose commands cannot be handed over must not hold up the rest
                if explain_pause(deps, doc.id):
                    _look_at_page(deps, doc.id)
                    continue
                count += _release(deps, doc.id)
                deps.store.put(SYSTEM, Put(HALTED, doc.id, None, doc.version))
            except VersionConflict:  # something was kept since: the next look finds it
                continue
            except AgentError as error:
                log.line("ERROR", "held commands not handed over", tenant=doc.id, **log.about(error))
        after = docs[-1].id
    return count


def _look_at_page(deps: Deps, tenant: str) -> None:
    """Order a look at the page on which work was paused: where nothing is delivered, nobody else sees it cleared.

    Whoever calls this may do so every moment; it is looked at as often as a page that waits for an answer.
    """
    settings = tenant_settings(deps.store, tenant)
    if page := settings.pause_page:
        turn = str(int(deps.clock.now().timestamp() // WAITING_S))
        name = derive_id("box-", tenant, page, settings.paused_at, turn)
        nobody = write_author(Author(UNKNOWN, seen=True))
        deps.queue.enqueue([Command(name, CONSIDER, "plan", tenant, topic=nobody, ref=page)])


def _release(deps: Deps, tenant: str) -> int:
    count = 0
    while docs := deps.store.list_docs(tenant, HELD, limit=_PAGE):
        commands = [_rename_command(doc.id, read_as(HeldCommand, doc)) for doc in docs]
        deps.queue.enqueue(commands)
        deps.crash_point("release.after/commands")
        deps.store.put(tenant, *(Put(HELD, doc.id, None) for doc in docs))
        count += len(docs)
    return count


def _rename_command(id: str, held: HeldCommand) -> Command:
    """Return the command under a name that follows from its own: the queue takes no second one of the old name."""
    return replace(held.command, id=derive_id("held-", id, held.at), not_before=None)


def pause_view(deps: Deps, tenant: str) -> Mapping[str, Any]:
    """Return how the switches of a tenant stand."""
    everybody, own = tenant_settings(deps.store, SYSTEM), tenant_settings(deps.store, tenant)
    held = deps.store.list_docs(tenant, HELD, limit=_PAGE)
    for_all = bool(everybody.paused)
    found = everybody if for_all else own
    stops = found if found.paused else TenantSettings()
    return {
        "paused": bool(stops.paused),
        "reason": find_pause_reason(everybody, own),
        "by": stops.paused_by,
        "since": stops.paused_at,
        "go_on": _go_on(stops, tenant, for_all=for_all) if stops.paused else "",
        "everybody": for_all,
        "held": len(held),
    }


def describe_pause(deps: Deps, tenant: str) -> str:
    """Return who has paused all work, why, and how it goes on; "" while it is not paused."""
    for whose in (SYSTEM, tenant):
        settings = tenant_settings(deps.store, whose)
        if why := settings.paused:
            go_on = _go_on(settings, whose, for_all=whose == SYSTEM)
            return explain_pause_of_all(settings.paused_by, why if isinstance(why, str) else "", go_on)
    return ""


def standing_still_words(deps: Deps, run: Run) -> str:
    """Return that a run, or all work, is paused, for whoever is asked or told something; "" where nothing is."""
    return "" if run.status.final else describe_pause(deps, run.tenant) or pause_words(run)


def _go_on(settings: TenantSettings, whose: str, *, for_all: bool) -> str:
    """Return what lets work go on: where it was paused on a page of Notion, that page's box."""
    if page := settings.pause_title:
        return f"clear the box Paused on the page “{page}”, or {RESUME}"
    return RESUME if for_all or whose == SYSTEM else f"{RESUME} --tenant {whose}"


def order_erasures(deps: Deps) -> int:
    """Order every deletion that is under way to go on; return how many. Anybody may call it at any time."""
    count, after, now = 0, "", deps.clock.now()
    slot = str(int(now.timestamp() // _SLOT.total_seconds()))
    while docs := deps.store.list_docs(SYSTEM, ERASURES, after=after):
        states = [(doc.id, read_as(Erasure, doc)) for doc in docs]
        due = [(tenant, state) for tenant, state in states if state.due <= now]
        if due:
            deps.queue.enqueue([erase_command(tenant, f"{state.phase} {slot}", None) for tenant, state in due])
        count, after = count + len(due), docs[-1].id
    return count


def erase_command(tenant: str, about: str, not_before: datetime | None) -> Command:
    """Return the command to go on with a deletion; the same `about` is the same command."""
    name = derive_id("erase-", tenant, about)
    return Command(name, ERASE, "sync", tenant, not_before=not_before)

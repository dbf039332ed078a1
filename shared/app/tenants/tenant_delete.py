"""A tenant is deleted: asked for once, carried out phase by phase, found again by the clock after a death anywhere.

What is known of it is one document under SYSTEM, so that nothing of it lies with what is deleted. From the moment it is
there the doors drop the tenant's commands. Each phase may be done again: access at others ends first, while we still
have tokens to end it with; then the keys go, so that what was sealed opens nowhere, in no copy either; then everything
else. An attempt that was under way may still write, so when no attempt can be under way any more all of it is done once
more. What stays is a tombstone: when, who, how much, and what people have to end elsewhere by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared import log
from shared.accounts.accounts import Accounts
from shared.app.connections.forge_hooks import list_hooks, remove_hook
from shared.app.connections.revoke import revoke_grant
from shared.app.engine.deps import Deps
from shared.app.engine.leases import lease
from shared.app.engine.switches import ARRIVALS, DELETING, erase_command, set_pause
from shared.app.engine.tools import Tools
from shared.app.installation.home import ends_with
from shared.app.tenants.tenant_traces import forget_traces
from shared.core.backoff import backoff
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.grant import KIND as GRANTS
from shared.core.documents.grant import Grant
from shared.core.errors import Conflicting, ErrorClass, IntegrationError, VersionConflict
from shared.core.people.actor import By, read_by
from shared.core.retries import ERASURE
from shared.core.run.commands import Command
from shared.core.run.run import RunStatus, StepStatus
from shared.core.tenants.audit_entries import build_entry, find_actor
from shared.core.tenants.erasure import ERASURES, TOMBSTONES, Erasure, Tombstone
from shared.integrations.clients import load_client
from shared.integrations.systems import SYSTEMS
from shared.ports import SYSTEM, Put, get_as, read_as

_FINAL_STEPS = ("site.promote", "site.rollback", "repository.merge_change")  # not to be left half-done
_AT_WORK = (StepStatus.RUNNING, StepStatus.UNDOING)


@dataclass(frozen=True, slots=True)
class Erasing:
    """What the phases work with."""

    deps: Deps
    tools: Tools
    accounts: Accounts
    tenant: str


def request_deletion(deps: Deps, tenant: str, confirm: str, by: By, *, force: bool = False) -> Mapping[str, Any]:
    """Begin to delete the tenant; asked again it says how far that is.

    Raises Conflicting unless `confirm` is the tenant's id, and, unless `force`, while something is being put live,
    taken back or merged, which would be left half-done.
    """
    known = deps.store.get(SYSTEM, ERASURES, tenant)
    if known is not None:
        return deletion_view(deps, tenant)
    if confirm != tenant:
        raise Conflicting("field 'confirm' must be the id of your tenant", way_out=f"It is {tenant}.")
    if not force and (run := _half_done(deps, tenant)):
        way_out = "Wait a few minutes or cancel the run; with `force` it is left as it is."
        raise Conflicting(f"run {run} is changing what others see right now", way_out=way_out)
    set_pause(deps, tenant, DELETING, by)
    begun = Erasure(deps.clock.now(), read_by(by)[0], next(iter(PHASES)), actor=find_actor(by).ref)
    deps.crash_point("erase.before/request")
    try:
        deps.store.put(SYSTEM, Put(ERASURES, tenant, to_body(begun), ""))
    except VersionConflict:  # asked for twice: the first one counts
        return deletion_view(deps, tenant)
    deps.store.note(SYSTEM, build_entry(begun.at, "DeletionAsked", by, tenant=tenant))
    deps.queue.enqueue([erase_command(tenant, "0", None)])
    return deletion_view(deps, tenant)


def deletion_view(deps: Deps, tenant: str) -> Mapping[str, Any]:
    """Return whether the tenant is being deleted, how far that is, and what its people have to end by themselves."""
    known = get_as(Erasure, deps.store, (SYSTEM, ERASURES, tenant))
    if known is None:
        return {"tenant": tenant, "state": "active", "phase": "", "asked_at": None, "left": []}
    shown = {"phase": known.phase, "asked_at": known.at.isoformat(), "left": list(known.left)}
    return {"tenant": tenant, "state": "deleting", **shown}


def erase_tenant(command: Command, deps: Deps, tools: Tools, accounts: Accounts) -> None:
    """Go on with the deletion, to its end or until it has to wait. A command may come again."""
    about = Erasing(deps, tools, accounts, command.tenant)
    with lease(deps, SYSTEM, f"erase.{command.tenant}"):
        while (doc := deps.store.get(SYSTEM, ERASURES, command.tenant)) is not None:
            state = read_as(Erasure, doc)
            if state.due > deps.clock.now():
                about_due = f"{state.phase} {state.due.isoformat()}"
                deps.queue.enqueue([erase_command(command.tenant, about_due, state.due)])
                return
            deps.crash_point(f"erase.before/{state.phase}")
            after = PHASES[state.phase](about, state)
            deps.crash_point(f"erase.after/{state.phase}")
            if after.until is None:
                after = replace(after, phase=_following(state.phase))
            _save(deps, command.tenant, after, doc.version)


def _save(deps: Deps, tenant: str, state: Erasure, version: str) -> None:
    if state.phase:
        deps.store.put(SYSTEM, Put(ERASURES, tenant, to_body(state), version))
        return
    done = deps.clock.now()
    counts: dict[str, Any] = dict(state.counts)
    tombstone = Tombstone(state.at, state.by, counts, state.left, done)
    known = {"actor": state.actor} if state.actor else {}
    deps.store.note(SYSTEM, build_entry(done, "Deleted", state.by, tenant=tenant, counts=counts) | known)
    deps.crash_point("erase.before/tombstone")
    deps.store.put(
        SYSTEM,
        Put(TOMBSTONES, tenant, to_body(tombstone)),
        Put(ERASURES, tenant, None, version),
        Put(ARRIVALS, tenant, None),
        *ends_with(deps, tenant),
    )  # in one write: without the first the doors would let its commands in, without the second it never ends
    log.line("INFO", "tenant deleted", tenant=tenant, **counts)


# Phases: each may be done again, and returns the state with what it did.


def _hooks(about: Erasing, state: Erasure) -> Erasure:
    connect = about.accounts.connect_for(about.tenant)
    for hook in list_hooks(about.deps, about.tenant):
        try:
            left = str(remove_hook(about.deps, connect, about.tenant, str(hook["id"]))["left"])
        except ValueError:  # the token does not open any more: the deletion must not wait for it for ever
            left = f"{hook['system']} still has a webhook of {hook['repository']}; remove it there"
        state = state.count("hooks", 1).leave(left[:300])
    return state


def _grants(about: Erasing, state: Erasure) -> Erasure:
    """End our access at each system; one that does not answer is asked again later, a few times."""
    state = replace(state, ended=state.ended or ())
    for doc in about.deps.store.list_docs(about.tenant, GRANTS):
        if doc.id in (state.ended or ()):
            continue
        try:
            left = revoke_grant(about.deps, about.accounts, about.tenant, doc.id, from_body(Grant, doc.body))
        except IntegrationError as error:
            if error.error_class == ErrorClass.TRANSIENT and state.tries < ERASURE.tries - 1:
                return _come_back(about.deps, state)
            left = f"{doc.id}: our access could not be ended ({error.error_class.value}); end it there"
        about.deps.crash_point(f"erase.revoked/{doc.id}")
        state = replace(state, ended=(*(state.ended or ()), doc.id)).count("grants", 1).leave(left[:300])
    return replace(state, until=None)


def _come_back(deps: Deps, state: Erasure) -> Erasure:
    tries = state.tries + 1
    return replace(state, tries=tries, until=deps.clock.now() + backoff(tries, ERASURE.waits))


_OWN_HOSTS = tuple(each for each in SYSTEMS.values() if each.hosts_sites and each.for_all)


def _sites(about: Erasing, state: Erasure) -> Erasure:
    """Delete the tenant's parts of the operator's bucket and folder; what was put elsewhere is the tenant's own."""
    connect = about.accounts.connect_for(about.tenant)
    for host in _OWN_HOSTS:
        client = load_client(host.name)
        if client not in about.accounts.own_hosts:
            continue
        try:
            state = state.count("objects", connect(client).erase())
        except IntegrationError as error:
            if error.error_class == ErrorClass.TRANSIENT:
                raise  # the queue, and then the clock, comes again
            where = host.asks[0].name  # what the operator named: a bucket, a folder
            left = f"sites: the operator has to delete them from the {where} ({error.error_class.value})"
            state = state if left in state.left else state.leave(left)
    return state


def _keys(about: Erasing, state: Erasure) -> Erasure:
    about.deps.secrets.shred(about.tenant)
    return state


def _knowledge(about: Erasing, state: Erasure) -> Erasure:
    about.tools.knowledge(about.tenant).erase()
    return state


def _records(about: Erasing, state: Erasure) -> Erasure:
    state = state.count("elsewhere", forget_traces(about.deps, about.tenant))
    while count := about.deps.store.erase(about.tenant):
        state = state.count("records", count)
        about.deps.crash_point("erase.after/part")
    return state


def _settle(about: Erasing, state: Erasure) -> Erasure:
    """Wait until no attempt that was under way when the doors closed can still be."""
    until = state.at + about.deps.lease
    return replace(state, until=until if until > about.deps.clock.now() else None)


def _erase_again(about: Erasing, state: Erasure) -> Erasure:
    for phase in (_sites, _keys, _knowledge, _records):
        state = phase(about, state)
    return state


PHASES: Mapping[str, Callable[[Erasing, Erasure], Erasure]] = {
    "hooks": _hooks,
    "grants": _grants,
    "sites": _sites,
    "keys": _keys,
    "knowledge": _knowledge,
    "records": _records,
    "settle": _settle,
    "once more": _erase_again,
}


def _following(phase: str) -> str:
    """Return the phase after this one, "" after the last."""
    names = [*PHASES, ""]
    return names[names.index(phase) + 1]


def _half_done(deps: Deps, tenant: str) -> str:
    """Return a run that is just changing what others see; "" for none."""
    after = ""
    while runs := deps.store.list_runs(tenant, limit=100, after=after):
        for run in runs:
            if run.status in (RunStatus.EXECUTING, RunStatus.CANCELLING) and any(
                step.status in _AT_WORK and step.spec.kind in _FINAL_STEPS for step in run.steps
            ):
                return run.id
        after = runs[-1].id
    return ""

"""What a team keeps no longer is removed, once a day: contexts, preferences, remains of accounts, spending, the audit.

Each part may be done again at any time. The audit is a chain: what is removed at its beginning is noted at its end
before, and goes oldest first, so that whoever checks the chain knows from where it is kept (`audit_chain.py`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, takewhile

from shared.app.chat.chat_memory import KIND as CHATS
from shared.app.chat.chat_memory import Chat
from shared.app.engine.deps import Deps
from shared.app.money.tenant_ledger import SPENDING
from shared.app.people.identities import leave_tenant
from shared.app.people.membership import note
from shared.app.planning.feedback import KIND as FEEDBACK
from shared.app.planning.feedback import Feedback
from shared.app.tenants.audit_chain import EXPIRED, describe_removal
from shared.app.tenants.audit_record import read_audit
from shared.app.tenants.settings_changes import load_bodies
from shared.core.documents import api_key, preference
from shared.core.documents.api_key import ApiKey
from shared.core.documents.cache_records import CONTEXTS, KeptContext
from shared.core.documents.codec import to_body
from shared.core.documents.preference import Preference
from shared.core.documents.sync import RETAINED, Retained
from shared.core.money.spending import day_of
from shared.core.people.actor import THE_SYSTEM
from shared.core.people.members import PLACE, Members, take_out
from shared.core.people.sessions import SESSIONS, Session
from shared.core.run.commands import RECONCILE, RETAIN, Command
from shared.core.run.run import derive_id
from shared.core.tenants.audit_entries import build_entry
from shared.core.tenants.sections import Retention, read_section
from shared.ports import Put, all_as, change_as, get_as

MAX_AT_ONCE = 500  # of each kind that one command removes
_AT_ONCE = 100


def order_removal(deps: Deps, tenant: str) -> Command | None:
    """Return the command that removes what the team keeps no longer; None where that is done for today."""
    now = deps.clock.now()
    done = get_as(Retained, deps.store, (tenant, *RETAINED))
    if done is not None and done.day >= day_of(now):
        return None
    return Command(derive_id("retain-", tenant, f"{now:%Y-%m-%dT%H}"), RECONCILE, "sync", tenant, topic=RETAIN)


def remove_old(command: Command, deps: Deps, limit: int = MAX_AT_ONCE) -> None:
    """Remove what the team keeps no longer, at most so many of each kind; the rest is left to the next command."""
    tenant, now = command.tenant, deps.clock.now()
    kept: Retention = read_section(load_bodies(deps, tenant), "retention")
    removed = [
        expire(deps, tenant, now - timedelta(days=days), limit)
        for expire, days in (
            (_expire_contexts, kept.contexts_days),
            (_expire_preferences, kept.preferences_days),
            (_expire_accounts, kept.accounts_days),
            (_expire_spending, kept.spending_days),
            (_expire_audit, kept.audit_days),
        )
    ]
    if max(removed) < limit:
        deps.store.put(tenant, Put(*RETAINED, to_body(Retained(day_of(now)))))
        return
    part = command.wake + 1
    name = derive_id("retain-", tenant, day_of(now), str(part))
    deps.queue.enqueue([Command(name, RECONCILE, "sync", tenant, topic=RETAIN, wake=part)])


def _expire_contexts(deps: Deps, tenant: str, before: datetime, limit: int) -> int:
    """Remove what models were told in runs that ended before, and conversations in which nothing was said since.

    A text that a later context names stays.
    """
    old: list[KeptContext] = []
    used: set[str] = set()
    ended: dict[str, bool] = {}
    for context in all_as(KeptContext, deps.store, tenant, CONTEXTS):
        if context.run not in ended:
            ended[context.run] = _ended_before(deps, tenant, context.run, before)
        if ended[context.run] and len(old) < limit:
            old.append(context)
        else:
            used.update(_texts_of(context))
    for context in old:
        for ref in _texts_of(context) - used:
            deps.store.delete_text(tenant, ref)
        deps.crash_point("retention.before/context")
        deps.store.put(tenant, Put(CONTEXTS, f"{context.run}.{context.step}", None))
    chats = [each.id for each in all_as(Chat, deps.store, tenant, CHATS) if _is_before(_find_last(each), before)]
    return len(old) + _remove(deps, tenant, CHATS, chats, limit)


def _find_last(chat: Chat) -> str:
    """Return when something was said last in a conversation."""
    return chat.turns[-1].at if chat.turns else chat.opened


def _texts_of(context: KeptContext) -> set[str]:
    return {context.prompt, *(each.prompt for each in context.earlier)}


def _ended_before(deps: Deps, tenant: str, run: str, before: datetime) -> bool:
    loaded = deps.store.load_run(tenant, run)
    return loaded is None or (loaded.run.ended_at is not None and loaded.run.ended_at < before)


def _expire_preferences(deps: Deps, tenant: str, before: datetime, limit: int) -> int:
    """Remove preferences, those that were deleted or have ended among them, and feedback, that are older."""
    preferences = all_as(Preference, deps.store, tenant, preference.KIND)
    old = [each.id for each in preferences if _is_before(each.deleted or each.until or each.at, before)]
    heard = all_as(Feedback, deps.store, tenant, FEEDBACK)
    remarks = [each.id for each in islice(takewhile(lambda each: _is_before(each.at, before), heard), limit)]
    return _remove(deps, tenant, preference.KIND, old, limit) + _remove(deps, tenant, FEEDBACK, remarks, limit)


def _expire_accounts(deps: Deps, tenant: str, before: datetime, limit: int) -> int:
    """Remove what is left of keys and sessions that have ended, and who has asked to join and was never let in."""
    keys = [each.id for each in all_as(ApiKey, deps.store, tenant, api_key.KIND) if _key_ended_before(each, before)]
    sessions = [each.id for each in all_as(Session, deps.store, tenant, SESSIONS) if each.ends_at() < before]
    members = get_as(Members, deps.store, (tenant, *PLACE)) or Members()
    strangers = [name for name, each in members.people.items() if each.asks and each.since < before]
    for person in strangers:
        _forget_stranger(deps, tenant, person)
    return (
        _remove(deps, tenant, api_key.KIND, keys, limit)
        + _remove(deps, tenant, SESSIONS, sessions, limit)
        + len(strangers)
    )


def _key_ended_before(key: ApiKey, before: datetime) -> bool:
    return any(end is not None and end < before for end in (key.revoked_at, key.expires_at))


def _forget_stranger(deps: Deps, tenant: str, person: str) -> None:
    """Take somebody off the list of who asks, unless they were let in at this moment."""
    name = ""

    def forget(known: Members | None) -> Members | None:
        nonlocal name
        member = known.people.get(person) if known is not None else None
        if known is None or member is None or not member.asks:
            return known
        name = member.name
        return take_out(known, person)

    change_as(Members, deps.store, (tenant, *PLACE), forget, deps.stand_back)
    if name:
        note(deps, tenant, "MemberOut", THE_SYSTEM, f"{name} ({person}), asked to join")
        leave_tenant(deps, person, tenant)


def _expire_spending(deps: Deps, tenant: str, before: datetime, limit: int) -> int:
    found: list[str] = []
    while docs := deps.store.list_docs(tenant, SPENDING, after=found[-1] if found else "", limit=_AT_ONCE):
        old = [doc.id for doc in docs if doc.id < day_of(before)]
        found += old
        if len(old) < len(docs) or len(found) >= limit:
            break
    return _remove(deps, tenant, SPENDING, found, limit)


def _expire_audit(deps: Deps, tenant: str, before: datetime, limit: int) -> int:
    """Remove the oldest entries, after the chain says that and until where; its own notes of that alone stay."""
    entries = takewhile(lambda each: _is_before(each.body.get("at"), before), read_audit(deps.store, tenant))
    old = list(islice(entries, limit))
    if all(each.body.get("what") == EXPIRED for each in old):
        return 0
    removal = describe_removal(old[-1])
    about = f"{len(old)} entries until {removal['until']}"
    deps.store.note(tenant, build_entry(deps.clock.now(), EXPIRED, THE_SYSTEM, about, after=removal))
    deps.crash_point("retention.after/note")
    while deps.store.forget_audit(tenant, old[-1].id):
        deps.crash_point("retention.after/entries")
    return len(old)


def _remove(deps: Deps, tenant: str, kind: str, ids: list[str], limit: int) -> int:
    names = ids[:limit]
    for begin in range(0, len(names), _AT_ONCE):
        deps.store.put(tenant, *(Put(kind, name, None) for name in names[begin : begin + _AT_ONCE]))
    return len(names)


def _is_before(at: object, before: datetime) -> bool:
    """Say whether a time in ISO 8601 is before; of what is no time nothing is known, so it stays."""
    try:
        return datetime.fromisoformat(str(at)) < before
    except (ValueError, TypeError):  # no time, or none with a zone
        return False

"""What a team keeps no longer goes, each kind at its own time; what is younger, in use, or another team's stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.app.api.keys import make_key
from shared.app.chat.chat_memory import Said, keep_chat, new_chat
from shared.app.engine.switches import HELD, hold_back, set_pause
from shared.app.intake.reconcile import order_passes
from shared.app.people.membership import members_of, welcome
from shared.app.planning.feedback import feedback_put
from shared.app.tenants.retention import order_removal, remove_old
from shared.app.tenants.settings_changes import change_settings
from shared.core.documents.cache_records import CONTEXTS, EarlierContext, KeptContext
from shared.core.documents.codec import to_body
from shared.core.people.identities import IDENTITIES, PEOPLE
from shared.core.people.sessions import SESSIONS, Session
from shared.core.run.commands import RECONCILE, RETAIN, Command
from shared.core.run.events import RunOpened, StepSucceeded
from shared.core.run.reducer import reduce
from shared.core.run.run import Limits, StepSpec, Trigger
from shared.ports import SYSTEM, Commit, Put, Secret
from tests.support.ports.local_ports import Ports, local_ports

TENANT, OTHER = "t-1", "t-2"
DAYS = {"contexts_days": 10, "preferences_days": 40, "accounts_days": 20, "spending_days": 100, "audit_days": 90}


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as found:
        for tenant in (TENANT, OTHER):
            change_settings(found.deps, tenant, retention=DAYS if tenant == TENANT else {})
        yield found


def _expire(ports: Ports, tenant: str = TENANT) -> None:
    remove_old(Command("c-1", RECONCILE, "sync", tenant, topic=RETAIN), ports.deps)


def _ids(ports: Ports, kind: str, tenant: str = TENANT) -> set[str]:
    return {doc.id for doc in ports.store.list_docs(tenant, kind)}


def _ago(ports: Ports, days: float) -> datetime:
    return ports.clock.now() - timedelta(days=days)


def _run(ports: Ports, name: str, opened: float, *, ended: bool, tenant: str = TENANT) -> None:
    """Store a run that was opened, and ended, so many days ago."""
    events: list[Any] = [RunOpened(_ago(ports, opened), tenant, name, Trigger("test"), Limits(), (StepSpec("a", "x"),))]
    events += [StepSucceeded(_ago(ports, opened), "a", 1)] if ended else []
    run, version = None, ""
    for number, event in enumerate(events):
        run, commands = reduce(run, event)
        version = ports.store.commit(Commit(run, (event,), commands, version, f"{name}.{number}"))


def _context(ports: Ports, run: str, text: str, earlier: str = "", tenant: str = TENANT) -> None:
    refs = [ports.store.put_text(tenant, each) for each in (text, earlier) if each]
    before = (EarlierContext(1, 1, refs[1]),) if earlier else ()
    kept = KeptContext(run, "a", "x", 2, 1, refs[0], before)
    ports.store.put(tenant, Put(CONTEXTS, f"{run}.a", to_body(kept)))


def test_contexts_go_some_days_after_their_runs_end_with_their_texts_and_no_text_in_use(ports: Ports) -> None:
    for name, opened, ended in (("run-old", 11, True), ("run-new", 9, True), ("run-open", 300, False)):
        _run(ports, name, opened, ended=ended)
        _context(ports, name, f"prompt of {name}", "the same in all of them")
    _context(ports, "run-gone", "prompt of a run that is not there")
    _run(ports, "run-old", 11, ended=True, tenant=OTHER)
    _context(ports, "run-old", "prompt of run-old", tenant=OTHER)
    _expire(ports)
    assert _ids(ports, CONTEXTS) == {"run-new.a", "run-open.a"}
    kept = {ports.store.get_text(TENANT, ref) for ref in ports.store.texts(TENANT)}
    assert kept == {"prompt of run-new", "prompt of run-open", "the same in all of them"}
    assert _ids(ports, CONTEXTS, OTHER) == {"run-old.a"}
    assert len(ports.store.texts(OTHER)) == 1


def test_conversations_go_some_days_after_the_last_word(ports: Ports) -> None:
    chats = []
    for name, days in (("1", 11), ("2", 9)):
        opened = _ago(ports, 50).isoformat()
        said = Said("user", "hello", _ago(ports, days).isoformat())
        chats.append(keep_chat(ports.deps, TENANT, replace(new_chat(TENANT, "k", "Ada", opened, name), turns=(said,))))
    _expire(ports)
    assert _ids(ports, "chats") == {chats[1].id}


def test_preferences_and_feedback_go_when_they_are_old(ports: Ports) -> None:
    def liked(**fields: str) -> dict[str, Any]:
        return {"text": "Short", "by": "rules", "sources": [], **fields}

    old, young = _ago(ports, 41).isoformat(), _ago(ports, 39).isoformat()
    ports.store.put(
        TENANT,
        Put("preferences", "pref-old", liked(at=old)),
        Put("preferences", "pref-young", liked(at=young)),
        Put("preferences", "pref-ended", liked(at=young, until=old)),
        Put("preferences", "pref-deleted", {"sources": ["f"], "deleted": old}),
        Put("preferences", "pref-deleted-lately", {"sources": ["f"], "at": old, "deleted": young}),
        feedback_put(_ago(ports, 41), "run-1", "down", "Ada", "never again"),
        feedback_put(_ago(ports, 39), "run-1", "down", "Ada", "not this either"),
    )
    _expire(ports)
    assert _ids(ports, "preferences") == {"pref-young", "pref-deleted-lately"}
    assert [doc.body["text"] for doc in ports.store.list_docs(TENANT, "feedback")] == ["not this either"]


def test_what_is_left_of_keys_and_sessions_goes_after_their_end_and_what_works_stays(ports: Ports) -> None:
    ports.deps.secrets.set("api-key-pepper", Secret("of the tests"))
    make_key(ports.deps, OTHER, "viewer", "theirs")
    kept = {make_key(ports.deps, TENANT, "viewer", "works")[0]["id"]}
    for field, days in (("revoked_at", 21), ("expires_at", 21), ("revoked_at", 19), ("expires_at", 19)):
        key = make_key(ports.deps, TENANT, "viewer", "ended")[0]["id"]
        doc = ports.store.get(TENANT, "api_keys", key)
        assert doc is not None
        ports.store.put(TENANT, Put("api_keys", key, {**doc.body, field: _ago(ports, days).isoformat()}))
        kept |= {key} if days == 19 else set()
    for name, days in (("s-old", 21), ("s-young", 19)):
        at = _ago(ports, days)
        ports.store.put(TENANT, Put(SESSIONS, name, to_body(Session("p-1", "owner", "h", at, at))))
    _expire(ports)
    assert _ids(ports, "api_keys") == kept
    assert _ids(ports, SESSIONS) == {"s-young"}
    assert len(_ids(ports, "api_keys", OTHER)) == 1


def test_who_asked_to_join_and_was_never_let_in_is_forgotten_with_their_identity(ports: Ports) -> None:
    welcome(ports.deps, TENANT, "notion:founder", "Ada", founds=True)
    welcome(ports.deps, TENANT, "notion:stranger", "Mallory", founds=False)
    ports.clock.move(hours=24 * 15)
    welcome(ports.deps, TENANT, "notion:late", "Ben", founds=False)
    ports.clock.move(hours=24 * 6)
    _expire(ports)
    assert {each.name for each in members_of(ports.deps, TENANT).people.values()} == {"Ada", "Ben"}
    assert len(ports.store.list_docs(SYSTEM, PEOPLE)) == len(ports.store.list_docs(SYSTEM, IDENTITIES)) == 2
    out = [each.body for each in ports.store.audit(TENANT) if each.body["what"] == "MemberOut"]
    assert [(each["by"], str(each["about"]).split(" (")[0]) for each in out] == [("workwright", "Mallory")]


def test_spending_goes_by_whole_days_and_more_than_one_command_takes_is_left_to_the_next(ports: Ports) -> None:
    for days in (99, 100, *range(101, 108)):
        ports.store.put(TENANT, Put("spending", f"{_ago(ports, days):%Y-%m-%d}.run-1.000001", {"items": []}))
    remove_old(Command("c-1", RECONCILE, "sync", TENANT, topic=RETAIN), ports.deps, limit=4)
    assert len(_ids(ports, "spending")) == 5
    assert order_removal(ports.deps, TENANT) is not None  # not done for today yet

    def go_on(command: Command) -> int:
        remove_old(command, ports.deps, limit=4)
        return 200

    (again,) = ports.deliver_due(go_on)
    assert (again.topic, again.wake) == (RETAIN, 1)
    assert _ids(ports, "spending") == {f"{_ago(ports, days):%Y-%m-%d}.run-1.000001" for days in (99, 100)}
    assert order_removal(ports.deps, TENANT) is None


def test_it_is_ordered_once_a_day_for_each_team_and_never_while_work_is_paused(ports: Ports) -> None:
    def carry_out(command: Command) -> int:
        assert command.topic == RETAIN
        if not hold_back(command, ports.deps):
            remove_old(command, ports.deps)
        return 200

    order_passes(ports.deps)
    order_passes(ports.deps)  # one command for each: the second has the same name
    assert sorted(each.tenant for each in ports.deliver_due(carry_out)) == [TENANT, OTHER]
    order_passes(ports.deps)
    assert ports.deliver_due(carry_out) == []
    ports.clock.move(hours=24)
    set_pause(ports.deps, TENANT, True, "Ada")
    ports.store.put(TENANT, Put("spending", "2020-01-01.run-1.000001", {"items": []}))
    order_passes(ports.deps)
    assert len(ports.deliver_due(carry_out)) == 2
    assert _ids(ports, "spending") == {"2020-01-01.run-1.000001"}
    assert not _ids(ports, HELD)
    set_pause(ports.deps, TENANT, False, "Ada")
    ports.clock.move(hours=1)
    order_passes(ports.deps)
    assert [each.tenant for each in ports.deliver_due(carry_out)] == [TENANT]
    assert not _ids(ports, "spending")

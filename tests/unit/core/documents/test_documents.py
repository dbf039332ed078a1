"""Stored documents: what was written before is read and written back as it was, and what is not known is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.app.api.rate import Lent
from shared.app.chat.chat_memory import Chat
from shared.app.migration.state import Arrival
from shared.app.planning.feedback import Feedback
from shared.app.polling.connection_outages import Outage
from shared.app.wishes.status_journal import Kept
from shared.core.documents.alarm import Alarm
from shared.core.documents.api_key import ApiKey
from shared.core.documents.bots import Bot, Handshake, Installation, Workspace
from shared.core.documents.cache_records import KeptAnswer, KeptContext, KeptPart, KeptReads, LastAnswer, ShownRow
from shared.core.documents.codec import beside, from_body, sparse, to_body, unknown
from shared.core.documents.comment_records import Heard, HeardChange, ToldComments
from shared.core.documents.effect import Claim, Effect
from shared.core.documents.grant import Grant
from shared.core.documents.hook import Hook, HookDoor
from shared.core.documents.look import Look
from shared.core.documents.page_record import Answered, PageRecord, RetryLink
from shared.core.documents.places import Columns, CrawlState, LookUps, Place, Setup
from shared.core.documents.preference import LearningState, Preference
from shared.core.documents.routine import Routine
from shared.core.documents.sealed_values import Rotation, SiteValue
from shared.core.documents.snapshot import Expiry, Snapshot
from shared.core.documents.sync import Asked, KnowledgeState, Lost, MapState, Pass, Retained, Stale, WrongClock
from shared.core.documents.tenant_settings import TenantSettings
from shared.core.errors import StoreCorrupt
from shared.core.models.routing import Mark
from shared.core.money.spending import Ledger
from shared.core.notify.digest import Digest
from shared.core.notify.endpoint import Delivery, Endpoint
from shared.core.notify.telling import TeamTelling, Telling
from shared.core.people.first_hour import FirstHour
from shared.core.people.identities import Identity, Person
from shared.core.people.invitations import Invitations
from shared.core.people.linked_accounts import LinkCode, LinkedAccount, MessengerAsk, MessengerPlace
from shared.core.people.logins import Login
from shared.core.people.mail_links import LinkAsks, MailLink
from shared.core.people.members import Members
from shared.core.people.service_accounts import ServiceAccount
from shared.core.people.sessions import Session
from shared.core.planning.proposal import RuledPlan
from shared.core.polling.rows import SweptMark, WatchedRows
from shared.core.rate_window import Rate, Window
from shared.core.run.commands import HeldCommand
from shared.core.schedule.day_tasks import PlannedDay, PlanningClock
from shared.core.tenants.erasure import Erasure, Tombstone

# Bodies as they were written before there were classes for them, of the demo and of tests of the whole house.
WRITTEN = Path(__file__).resolve().parents[3] / "fixtures/documents"
KINDS: Mapping[str, type[Any]] = {
    "api-rates": Lent,
    "api_keys": ApiKey,
    "arrivals": Arrival,
    "bots": Bot,
    "changes": HeardChange,
    "chats": Chat,
    "claims": Claim,
    "columns": Columns,
    "contexts": KeptContext,
    "days": PlannedDay,
    "due": Alarm,
    "digests": Digest,
    "effects": Effect,
    "erasures": Erasure,
    "first-hour": FirstHour,
    "feedback": Feedback,
    "grants": Grant,
    "heard": Heard,
    "held": HeldCommand,
    "hook_doors": HookDoor,
    "hooks": Hook,
    "idempotency": KeptAnswer,
    "identities": Identity,
    "endpoint-deliveries": Delivery,
    "endpoints": Endpoint,
    "installations": Installation,
    "invitations": Invitations,
    "kept": KeptReads,
    "kept_parts": KeptPart,
    "last_answers": LastAnswer,
    "ledgers": Ledger,
    "looks": Look,
    "lost": Lost,
    "map": Place,
    "link-asks": LinkAsks,
    "link-codes": LinkCode,
    "linked-accounts": LinkedAccount,
    "logins": Login,
    "mail-links": MailLink,
    "members": Members,
    "messenger-asks": MessengerAsk,
    "messenger-places": MessengerPlace,
    "metrics": LookUps,
    "model_marks": Mark,
    "pages": PageRecord,
    "people": Person,
    "planning-day": PlanningClock,
    "preference-state": LearningState,
    "preferences": Preference,
    "proposals": RuledPlan,
    "rates": Window,
    "retries": RetryLink,
    "rotations": Rotation,
    "routines": Routine,
    "rows": ShownRow,
    "rows-watched": WatchedRows,
    "service-accounts": ServiceAccount,
    "sessions": Session,
    "settings": TenantSettings,
    "setup": Setup,
    "site_values": SiteValue,
    "snapshot-expiries": Expiry,
    "snapshots": Snapshot,
    "stale": Stale,
    "statuses": Kept,
    "sync-asking": Asked,
    "sync-clock": WrongClock,
    "sync-crawl": CrawlState,
    "sync-knowledge": KnowledgeState,
    "sync-map": MapState,
    "sync-pass": Pass,
    "sync-retention": Retained,
    "swept": SweptMark,
    "telling": Telling,
    "telling-team": TeamTelling,
    "told": ToldComments,
    "tombstones": Tombstone,
    "unreached": Outage,
    "webhook": Handshake,
    "workspaces": Workspace,
}
# What is known of a document beside its body.
KNOWN: Mapping[type[Any], Mapping[str, Any]] = {
    Feedback: {"id": "fb-1"},
    Ledger: {"month": "2026-03"},
    Window: {"rate": Rate()},
}
BODIES = [
    pytest.param(of, body, id=f"{kind} {number}")
    for kind, of in KINDS.items()
    for number, body in enumerate(json.loads((WRITTEN / f"{kind}.json").read_text(encoding="utf-8")), 1)
]


@dataclass(frozen=True, slots=True)
class Wheel:
    size: int
    worn: bool = False


@dataclass(frozen=True, slots=True)
class Cart:
    """One field of each type that documents have."""

    name: str
    bought: datetime
    sold: datetime | None = None
    load: float = sparse(0.0)
    wheels: tuple[Wheel, ...] = ()
    spare: Wheel | None = None
    by_side: Mapping[str, Wheel] = sparse(None)
    anything: Any = None
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


def test_every_fixture_belongs_to_a_class() -> None:
    assert {path.stem for path in WRITTEN.glob("*.json")} == KINDS.keys()


@pytest.mark.parametrize(("of", "body"), BODIES)
def test_what_was_written_before_is_read_and_written_back_as_it_was(of: type[Any], body: Mapping[str, Any]) -> None:
    assert to_body(from_body(of, body, **KNOWN.get(of, {}))) == body


@pytest.mark.parametrize(("of", "body"), BODIES)
def test_what_a_newer_version_has_added_is_kept_on_rewriting(of: type[Any], body: Mapping[str, Any]) -> None:
    newer = {**body, "colour": {"of": ["the", "future"]}}
    assert to_body(from_body(of, newer, **KNOWN.get(of, {}))) == newer


def test_what_an_older_version_has_not_written_has_its_default() -> None:
    record = from_body(PageRecord, {"run": "run-1", "generation": 3, "settled": False}, version="7")
    assert record == PageRecord("run-1", 3, False, (), (), "7")
    assert from_body(PageRecord, {}) == PageRecord("", 0, True)


def test_a_record_reads_its_parts_as_what_they_are() -> None:
    body = {"run": "r", "generation": 1, "settled": True, "answers": [{"id": "c-1", "text": "Blue"}]}
    assert from_body(PageRecord, body).answers == (Answered("c-1", "Blue"),)
    assert to_body(replace(from_body(PageRecord, body), answers=())) == {"run": "r", "generation": 1, "settled": True}


def test_what_cannot_be_without_is_named() -> None:
    with pytest.raises(StoreCorrupt, match="a stored Cart has no name, bought"):
        from_body(Cart, {"load": 2.0})


WHEELS = st.builds(Wheel, st.integers(), st.booleans())
TIMES = st.datetimes(timezones=st.just(UTC))
LOOSE = (
    st.none()
    | st.integers()
    | st.text(max_size=3)
    | st.dictionaries(st.text(max_size=2), st.lists(st.integers()), max_size=2)
)
CARTS = st.builds(
    Cart,
    name=st.text(max_size=5),
    bought=TIMES,
    sold=st.none() | TIMES,
    load=st.floats(allow_nan=False),
    wheels=st.lists(WHEELS, max_size=3).map(tuple),
    spare=st.none() | WHEELS,
    by_side=st.dictionaries(st.text(max_size=3), WHEELS, max_size=2),
    anything=LOOSE,
    more=st.dictionaries(st.text(max_size=3).map(lambda name: f"x{name}"), LOOSE, max_size=2),
)


@settings(max_examples=40)
@given(CARTS)
def test_a_document_of_any_content_survives_being_stored(cart: Cart) -> None:
    stored = json.loads(json.dumps(to_body(cart)))
    again = from_body(Cart, stored)
    assert (again, again.more) == (cart, cart.more)
    assert json.loads(json.dumps(to_body(again))) == stored


def test_what_stands_beside_a_document_is_not_stored() -> None:
    cart = Cart("a", datetime(2026, 3, 2, tzinfo=UTC), version="7")
    assert "version" not in to_body(cart)
    assert "load" not in to_body(cart)


def test_a_grant_from_before_people_were_told_or_times_were_kept_says_what_it_can() -> None:
    grant = from_body(Grant, {"status": "connected", "at": "2026-03-02T09:00:00+00:00", "public": {"bot_id": "b-1"}})
    assert (grant.connected, grant.told, grant.given) == (True, False, "2026-03-02T09:00:00+00:00")
    assert (grant.bot, grant.workspace, grant.installation, grant.host) == ("b-1", "", 0, "")


@pytest.mark.parametrize(
    ("body", "why", "page"),
    [
        pytest.param({}, "", "", id="nothing set"),
        pytest.param({"paused": True, "paused_by": "Ada"}, "paused", "", id="paused without a reason"),
        pytest.param({"paused": "a quiet week", "paused_on": {"page": "p-1"}}, "a quiet week", "p-1", id="on a page"),
        pytest.param({"paused": False, "stood": [{"since": "a", "until": "b"}]}, "", "", id="over"),
    ],
)
def test_settings_say_why_work_is_paused_and_where(body: Mapping[str, Any], why: str, page: str) -> None:
    settings = from_body(TenantSettings, body)
    assert (settings.why_paused, settings.pause_page) == (why, page)


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        pytest.param({}, False, id="begun"),
        pytest.param({"remote": 7, "signed": True}, True, id="made"),
        pytest.param({"by_hand": True}, True, id="left to people"),
        pytest.param({"refused": "not a maintainer"}, True, id="refused"),
        pytest.param({"removed": True}, True, id="taken away"),
    ],
)
def test_a_forge_is_asked_once_for_its_webhook(body: Mapping[str, Any], asked: bool) -> None:
    assert from_body(Hook, {"system": "gitlab", "repository": "acme/shop", "at": "", **body}).asked is asked

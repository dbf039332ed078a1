"""Send deliveries of a range to an endpoint again: under the ids they had, slowly, and going on after a death."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared import log
from shared.app.endpoints.team_endpoints import find_endpoint, order_try, refuse_off
from shared.app.engine.deps import Deps
from shared.core.errors import Conflicting, NotThere
from shared.core.notify.endpoint import (
    DELIVERIES,
    ENDPOINTS,
    KEPT,
    MAX_REPLAYED,
    REPLAY_LOST,
    REPLAY_PAUSE,
    REPLAYED_AT_ONCE,
    WAITING,
    Delivery,
    Endpoint,
    Replay,
    name_delivery,
)
from shared.core.run.commands import REPLAY, Command
from shared.core.run.run import derive_id
from shared.ports import change_as, get_as, read_as
from shared.telemetry import trace

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

MAX_LOOKED = 5_000  # deliveries looked at for one replay, of whatever kind
_PAGE = 100
_FIRST_AGAIN = timedelta(seconds=30)  # after which the first turn comes although whoever ordered it died


@dataclass(frozen=True, slots=True)
class Range:
    """What is to be sent again: of these kinds, from `since` on, until before `until`, behind the delivery `after`."""

    since: datetime
    until: datetime
    events: tuple[str, ...] = ()
    after: str = ""


def order_replay(deps: Deps, tenant: str, endpoint: str, wanted: Range, key: str = "") -> Replay:
    """Have deliveries of a range sent again; return how many, and whether there may be more.

    The same `key` again is the same replay. Raises NotThere, and Conflicting for an endpoint that is switched off, a
    range that is none, and another replay that is under way.
    """
    found = find_endpoint(deps, tenant, endpoint)
    refuse_off(found)
    if wanted.since >= wanted.until:
        raise Conflicting("field 'from': it is not before 'to'", way_out="Give a time that is.")
    name = derive_id("replay-", tenant, endpoint, key or random_source.token_hex(16))
    if found.replay is None or found.replay.id != name:
        wished = _find_range(deps, tenant, endpoint, name, wanted)
        early = _order_turn(tenant, endpoint, wished, deps.clock.now() + _FIRST_AGAIN)
        deps.queue.enqueue(
            [replace(early, id=f"{early.id}.again")]
        )  # before it is kept: who dies in between loses nothing
        deps.crash_point("replay.before/kept")
        found = _keep(deps, tenant, endpoint, wished)
        deps.crash_point("replay.after/kept")
    assert found.replay is not None  # it was just kept
    deps.queue.enqueue([_order_turn(tenant, endpoint, found.replay)])
    return found.replay


@trace.use_case
def replay_range(command: Command, deps: Deps, tools: Tools) -> None:
    """Hand over some more deliveries of a replay and order its next turn; whoever died on the way does it again."""
    endpoint, _, name = command.ref.partition("/")
    place = (command.tenant, ENDPOINTS, endpoint)
    found = get_as(Endpoint, deps.store, place)
    under_way = found.replay if found is not None else None
    if found is None or under_way is None or under_way.id != name or under_way.done:
        return
    if under_way.turn == command.wake:
        under_way = _take_turn(deps, command.tenant, found, under_way)
    if under_way is not None and not under_way.done:
        later = max(under_way.moved_at + REPLAY_PAUSE, deps.clock.now())
        deps.queue.enqueue([_order_turn(command.tenant, endpoint, under_way, later)])
        deps.crash_point("replay.after/ordered")


def _take_turn(deps: Deps, tenant: str, endpoint: Endpoint, under_way: Replay) -> Replay | None:
    """Hand some over, and return the replay as it is then; None where somebody else was faster, or it is gone."""
    sent, seen, ended = 0, under_way.seen, endpoint.off_at is not None or not under_way.last
    if not ended:
        for name, delivery in _walk(deps, tenant, endpoint.id, under_way.seen or under_way.after, under_way):
            if under_way.includes(delivery):
                _send_again(deps, tenant, f"{endpoint.id}.{name}", under_way.id)
                sent += 1
            seen = name
            if sent == REPLAYED_AT_ONCE or name >= under_way.last:
                break
        ended = seen >= under_way.last or seen == under_way.seen

    def move(stored: Endpoint | None) -> Endpoint | None:
        kept = stored.replay if stored is not None else None
        if stored is None or kept is None or kept.id != under_way.id or kept.turn != under_way.turn:
            return stored
        turned = replace(
            kept, seen=seen, sent=kept.sent + sent, turn=kept.turn + 1, done=ended, moved_at=deps.clock.now()
        )
        return replace(stored, replay=turned)

    after = change_as(Endpoint, deps.store, (tenant, ENDPOINTS, endpoint.id), move, deps.stand_back)
    deps.crash_point("replay.after/turned")
    log.line("INFO", "deliveries are sent again", tenant=tenant, sent=sent, ended=ended)
    return after.replay if after is not None and after.replay and after.replay.id == under_way.id else None


def _send_again(deps: Deps, tenant: str, name: str, replay: str) -> None:
    def change(stored: Delivery | None) -> Delivery | None:
        if stored is None or stored.replay == replay:
            return stored  # it was forgotten, or an earlier attempt was here
        return replace(stored, state=WAITING, began=stored.tried, next_at=None, replay=replay)

    after = change_as(Delivery, deps.store, (tenant, DELIVERIES, name), change, deps.stand_back)
    deps.crash_point("replay.after/marked")
    if after is not None:
        order = order_try(tenant, name, after.began)
        deps.queue.enqueue([replace(order, id=derive_id("replay-", order.id, replay))])
        deps.crash_point("replay.after/handed")


def _find_range(deps: Deps, tenant: str, endpoint: str, name: str, wanted: Range) -> Replay:
    """Return the replay of a range with what belongs to it counted: so many at most, the latest first."""
    none = Replay(
        name, wanted.since, wanted.until, wanted.events, wanted.after, "", 0, has_more=False, moved_at=deps.clock.now()
    )
    count, last = 0, ""
    for looked, (each, delivery) in enumerate(_walk(deps, tenant, endpoint, wanted.after, none)):
        if count == MAX_REPLAYED or looked == MAX_LOOKED:
            return replace(none, last=last, count=count, has_more=True)
        count, last = count + none.includes(delivery), each
    return replace(none, last=last, count=count)


def _walk(deps: Deps, tenant: str, endpoint: str, after: str, wanted: Replay) -> Iterator[tuple[str, Delivery]]:
    """Yield the deliveries that lie in a range by the second, each with its name behind the endpoint's."""
    now = deps.clock.now()  # beyond a day from it, and beyond what is kept, there is nothing to be named
    first = name_delivery(endpoint, "", min(wanted.until, now + timedelta(days=1)) + timedelta(seconds=1))
    last = name_delivery(endpoint, "", max(wanted.since, now - 2 * KEPT) - timedelta(seconds=1))
    place = max(f"{endpoint}.{after}" if after else first, first)
    while docs := deps.store.list_docs(tenant, DELIVERIES, after=place, limit=_PAGE):
        for doc in docs:
            if doc.id >= last:
                return
            yield doc.id.removeprefix(f"{endpoint}."), read_as(Delivery, doc)
        place = docs[-1].id


def _keep(deps: Deps, tenant: str, endpoint: str, wished: Replay) -> Endpoint:
    def change(stored: Endpoint | None) -> Endpoint | None:
        if stored is None:
            raise NotThere(f"no endpoint {endpoint!r}")
        before = stored.replay
        if before is not None and not before.done and wished.moved_at - before.moved_at < REPLAY_LOST:
            raise Conflicting(
                "deliveries of this endpoint are being sent again",
                way_out="Wait until GET /v1/endpoints says it is done.",
            )
        return replace(stored, replay=wished)

    after = change_as(Endpoint, deps.store, (tenant, ENDPOINTS, endpoint), change, deps.stand_back)
    assert after is not None  # `change` says so
    return after


def _order_turn(tenant: str, endpoint: str, under_way: Replay, at: datetime | None = None) -> Command:
    ref = f"{endpoint}/{under_way.id}"
    name = derive_id("turn-", ref, str(under_way.turn))
    return Command(name, REPLAY, "notify", tenant, ref=ref, wake=under_way.turn, not_before=at)

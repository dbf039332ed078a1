"""What happened to a page lately, gathered until somebody looks: many deliveries, one look, and no change is lost.

A document per page lists what was delivered and not looked at yet, under a number. The first delivery of a number
orders one look for a moment later; those that come until then only join. Whoever has looked takes away what it saw;
what has joined meanwhile becomes the next number, with a look of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from shared.app.engine.deps import Deps
from shared.core.pages.author import PERSON, Author, read_author, write_author
from shared.core.run.commands import LOOK, Command
from shared.core.run.run import derived_id
from shared.ports import change_doc

KIND = "looks"
REMEMBERED = 128  # ids of deliveries kept per page, so that one that comes again is known
MOST = 100  # kept of one number; of more, the oldest are as good as seen, as long as they can decide nothing
LOST_AFTER = timedelta(minutes=15)  # an order whose look has not come by then is given again


@dataclass(frozen=True, slots=True)
class Happening:
    """One delivery about a page: when, who, and what of the page. `who` is None when it was ourselves alone."""

    id: str
    at: str
    who: Author | None = None
    type: str = ""
    sets: bool = False  # a property was set, which may be a decision
    properties: tuple[str, ...] = ()  # their ids, where the delivery says
    ours_too: bool = False  # our own bot is among several who did it
    in_table: bool = False  # it is said to be a row of a table


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one look is about, oldest first, when it began, and of when the newest setting is that was seen before."""

    happenings: tuple[Happening, ...]
    at: str = ""
    set_at: str = ""

    def newest(self, status: str) -> str:
        """Return when the status may have been set last, of all that was looked at so far; "" when it never was."""
        return max([self.set_at, *(each.at for each in self._settings(status))], key=_moment)

    def decider(self, status: str, echo: Callable[[Happening], bool]) -> Author | None:
        """Return who stands behind the page's status; None when only ourselves did anything.

        `status` is the id of the property that decides, "" where it is not known. What is told later than something
        that happened after it decides nothing: the status shown is another's by now. `echo` is asked of what a person
        set: whether the present value is rather what we wrote, at that moment or since.
        """
        deciding = [each for each in self._settings(status) if _moment(each.at) >= _moment(self.set_at)]
        if not deciding:
            known = [each.who for each in self.happenings if each.who is not None]
            people = [who for who in known if who.kind == PERSON]
            return replace((people or known)[-1], certain=True, seen=True) if known else None
        authors = [each.who for each in deciding if each.who is not None]
        people = [who for who in authors if who.kind == PERSON]
        if not all(who.decides for who in authors):  # nobody can tell any more who set what
            return replace(people[-1], certain=False) if people else authors[-1]
        echoed = echo(next((each for each in deciding if each.ours_too), deciding[-1]))
        return replace(people[-1], seen=echoed)

    def _settings(self, status: str) -> list[Happening]:
        return [each for each in self.happenings if each.who is not None and each.sets and _touches(each, status)]


def gather(deps: Deps, tenant: str, page: str, happening: Happening) -> Command | None:
    """Remember it; return the look to order, the same one for all that wait for it. None: it was looked at before."""
    new = False

    def join(known: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        nonlocal new
        now = deps.clock.now()
        body: dict[str, Any] = dict(known) if known else {"number": 0, "since": "", "waiting": [], "known": []}
        new = happening.id not in body["known"]
        if not new:
            return known
        waiting = body["waiting"]
        if not waiting or now - datetime.fromisoformat(body["since"]) > LOST_AFTER:
            body |= {"number": body["number"] + 1, "since": now.isoformat()}
        deps.crash_point("gather.before/delivery")
        return body | {
            "waiting": _bounded([*waiting, _stored(happening)]),
            "known": [*body["known"], happening.id][-REMEMBERED:],
        }

    body = change_doc(deps.store, (tenant, KIND, page), join, deps.stand_back)
    assert body is not None
    if new:
        deps.crash_point("gather.after/delivery")
    there = any(each["id"] == happening.id for each in body["waiting"])
    return _order(deps, tenant, page, body) if new or there else None


def gathered(deps: Deps, command: Command) -> Gathered | None:
    """Return what the look is about; None when it is out of date, and then the one that is not was ordered again."""
    doc = deps.store.get(command.tenant, KIND, command.ref)
    if doc is None or not doc.body["waiting"]:
        return None
    if doc.body["number"] != command.wake:
        deps.queue.enqueue([_order(deps, command.tenant, command.ref, doc.body)])
        return None
    found = [_happening(each) for each in doc.body["waiting"]]
    found.sort(key=lambda each: _moment(each.at))
    return Gathered(tuple(found), deps.clock.now().isoformat(), doc.body.get("set_at", ""))


def looked(deps: Deps, command: Command, seen: Gathered, status: str = "") -> None:
    """Take away what was looked at; what has joined since gets a look of its own. `status` as for `decider`."""
    ids = {each.id for each in seen.happenings}
    rest: list[Any] = []
    is_mine = False

    def take_away(known: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        nonlocal rest, is_mine
        is_mine = known is not None and known["number"] == command.wake
        if known is None or not is_mine:
            return known
        rest = [each for each in known["waiting"] if each["id"] not in ids]
        number = known["number"] + (1 if rest else 0)
        seen_now = {"looked": seen.at, "set_at": seen.newest(status)}
        deps.crash_point("looked.before/delivery")
        return {**known, "number": number, "since": deps.clock.now().isoformat(), "waiting": rest, **seen_now}

    body = change_doc(deps.store, (command.tenant, KIND, command.ref), take_away, deps.stand_back)
    if body is None or not is_mine:
        return
    deps.crash_point("looked.after/delivery")
    if rest:
        deps.queue.enqueue([_order(deps, command.tenant, command.ref, body)])


def looked_at(deps: Deps, tenant: str, page: str) -> datetime | None:
    """Return when somebody last began to look at the page; None while a look is outstanding, or there was none."""
    doc = deps.store.get(tenant, KIND, page)
    if doc is None or doc.body["waiting"] or not doc.body.get("looked"):
        return None
    return datetime.fromisoformat(doc.body["looked"])


def _order(deps: Deps, tenant: str, page: str, body: Mapping[str, Any]) -> Command:
    """Return the look at this number: however often it is made, it is the same command."""
    name = derived_id("look-", tenant, page, str(body["number"]))
    until = datetime.fromisoformat(body["since"]) + deps.gather if deps.gather else None
    return Command(name, LOOK, "plan", tenant, wake=body["number"], ref=page, not_before=until)


def _stored(happening: Happening) -> dict[str, Any]:
    return {**asdict(happening), "who": write_author(happening.who) if happening.who is not None else ""}


def _happening(data: Mapping[str, Any]) -> Happening:
    who = read_author(data["who"]) if data["who"] else None
    return Happening(**{**data, "who": who, "properties": tuple(data["properties"])})


def _bounded(waiting: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what is too much: first what set nothing, then the oldest, and then nobody knows who set what."""
    if len(waiting) <= MOST:
        return waiting
    oldest = next((number for number, each in enumerate(waiting) if not each["sets"]), 0)
    left_out, rest = waiting[oldest], [*waiting[:oldest], *waiting[oldest + 1 :]]
    if left_out["sets"]:
        who = write_author(replace(read_author(rest[0]["who"]), certain=False))
        rest[0] = {**rest[0], "who": who, "properties": []}
    return rest


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)


def _touches(happening: Happening, status: str) -> bool:
    listed = {unquote(each) for each in happening.properties}
    return not status or not listed or unquote(status) in listed

"""What happened to a page lately, gathered until somebody looks: many deliveries, one look, and no change is lost.

A document per page lists what was delivered and not looked at yet, under a number. The first delivery of a number
orders one look for a moment later; those that come until then only join. Whoever has looked takes away what it saw;
what has joined meanwhile becomes the next number, with a look of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from shared.app.engine.deps import Deps
from shared.core.documents.look import KIND, Happening, Look
from shared.core.pages.author import PERSON, Author
from shared.core.run.commands import LOOK, Command
from shared.core.run.run import derive_id
from shared.ports import change_as, get_as

REMEMBERED = 128  # ids of deliveries kept per page, so that one that comes again is known
MAX = 100  # kept of one number; of more, the oldest are as good as seen, as long as they can decide nothing
LOST_AFTER = timedelta(minutes=15)  # an order whose look has not come by then is given again


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

    def join(known: Look | None) -> Look | None:
        nonlocal new
        now, look = deps.clock.now(), known or Look()
        new = happening.id not in look.known
        if not new:
            return known
        if not look.waiting or now - datetime.fromisoformat(look.since) > LOST_AFTER:
            look = replace(look, number=look.number + 1, since=now.isoformat())
        deps.crash_point("gather.before/delivery")
        ids = (*look.known, happening.id)[-REMEMBERED:]
        return replace(look, waiting=_drop_oldest((*look.waiting, happening)), known=ids)

    look = change_as(Look, deps.store, (tenant, KIND, page), join, deps.stand_back)
    assert look is not None
    if new:
        deps.crash_point("gather.after/delivery")
    waits = any(each.id == happening.id for each in look.waiting)
    return _order(deps, tenant, page, look) if new or waits else None


def take_gathered(deps: Deps, command: Command) -> Gathered | None:
    """Return what the look is about; None when it is out of date, and then the one that is not was ordered again."""
    look = get_as(Look, deps.store, (command.tenant, KIND, command.ref))
    if look is None or not look.waiting:
        return None
    if look.number != command.wake:
        deps.queue.enqueue([_order(deps, command.tenant, command.ref, look)])
        return None
    found = sorted(look.waiting, key=lambda each: _moment(each.at))
    return Gathered(tuple(found), deps.clock.now().isoformat(), look.set_at or "")


def finish_look(deps: Deps, command: Command, seen: Gathered, status: str = "") -> None:
    """Take away what was looked at; what has joined since gets a look of its own. `status` as for `decider`."""
    ids = {each.id for each in seen.happenings}
    is_mine = False

    def take_away(known: Look | None) -> Look | None:
        nonlocal is_mine
        is_mine = known is not None and known.number == command.wake
        if known is None or not is_mine:
            return known
        rest = tuple(each for each in known.waiting if each.id not in ids)
        number, now = known.number + (1 if rest else 0), deps.clock.now().isoformat()
        deps.crash_point("looked.before/delivery")
        newest = seen.newest(status)
        return replace(known, number=number, since=now, waiting=rest, looked=seen.at, set_at=newest)

    look = change_as(Look, deps.store, (command.tenant, KIND, command.ref), take_away, deps.stand_back)
    if look is None or not is_mine:
        return
    deps.crash_point("looked.after/delivery")
    if look.waiting:
        deps.queue.enqueue([_order(deps, command.tenant, command.ref, look)])


def find_last_look(deps: Deps, tenant: str, page: str) -> datetime | None:
    """Return when somebody last began to look at the page; None while a look is outstanding, or there was none."""
    look = get_as(Look, deps.store, (tenant, KIND, page))
    if look is None or look.waiting or not look.looked:
        return None
    return datetime.fromisoformat(look.looked)


def _order(deps: Deps, tenant: str, page: str, look: Look) -> Command:
    """Return the look at this number: however often it is made, it is the same command."""
    name = derive_id("look-", tenant, page, str(look.number))
    until = datetime.fromisoformat(look.since) + deps.gather if deps.gather else None
    return Command(name, LOOK, "plan", tenant, wake=look.number, ref=page, not_before=until)


def _drop_oldest(waiting: tuple[Happening, ...]) -> tuple[Happening, ...]:
    """Leave out what is too much: first what set nothing, then the oldest, and then nobody knows who set what."""
    if len(waiting) <= MAX:
        return waiting
    oldest = next((number for number, each in enumerate(waiting) if not each.sets), 0)
    left_out, rest = waiting[oldest], (*waiting[:oldest], *waiting[oldest + 1 :])
    if not left_out.sets:
        return rest
    who = replace(rest[0].who or Author(), certain=False)
    return (replace(rest[0], who=who, properties=()), *rest[1:])


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)


def _touches(happening: Happening, status: str) -> bool:
    listed = {unquote(each) for each in happening.properties}
    return not status or not listed or unquote(status) in listed

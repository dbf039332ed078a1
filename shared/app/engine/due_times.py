"""What the clock has to wake, and when: one document per alarm, named by its time, so that finding what is due reads
only what is due.

The alarms of all tenants lie together under SYSTEM. What an alarm is for keeps its own record of the alarm that counts;
one that rings and does not count leads to a look at most, and is taken away. So the two need not be written together.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared import log
from shared.app.engine.deps import Deps
from shared.core.backoff import backoff
from shared.core.documents.alarm import KIND, Alarm, whole_second
from shared.core.documents.codec import from_body, to_body
from shared.core.errors import AgentError, Busy, ErrorClass, IntegrationError, MalformedRequest
from shared.core.retries import ALARM
from shared.core.run.commands import Command
from shared.ports import SYSTEM, Doc, Put

_PAGE = 100
MAX = 2000  # alarms that one look hands over; the next look goes on
_MENDED = timedelta(hours=1)  # how soon people may have put right what is wrong


def alarm_of(command: Command, deps: Deps) -> Alarm:
    """Return the alarm that a command was handed over for; raises MalformedRequest when it names no time.

    Raises Busy, so that the queue comes again, where it is not that late yet: whoever rang may have a faster clock, and
    the queue takes no second command of this name for an hour.
    """
    try:
        at = datetime.fromisoformat(command.topic)
    except ValueError:
        raise MalformedRequest(f"field 'topic' of {command.name!r} must be the time of its alarm") from None
    if at > deps.clock.now():
        raise Busy(f"{command.name}: it is not {command.topic} here yet")
    return Alarm(command.name, command.tenant, command.ref, at)


def set_alarm(deps: Deps, alarm: Alarm) -> None:
    """Keep an alarm. It has to be kept before the record that says that it counts."""
    deps.crash_point(f"alarm.before/{alarm.name}")
    deps.store.put(SYSTEM, Put(KIND, alarm.id, to_body(replace(alarm, at=whole_second(alarm.at)))))
    deps.crash_point(f"alarm.after/{alarm.name}")


def drop_alarm(deps: Deps, alarm: Alarm) -> None:
    """Take an alarm away; one that is not there is no matter."""
    deps.store.put(SYSTEM, Put(KIND, alarm.id, None))


def ring(deps: Deps) -> int:
    """Hand over the commands of all alarms whose time has come; return how many. Anybody may call it, even at once.

    The alarm stays until its command has been carried out, so that a lost command is handed over again.
    """
    now, count, after = deps.clock.now(), 0, ""
    while count < MAX and (docs := deps.store.list_docs(SYSTEM, KIND, after=after, limit=_PAGE)):
        due = [alarm for doc in docs if (alarm := read_alarm(doc)).at <= now]
        for alarm in due:
            try:  # one by one: what cannot be handed over must not hold up the rest
                deps.queue.enqueue([alarm.command])
            except AgentError as error:
                log.line("ERROR", "alarm not handed over", tenant=alarm.tenant, **log.about(error))
                continue
            count += 1
        if len(due) < len(docs):
            break
        after = docs[-1].id
    return count


def find_next_ring(now: datetime, tries: int, min_wait: timedelta | None = None) -> datetime:
    """Return when to ring again for what could not be done: soon, then less and less often."""
    wait = backoff(tries + 1, ALARM.waits)
    return whole_second(now + max(wait, min_wait or wait))


def come_back(deps: Deps, error: IntegrationError | Busy, tries: int) -> datetime:
    """Return when to try again after this error: what is wrong for good may be mended by people, so it is seldom."""
    if isinstance(error, Busy) or error.error_class in (ErrorClass.TRANSIENT, ErrorClass.UNAUTHORIZED):
        return find_next_ring(deps.clock.now(), tries, getattr(error, "retry_after", None))
    return find_next_ring(deps.clock.now(), tries, _MENDED)


def read_alarm(doc: Doc) -> Alarm:
    return from_body(Alarm, doc.body)

"""One message to several people, each as they have chosen: now, after their quiet hours, in their digest, or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared import log
from shared.app.engine.deps import Deps
from shared.app.notify.channels import Channels, channels_of
from shared.app.notify.messages import Message
from shared.app.notify.recipients import Recipient
from shared.core.notify.digest import DIGESTS, Digest, gather
from shared.core.notify.telling import DIGEST, TEAM_TELLING, TeamTelling, Telling, When, decide_when
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import derive_id, fit_key
from shared.ports import change_as, get_as

UNTOLD = TeamTelling()


@dataclass
class Outcome:
    """What became of a message to several people."""

    parts: list[str] = field(default_factory=list)  # channel:outcome, of what was sent now
    waits: list[datetime] = field(default_factory=list)  # ends of quiet hours
    gathered: int = 0
    meant: int = 0  # people who want such messages, with a channel or without one

    @property
    def reached(self) -> bool:
        """Say whether somebody has it, or will have it, as far as anybody knows."""
        arrived = any(not part.partition(":")[2].startswith("failed") for part in self.parts)
        return arrived or bool(self.waits) or self.gathered > 0

    @property
    def words(self) -> list[str]:
        waiting = [f"{len(self.waits)} wait for the end of quiet hours"] if self.waits else []
        return [*self.parts, *waiting, *([f"{self.gathered} wait for a digest"] if self.gathered else [])]


def tell_people(deps: Deps, sender: Channels, recipients: Iterable[Recipient], kind: str, message: Message) -> Outcome:
    """Tell each person what is to be told now, gather what is for their digests, and say who waits until when."""
    outcome, now = Outcome(), deps.clock.now()
    for recipient in recipients:
        when, until = decide_when(recipient.telling, recipient.listed, kind, message.priority, now)
        person = recipient.resolve(kind)
        if when == When.NEVER:
            continue
        outcome.meant += 1
        if recipient.telling != Telling():
            if _is_gathered(deps, sender, recipient):
                outcome.gathered += 1
                continue
            when = When.NOW if sender.was_begun(person) else when
        if when == When.GATHERED and until is not None and channels_of(person):
            outcome.gathered += 1
            gather_for(deps, sender.tenant, recipient.id, sender.scope, message, until)
        elif when == When.LATER and until is not None:
            outcome.waits.append(until)
        elif when == When.NOW:
            outcome.parts += sender.tell(person)
    return outcome


def _is_gathered(deps: Deps, sender: Channels, recipient: Recipient) -> bool:
    """Say whether a message is in somebody's digest: who chooses anew meanwhile is not told a second time."""
    digest = get_as(Digest, deps.store, (sender.tenant, DIGESTS, fit_key(recipient.id)))
    if digest is None or not digest.holds(sender.scope):
        return False
    _order_digest(deps, sender.tenant, recipient.id, digest)
    return True


def gather_for(deps: Deps, tenant: str, person: str, key: str, message: Message, due: datetime) -> None:
    """Put a message into somebody's digest, and have the digest sent at its time. Twice is once."""
    url = message.links[0].url if message.links else ""
    item = {"subject": message.subject, "text": message.lines[0] if message.lines else "", "url": url}
    deps.crash_point("digest.before/gathered")
    digest = change_as(
        Digest,
        deps.store,
        (tenant, DIGESTS, fit_key(person)),
        lambda known: gather(known or Digest(), key, item, due),
        deps.stand_back,
    )
    deps.crash_point("digest.after/gathered")
    if digest is not None:
        _order_digest(deps, tenant, person, digest)
    deps.crash_point("digest.after/ordered")


def _order_digest(deps: Deps, tenant: str, person: str, digest: Digest) -> None:
    """Hand over the command that sends what waits; again is once."""
    if digest.due is not None:
        name = derive_id("digest-", tenant, person, str(digest.number), digest.due.isoformat())
        deps.queue.enqueue([Command(name, NOTIFY, "notify", tenant, topic=DIGEST, ref=person, not_before=digest.due)])


def come_after_quiet(deps: Deps, command: Command, until: datetime) -> None:
    """Have the command come once more when the first quiet hours are over."""
    again = replace(command, id=derive_id("tell-", command.id, until.isoformat()), not_before=until)
    deps.crash_point("relay.before/quiet")
    deps.queue.enqueue([again])
    deps.crash_point("relay.after/quiet")


def note_unreached(deps: Deps, tenant: str, run: str, outcome: Outcome, about: str, topic: str) -> None:
    """Have the operator and the team see that a message has reached nobody; its subject is the team's alone to see."""
    why = ", ".join(outcome.parts) or "nobody has a channel"
    log.event("people.unreached", "ERROR", topic=topic, tenant=tenant, run=run)
    entry = {"at": deps.clock.now().isoformat(), "about": about[:200], "why": why[:300], "run": run}
    change_as(
        TeamTelling,
        deps.store,
        (tenant, *TEAM_TELLING),
        lambda known: replace(known or UNTOLD, unreached=entry),
        deps.stand_back,
    )

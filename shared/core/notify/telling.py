"""What one person wants to be told: of which kinds, from which priority on, when, and at which address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.notify.quiet import find_next_time, quiet_until

TELLINGS, TEAM_TELLING = "telling", ("telling-team", "team")  # the kind of documents; the team's own document
# topics of messages that are one person's own; `ref` is the person, of a test with the channel behind it
DIGEST, TEST_MESSAGE, CONFIRM_MAIL = "digest", "test_message", "confirm_mail"
HIGH, NORMAL = "high", "normal"
APPROVAL, QUESTION, ENDED, FAILED, LIVE, ROLLED_BACK, BUDGET, ACCESS, WORK, TEAM = (
    "approval", "question", "ended", "failed", "live", "rolled_back", "budget", "access", "work", "team",
)  # fmt: skip
KINDS = (APPROVAL, QUESTION, ENDED, FAILED, LIVE, ROLLED_BACK, BUDGET, ACCESS, WORK, TEAM)
_OF_TOPIC: Mapping[str, str] = {
    "approval_asked": APPROVAL,
    "approval_overdue": APPROVAL,
    "question_asked": QUESTION,
    "run_succeeded": ENDED,
    "run_cancelled": ENDED,
    "run_failed": FAILED,
    "budget_alert": BUDGET,
    "tenant_budget": BUDGET,
    "reconnect": ACCESS,
    "lost_revoked": ACCESS,
    "lost_blocked": ACCESS,
    "quota_used_up": ACCESS,
    "page_refused": ACCESS,
    "asks_to_join": TEAM,
    "endpoint_off": TEAM,
}


class When(Enum):
    """What becomes of a message to one person."""

    NOW, LATER, GATHERED, NEVER = "now", "later", "gathered", "never"


@dataclass(frozen=True, slots=True)
class Telling:
    """What one person has chosen; what is missing is as the team's settings of people say."""

    off: tuple[str, ...] = sparse(())  # kinds they are not told of at all
    no_mail: tuple[str, ...] = sparse(())  # kinds that reach them by no mail
    channels: tuple[str, ...] | None = sparse(None)
    priority: str = sparse(NORMAL)  # from which on they are told
    quiet: Mapping[str, str] | None = sparse(None)  # from, to, zone
    urgent: tuple[str, ...] | None = sparse(None)  # kinds that pass quiet hours; None: what has high priority
    digest: Mapping[str, str] | None = sparse(None)  # at, zone: what has normal priority is gathered until then
    email: str = sparse("")  # of their own, confirmed
    asked_email: str = sparse("")  # one that waits to be confirmed,
    asked_mark: str = sparse("")  # by the link with this mark
    asked_at: datetime | None = sparse(None)
    tests: Mapping[str, Mapping[str, str]] | None = sparse(None)  # channel → at, outcome: of the last test message
    id: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class TeamTelling:
    """What holds for the whole team: after how many hours without a decision the next ones are told; 0 for never.

    `unreached` is the last message that reached nobody: at, about, why.
    """

    escalate_hours: int = sparse(0)
    unreached: Mapping[str, str] | None = sparse(None)
    more: Mapping[str, Any] = unknown()


def sort_message(topic: str, facts: Mapping[str, Any], *, rollback: bool = False, went_back: bool = False) -> str:
    """Return of which kind a message is; `facts` are those of its run, `rollback` says that the run is one."""
    if (rollback and topic.startswith("run_")) or (topic == "run_failed" and went_back):
        return ROLLED_BACK
    if topic == "run_succeeded" and facts.get("site"):
        return LIVE
    return _OF_TOPIC.get(topic, WORK)


def decide_when(
    telling: Telling, listed: Mapping[str, Any], kind: str, priority: str, now: datetime
) -> tuple[When, datetime | None]:
    """Return what becomes of a message to a person, and until when it waits or is gathered.

    `listed` is what the team's settings of people say of them, among it quiet hours of earlier versions.
    """
    if kind in telling.off or (telling.priority == HIGH and priority != HIGH):
        return When.NEVER, None
    urgent = priority == HIGH if telling.urgent is None else kind in telling.urgent
    if telling.digest is not None and priority != HIGH and not urgent:
        return When.GATHERED, find_next_time(telling.digest["at"], telling.digest.get("zone", "UTC"), now)
    quiet = telling.quiet if telling.quiet is not None else listed.get("quiet")
    until = None if urgent else quiet_until({"quiet": quiet}, now)
    return (When.NOW, None) if until is None else (When.LATER, until)


def describe_unreached(last: Mapping[str, str], whose: str = "") -> str:
    """Return the words for the last message that reached nobody, `whose` it was."""
    return f"a message{f' for {whose}' if whose else ''} has reached nobody: {last['about']} ({last['why']})"


def list_channels(telling: Telling, listed: Mapping[str, Any], kind: str, mail: str) -> list[str]:
    """Return over which channels a person is told of a kind; `mail` is the channel of mails."""
    chosen = telling.channels if telling.channels is not None else listed.get("channels", (mail,))
    return [each for each in chosen if each != mail or kind not in telling.no_mail]

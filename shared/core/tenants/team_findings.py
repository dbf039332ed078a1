"""What a team lacks, as findings with the way out of each; the rest follows from what is known. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.people.obstacles import explain_obstacle
from shared.core.tenants.finding import LATER, MISSING, OK, Finding

STALE_AFTER = timedelta(hours=1)  # after which a Notion that nobody has asked is worth a word
KEY_ENDS_WITHIN = timedelta(days=7)
FULL, NEARLY = 1.0, 0.8  # parts of a limit of money
_USD = 1_000_000  # a dollar, as money is counted


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of money of "the day" or "the month", and how much of it is used; in millionths of a dollar."""

    scope: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class EndingKey:
    """A key of the API: its id, what it is called, and when it ends."""

    id: str
    name: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """What is known of a team. Ways out are sentences; what is a text alone is empty where there is nothing to say."""

    now: datetime
    connected: bool
    setup_page: str
    reconnect: str  # how Notion is connected again
    workspace: str = ""
    away: str = ""  # Notion is not reached, or a clock is wrong
    lost: Mapping[str, str] | None = None  # titles of other systems whose grants are of no use any more → the way back
    tables_missing: Sequence[str] = ()
    setup_problem: str = ""  # a sentence
    lacking: Sequence[str] = ()  # rights of the connection, as it was looked at last
    left_alone: Sequence[str] = ()  # what Notion refuses
    left_alone_way_out: str = ""
    webhook: bool = False
    models: Sequence[str] = ()  # what may be asked
    keys_refused: Sequence[str] = ()  # titles of providers that did not take the team's key
    models_unwell: Sequence[str] = ()
    by_rules_alone: bool = False
    forges: Sequence[str] = ()
    hosts: Sequence[str] = ()
    unreached: str = ""  # the last message that reached nobody, and why
    silent: Sequence[str] = ()  # people to whom nothing goes beside Notion
    limits: Sequence[Limit] = ()
    asked_at: datetime | None = None  # when Notion was last asked
    planning_next: str = ""
    planning_problem: str = ""
    keys: Sequence[EndingKey] = ()
    paused: str = ""


def list_findings(facts: TeamFacts) -> list[Finding]:
    """Return what was looked at, in the order in which a team needs it."""
    return [
        *_look_at_notion(facts),
        *_look_at_databases(facts),
        *_look_at_models(facts),
        *_look_at_code(facts),
        *_look_at_people(facts),
        *_look_at_money(facts),
        *_look_at_times(facts),
        *_look_at_keys(facts),
        *_look_at_pause(facts),
    ]


def _look_at_notion(facts: TeamFacts) -> Iterator[Finding]:
    if facts.connected:
        named = f": the workspace “{facts.workspace}”" if facts.workspace else ""
        yield Finding("notion", OK, f"Notion is connected{named}")
    else:
        which = f" to the workspace “{facts.workspace}”" if facts.workspace else ""
        says = f"the connection{which} in Notion is missing, or was taken back there"
        yield Finding("notion", MISSING, says, facts.reconnect)
    if facts.away:
        yield Finding("reached", MISSING, facts.away, "Nothing needs to be done here; it is tried again.", False)
    for title, way_out in (facts.lost or {}).items():
        yield Finding("connections", MISSING, f"{title} does not let us in any more", way_out, False)


def _look_at_databases(facts: TeamFacts) -> Iterator[Finding]:
    if facts.tables_missing:
        problem = f". {facts.setup_problem}" if facts.setup_problem else ""
        says = f"not set up yet: {', '.join(facts.tables_missing)}{problem}"
        yield Finding("databases", MISSING, says, f"An owner goes on at {facts.setup_page}")
    else:
        yield Finding("databases", OK, "Ideas, Tasks, Routines and Runs are in your Notion")
    if facts.lacking:
        says, way_out = explain_obstacle("", lacking=facts.lacking)
        yield Finding("rights", MISSING, says, way_out)
    if facts.left_alone:
        says = f"Notion refuses {'; '.join(facts.left_alone)}"
        yield Finding("refusals", MISSING, says, facts.left_alone_way_out, False)
    if facts.webhook:
        yield Finding("webhook", OK, "Notion tells of changes by a webhook", needed=False)
    else:
        says = "Notion does not tell of changes by itself, so it is asked at intervals"
        yield Finding("webhook", LATER, says, "Who runs Workwright may set up a webhook: workwright webhook arm", False)


def _look_at_models(facts: TeamFacts) -> Iterator[Finding]:
    way_out = "An owner gives a key: workwright models key PROVIDER"
    for title in facts.keys_refused:
        yield Finding("model-key", MISSING, f"{title} did not take your team's key", way_out, False)
    if not facts.models:
        yield Finding("models", MISSING, "there is no model that may be asked", way_out)
    elif facts.by_rules_alone:
        says = "no language model is connected: plans are made by rules, and only for small sites and services"
        yield Finding("models", LATER, says, way_out, False)
    else:
        yield Finding("models", OK, f"may be asked: {', '.join(facts.models)}")
    for words in facts.models_unwell:
        yield Finding("models", MISSING, words, "Others are asked meanwhile; where it is money, raise it there.", False)


def _look_at_code(facts: TeamFacts) -> Iterator[Finding]:
    if facts.forges:
        yield Finding("code", OK, f"code goes to {' and '.join(facts.forges)}", needed=False)
    else:
        says = "nothing is connected that code could go to, so plans have no code"
        yield Finding("code", LATER, says, f"An owner connects it at {facts.setup_page}", False)
    if facts.hosts:
        yield Finding("sites", OK, f"sites go to {' and '.join(facts.hosts)}", needed=False)


def _look_at_people(facts: TeamFacts) -> Iterator[Finding]:
    if facts.unreached:
        yield Finding("messages", MISSING, facts.unreached, "Try channels: workwright notifications test", False)
    else:
        yield Finding("messages", OK, "every message of the last day has reached somebody", needed=False)
    if facts.silent:
        says = f"told in Notion alone: {', '.join(facts.silent)}"
        way_out = "Each chooses for themselves: workwright notifications set"
        yield Finding("people", LATER, says, way_out, False)


def _look_at_money(facts: TeamFacts) -> Iterator[Finding]:
    way_out = f"An owner raises it at {facts.setup_page}, or waits until {{}} is over."
    for each in facts.limits:
        part = each.used / each.limit if each.limit else FULL
        says = f"{each.used / _USD:.2f} of {each.limit / _USD:.2f} US dollars of {each.scope} are used or set aside"
        if part >= FULL:
            says = f"the budget of {each.scope} is used up: {says}"
            yield Finding("budget", MISSING, says, way_out.format(each.scope), False)
        elif part >= NEARLY:
            yield Finding("budget", LATER, says, way_out.format(each.scope), False)
        else:
            yield Finding("budget", OK, says, needed=False)


def _look_at_times(facts: TeamFacts) -> Iterator[Finding]:
    look = "If it stays so, ask who runs Workwright to look: workwright status"
    if facts.asked_at is None:
        if facts.connected:
            yield Finding("sync", LATER, "Notion has not been asked what has changed yet", look, False)
    elif facts.now - facts.asked_at > STALE_AFTER:
        says = f"Notion was last asked what has changed at {_time(facts.asked_at)}"
        yield Finding("sync", MISSING, says, look, False)
    else:
        yield Finding("sync", OK, f"Notion was last asked at {_time(facts.asked_at)}", needed=False)
    if facts.planning_problem:
        says = f"the day is not planned: {facts.planning_problem}"
        yield Finding(
            "planning", MISSING, says, "It is tried again; where it stays so, look at the table Tasks.", False
        )
    elif facts.planning_next:
        at = _time(datetime.fromisoformat(facts.planning_next))
        yield Finding("planning", OK, f"the next day is planned at {at}", needed=False)
    else:
        says = "no time is set at which days are planned"
        yield Finding("planning", LATER, says, "An owner may set one (POST /v1/planning).", False)


def _look_at_keys(facts: TeamFacts) -> Iterator[Finding]:
    for key in sorted(facts.keys, key=lambda each: (each.ends, each.id)):
        if facts.now < key.ends <= facts.now + KEY_ENDS_WITHIN:
            says = f"the key “{key.name}” ends at {_time(key.ends)}"
            way_out = f"Replace it: workwright keys rotate {key.id}. Where it is a terminal's: workwright login"
            yield Finding("keys", LATER, says, way_out, False)


def _look_at_pause(facts: TeamFacts) -> Iterator[Finding]:
    if facts.paused:
        says = f"work is paused: {facts.paused}"
        yield Finding("paused", LATER, says, "An owner or admin lets it go on: workwright resume", False)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"

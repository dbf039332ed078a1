"""Messages that did not go out: why one that asks for something is not needed any more, and how a run tells of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from shared.core.approval.gates import PLAN, PRODUCTION, RELEASE, gate_kind
from shared.core.run.run import Run, Step, StepStatus, WaitKind
from shared.core.text.outgoing_text import plain

UNNEEDED = "no longer needed"  # what became of a message that was not sent; why stands behind it, in brackets
_ASKING = ("approval_asked", "question_asked")
_APPROVED, _DENIED, _ANSWERED, _ASKED_ANEW, _OVER, _CONNECTED = (
    "approved", "turned down", "answered", "asked anew", "over", "connected",
)  # fmt: skip
_BECAUSE = {
    _APPROVED: "somebody had approved before",
    _DENIED: "somebody had said no before",
    _ANSWERED: "there was an answer before",
    _ASKED_ANEW: "something newer was asked instead",
    _OVER: "the run was over before",
    _CONNECTED: "the account was connected again before",
}
_WORDS = {"notion": "comment", "email": "e-mail"}  # any other is a message of that channel
_CHANNEL, _BECAME = r"[a-z][a-z_]*", rf"sent|later|failed|not known|{UNNEEDED}"
_FOUND = re.compile(rf"\b({_CHANNEL}):{UNNEEDED}(?: \(([a-z ]+)\))?")
_FAILED = re.compile(rf"\b({_CHANNEL}):failed \((.*?)\)(?=, {_CHANNEL}:(?:{_BECAME})\b|, \d+ wait |$)", re.DOTALL)
_MAX_WHY = 200  # letters
_APPROVALS = {PLAN: "the plan", RELEASE: "what leaves", PRODUCTION: "going live"}


def explain_unneeded(run: Run, topic: str, ref: str, number: int) -> str:
    """Return why a message asks for something that nobody waits for any more, in a word or two; "" where it does not.

    `number` says which of the questions that were asked at a gate it is.
    """
    if topic == "reconnect":
        return "" if _waits_for_grant(run, ref.partition(".")[0]) else _CONNECTED
    gate = run.step(ref) if topic in _ASKING else None
    if topic not in _ASKING or (gate is not None and gate.wait is not None and number >= gate.attempt):
        return ""
    return _explain_closed(run, gate, number)


def _waits_for_grant(run: Run, provider: str) -> bool:
    waits = (step.wait for step in run.steps if step.wait is not None)
    return any(wait.kind == WaitKind.GRANT and wait.what == provider for wait in waits)


def _explain_closed(run: Run, gate: Step | None, number: int) -> str:
    if gate is not None and number >= gate.attempt:
        if gate.status == StepStatus.SUCCEEDED:
            return _ANSWERED if gate.spec.gate == WaitKind.INPUT else _APPROVED
        if gate.status == StepStatus.CANCELLED:
            return _DENIED if gate.output.get("by") else _OVER
    return _OVER if run.status.final else _ASKED_ANEW


def notice_ref(ref: str, number: int) -> str:
    """Return what the notice of a message is known by in its run: at a gate people may be asked several times."""
    return f"{ref}.{number}" if number > 1 else ref


def mark_unneeded(why: str) -> str:
    """Return what is recorded of a message that was not sent, because nobody needed it any more."""
    return f"{UNNEEDED} ({why})"


def unsent_lines(key: str, outcome: str) -> Iterator[str]:
    """Tell in a sentence for each reason which messages were not sent, of a run's notice."""
    found: dict[str, Counter[str]] = {}
    for channel, why in _FOUND.findall(outcome):
        found.setdefault(why, Counter())[channel] += 1
    for why, channels in found.items():
        known = [*_WORDS, *channels]  # in this order
        named = sorted(channels, key=known.index)
        what = _join_words([_count_in_words(_name_message(channel), channels[channel]) for channel in named])
        verb = "was" if channels.total() == 1 else "were"
        because = _BECAUSE.get(why, "nobody needed it any more")
        yield f"{what[:1].upper()}{what[1:]} about {describe_notice(key)} {verb} not sent, because {because}."


def describe_failures(notices: Mapping[str, str]) -> Iterator[str]:
    """Tell in a sentence for each way and reason what could not be sent; what fails each time is told once."""
    found: dict[tuple[str, str], list[str]] = {}
    for key, outcome in notices.items():
        for channel, why in _FAILED.findall(outcome):
            found.setdefault((channel, why), []).append(key)
    for (channel, why), keys in found.items():
        what = _count_in_words(_name_message(channel), len(keys))
        about = f" about {describe_notice(keys[0])}" if len(keys) == 1 else ""
        yield f"{what[:1].upper()}{what[1:]}{about} could not be sent: {plain(why)[:_MAX_WHY].rstrip('.')}."


def describe_notice(key: str) -> str:
    """Return what a notice was about, as it stands behind “about”."""
    topic, _, ref = key.partition("/")
    if topic == "approval_asked":
        gate, _, number = ref.rpartition(".")
        return f"the approval of {_APPROVALS[gate_kind(gate if number.isdecimal() and gate else ref)]}"
    if topic == "reconnect":
        return "an account that has to be connected again"
    return {"question_asked": "a question"}.get(topic, "the end of the run" if topic.startswith("run_") else "this run")


def _name_message(channel: str) -> str:
    return _WORDS.get(channel) or f"{channel.replace('_', ' ').capitalize()} message"


def _count_in_words(noun: str, count: int) -> str:
    return f"the {noun}" if count == 1 else f"{count} {noun}s"


def _join_words(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]

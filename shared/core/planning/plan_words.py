"""What people are told of a plan beside its steps: risk, cost, time, a second look, what it makes up for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.planning.durations import describe_span
from shared.core.run.replan import collect_progress
from shared.core.run.run import Run
from shared.core.secrets.secret_places import SIGN
from shared.core.text.cut_text import cut_text
from shared.core.text.outgoing_text import plain

MAX_FINDINGS = 5
MAX_FINDING = 400  # characters
MAX_NAMED = 10  # steps
TAKE_OFF = "Take it off the page; whoever it belongs to should renew it."


def outlook_lines(planned: Mapping[str, Any]) -> list[str]:
    """Return what the planning step's output says about its plan, a line each; none for one of an older version."""
    risk = planned.get("risk")
    if not risk:
        return []
    why = "; ".join(str(each) for each in risk.get("why", ()))
    lines = [f"Risk: {risk['level']}" + (f" — {why}" if why else "") + "."]
    micros, (low, high) = int(planned.get("micros", 0)), planned.get("seconds", (0, 0))
    time = f"usually {describe_span(low, high)} of work, by a table of typical times; waiting for people comes on top"
    lines.append(f"Cost: at most {micros / 1e6:.2f} US dollars. Time: {time}.")
    lines += describe_left_out(planned)
    if second_look := str(planned.get("second_look", "")):
        lines.append(second_look)  # the last one: what it has found follows
    return [plain(line) for line in lines]


def describe_left_out(planned: Mapping[str, Any]) -> list[str]:
    """Return for each secret on the page what kind it is, where it stands, and what happens; never what it is."""
    return [
        f"The page holds what looks like a secret ({each['kind']}){quote_context(each)}. It is left out of everything"
        f" that is made, and “{SIGN}” stands in its place. {TAKE_OFF}"
        for each in planned.get("left_out", ())
    ]


def quote_context(each: Mapping[str, Any]) -> str:
    """Return the words in which a secret stands, without it."""
    return f", in “{each['words']}”" if each.get("words") else ""


def finding_lines(planned: Mapping[str, Any]) -> list[str]:
    """Return what a second model still finds wrong with the plan."""
    return [cut_text(plain(str(each)), MAX_FINDING) for each in planned.get("findings", ())][:MAX_FINDINGS]


def describe_followed(planned: Mapping[str, Any]) -> list[str]:
    """Return the preferences of the team that the plan follows."""
    return [plain(str(each.get("text", ""))) for each in planned.get("followed", ())]


def explain_replanning(run: Run) -> list[str]:
    """Return why there is another plan, and what stays of the one before; nothing for a first plan."""
    before = collect_progress(run)
    if not run.replans or not before.failed:
        return []
    last = before.failed[-1]
    lines = [f"“{last.spec.title or last.spec.kind}” could not be done: {cut_text(last.error, MAX_FINDING)}"]
    done = [step.spec.title or step.spec.kind for step in before.done.values()]
    if done:
        named = ", ".join(f"“{title}”" for title in done[:MAX_NAMED])
        more = f" and {len(done) - MAX_NAMED} more" if len(done) > MAX_NAMED else ""
        lines.append(f"Done already, and kept: {named}{more}.")
    return [plain(line) for line in lines]

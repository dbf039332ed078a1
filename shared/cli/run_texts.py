"""Runs, their steps and their costs as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.cli.root import format_command


def runs_table(found: dict[str, Any]) -> list[str]:
    listed = found["runs"]
    rows = [f"! {text}" for text in (found["paused"], found.get("notion_away")) if text]
    if not listed:
        none = "No such runs." if found["narrowed"] else "No runs yet. Set a page's status to Plan it."
        return [*rows, none, *put_aside_lines(found["put_aside"])]
    for r in listed:
        rows.append(run_line(r))
        rows += [f"  ! {text}" for text in r["attention"]]
    attention = " ".join(text for r in listed for text in r["attention"])
    rows += put_aside_lines(letter for letter in found["put_aside"] if letter["id"] not in attention)
    return [*rows, *(["There are more; raise --limit."] if found["next"] else [])]


def run_line(run: Mapping[str, Any]) -> str:
    return f"{run['id']:<28}  {_state(run):<19}  {run['opened_at'][:19]}  {run['title']}"


def _state(run: Mapping[str, Any]) -> str:
    """Return in a word or three where a run is; of one that waits for people, what it waits for."""
    if run["rolled_back"]:
        return "rolled back"
    return f"waits: {run['waits_for']}" if run["waits_for"] else str(run["status"])


def run_text(found: dict[str, Any]) -> list[str]:
    cost = found["cost"]
    lines = [found["rolled_back"]] if found["rolled_back"] else []
    lines += [
        f"{found['id']}  {found['status']}  {found['title']}",
        f"opened {found['opened_at'][:19]} by {found['by'] or 'nobody known'}"
        f", cost {cost['micros'] / 1e6:.4f} US dollars, {cost['tokens']} tokens",
    ]
    lines += [*found["went_ahead"], *found["left_out"]]
    lines += [f"{word}: {found[name]}" for name, word in _NOTES.items() if found[name]]
    lines += standing_lines(found)
    attention = " ".join(found["attention"])
    lines += put_aside_lines((each for each in found.get("put_aside", ()) if each["id"] not in attention), found["id"])
    lines += _steps(found["steps"], found.get("attempts", ()))
    lines += [f"{m['model']}: calls {m['calls']}, {_usd(m['cost']['micros'])} US dollars" for m in found["models"]]
    lines += [f"{name}: {value}" for name, value in found["facts"].items() if name not in _TOLD]
    lines += asked_lines(found)
    if found["status"] in ("failed", "cancelled") and found["page"] and not found["retried_by"]:
        lines.append(f"To go on where it ended: {format_command('retry', found['id'])}")
    return lines


def standing_lines(found: Mapping[str, Any]) -> list[str]:
    """Return why a run stands still, and what people should know of it."""
    return [f"! {text}" for text in dict.fromkeys((found["paused"], *found["attention"])) if text]


def asked_lines(found: dict[str, Any]) -> list[str]:
    """Return what a run asks of people now, with the command that answers."""
    asked, lines = found["asked"], []
    if any(approval["status"] == "waiting" for approval in found["approvals"]):
        lines += [*asked["lines"], f"It waits for you: {_describe_approval(found)}"]
    if asked["what"] == "question":
        lines += [*asked["lines"], f'It waits for an answer: {format_command("answer", found["id"])} "…"']
    return lines


def _describe_approval(found: dict[str, Any]) -> str:
    """Return the command that approves; what leaves or goes live has to be named, a plan need not be."""
    asked = found["asked"]
    named = () if asked["what"] in ("", "plan") else ("--hash", asked["plan_hash"][:12])
    return format_command("approve", found["id"], *named)


def put_aside_lines(letters: Iterable[Mapping[str, Any]], run: str = "") -> list[str]:
    """Return a line for each dead letter, of one run or of all, with the command that lets it go on."""
    return [
        f"! put aside: {letter['name']} of {letter['run'] or 'no run'} ({letter['reason']})."
        f" To let it go on: {format_command('replay', letter['id'])}"
        for letter in letters
        if not run or letter["run"] == run
    ]


def _steps(steps: list[dict[str, Any]], attempts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each step with its times, those that belong to another one set in below it."""
    depth: dict[str, int] = {}
    lines = []
    replaced = sum(step["status"] == "replaced" for step in steps)
    for step in (each for each in steps if each["status"] != "replaced"):
        depth[step["id"]] = depth.get(step["parent"], -1) + 1
        lines.append(f"  {step_line(step, depth[step['id']])}")
        own = [each for each in attempts if each["step"] == step["id"]]
        lines += [f"{'':<13}{_describe_times(each, each is own[-1])}" for each in own]
    many = "1 step" if replaced == 1 else f"{replaced} steps"
    return [*lines, *([f"  {many} of an earlier plan left out"] if replaced else [])]


def _describe_times(attempt: Mapping[str, Any], latest: bool) -> str:
    """Return when an attempt was, in UTC: the day stands once where both times are of it."""
    begun, ended = str(attempt["begun_at"])[:19], str(attempt["ended_at"] or "")[:19]
    until = f" to {ended.removeprefix(begun[:11])}" if ended else ""
    how = "" if latest else f", {attempt['status']}"
    return f"{begun}{until}, attempt {attempt['attempt']}{how}" if attempt["attempt"] > 1 or how else f"{begun}{until}"


def step_line(step: dict[str, Any], depth: int) -> str:
    name = "  " * depth + (step["title"] or step["kind"])
    outcome = " ".join((step["outcome"] or step["error"]).split())
    return f"{step['status']:<10} {name}{_cost(step)}  {outcome}".rstrip()


def _cost(step: dict[str, Any]) -> str:
    return f"  ({_usd(step['cost']['micros'])} US dollars)" if step["cost"]["micros"] else ""


def usage_text(found: dict[str, Any]) -> list[str]:
    limit = f" of {_usd(found['limit'])}" if found["limit"] is not None else ""
    lines = [
        f"{found['period']}  {_usd(found['cost']['micros'])}{limit} US dollars, {found['cost']['tokens']} tokens",
        f"set aside for calls in progress {_usd(found['reserved'])}, in attempts that failed"
        f" {_usd(found['failed']['micros'])}",
    ]
    if found["per_finished"] is not None:
        runs = "1 run" if found["finished"] == 1 else f"{found['finished']} runs"
        lines.append(f"{runs} finished, {_usd(found['per_finished'])} each, all cost included")
    return [*lines, *(f"  {_usd(p['cost']['micros']):>10}  {p['calls']:>5} calls  {p['name']}" for p in found["parts"])]


def _usd(micros: int) -> str:
    return f"{micros / 1e6:.4f}"


def context_text(found: dict[str, Any]) -> list[str]:
    whose = "by the provider's count" if found["counted"] == "provider" else "by our estimate"
    lines = [
        f"{found['step']}  {found['kind']}  attempt {found['attempt']}",
        f"{found['tokens']} of {found['budget']} tokens {whose}; {found['fixed']} of them are not listed below",
    ]
    lines += [f"refused as too long, with {size} tokens" for size in found["refused"]]
    for part in found["parts"]:
        kind = "instruction" if part["trusted"] else "data"
        line = f"  {part['share']:>6.1%}  {part['tokens']:>7}  {part['name']:<11}  {kind:<11}  {part['source']}"
        lines.append(f"{line}  ({part['note']})" if part["note"] else line)
    lines += [f"attempt {attempt['attempt']}: {attempt['tokens']} tokens" for attempt in found["earlier"]]
    return [*lines, "", *found["text"].splitlines()]


_TOLD = ("edited", "rolled_back", "question")  # facts that are said in words elsewhere
_NOTES = {"failure": "failed", "cancel": "cancelled", "retry_of": "retries", "retried_by": "retried by"}

"""What people are told, per topic: one text for all channels, with the links and buttons each channel can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from shared.core.run import Run

HIGH, NORMAL = "high", "normal"


@dataclass(frozen=True, slots=True)
class Link:
    """Something to open; `approve` and `deny` are shown as buttons where a channel has them."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person."""

    subject: str
    lines: tuple[str, ...]
    links: tuple[Link, ...]
    priority: str = NORMAL
    token: str = ""  # of an approval: channels with buttons of their own offer to decide with it

    @property
    def text(self) -> str:
        """Return the plain text."""
        return "\n".join([*self.lines, "", *(f"{link.label}: {link.url}" for link in self.links)]).strip() + "\n"

    @property
    def html(self) -> str:
        """Return the HTML part: everything escaped, no images, no remote content."""
        body = "".join(f"<p>{escape(line)}</p>" for line in self.lines)
        items = "".join(f'<li><a href="{escape(k.url, quote=True)}">{escape(k.label)}</a></li>' for k in self.links)
        return (
            '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            "<style>:root{color-scheme:light dark}"
            "body{font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere;max-width:36em;margin:2em auto;"
            "padding:0 1em}h1{font-size:1.35em;line-height:1.3}</style>"
            f"</head><body><h1>{escape(self.subject)}</h1>{body}<ul>{items}</ul></body></html>"
        )


def message_for(
    topic: str, run: Run, *, run_url: str, page_url: str, approval_url: str = "", token: str = "", connect_url: str = ""
) -> Message:
    """Return the message of a topic; unknown topics get a plain one rather than none."""
    title = run.trigger.title or run.id
    links = [Link("Page", page_url)] if page_url else []
    match topic:
        case "approval_asked":
            planned = _output(run, "plan.propose")
            steps = [f"• {s.spec.title or s.spec.kind}" for s in run.steps if _planned(run, s)]
            lines = (f"The plan for “{title}” is ready.", str(planned.get("summary", "")), *steps)
            subject, look = f"Approve the plan for “{title}”", Link("Look and decide", approval_url)
            return Message(subject, lines, (look, *links), HIGH, token)
        case "question_asked":
            asked = str(run.facts.get("question", "See the comment on the page."))
            return Message(f"A question about “{title}”", (asked, "Answer on the page."), tuple(links), HIGH)
        case "reconnect":
            line = f"“{title}” waits: a connected account no longer lets us in. Reconnect it, and the run goes on."
            again = (Link("Reconnect", connect_url),) if connect_url else ()
            return Message("Please reconnect an account", (line,), (*again, *links, Link("Run", run_url)), HIGH)
        case "run_succeeded":
            return Message(f"“{title}” is live", _result_lines(run), (*_result_links(run), *links))
        case "run_failed":
            return Message(f"“{title}” failed", (run.failure or "It failed.",), (*links, Link("Run", run_url)), HIGH)
        case "run_cancelled":
            return Message(f"“{title}” was cancelled", _cancelled_lines(run), tuple(links))
        case _:
            return Message(f"News of “{title}”", (topic.replace("_", " "),), tuple(links))


def _planned(run: Run, step: Any) -> bool:
    return not step.spec.gate and step.status.value in ("pending", "ready") and not step.parent


def _output(run: Run, kind: str) -> Mapping[str, Any]:
    return next((s.output for s in reversed(run.steps) if s.spec.kind == kind and s.output), {})


def _result_lines(run: Run) -> tuple[str, ...]:
    facts = run.facts
    lines = ["Everything in the approved plan is done."]
    if "tests" in facts:
        lines.append(f"{facts['tests']} tests passed in the {facts.get('sandbox', '')} sandbox.")
    if "verified" in facts:
        lines.append(f"{facts['verified']} requirements were found on the deployed site.")
    lines.append(f"Written by the {facts.get('model', 'unknown')} model; cost {run.spent.micros / 1e6:.2f} US dollars.")
    return tuple(lines)


def _result_links(run: Run) -> list[Link]:
    names = (("Site", "site"), ("Pull request", "pull_request"))
    return [Link(label, str(run.facts[key])) for label, key in names if run.facts.get(key)]


def _cancelled_lines(run: Run) -> tuple[str, ...]:
    undone = [s.spec.title or s.id for s in run.steps if s.status.value == "undone"]
    left = [(run.step(name), name) for name in run.undone_failed]
    lines = [run.cancel[:1].upper() + run.cancel[1:] + "." if run.cancel else "Cancelled."]
    lines += [f"Taken back: {title}" for title in undone]
    lines += [f"Could not be taken back: {(step.spec.title or name) if step else name}" for step, name in left]
    return tuple(lines)

"""What people are told, per topic: one text for all channels, with the links and buttons each channel can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from shared.app.connections.access_renewal import WayBack, let_in
from shared.app.notify.failure_advice import SYSTEMS, begin_again, way_out, went_back
from shared.app.ship import change_words
from shared.core.approval.gates import PLAN, gate_kind
from shared.core.approval.release_words import count_found, describe_decision, describe_question, subject_of
from shared.core.approval.roll_back_words import describe_roll_back, describe_site_end
from shared.core.pages.page_changes import describe_edits
from shared.core.planning.plan_words import explain_replanning, finding_lines, outlook_lines
from shared.core.run.run import Run, Step, StepStatus, WaitKind
from shared.core.text.outgoing_text import plain
from shared.core.text.sentence import count_of
from shared.integrations.systems import name_system

HIGH, NORMAL = "high", "normal"
ASKED, QUESTION_ASKED = "approval_asked", "question_asked"  # the topics
BACK = "Roll back"  # the link that whoever has it may use: for messages to people, and for no page
_END = "No more mails of this kind"
MAX_TITLE = 200  # letters of a page's title; it stands in the subject of a mail


def identify_message(run: str, topic: str, ref: str) -> str:
    """Return what a message of a run is known by: under this it is sent once, and its comment is marked with it."""
    return f"{run}.notify.{topic}.{ref}"


def question_of(gate: Step, number: int = 0) -> str:
    """Return what a question at a gate is known by: behind the plan's, people may be asked several times there.

    `number` says which of them; it is the present one where nothing is given.
    """
    return gate.id if gate_kind(gate.id) == PLAN else f"{gate.id}.{number or gate.attempt}"


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
    end: str = ""  # where mails of this kind can be ended

    def add_end(self, url: str) -> Message:
        """Return the message as a mail that says how no more of its kind come; as it is without an address."""
        return replace(self, end=url) if url else self

    @property
    def text(self) -> str:
        end = ["", f"{_END}: {self.end}"] if self.end else []
        links = [f"{link.label}: {link.url}" for link in self.links]
        return "\n".join([*self.lines, "", *links, *end]).strip() + "\n"

    @property
    def html(self) -> str:
        """Return the HTML part: everything escaped, no images, no remote content."""
        body = "".join(f"<p>{escape(line)}</p>" for line in self.lines)
        end = f'<p><a href="{escape(self.end, quote=True)}">{_END}</a></p>' if self.end else ""
        items = "".join(f'<li><a href="{escape(k.url, quote=True)}">{escape(k.label)}</a></li>' for k in self.links)
        return (
            '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            "<style>:root{color-scheme:light dark}"
            "body{font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere;max-width:36em;margin:2em auto;"
            "padding:0 1em}h1{font-size:1.35em;line-height:1.3}</style>"
            f"</head><body><h1>{escape(self.subject)}</h1>{body}<ul>{items}</ul>{end}</body></html>"
        )


def message_for(
    topic: str,
    run: Run,
    *,
    run_url: str,
    page_url: str,
    approval_url: str = "",
    token: str = "",
    back: WayBack = WayBack(),  # noqa: B008 - it is frozen
    ref: str = "",
    rollback_url: str = "",
) -> Message:
    """Return the message of a topic; unknown topics get a plain one rather than none."""
    title = " ".join(plain(run.trigger.title).split())[:MAX_TITLE] or run.id
    links = [Link("Page", page_url)] if page_url else []
    match topic:
        case "approval_asked":
            look = Link("Look and decide", approval_url)
            return Message(*_describe_question(run, ref, title), (look, *links), HIGH, token)
        case "question_asked":
            return _question(run, title, approval_url, links)
        case "reconnect":
            return _reconnect(
                run, title, let_in(ref.partition(".")[0], back.command), back, (*links, Link("Run", run_url))
            )
        case "budget_alert":
            return _budget_alert(run, title, ref, (*links, Link("Run", run_url)))
        case "stands_still":
            why = tuple(plain(text) for key, text in run.notices.items() if key.startswith("standing/") and ref in text)
            return Message(f"“{title}” stands still", why, (*links, Link("Run", run_url)), HIGH)
        case "page_edited":
            return _describe_left_out(run, title, (*links, Link("Run", run_url)))
        case "run_succeeded" | "run_failed" | "run_cancelled":
            return _describe_end(topic, run, title, run_url, rollback_url, links)
        case _ if topic in change_words.TOPICS:
            subject, line = change_words.describe_change(topic, title, ref)
            return Message(subject, (line,), (*_result_links(run), *links, Link("Run", run_url)), HIGH)
        case _:
            return Message(f"News of “{title}”", (topic.replace("_", " "),), tuple(links))


def _reconnect(run: Run, title: str, what: str, back: WayBack, links: Sequence[Link]) -> Message:
    line = f"“{title}” waits: {_describe_locked_out(run)} no longer lets us in. {what}, and the run goes on."
    again = (Link("Reconnect", back.url),) if back.url else ()
    return Message("Please reconnect an account", (line,), (*again, *links), HIGH)


def _budget_alert(run: Run, title: str, ref: str, links: tuple[Link, ...]) -> Message:
    spent = f"{run.counted.micros / 1e6:.2f} of {run.limits.micros / 1e6:.2f} US dollars have been spent."
    percent = ref.partition(".")[2]
    subject = f"{percent} percent of the money for “{title}” has been spent"
    return Message(subject, (spent,), links)


def _describe_end(topic: str, run: Run, title: str, run_url: str, rollback_url: str, links: Sequence[Link]) -> Message:
    match topic:
        case "run_succeeded" | "run_failed" if (ended := describe_site_end(topic, run, title)) is not None:
            shown = (*_result_links(run), *links) if topic == "run_succeeded" else (*links, Link("Run", run_url))
            return Message(*ended, shown, NORMAL if topic == "run_succeeded" else HIGH)
        case "run_succeeded":
            return _describe_success(run, title, rollback_url, links)
        case "run_failed" if run.facts.get("alarm"):
            shown = (*_result_links(run), *links, Link("Run", run_url))
            return Message(f"ALARM: act now on “{title}”", (plain(str(run.facts["alarm"])),), shown, HIGH)
        case "run_failed":
            shown = (*_result_links(run), *links, Link("Run", run_url))
            what = "was rolled back to the previous version" if went_back(run) else "failed"
            return Message(f"“{title}” {what}", _describe_failed(run), shown, HIGH)
    return Message(f"“{title}” was cancelled", _describe_cancelled(run), tuple(links))


def _question(run: Run, title: str, answer_url: str, links: Sequence[Link]) -> Message:
    asked = plain(str(run.facts.get("question", "See the comment on the page."))).split("\n")
    answer = f'Answer on the page, or in a terminal: workwright answer {run.id} "…"'
    answer_links = [Link("Look and answer", answer_url)] if answer_url else []
    return Message(f"A question about “{title}”", (*asked, answer), (*answer_links, *links), HIGH)


def _describe_success(run: Run, title: str, rollback_url: str, links: Sequence[Link]) -> Message:
    if taken_back := describe_roll_back(run):  # the message had to wait, and somebody was faster
        return Message(f"“{title}” was live and was rolled back", (taken_back,), (*_result_links(run), *links))
    done, edited = "is live" if run.facts.get("site") else "is done", describe_edits(run)
    if edited:
        done += ", without what was changed on its page since"
    back = (Link(BACK, rollback_url),) if rollback_url else ()
    how = ("To take it back: comment “roll back” on the page.",) if rollback_url else ()
    lines = (*edited, *_result_lines(run), *how)
    return Message(f"“{title}” {done}", lines, (*_result_links(run), *links, *back))


def _describe_left_out(run: Run, title: str, links: tuple[Link, ...]) -> Message:
    lines = (*describe_edits(run), _TO_CHANGE.get(run.trigger.kind, "To have it built: set the status to Plan it."))
    return Message(f"Something on the page of “{title}” is not part of the work", lines, links)


def _describe_question(run: Run, gate: str, title: str) -> tuple[str, tuple[str, ...]]:
    """Return in one line what is asked at a gate, and then exactly."""
    kind = gate_kind(gate)
    if kind != PLAN:
        return subject_of(kind, title), (*describe_question(run, gate), describe_decision(run, kind))
    planned = _output(run, "plan.propose")
    steps = [f"• {plain(s.spec.title) or s.spec.kind}" for s in run.steps if _is_planned(run, s)]
    how = "Comment “approve” on the page, or “no, because …” for another plan"
    how += "; or set the status to Approved." if run.trigger.decided_by_status else "."
    outlook = (*explain_replanning(run), *outlook_lines(planned), *(f"! {line}" for line in finding_lines(planned)))
    lines = (f"The plan for “{title}” is ready.", plain(str(planned.get("summary", ""))), *outlook, *steps, how)
    return subject_of(kind, title), lines


def _is_planned(run: Run, step: Any) -> bool:
    return not step.spec.gate and step.status.value in ("pending", "ready") and not step.parent


def _output(run: Run, kind: str) -> Mapping[str, Any]:
    return next((s.output for s in reversed(run.steps) if s.spec.kind == kind and s.output), {})


def _result_lines(run: Run) -> tuple[str, ...]:
    """Say what came of it: of software what was tested and shown, of other work each step that was done."""
    facts = run.facts
    lines = ["Everything in the approved plan is done."]
    if "tests" in facts:
        lines.append(f"{count_of(int(facts['tests']), 'test')} passed in the {facts.get('sandbox', '')} sandbox.")
    if "verified" in facts:
        lines.append(f"Found on the site: {count_found(int(facts['verified']), int(facts.get('by_tests', 0)))}.")
    if facts.get("pull_request"):
        look = "look at the site, and " if facts.get("site") else ""
        lines.append(f"Next: {look}merge the pull request to keep the code.")
    if not {"site", "pull_request", "tests"} & set(facts):
        lines += _list_done_steps(run)
    lines += [f"{words}: {plain(str(facts[key]))}." for key, words in _COUNTED if facts.get(key)]
    lines.append(_TO_CHANGE.get(run.trigger.kind, "To change something: edit the page and set its status to Plan it."))
    by = f"Written by the {facts['model']} model; cost" if facts.get("model") else "Cost:"
    lines.append(f"{by} {run.spent.micros / 1e6:.2f} US dollars.")
    return tuple(lines)


_COUNTED = (
    ("rows", "Rows changed"),
    ("rows read", "Rows read"),
    ("rows counted", "Rows counted"),
    ("kept", "Left where it is"),
    ("left_as_it_is", "Left as it is"),
)
_TO_CHANGE = {
    "routine": "To change something: edit the routine's page before it runs next.",
    "day": "To change a date again: set it in Tasks.",
}
MAX_DONE = 50  # steps that are named


def _list_done_steps(run: Run) -> list[str]:
    done = [f"• {_name(step)}" for step in run.steps if step.status == StepStatus.SUCCEEDED and _is_work(step)]
    return [*done[:MAX_DONE], *([f"and {len(done) - MAX_DONE} more"] if len(done) > MAX_DONE else [])]


def _is_work(step: Step) -> bool:
    """Say whether it is a step of the plan that people approved, and not one of how it was made."""
    own = ("plan.propose", "notion.publish_plan", "notion.ask_question")
    return not step.spec.gate and not step.parent and step.spec.kind not in own


def _result_links(run: Run) -> list[Link]:
    names = (("Site", "site"), ("Pull request", "pull_request"))
    return [Link(label, str(run.facts[key])) for label, key in names if run.facts.get(key)]


def _describe_failed(run: Run) -> tuple[str, ...]:
    """Say what happened, what is left of it, and what to do next."""
    lines = [plain(run.failure) or "It failed."]
    planned = [step for step in run.steps if step.spec.undoable and step.status == StepStatus.SUCCEEDED]
    if planned:
        lines.append("Done before that, and left as it is: " + ", ".join(_name(step) for step in planned) + ".")
    lines.append("Not lost: the page, and everything this run has found out and made.")
    return (*lines, f"What to do: {way_out(run)}")


def _describe_locked_out(run: Run) -> str:
    waits = {step.wait.what for step in run.steps if step.wait and step.wait.kind == WaitKind.GRANT}
    return " and ".join(sorted(SYSTEMS.get(each, each) for each in waits)) or "a connected account"


def _name(step: Step) -> str:
    return plain(step.spec.title) or step.spec.kind


def _describe_cancelled(run: Run) -> tuple[str, ...]:
    undone = [_name(step) for step in run.steps if step.status == StepStatus.UNDONE]
    left = [(run.step(name), name) for name in run.undone_failed]
    why = plain(run.cancel)
    lines = [why[:1].upper() + why[1:] + "." if why else "Cancelled."]
    lines += [f"Taken back: {title}" for title in undone]
    lines += [f"Could not be taken back: {_name(step) if step else name}" for step, name in left]
    if left:
        lines.append("What to do: remove what is left by hand; the run says where it is.")
    if stays := _stays(run):
        lines.append(f"What stays, without what this run made in it: {stays}.")
    again = begin_again(run).removeprefix("Then ")
    return (*lines, f"To begin again: {again}" if run.trigger.decided_by_status else again[:1].upper() + again[1:])


def _stays(run: Run) -> str:
    """Name the places that were made or used and are not taken away: others may have put things there."""
    places = [f"the repository {run.facts['repository']}"] if run.facts.get("repository") else []
    places += [
        f"the project {step.output['name']} on {name_system(str(step.output['system']))}"
        for step in run.steps
        if step.spec.kind == "site.deploy" and step.output.get("name")
    ]
    return " and ".join(places)

"""What a person sees in the terminal: the run's steps as they happen, and the results at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared.core.approval.gates import is_by_policy
from shared.core.run.children import came_to, sort_for_reading
from shared.core.run.run import Run, Step, StepStatus
from shared.core.text.sentence import count_of
from shared.local.story.demo import Story
from shared.local.story.story_end import FAILED, QUESTION, STOPPED, describe_end

_SIGNS = {
    StepStatus.SUCCEEDED: ("✓", "green"),
    StepStatus.RUNNING: ("▸", "yellow"),
    StepStatus.WAITING: ("…", "cyan"),
    StepStatus.FAILED: ("✗", "red"),
    StepStatus.CANCELLED: ("–", "dim"),
    StepStatus.SKIPPED: ("·", "dim"),
    StepStatus.UNDONE: ("↶", "magenta"),
    StepStatus.UNDOING: ("↶", "yellow"),
}


class Timeline:
    """A live view of one run; plain lines where the output is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stdout, highlight=False)
        self._live: Live | None = None
        self._begun = time.monotonic()
        self._said: set[str] = set()
        self._ended: dict[str, float] = {}  # step → seconds since the beginning

    def __enter__(self) -> Timeline:
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=12, transient=False)
            self._live.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, what: str, run: Run | None) -> None:
        """Bring the view up to date."""
        if run is None:
            words = {
                "connected": "Notion connected, Ideas database ready",
                "page": "Idea written to a page; status: Plan it",
            }
            self._say(words.get(what, what))
            return
        for step in sort_for_reading(run.steps):
            if step.status not in (StepStatus.PENDING, StepStatus.READY):
                self._say_step(step)
            if step.done_seq:
                self._ended.setdefault(step.id, time.monotonic() - self._begun)
        if self._live is not None:
            self._live.update(_view(run, self._ended))

    def pause(self) -> None:
        """Give the terminal back for a question."""
        if self._live is not None:
            self._live.stop()

    def resume(self) -> None:
        """Take the terminal again."""
        if self._live is not None:
            self._live.start()

    def _say(self, text: str) -> None:
        line = f"{time.monotonic() - self._begun:6.2f} s  {text}"
        if self._live is None:
            self.console.print(line, markup=False, soft_wrap=True)

    def _say_step(self, step: Step) -> None:
        key = f"{step.id}/{step.status}/{step.attempt}"
        if key in self._said or (step.status == StepStatus.WAITING and not step.spec.gate):
            return
        self._said.add(key)
        sign, _ = _SIGNS.get(step.status, ("·", ""))
        self._say(f"{'  ' * step.level}{sign} {step.spec.title or step.spec.kind} {_note(step)}".rstrip())


def _note(step: Step) -> str:
    if came := came_to(step):
        return f"— {came}"
    if step.error:
        return f"— {step.error}"
    if is_by_policy(step):
        return f"— went ahead under the rule “{step.output.get('words', '')}”"
    if step.spec.gate and step.status == StepStatus.WAITING:
        return "— waiting for a person"
    return {StepStatus.RUNNING: "…"}.get(step.status, "")


def _view(run: Run, ended: Mapping[str, float]) -> Group:
    done = sum(step.status == StepStatus.SUCCEEDED for step in run.steps)
    bar = Table.grid()
    bar.add_row(ProgressBar(total=len(run.steps), completed=done, width=40), Text(f"  {done} of {len(run.steps)}"))
    table = Table.grid(padding=(0, 1))
    for step in sort_for_reading(run.steps):
        sign, colour = _SIGNS.get(step.status, ("·", "dim"))
        taken = f"{ended[step.id]:5.2f} s" if step.id in ended else ""
        table.add_row(
            Text(sign, colour),
            Text(taken, "dim"),
            Text("  " * step.level + (step.spec.title or step.spec.kind)),
            Text(_note(step), "dim"),
        )
    head = Text(f"{run.trigger.title}  ", "bold") + Text(run.status.value.replace("_", " "), "cyan")
    return Group(head, bar, table)


def summary(story: Story) -> list[Text]:
    """Return the results as people want to read them."""
    lines = [Text()]
    for name, value in _rows(story):
        lines.append(Text.assemble((f"{name:<14}", "bold"), value))
    lines.append(Text())
    if how := describe_end(story.outcome):
        lines.append(Text(how, "bold"))
    for check in story.checks:
        sign, colour = ("✓", "green") if check["ok"] else ("✗", "red")
        lines.append(Text.assemble((f"{sign} ", colour), f"{check['name']}  ", (str(check["detail"]), "dim")))
    return lines


def _rows(story: Story) -> list[tuple[str, str]]:
    tests = story.sandbox
    plan = (
        f"{count_of(len(story.requirements), 'requirement')}, {count_of(len(story.plan['steps']), 'step')},"
        f" by the {story.plan['model']} model"
    )
    rows = [("Page", f"{story.page['title']} ({story.page['status']})  {story.page['view']}"), ("Plan", plan)]
    if story.outcome == QUESTION:
        return [*rows, ("Question", str(story.plan["question"]))]
    if story.outcome in (FAILED, STOPPED):
        rows.append(("Why", str(story.run["failure"])))
    rows.append(
        (
            "Approved",
            ", ".join(f"{approval['gate']} by {approval['by']}" for approval in story.approvals) or "by nobody",
        )
    )
    if tests:
        rows.append(("Tests", f"{tests.get('tests', 0)} passed in the {tests.get('driver', 'no')} sandbox"))
    for what, made in (("Pull request", story.pull_request), ("Site", story.deployment)):
        if made.get("url"):
            rows.append((what, str(made["url"])))
    rows += [
        ("Told", f"{count_of(len(story.notifications), 'time')}, by {_channels(story)}"),
        ("Cost", f"{story.cost['usd']:.2f} US dollars, {story.cost['tokens']} tokens"),
        ("Took", f"{story.duration_s:.1f} s"),
    ]
    return rows


def _channels(story: Story) -> str:
    outcomes = [
        part.partition(":") for notification in story.notifications for part in str(notification["outcome"]).split(", ")
    ]
    return ", ".join(dict.fromkeys(name for name, _, outcome in outcomes if outcome == "sent")) or "nothing"

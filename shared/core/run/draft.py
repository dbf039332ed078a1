"""A run while one event is applied to it. Local to the reducer: outside, runs never change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.core.money.spending import ALERTS, add_calls, day_of
from shared.core.run.commands import ATTEMPT, MIRROR, NOTIFY, UNDO, Command
from shared.core.run.events import Calls
from shared.core.run.faults import Fault
from shared.core.run.run import NOTHING, Run, RunStatus, Step, StepSpec, StepStatus, Usage, WaitKind


class Draft:
    """Collects what one event changes: steps, fields of the run, commands."""

    __slots__ = ("at", "commands", "fields", "run", "steps")

    def __init__(self, run: Run, at: datetime) -> None:
        self.run = run
        self.at = at
        self.steps: dict[str, Step] = {step.spec.id: step for step in run.steps}
        self.fields: dict[str, Any] = {}
        self.commands: list[Command] = []

    @property
    def failure(self) -> str:
        """Return why the run is failing, or nothing."""
        return str(self.fields.get("failure", self.run.failure))

    @property
    def cancel(self) -> str:
        """Return why the run is being cancelled, or nothing."""
        return str(self.fields.get("cancel", self.run.cancel))

    @property
    def paused(self) -> bool:
        """Say whether the run stands still because somebody wants it to."""
        return self.fields.get("pause", self.run.pause) is not None

    @property
    def spent(self) -> Usage:
        spent: Usage = self.fields.get("spent", self.run.spent)
        return spent

    @property
    def counted(self) -> Usage:
        """Return what counts against the limits: also what the runs before have spent that this one goes on with."""
        return self.spent + self.run.earlier

    def fits_budget(self, estimate: Usage, *, without: str = "", vital: bool = False) -> bool:
        """Say whether `estimate` may be reserved beside everything spent and reserved by other steps.

        What is kept back is for `vital` steps alone; what costs nothing always fits.
        """
        if estimate == NOTHING:
            return True
        counted = self.counted
        tokens, micros = counted.tokens + estimate.tokens, counted.micros + estimate.micros
        for step in self.steps.values():
            if step.spec.id != without:
                tokens += step.reserved.tokens
                micros += step.reserved.micros
        limits = self.run.limits
        return tokens <= limits.tokens and micros <= limits.micros - (0 if vital else limits.kept_back)

    def usage_left(self) -> Usage:
        """Return what the run may still reserve, beside everything spent and reserved."""
        limits, spent = self.run.limits, self.counted
        tokens, micros = limits.tokens - spent.tokens, limits.micros - limits.kept_back - spent.micros
        held = [step.reserved for step in self.steps.values()]
        return Usage(
            max(0, tokens - sum(each.tokens for each in held)), max(0, micros - sum(each.micros for each in held))
        )

    def may_hold(self, step: Step) -> bool:
        """Say whether the step may reserve what it needs: a child out of what its parent holds, others of the budget.

        A step that has children needs nothing: it keeps what was reserved for all of them until it ends.
        """
        need, parent = step.spec.estimate, self.steps.get(step.parent)
        if step.expanded:
            return True
        if parent is None:
            return self.fits_budget(need, without=step.id, vital=step.spec.vital)
        reserved = parent.reserved + self.steps[step.id].reserved
        return need.tokens <= reserved.tokens and need.micros <= reserved.micros

    def hold(self, step_id: str) -> Step:
        """Reserve what the step needs, which `may_hold` has allowed."""
        step = self.steps[step_id]
        if step.expanded:
            return step
        self.free(step_id)
        parent, need = self.steps.get(step.parent), step.spec.estimate
        if parent is not None:
            left = Usage(parent.reserved.tokens - need.tokens, parent.reserved.micros - need.micros)
            self.set(parent.id, reserved=left)
        day = "" if need == NOTHING else parent.reserved_on if parent is not None else day_of(self.at)
        return self.set(step_id, reserved=need, reserved_on=day)

    def free(self, step_id: str) -> None:
        """Give back what is reserved for a step: to its parent, which held it before."""
        step = self.steps[step_id]
        parent = self.steps.get(step.parent)
        if step.reserved == NOTHING:
            return
        self.set(step_id, reserved=NOTHING, reserved_on="")
        if parent is not None and not parent.done_seq:
            self.set(parent.id, reserved=parent.reserved + step.reserved)

    def set(self, step_id: str, **changes: Any) -> Step:
        """Change fields of a step."""
        step = replace(self.steps[step_id], **changes)
        self.steps[step_id] = step
        return step

    def finish(self, step_id: str, status: StepStatus, **changes: Any) -> None:
        """Bring a step to an end: nothing reserved, nothing awaited."""
        self.free(step_id)
        self.set(step_id, status=status, wait=None, done_seq=self.run.seq + 1, **changes)

    def add(self, specs: tuple[StepSpec, ...], *, parent: str = "", level: int = 0) -> None:
        """Append steps; too many or a name taken twice fails the run instead."""
        taken = [spec.id for spec in specs if spec.id in self.steps]
        if taken or len({spec.id for spec in specs}) != len(specs):
            self.fail(f"the plan names step {(taken or ['?'])[0]!r} twice")
        elif len(self.steps) + len(specs) > self.run.limits.steps:
            self.fail(f"the plan needs more than {self.run.limits.steps} steps")
        else:
            for spec in specs:
                self.steps[spec.id] = Step(spec, parent=parent, level=level)

    def fail(self, reason: str, fault: Fault = Fault.OTHER) -> None:
        """Let the run end as failed; the first reason stays."""
        if not self.failure:
            self.fields.update(failure=reason, fault=fault)

    def spend(self, step_id: str, used: Usage, calls: Calls = ()) -> None:
        """Book what an attempt has really cost; it comes out of what was reserved for it."""
        if used != NOTHING or calls:
            step = self.steps[step_id]
            self.fields["spent"] = self.spent + used
            if calls:
                self.fields["by_model"] = add_calls(self.fields.get("by_model", self.run.by_model), calls)
            left = Usage(max(0, step.reserved.tokens - used.tokens), max(0, step.reserved.micros - used.micros))
            self.set(step_id, used=step.used + used, reserved=left)

    def lose(self, step_id: str) -> None:
        """Count all that is reserved for the attempt as spent: nobody knows what it has cost."""
        step = self.steps[step_id]
        if not (step.expanded or step.spec.group):  # what it holds is its children's, which are asked themselves
            self.spend(step_id, step.reserved)

    def lose_if_begun(self, step_id: str) -> None:
        """Count what is reserved for a step that waits for a time that has come: its attempt may be under way."""
        wait = self.steps[step_id].wait
        if wait and wait.kind == WaitKind.TIME and wait.until and wait.until <= self.at:
            self.lose(step_id)

    def command(self, name: str, function: str, **fields: Any) -> None:
        """Ask for something; the id is derived from the run and the number of this event."""
        number = len(self.commands)
        command_id = f"{self.run.id}.{self.run.seq + 1}.{number}"
        self.commands.append(Command(command_id, name, function, self.run.tenant, self.run.id, **fields))

    def hand_out(self, step: Step, not_before: datetime | None = None) -> None:
        """Ask the step's function for an attempt."""
        about = {"step": step.id, "attempt": step.attempt, "wake": step.wake, "topic": step.spec.kind}
        self.command(ATTEMPT, step.spec.lane, **about, not_before=not_before)

    def hand_out_undo(self, step: Step, not_before: datetime | None = None) -> None:
        """Ask the step's function to take its effects back."""
        self.command(UNDO, step.spec.lane, step=step.id, attempt=step.attempt, wake=step.wake, not_before=not_before)

    def notify(self, topic: str, ref: str, number: int = 0) -> None:
        """Ask for people to be told; one message per topic and ref, of a question also per number."""
        self.command(NOTIFY, "notify", topic=topic, ref=ref, wake=number)

    def commit(self, status: RunStatus, *, quiet: bool = False) -> tuple[Run, tuple[Command, ...]]:
        """Return the run after this event, and what must happen."""
        if status.final and not self.run.status.final:
            self.fields["ended_at"] = self.at
            self.notify(f"run_{status.value}", "end")
        if self.run.trigger.page and not quiet:
            self.command(MIRROR, "notify")
        self._tell_of_spending(status)
        after = replace(self.run, seq=self.run.seq + 1, status=status, steps=tuple(self.steps.values()), **self.fields)
        return replace(after, next_check_at=_find_next_check(after)), tuple(self.commands)

    def _tell_of_spending(self, status: RunStatus) -> None:
        """Tell people, once each, when half, most and all of the run's money is spent; its end is told anyway."""
        limit, before, after = self.run.limits.micros, self.run.counted.micros, self.counted.micros
        if not status.final and (passed := [p for p in ALERTS if before * 100 < limit * p <= after * 100]):
            self.notify("budget_alert", f"run.{max(passed)}")


def _find_next_check(run: Run) -> datetime | None:
    """Return when `sweep` has to look at this run if nothing happens before: the dead-man switch."""
    if run.status.final or run.pause is not None:
        return None
    earliest = run.deadline
    lost_after = timedelta(seconds=run.limits.attempt_s)
    for step in run.steps:
        if step.status in (StepStatus.RUNNING, StepStatus.UNDOING) and step.handed_at:
            earliest = min(earliest, step.handed_at + lost_after)
        elif step.wait and step.wait.until and step.wait.kind != WaitKind.TIME:
            earliest = min(earliest, step.wait.until)
        elif step.wait and step.wait.until:
            earliest = min(earliest, step.wait.until + lost_after)
    return earliest

"""code.try: run the tests of one version of the work; what fails is its output, not a failure of the step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.core.run.commands import SANDBOX
from shared.core.run.run import CHILD, Step
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps._work import WORK_FIELDS, work_of
from shared.steps.code._trial import Trial, try_work

_REASON = 1500


class Try(Input):
    """`of`: the step that wrote the work; `instead`: whose work it is where that step came to nothing.

    `again`: its tests are run even where those of the very same work were run before.
    """

    of: str
    instead: str = ""
    again: bool = False


def _run(wanted: Try, ctx: StepContext) -> Done:
    output, absent = _find_work(wanted, ctx)
    before = None if absent or wanted.again else _find_same_try(ctx, output)
    if absent:
        found = _report_nothing_new(ctx, absent)
    elif fewer := _fewer_tests(ctx, output):
        found = _refuse_result(ctx, fewer)
    elif before is not None:
        found = {name: value for name, value in before.output.items() if name not in WORK_FIELDS}
    else:
        found = _describe_trial(ctx, output, try_work(ctx, work_of(ctx, output), _baseline(ctx)))
    kept = {name: output[name] for name in WORK_FIELDS if name in output}
    _keep(ctx, {**kept, **found})
    return Done({**kept, **found})


def _find_work(wanted: Try, ctx: StepContext) -> tuple[Mapping[str, Any], str]:
    """Return the output that names the work, and why there is nothing new in it, if so."""
    made = ctx.run.step(wanted.of)
    if made is not None and made.output.get("work"):
        return made.output, ""
    last = ctx.run.step(wanted.instead)
    return (last.output if last else {}), (made.error if made else "") or "no answer"


def _find_same_try(ctx: StepContext, output: Mapping[str, Any]) -> Step | None:
    """Return the try of the very same work: it would come to the same end."""
    same = ("tree", "runner", "expected_tests", "originals", "may_change")
    for step in reversed(ctx.run.steps):
        judged = step.spec.kind == "code.try" and "green" in step.output and not step.output.get("absent")
        if judged and all(step.output.get(name) == output.get(name) for name in same):
            return step
    return None


def _baseline(ctx: StepContext) -> Mapping[str, Any] | None:
    """Return what the tenant's own tests said before the work, as an earlier try found it."""
    for step in ctx.run.steps:
        if step.parent == ctx.step.parent and step.output.get("baseline"):
            kept: Mapping[str, Any] = json.loads(ctx.get_text(str(step.output["baseline"])))
            return kept
    return None


def _report_nothing_new(ctx: StepContext, why: str) -> dict[str, Any]:
    feedback = ctx.keep_text(why)
    return {"green": False, "absent": why[:300], "reason": why[:_REASON], "signature": "absent", "feedback": feedback}


def _fewer_tests(ctx: StepContext, output: Mapping[str, Any]) -> str:
    """Return what is wrong where a repair takes tests away: what fails would be mended by asking less of it.

    A rework may: then the round's first version says how many there have to be. A version that promised more than it
    had is held to what it had.
    """
    parent = ctx.run.step(ctx.step.parent)
    since = int(parent.output.get("since", 1)) if parent is not None else 1
    names = {f"{ctx.step.parent}{CHILD}try-{number}" for number in range(since, int(ctx.step.id.rpartition("-")[2]))}
    tried = [step.output for step in ctx.run.steps if step.id in names and not step.output.get("absent")]
    max_expected = max((_count_expected(each) for each in tried), default=0)
    now = int(output.get("expected_tests", 0))
    if now >= max_expected:
        return ""
    return f"the work had {max_expected} tests and now says it has {now}: tests may be mended, but not taken away"


def _count_expected(tried: Mapping[str, Any]) -> int:
    promised = int(tried.get("expected_tests", 0))
    return min(promised, int(tried.get("counted", promised)))


def _refuse_result(ctx: StepContext, why: str) -> dict[str, Any]:
    kept = ctx.keep_text(why)
    return {"green": False, "tests": 0, "reason": why, "signature": "fewer tests", "feedback": kept}


def _describe_trial(ctx: StepContext, output: Mapping[str, Any], trial: Trial) -> dict[str, Any]:
    report = {"run": ctx.run.id, "step": ctx.step.id, "tree": output["tree"], **asdict(trial.report)}
    found: dict[str, Any] = {
        "green": trial.green,
        "tests": trial.report.ran,
        "driver": trial.report.driver,
        "seconds": trial.report.seconds,
        "report": ctx.keep_text(json.dumps(report, ensure_ascii=False)),
    }
    if trial.counted is not None:
        found["counted"] = trial.counted
    if trial.baseline is not None:
        found["baseline"] = ctx.keep_text(json.dumps(trial.baseline, ensure_ascii=False))
    if not trial.green:
        feedback = trial.feedback
        found |= {"signature": trial.signature, "reason": feedback[:_REASON], "feedback": ctx.keep_text(feedback)}
    return found


def _keep(ctx: StepContext, output: Mapping[str, Any]) -> None:
    """Keep the version as a snapshot: it can be restored and compared whatever becomes of the run."""
    tries = [step.id for step in ctx.run.steps if step.spec.kind == "code.try"]
    ctx.keep_snapshot(tries.index(ctx.step.id) + 1, {"kind": output.get("kind", ""), **output})


CODE_TRY = StepKind(
    "code.try",
    "Run the tests of one version in the sandbox.",
    Try,
    _run,
    Repeat.SAME_END,
    line=SANDBOX,
    plannable=False,
    needs_approval=False,
)

"""code.test: test the work in the sandbox, have what fails repaired, and stop where that leads nowhere.

A group. Each round is two children, `repair-N` and `try-N` (the first round has no repair); each `try-N` is an
iteration that is kept with its work tree. The work that passed is the output. Where the repairs are used up, or the
same failure came three times, the last work that passed remains and a person is asked. Handed out again with feedback
after it has passed (a broken build, a red check, a review), it begins with a repair of exactly that; in the plan after
such a question, with a repair of what had passed by what that plan says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.core.approval.stuck_words import Stuck, question_of_stuck
from shared.core.errors import Rejected
from shared.core.run.rework import RESTORE
from shared.core.run.run import CHILD, Step, StepSpec, StepStatus, Usage, WaitKind
from shared.mind.safety.redaction import Redactor
from shared.steps._input import Input
from shared.steps._kind import Done, FanOut, Repeat, StepContext, StepKind
from shared.steps._work import WORK_FIELDS, is_mended

REPAIRS = 3  # calls of a model that are reserved for; `Limits.repairs` of the run says how many there are
SAME = 3  # times the same failure comes before it is hopeless
_ANSWERED = (
    "People were asked what should be different, and the approved plan and the page say what they want now. Change what"
    " does not meet it yet; where all of it does, change nothing."
)


class Test(Input):
    """Nothing to fill in: it tests what the step before has written."""


def _run(wanted: Test, ctx: StepContext) -> Done | FanOut:
    state, tries = ctx.step.output, int(ctx.step.output.get("tries", 0))
    if state.get(RESTORE):
        return _restore(ctx, str(state[RESTORE]), tries + 1)
    if not tries:
        producer = _producer(ctx)
        if producer.spec.kind == "code.try":
            return _round(ctx, producer, _ANSWERED, 1)
        return FanOut((_try(ctx, 1, producer.id),), {"tries": 1, "repairs": 0, "since": 1})
    last = _child(ctx, f"try-{tries}")
    if "tests" in state:  # it has passed before
        return _round(ctx, last, ctx.step.feedback, 1) if ctx.step.feedback else Done(state)
    if state.get("asked"):
        return _resume_answered(ctx)
    if last.output.get("green"):
        return _finish_passed(ctx, last, state)
    if why := _hopeless(ctx, last):
        return _ask(ctx, last, why)
    feedback = ctx.get_text(str(last.output["feedback"]))
    return _round(ctx, last, feedback, int(state["repairs"]) + 1)


def _restore(ctx: StepContext, source: str, number: int) -> FanOut:
    """Try an earlier version again, as the next one: what it came to then is no proof of what it does now."""
    numbers = [step.id for step in ctx.run.steps if step.spec.kind == "code.try"]
    title = f"Run the tests of version {numbers.index(source) + 1} again"
    given = {"of": source, "again": True}
    child = StepSpec(f"{ctx.step.id}{CHILD}try-{number}", "code.try", title, given)
    return FanOut((child,), {"tries": number, "repairs": 0, "since": number})


def _round(ctx: StepContext, last: Step, feedback: str, number: int) -> FanOut:
    """Have the work that `last` tried repaired, and try it again."""
    state = ctx.step.output
    tries = int(state.get("tries", 0)) + 1
    anew = not state or (number == 1 and "tests" in state)
    since = tries if anew else int(state["since"])
    back = _find_sent_back(ctx, feedback) if anew else state.get("back")
    repair = StepSpec(
        f"{ctx.step.id}{CHILD}repair-{tries}",
        "code.repair",
        f"Repair {number}",
        {"of": last.id, "feedback": ctx.keep_text(feedback)},
        estimate=_share(ctx.step.spec.estimate),
        optional=True,  # what cannot be repaired is told to a person, not the end of the run
    )
    again = _try(ctx, tries, repair.id, instead=last.id, after=(repair.id,))
    sent_back = {"back": back} if back else {}
    return FanOut((repair, again), {"tries": tries, "repairs": number, "since": since, **sent_back})


def _find_sent_back(ctx: StepContext, feedback: str) -> dict[str, str]:
    """Return why work that had passed is mended: what was said, and the step that said it; "" for a person."""
    if feedback == _ANSWERED:
        return {}
    sender = next((s.id for s in ctx.run.steps if s.spec.repairs == ctx.step.id and s.error == feedback), "")
    return {"by": sender, "said": ctx.keep_text(feedback)}


def _try(ctx: StepContext, number: int, of: str, instead: str = "", after: tuple[str, ...] = ()) -> StepSpec:
    title = "Run the tests" if number == 1 else "Run the tests again"
    return StepSpec(f"{ctx.step.id}{CHILD}try-{number}", "code.try", title, {"of": of, "instead": instead}, after)


def _share(all_repairs: Usage) -> Usage:
    return Usage(all_repairs.tokens // REPAIRS, all_repairs.micros // REPAIRS)


def _producer(ctx: StepContext) -> Step:
    """Return the step whose work is tested: the latest that wrote any, or what was green when people were asked."""
    for step in reversed(ctx.run.steps):
        if step.spec.kind == "code.generate" and step.output.get("work"):
            return step
        if step.spec.kind == "code.test" and step.id != ctx.step.id and step.output.get("back_to"):
            green = ctx.run.step(str(step.output["back_to"]))
            assert green is not None, step.id
            return green
    raise Rejected("code", "there is nothing to test: a step of the kind code.generate must come first")


def _child(ctx: StepContext, name: str) -> Step:
    found = ctx.run.step(f"{ctx.step.id}{CHILD}{name}")
    assert found is not None, name
    return found


def _hopeless(ctx: StepContext, last: Step) -> str:
    """Return why another repair would lead nowhere; "" while one may help."""
    state = ctx.step.output
    if absent := last.output.get("absent"):
        return f"no repair could be made ({str(absent).rstrip('.')})"
    if (repair := _find_last_repair(ctx)) is not None and not is_mended(ctx, repair):
        return "the repair has changed nothing"
    tries = [_child(ctx, f"try-{n}") for n in range(int(state["since"]), int(state["tries"]) + 1)]
    same = sum(1 for each in tries if each.output.get("signature") == last.output["signature"])
    if same >= SAME:
        return f"the same failure came {same} times"
    max_repairs = min(ctx.run.limits.repairs, REPAIRS)
    return f"{max_repairs} repairs were made" if int(state["repairs"]) >= max_repairs else ""


def _ask(ctx: StepContext, last: Step, why: str) -> FanOut:
    """Ask a person and wait; the answer leads to another plan, or to another look at what had passed."""
    green, redactor = find_last_green(ctx), Redactor()  # what a test has printed is about to be written into the page
    back = ctx.step.output.get("back") or {}
    stuck = Stuck(
        redactor.hide(why),
        redactor.hide(ctx.get_text(str(back["said"]))) if back else "",
        redactor.hide(_failing(ctx)),
        ctx.run.step(str(back.get("by", ""))),
        green is not None,
        redactor.hide(_note(ctx)),
    )
    again = f"-{last.id.rpartition('-')[2]}" if _family(ctx, "input.wait") else ""
    given = {"question": question_of_stuck(ctx.run, stuck)}
    ask = StepSpec(f"{ctx.step.id}{CHILD}ask{again}", "notion.ask_question", "Ask what to do", given)
    answer = StepSpec(
        f"{ctx.step.id}{CHILD}answer{again}",
        "input.wait",
        "Answer the question",
        depends_on=(ask.id,),
        lane="",
        gate=WaitKind.INPUT,
    )
    kept = {"back_to": green.id, **_pick_work_fields(green.output)} if green else {}
    return FanOut((ask, answer), {**ctx.step.output, "asked": why, **kept})


def _resume_answered(ctx: StepContext) -> Done:
    """Go on with what had passed, where somebody wants another look at it; another plan is no longer ours."""
    state, answers = ctx.step.output, _family(ctx, "input.wait")
    green = ctx.run.step(str(state.get("back_to", "")))
    if green is None or not (answers and answers[-1].output.get("again")):
        raise Rejected("code", f"not passed, and nobody answered what to do: {state['asked']}")
    return _finish_passed(ctx, green, {name: state[name] for name in ("tries", "repairs", "since")}, since=0)


def _find_last_repair(ctx: StepContext) -> Step | None:
    """Return the repair that the latest try is of; None where nothing was repaired, or none could be made."""
    found = ctx.run.step(f"{ctx.step.id}{CHILD}repair-{ctx.step.output['tries']}")
    return found if found is not None and found.status == StepStatus.SUCCEEDED else None


def _note(ctx: StepContext) -> str:
    """Return what the author of the last repair has for people; where it changed nothing, at least why."""
    repair = _find_last_repair(ctx)
    if repair is None:
        return ""
    why = "" if is_mended(ctx, repair) else str(repair.output.get("why", ""))
    return str(repair.output.get("note", "")) or why


def _nth(child: Step) -> int:
    return int(child.id.rpartition("-")[2])


def _family(ctx: StepContext, kind: str) -> list[Step]:
    return [step for step in ctx.run.steps if step.parent == ctx.step.id and step.spec.kind == kind]


def _failing(ctx: StepContext) -> str:
    """Return what the latest version that was tried at all fails at; "" where it passed, or none was tried."""
    state = ctx.step.output
    tries = [_child(ctx, f"try-{n}") for n in range(int(state["since"]), int(state["tries"]) + 1)]
    tried = [each.output for each in tries if not each.output.get("absent")]
    return str(tried[-1].get("reason", "")) if tried and not tried[-1].get("green") else ""


def find_last_green(ctx: StepContext) -> Step | None:
    """Return the latest try of this run that passed."""
    tries = (step for step in reversed(ctx.run.steps) if step.spec.kind == "code.try")
    return next((step for step in tries if step.output.get("green")), None)


def _pick_work_fields(output: Mapping[str, Any]) -> dict[str, Any]:
    return {name: output[name] for name in WORK_FIELDS if name in output}


def _finish_passed(ctx: StepContext, last: Step, state: Mapping[str, Any], since: int | None = None) -> Done:
    shown = {name: last.output[name] for name in ("tests", "driver", "seconds", "report")}
    rounds = _count_repairs(ctx, last, int(state["since"]) if since is None else since)
    output = {**_pick_work_fields(last.output), **shown, "rounds": rounds, **state}
    return Done(output, facts={"tests": shown["tests"], "sandbox": shown["driver"]})


def _count_repairs(ctx: StepContext, last: Step, since: int) -> int:
    """Return how many repairs this try has passed with; one that changed nothing is none."""
    done = [
        s for s in _family(ctx, "code.repair") if s.status == StepStatus.SUCCEEDED and since <= _nth(s) <= _nth(last)
    ]
    return sum(is_mended(ctx, each) for each in done)


CODE_TEST = StepKind(
    "code.test",
    "Run the tests in the sandbox; failures are repaired, and a person is asked where that leads nowhere.",
    Test,
    _run,
    Repeat.SAME_END,
    needs=("code.generate",),
    thinks="code.repair",
    max_calls=REPAIRS,
    group=True,
    core=True,
)

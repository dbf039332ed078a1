"""What a planner is told of what went before: its last answer, the plans before, and what people have answered.

A model's last answer that could not be used is kept with what was wrong with it, and the next attempt is shown both.
They belong together: once another answer has been used, neither is told again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.app.engine.deps import Deps
from shared.app.intake.page_view import PageView
from shared.core.documents.cache_records import LAST_ANSWERS, LastAnswer
from shared.core.documents.codec import to_body
from shared.core.page import ANSWER
from shared.core.run.replan import collect_progress
from shared.core.run.run import Run, Step
from shared.mind.context import Part
from shared.mind.safety.redaction import Redactor
from shared.ports import Put, get_as

_LONGEST = 200_000  # characters
_MAX = 300  # characters of one text: what came of it, and not all of it
_ASKS = "notion.ask_question"


def keep_last_answer(deps: Deps, run: Run, step: Step, answer: str, problem: str, known: Iterable[str] = ()) -> None:
    """Keep what was answered in this attempt and why it could not be used; secrets are placeholders in it."""
    if not answer:
        return
    text = deps.store.put_text(run.tenant, Redactor(known).hide(answer)[:_LONGEST])
    kept = LastAnswer(run.id, step.id, step.attempt, text, problem)
    deps.store.put(run.tenant, Put(LAST_ANSWERS, f"{run.id}.{step.id}", to_body(kept)))


def find_last_answer(deps: Deps, run: Run, step: Step) -> str:
    """Return the answer that the step's feedback is about; "" where there is none, or the feedback is about another."""
    kept = get_as(LastAnswer, deps.store, (run.tenant, LAST_ANSWERS, f"{run.id}.{step.id}")) if step.feedback else None
    if kept is None or kept.problem != step.feedback:
        return ""
    return _read_kept(deps, run, kept.answer)


def plan_before(deps: Deps, run: Run) -> str:
    """Return the last plan as its planner answered it; "" where no step of it has failed."""
    if not collect_progress(run).failed:
        return ""
    kept = [str(step.output["proposal"]) for step in run.steps if step.output.get("proposal")]
    return _read_kept(deps, run, kept[-1]) if kept else ""


def texts_left(deps: Deps, run: Run) -> dict[str, str]:
    """Return the beginning of the text that each step that is done has left, by the step's name."""
    done = collect_progress(run).done
    kept = {name: str(step.output["text"]) for name, step in done.items() if step.output.get("text")}
    texts = {name: _read_kept(deps, run, text) for name, text in kept.items()}
    return {name: text if len(text) <= _MAX else f"{text[:_MAX]} …" for name, text in texts.items() if text}


def _read_kept(deps: Deps, run: Run, ref: str) -> str:
    try:
        return deps.store.get_text(run.tenant, ref)
    except KeyError:  # it is no longer kept
        return ""


def questions_answered(run: Run, view: PageView) -> tuple[list[Part], PageView]:
    """Return questions and answers as a part of a prompt, and the page without the answers that stand there."""
    asked = [str(step.spec.input.get("question", "")) for step in run.steps if step.spec.kind == _ASKS and step.output]
    answers = [block for block in view.page.blocks if block.type == ANSWER]
    if not asked or not answers:
        return [], view
    texts = ["".join(span.text for span in block.spans) for block in answers]
    rest = tuple(block for block in view.page.blocks if block.type != ANSWER)
    text = "\n\n".join(_side_by_side(asked, texts))
    part = Part("page", "what we asked people about this page, and their answers", text, must=True, share=0.7)
    return [part], replace(view, page=replace(view.page, blocks=rest))


def _side_by_side(asked: list[str], replies: list[str]) -> list[str]:
    """Return each question with its answer; where there are more answers than questions, the last ones have several."""
    found = []
    for number, question in enumerate(asked):
        last = number == len(asked) - 1
        answers = replies[number:] if last else replies[number : number + 1]
        heard = "\n".join(f"People answered: {answer}" for answer in answers) or "Nobody answered this."
        found.append(f"We asked: {question}\n{heard}")
    return found

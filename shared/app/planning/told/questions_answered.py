"""What people were asked about a page and what they answered, side by side: an answer alone says little."""

from __future__ import annotations

from dataclasses import replace

from shared.app.intake.page_view import PageView
from shared.core.page import ANSWER
from shared.core.run.run import Run
from shared.mind.context import Part

_ASKS = "notion.ask_question"


def questions_answered(run: Run, view: PageView) -> tuple[list[Part], PageView]:
    """Return questions and answers as a part of a prompt, and the page without the answers that stand there."""
    asked = [str(step.spec.input.get("question", "")) for step in run.steps if step.spec.kind == _ASKS and step.output]
    answers = [block for block in view.page.blocks if block.type == ANSWER]
    if not asked or not answers:
        return [], view
    said = ["".join(span.text for span in block.spans) for block in answers]
    rest = tuple(block for block in view.page.blocks if block.type != ANSWER)
    text = "\n\n".join(_side_by_side(asked, said))
    part = Part("page", "what we asked people about this page, and their answers", text, must=True, share=0.7)
    return [part], replace(view, page=replace(view.page, blocks=rest))


def _side_by_side(asked: list[str], said: list[str]) -> list[str]:
    """Return each question with its answer; where there are more answers than questions, the last ones have several."""
    found = []
    for number, question in enumerate(asked):
        last = number == len(asked) - 1
        answers = said[number:] if last else said[number : number + 1]
        heard = "\n".join(f"People answered: {answer}" for answer in answers) or "Nobody answered this."
        found.append(f"We asked: {question}\n{heard}")
    return found

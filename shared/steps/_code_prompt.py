"""How the steps that plan, write and repair files ask a model: what they tell it, within which limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.core.models.model_errors import InvalidOutput
from shared.core.models.token_bound import answer_room
from shared.core.page import Block, page_from_data
from shared.core.run.run import NOTHING, Run, Usage
from shared.mind.context import Part
from shared.mind.error_summary import compact_error
from shared.mind.fitting import ask_within
from shared.mind.page_text import Marked, block_text, page_text
from shared.mind.structured import ask, schema_of
from shared.ports.model import Model, ModelRequest, ModelResult
from shared.steps._kind import StepContext, StepFailure

PROMPT_TOKENS, OUTPUT_TOKENS = 80_000, 32_000
CHUNK = 0.3125  # of an answer's room is what a plan of files may fill: what a model writes within a request's time-out
CLASS = "code"
AGAIN = "Your last attempt failed: mend exactly what its errors say, and answer in full."

T = TypeVar("T", bound=BaseModel)


def code_request(
    task: str, prompts: Mapping[str, str], answer: type[BaseModel], data: Mapping[str, Any], prompt: str
) -> ModelRequest:
    """Return the question of a task for a prompt made of parts, with the rules of the kind of work at hand alone."""
    names = ("code", f"code_{data['artifact']}", "code_tests", task.replace(".", "_"))
    system = "\n\n".join(prompts[name] for name in names)
    return ModelRequest(task, CLASS, system, prompt, schema_of(answer), data, max_output_tokens=OUTPUT_TOKENS)


def ask_for(
    ctx: StepContext, task: str, answer: type[T], parts: Sequence[Part], data: Mapping[str, Any]
) -> tuple[T, ModelResult]:
    """Return the model's checked answer; raises InvalidOutput, and other errors as the model raises them."""
    model, found = ctx.model(), list[T]()

    def request_once(request: ModelRequest) -> ModelResult:
        checked, result = ask(model, request, answer, repairs=1)  # two rounds end within the attempt's lease
        found.append(checked)
        return result

    result, _ = ask_within(
        model,
        lambda prompt: code_request(task, ctx.settings["prompts"], answer, data, prompt),
        parts,
        request_once,
        answer_tokens=OUTPUT_TOKENS,
        max_tokens=PROMPT_TOKENS,
        seed=f"{ctx.run.id}.{ctx.step.id}.{ctx.step.attempt}",
        reserved=ctx.step.reserved,
        keep=ctx.keep_context,
    )
    return found[-1], result


def answer_tokens(model: Model) -> int:
    """Return how many tokens of files one answer may be planned to hold: of a free model's window, or of a paid limit.

    Rules of our own answer at any length, so what costs nothing has its window as its only limit.
    """
    window = model.window(CLASS)
    free = model.estimate(ModelRequest(CLASS, CLASS, "", "How much?", {})) == NOTHING
    return int(CHUNK * answer_room(window, window if free else OUTPUT_TOKENS))


def read_planned(ctx: StepContext) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the approved proposal and the page as they were kept; nothing of it but ids is trusted."""
    page: dict[str, Any] = json.loads(ctx.get_text(str(ctx.output_of("plan.propose")["page"])))
    return load_proposal(ctx), page


def load_proposal(ctx: StepContext) -> dict[str, Any]:
    """Return the approved proposal alone; a run that was planned otherwise has none."""
    ref = ctx.output_of("plan.propose").get("proposal")
    proposal: dict[str, Any] = json.loads(ctx.get_text(str(ref))) if ref else {}
    return proposal


def requirement_ids(proposal: Mapping[str, Any]) -> list[str]:
    """Return the ids of what was approved."""
    return [str(each["id"]) for each in proposal.get("requirements", ())]


def pick_wanted(proposal: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the approved plan whoever writes files needs: what is wanted, and not how it is sent away."""
    summary = {name: proposal.get(name) for name in ("summary", "assumptions")}
    wanted = [{name: each.get(name, "") for name in ("id", "text")} for each in proposal.get("requirements", ())]
    return {**{name: value for name, value in summary.items() if value}, "requirements": wanted}


def notes_of(run: Run) -> list[Part]:
    """Return what those who wrote files have noticed of the plan of files; data, as all that a model says."""
    noted = [str(step.output["note"]) for step in run.steps if step.output.get("note")]
    return [Part("input", "noticed while writing", dump_json(noted), must=True, share=0.1)] if noted else []


def task_parts(proposal: Mapping[str, Any], page: Mapping[str, Any], feedback: str) -> list[Part]:
    """Return what every task is told: of the approved plan what is wanted, the page, and what the last attempt lacked.

    All of it is data. Of the page is left out what a requirement says in the same words.
    """
    source = page_from_data({"id": "", "title": "", **page})
    parts = [
        Part("input", "the approved plan", dump_json(pick_wanted(proposal)), must=True, share=0.5),
        Part("page", "the page", page_text(source, _map_requirements(proposal)), must=True, share=0.4),
    ]
    if feedback:
        parts.append(Part("errors", "your last attempt", compact_error(feedback), must=True, share=0.1))
        parts.append(Part("task", "repair", AGAIN, trusted=True))
    return parts


def _map_requirements(proposal: Mapping[str, Any]) -> Marked:
    """Return what marks a block of the page: the requirements that came from it, which may say all that it does."""
    wanted: dict[str, dict[str, str]] = {}
    for each in proposal.get("requirements", ()):
        wanted.setdefault(str(each.get("block", "")), {})[str(each["id"])] = _plain(str(each.get("text", "")))

    def mark_block(block: Block) -> tuple[str, bool]:
        mine, text_of_block = wanted.get(block.id, {}), block_text(block)
        is_quoted = "\n" not in text_of_block and any(_plain(text_of_block) in text for text in mine.values())
        return ", ".join(mine), not (text_of_block and is_quoted)

    return mark_block


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def file_parts(files: Iterable[tuple[str, str]], *, must: bool = False) -> list[Part]:
    """Return files, the most important first, each whole or not at all; those that `must` be there always are."""
    share = 0.0 if must else 0.4
    return [Part("input", f"file {path}", text, must=must, share=share, cut="whole") for path, text in files]


def dump_json(value: Any) -> str:
    """Return a value as models read it."""
    return json.dumps(value, ensure_ascii=False)


def mistake(message: str, used: Usage) -> StepFailure:
    """Return the failure that sends a message back to the model."""
    return StepFailure(message[:4000], signature=str(InvalidOutput(message))[:500], used=used)

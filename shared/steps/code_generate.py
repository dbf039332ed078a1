"""code.generate: have the model write the files of the planned site or service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.core.errors import InvalidOutput
from shared.core.page import page_from_data
from shared.core.run import Usage
from shared.core.verdict import REPORT
from shared.mind.context import Part
from shared.mind.errors_told import compact_error
from shared.mind.fitting import within
from shared.mind.page_text import page_text
from shared.ports import ModelRequest
from shared.steps._kind import Done, Input, Repeat, StepContext, StepFailure, StepKind

MAX_FILES = 400
MAX_FILE_BYTES = 1_000_000
PROMPT_TOKENS, OUTPUT_TOKENS = 80_000, 32_000
_REPAIR = "Your last attempt failed. Mend exactly what the errors of your last attempt say, and answer in full."
_NOT_OURS = frozenset({"", ".", "..", ".git", ".github"})  # nowhere in a path


class Generate(Input):
    """What the plan fills in."""

    artifact: Literal["static_site", "python_service"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GeneratedFile(_Closed):
    """One file, by its path relative to the repository."""

    path: str = Field(min_length=1, max_length=200)
    content: str = Field(max_length=MAX_FILE_BYTES)


class RequirementTest(_Closed):
    """Which test proves which requirement."""

    requirement: str
    test: str


class SiteCheck(_Closed):
    """What the deployed site must show for a requirement: a path and a text on it."""

    requirement: str
    path: str
    contains: str


class GeneratedCode(_Closed):
    """The model's whole answer."""

    files: list[GeneratedFile] = Field(min_length=1, max_length=MAX_FILES)
    tests: list[RequirementTest]
    checks: list[SiteCheck]
    test_command: list[str] = Field(min_length=1, max_length=20)
    expected_tests: int = Field(ge=1)
    site_root: str


def _run(wanted: Generate, ctx: StepContext) -> Done:
    planned = ctx.output_of("plan.propose")
    proposal = json.loads(ctx.get_text(str(planned["proposal"])))
    page = json.loads(ctx.get_text(str(planned["page"])))
    model = ctx.model()
    system = str(ctx.settings["prompts"]["code"])
    data = {"page": page, "proposal": proposal, "feedback": ctx.step.feedback}
    result, _ = within(
        model,
        lambda prompt: code_request(system, prompt, data),
        code_parts(proposal, page, ctx.step.feedback),
        model.complete,
        answer_tokens=OUTPUT_TOKENS,
        most=PROMPT_TOKENS,
        seed=f"{ctx.run.id}.{ctx.step.id}.{ctx.step.attempt}",
        reserved=ctx.step.reserved,
        keep=ctx.keep_context,
    )
    code = _validated(result.answer, proposal, result.usage)
    output = {
        "files": ctx.keep_text(json.dumps({file.path: file.content for file in code.files}, ensure_ascii=False)),
        "checks": ctx.keep_text(json.dumps([check.model_dump() for check in code.checks], ensure_ascii=False)),
        "test_command": code.test_command,
        "expected_tests": code.expected_tests,
        "site_root": code.site_root.strip("/"),
        "model": result.model,
        "count": len(code.files),
    }
    return Done(output, result.usage, {"files": len(code.files), "model": result.model})


def code_request(system: str, prompt: str, data: Mapping[str, Any]) -> ModelRequest:
    """Return the question to the model for a prompt made of `code_parts`."""
    schema = GeneratedCode.model_json_schema()
    return ModelRequest("code", "code", system, prompt, schema, data, max_output_tokens=OUTPUT_TOKENS)


def code_parts(proposal: Any, page: Any, feedback: str) -> list[Part]:
    """Return what the model is told: the approved plan, the page, and what its last attempt lacked; all of it data."""
    plan = json.dumps(proposal, ensure_ascii=False)
    source = page_from_data({"id": "", "title": "", **page})
    parts = [
        Part("input", "the approved plan", plan, must=True, share=0.5),
        Part("page", f"page {source.id}", page_text(source), must=True, share=0.4),
    ]
    if feedback:
        parts.append(Part("errors", "your last attempt", compact_error(feedback), must=True, share=0.1))
        parts.append(Part("task", "repair", _REPAIR, trusted=True))
    return parts


def _validated(answer: Any, proposal: Any, used: Usage) -> GeneratedCode:
    try:
        code = GeneratedCode.model_validate(answer)
    except ValidationError as error:
        raise _mistake(str(error), used) from error
    if problem := _path_problem([file.path for file in code.files]):
        raise _mistake(problem, used)
    wanted = [str(r["id"]) for r in proposal["requirements"]]
    shown = {check.requirement for check in code.checks if check.contains.strip()}
    for covered, lack in (({test.requirement for test in code.tests}, "no test covers"), (shown, "no text shows")):
        if missing := [name for name in wanted if name not in covered]:
            raise _mistake(f"{lack} the requirements {', '.join(missing[:20])}", used)
    return code


def _path_problem(paths: list[str]) -> str:
    """Return what is wrong with the paths, for the model to read: sandbox and repository take only plain ones."""
    for path in paths:
        parts = path.split("/")
        if path.startswith("/") or "\\" in path or not path.isprintable() or _NOT_OURS & set(parts):
            return f"file path {path!r} is not allowed: relative, inside the repository, no .git or .github"
        if parts[0] == "_runner" or path == REPORT:
            return f"file path {path!r} is not allowed: the tests' own runner uses it"
        if len(parts) > 30 or any(len(part.encode()) > 200 for part in parts):
            return f"file path {path!r} is too long"
    if len(set(paths)) != len(paths):
        return "two files have the same path"
    folders = {path.rsplit("/", depth)[0] for path in paths for depth in range(1, path.count("/") + 1)}
    return "".join(f"{path!r} is both a file and a folder" for path in sorted(folders & set(paths))[:1])


def _mistake(message: str, used: Usage) -> StepFailure:
    return StepFailure(message[:4000], signature=str(InvalidOutput(message))[:500], used=used)


CODE_GENERATE = StepKind(
    "code.generate",
    "Write the files of the site or service, with tests for every requirement.",
    Generate,
    _run,
    Repeat.SAME_END,
    thinks="code",
)

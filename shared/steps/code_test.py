"""code.test: run the generated tests in the sandbox; only a full, green report counts."""

from __future__ import annotations

import json
import secrets

from shared.core.verdict import REPORT, judge, runner_files, test_command
from shared.ports import SandboxRequest
from shared.steps._kind import Done, Input, Repeat, StepContext, StepFailure, StepKind


class Test(Input):
    """Nothing to fill in: it tests what the step before has written."""


def _run(wanted: Test, ctx: StepContext) -> Done:
    generated = ctx.output_of("code.generate")
    files = {path: text.encode() for path, text in json.loads(ctx.get_text(str(generated["files"]))).items()}
    sandbox, nonce = ctx.sandbox(), secrets.token_hex(16)
    result = sandbox.run(
        SandboxRequest(
            files=files | runner_files(nonce),
            command=test_command(),
            origin=str(generated["model"]),
            collect=(REPORT,),
        )
    )
    verdict = judge(result, expected_tests=int(generated["expected_tests"]), nonce=nonce)
    if not verdict.ok:
        raise StepFailure(verdict.feedback, signature=verdict.signature)
    output = {"tests": verdict.ran, "driver": result.driver, "seconds": round(result.duration_s, 2)}
    return Done(output, facts={"tests": verdict.ran, "sandbox": result.driver})


CODE_TEST = StepKind(
    "code.test",
    "Run the tests in the sandbox; failures go back to the model.",
    Test,
    _run,
    Repeat.SAME_END,
    repairs="code.generate",
    needs=("code.generate",),
)

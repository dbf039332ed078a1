"""A sandbox for tests of those who use one: nothing is run, and what each test came to is what the files say.

A test file holds lines `name=outcome`, or `name=NEEDLE` in capitals: passed where a file of the request holds NEEDLE.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from shared.backends.sandbox.intake import check_request
from shared.core.code.verdict import REPORT
from shared.ports.sandbox import SandboxRequest, SandboxResult


@dataclass
class ScriptedSandbox:
    """Answers with a report that is signed as the trusted runner signs it; keeps what it was asked."""

    refuse: Callable[[SandboxRequest], None] = lambda request: None
    name: str = "scripted"
    fails_to_install: bool = False
    asked: list[SandboxRequest] = field(default_factory=list)

    def check(self) -> None:
        """Hold."""

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Return the report of the named test files."""
        check_request(request)
        self.asked.append(request)
        self.refuse(request)
        if request.packages and self.fails_to_install:
            return SandboxResult(1, "install", "", "the registry does not answer", {}, 0.1, self.name)
        everything = [path for path in request.files if PurePosixPath(path).match("test*.py")]
        names = [word for word in request.command[5:] or everything if word in request.files]
        body = json.dumps([{"file": name, "exit": 0, "lines": list(_lines(request, name))} for name in names])
        nonce = request.files["_runner/nonce"]
        code = hmac.new(nonce, body.encode(), hashlib.sha256).hexdigest()
        report = json.dumps({"body": body, "code": code}).encode()
        return SandboxResult(0, "", "", "", {REPORT: report}, 0.1, self.name)


def _lines(request: SandboxRequest, name: str) -> Iterator[dict[str, object]]:
    told = request.files[name].decode().split()
    code = [data for path, data in request.files.items() if path != name and not path.startswith("_runner/")]
    everything = b"\n".join(code)
    for line in told:
        test, _, outcome = line.partition("=")
        if outcome.isupper():
            outcome = "passed" if outcome.encode() in everything else "failed"
        name = test.encode().decode("unicode_escape")
        yield {"id": name, "outcome": outcome, "detail": f"{test} of {len(everything)} bytes"}
    yield {"done": len(told)}

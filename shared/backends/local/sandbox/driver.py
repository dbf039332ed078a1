"""What both drivers share: start the launcher with a request, read its answer, prove once that the room holds."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shared.backends.local.sandbox.channel import pack, unpack
from shared.backends.local.sandbox.intake import check_request
from shared.core.errors import SandboxUnavailable
from shared.ports import SandboxRequest, SandboxResult

_LAUNCHER = Path(__file__).with_name("launcher.py")
_GRACE_S = 60.0  # preparing, ending and collecting, beyond the request's own wall clock


class LaunchedSandbox:
    """A sandbox whose work is done by a launcher process; fails closed."""

    name = ""
    way_out = ""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._proven = False
        self._refusal = ""

    def check(self) -> None:
        """Prove on this machine, once per process, that the sandbox holds."""
        with self._lock:
            if not self._proven and not self._refusal:
                try:
                    self._prove()
                    self._proven = True
                except SandboxUnavailable as error:
                    self._refusal = str(error)
        if self._refusal:
            raise SandboxUnavailable(self._refusal)

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run the request; raises ValueError for one that is wrong, SandboxUnavailable when it is not safe here."""
        check_request(request)
        self._accept(request)
        self.check()
        return self._launch(request)

    def _accept(self, request: SandboxRequest) -> None:
        """Refuse what this driver is too weak for."""

    def _prove(self) -> None:
        raise NotImplementedError

    def _spec(self) -> Mapping[str, Any]:
        return {}

    def _refuse(self, why: str) -> SandboxUnavailable:
        return SandboxUnavailable(f"{self.name}: {why}. {self.way_out}")

    def _launch(self, request: SandboxRequest) -> SandboxResult:
        spec = {
            "driver": self.name,
            "limits": asdict(request.limits),
            "command": list(request.command),
            "env": dict(request.env),
            "collect": list(request.collect),
            "names": list(request.files),
            **self._spec(),
        }
        head, blobs = self._talk(pack(spec, list(request.files.values())), request.limits.wall_s + _GRACE_S)
        if "wrong" in head:
            raise ValueError(head["wrong"])
        if "error" in head:
            raise self._refuse(str(head["error"]))
        stdout, stderr, *files = blobs
        return SandboxResult(
            exit_code=head["exit_code"],
            killed_by=head["killed_by"],
            stdout=stdout.decode("utf-8", "replace"),
            stderr=stderr.decode("utf-8", "replace"),
            files=dict(zip(head["names"], files, strict=True)),
            duration_s=head["duration_s"],
            driver=self.name,
        )

    def _talk(self, message: bytes, timeout: float) -> tuple[dict[str, Any], list[bytes]]:
        with subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
            cwd="/",
            start_new_session=True,
        ) as launcher:
            try:
                answer, words = launcher.communicate(message, timeout)
            except subprocess.TimeoutExpired as error:
                launcher.kill()
                raise self._refuse("the launcher did not answer") from error
            except BaseException:  # interrupted: nothing outlives the call
                launcher.kill()
                raise
        try:
            return unpack(answer)
        except ValueError as error:
            said = words.decode("utf-8", "replace").strip()[-400:]
            raise self._refuse(f"the launcher ended with {launcher.returncode}: {said}") from error

"""What both drivers share: start the launcher with a request, read its answer, prove once that the room holds."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shared.backends.sandbox.channel import pack, unpack
from shared.backends.sandbox.intake import check_request
from shared.backends.sandbox.packages.registries import Registries, installer_env, registries
from shared.backends.sandbox.packages.registry_proxy import RegistryProxy
from shared.core.code.lock_files import System, read_lock
from shared.core.errors import SandboxUnavailable, Unavailable
from shared.core.text.readable import show_bytes
from shared.core.text.sentence import end_sentence
from shared.ports.sandbox import SandboxRequest, SandboxResult

_LAUNCHER = Path(__file__).with_name("launcher.py")
_GRACE_S = 60.0  # preparing, ending and collecting, beyond the request's own wall clock
_INSTALL_S = 320.0  # beyond that, where packages are installed first
_PROVEN: set[tuple[str, ...]] = set()  # what has held in this process, or in the one it was forked from


class LaunchedSandbox:
    """A sandbox whose work is done by a launcher process; fails closed."""

    name = ""
    way_out = ""

    def __init__(self, known: Callable[[], Registries] = registries) -> None:
        """Hand over where packages may come from; it is asked for when the first are installed."""
        self._registries = known
        self._lock = threading.Lock()
        self._proven = False
        self._refusal = ""

    def check(self) -> None:
        """Prove on this machine, once per process, that the sandbox holds."""
        with self._lock:
            if not self._proven and not self._refusal:
                try:
                    key = (self.name, *sorted(map(str, self._spec().items())))
                    if key not in _PROVEN:
                        self._prove()
                        _PROVEN.add(key)
                    self._proven = True
                except SandboxUnavailable as error:
                    self._refusal = str(error)
        if self._refusal:
            raise SandboxUnavailable(self._refusal)

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run the request; raises ValueError for one that is wrong, SandboxUnavailable when it is not safe here.

        And Unavailable when it was ended from outside: another time it may come to its end.
        """
        check_request(request)
        self._accept(request)
        self.check()
        if request.packages:
            return self._launch_with_packages(request, request.packages)
        return self._launch(request)

    def _launch_with_packages(self, request: SandboxRequest, system: System) -> SandboxResult:
        """Launch it with a proxy at the installer's side; what the proxy refused is told with the errors."""
        files = read_lock(system, request.files)
        url, places = self._registries().find_hosts(system)
        install = {"system": system, "names": list(files), "env": installer_env(system, url)}
        with RegistryProxy(places) as proxy:
            result = self._launch(request, {"install": {**install, "proxy": proxy.path}}, list(files.values()))
            refused = [f"the network refused {what}" for what in proxy.refused]
        if not refused:
            return result
        return replace(result, stderr="\n".join([*filter(None, [result.stderr.rstrip()]), *refused, ""]))

    def _accept(self, request: SandboxRequest) -> None:
        """Refuse what this driver is too weak for."""

    def _prove(self) -> None:
        raise NotImplementedError

    def _spec(self) -> Mapping[str, Any]:
        return {}

    def _refuse(self, why: str) -> SandboxUnavailable:
        return SandboxUnavailable(f"{self.name}: {end_sentence(why)} {self.way_out}")

    def _launch(
        self, request: SandboxRequest, extra: Mapping[str, Any] = MappingProxyType({}), more: Sequence[bytes] = ()
    ) -> SandboxResult:
        spec = {
            "driver": self.name,
            "limits": asdict(request.limits),
            "command": list(request.command),
            "env": dict(request.env),
            "collect": list(request.collect),
            "names": list(request.files),
            "install": None,
            **self._spec(),
            **extra,
        }
        patience = request.limits.wall_s + _GRACE_S + (_INSTALL_S if request.packages else 0.0)
        head, blobs = self._talk(pack(spec, [*request.files.values(), *more]), patience)
        if "wrong" in head:
            raise ValueError(head["wrong"])
        if "error" in head:
            raise self._refuse(str(head["error"]))
        stdout, stderr, *files = blobs
        return SandboxResult(
            exit_code=head["exit_code"],
            killed_by=head["killed_by"],
            stdout=show_bytes(stdout),
            stderr=show_bytes(stderr),
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
                raise self._refuse("the launcher did not answer") from error
            finally:
                launcher.kill()  # also where we were interrupted: nothing outlives the call
        try:
            return unpack(answer)
        except ValueError as error:
            if launcher.returncode == -signal.SIGKILL:  # by a machine short of memory, most likely
                raise Unavailable(self.name, "its launcher was killed during a run") from error
            errors = show_bytes(words).strip()[-400:]
            raise self._refuse(f"the launcher ended with {launcher.returncode}: {errors}") from error

"""Chooses the strongest sandbox that proves itself on this machine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.landlock import LandlockSandbox
from shared.backends.sandbox.packages.registries import registries
from shared.core.errors import SandboxUnavailable
from shared.ports.sandbox import Sandbox, SandboxRequest, SandboxResult


class NoSandbox:
    """Refuses everything and says why."""

    name = "none"

    def __init__(self, reasons: Sequence[str]) -> None:
        self._reasons = tuple(reasons)

    def check(self) -> None:
        """Raise SandboxUnavailable with the reason of every driver."""
        raise SandboxUnavailable("no sandbox works on this machine: " + " | ".join(self._reasons))

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Raise SandboxUnavailable; nothing is run."""
        self.check()
        raise SandboxUnavailable("no sandbox")


def choose_sandbox(
    candidates: Sequence[Sandbox] = (), *, npm: str = "", pip: str = "", hosts: Collection[str] = ()
) -> Sandbox:
    """Return the first sandbox whose check passes: bubblewrap, then landlock, else one that refuses.

    `npm`, `pip`, `hosts` are where packages come from: see `registries`.
    """
    reasons = []
    known = cache(lambda: registries(npm, pip, hosts))
    for sandbox in candidates or (BubblewrapSandbox(known=known), LandlockSandbox()):
        try:
            sandbox.check()
        except SandboxUnavailable as error:
            reasons.append(str(error))
        else:
            return sandbox
    return NoSandbox(reasons)

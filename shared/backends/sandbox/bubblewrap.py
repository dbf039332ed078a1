"""The sandbox for code nobody trusts, on one machine: bubblewrap, seccomp, limits, a bounded memory file system."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Mapping
from typing import Any

from shared.backends.sandbox.driver import LaunchedSandbox
from shared.backends.sandbox.packages.registries import Registries, registries
from shared.backends.sandbox.selftest import prove

_SEARCH = "/usr/local/bin:/usr/bin:/bin"


class BubblewrapSandbox(LaunchedSandbox):
    """Runs code of any origin, or refuses; there is no weak mode.

    What it does not hold: a flaw of the kernel itself; memory beyond the limit between two looks of the watch, so
    that a machine needs head room (about the limit once more, and the disk limit, which is memory too); an honest
    exit status, since the command may do as it likes with the first process of its own namespace.
    """

    name = "bubblewrap"
    way_out = (
        "Install it with `apt-get install bubblewrap` (Linux), allow user namespaces with "
        "`sysctl user.max_user_namespaces=10000 kernel.apparmor_restrict_unprivileged_userns=0`, and in a container "
        "use a seccomp profile that permits them."
    )

    def __init__(self, bwrap: str = "", known: Callable[[], Registries] = registries) -> None:
        super().__init__(known)
        self._bwrap = bwrap

    def _spec(self) -> Mapping[str, Any]:
        return {"bwrap": self._program()}

    def _program(self) -> str:
        found = self._bwrap or shutil.which("bwrap", path=_SEARCH)
        if not found:
            raise self._refuse("the program bwrap is not installed")
        return found

    def _prove(self) -> None:
        if os.path.exists(self._program()) and os.stat(self._program()).st_mode & stat.S_ISUID:
            raise self._refuse(f"{self._program()} is installed set-uid, so a flaw in it would give away root's rights")
        failures = prove(self._launch)
        if failures:
            raise self._refuse("the self-test failed: " + "; ".join(failures))

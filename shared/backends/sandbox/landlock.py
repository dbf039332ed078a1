"""The sandbox for our own offline templates where bubblewrap is missing: Landlock, seccomp and limits."""

from __future__ import annotations

from shared.backends.sandbox.driver import LaunchedSandbox
from shared.backends.sandbox.selftest import prove
from shared.core.errors import SandboxUnavailable
from shared.ports.sandbox import SandboxRequest

OFFLINE = "offline"  # the model on this machine that fills in templates we wrote ourselves


class LandlockSandbox(LaunchedSandbox):
    """Runs code of the offline model alone; refuses a language model's.

    It needs no package and no user namespace. What it does not hold, and why it is not offered for other code:

    - total disk and number of files are bounded only by file size × what one run can write in its time;
    - names, sizes and dates of the machine's files can be seen (not their content), and the times and scheduling
      of this user's own things can be changed;
    - when this process is killed from outside in the middle of a run, what the command left running is orphaned
      and its folder stays; otherwise everything is killed as one process group that it cannot leave;
    - the memory watch looks every 50 ms, and there is no boundary behind the kernel's own checks.
    """

    name = "landlock"
    way_out = (
        "Install bubblewrap (`apt-get install bubblewrap`), or use Linux 5.13 or newer with `landlock` among its "
        "security modules."
    )

    def _accept(self, request: SandboxRequest) -> None:
        if request.origin != OFFLINE:
            why = (
                f"code of {request.origin!r} cannot be run without namespaces; this sandbox is only "
                "for our own templates"
            )
            raise SandboxUnavailable(f"{self.name}: {why}. Install bubblewrap (`apt-get install bubblewrap`).")
        if request.packages:
            why = "packages cannot be installed without namespaces, since nothing would confine the installer's network"
            raise SandboxUnavailable(f"{self.name}: {why}. Install bubblewrap (`apt-get install bubblewrap`).")

    def _prove(self) -> None:
        failures = prove(self._launch)
        if failures:
            raise self._refuse("the self-test failed: " + "; ".join(failures))

"""Which sandbox runs the code that nobody trusts; only steps that run some load it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from shared.core.code.sandbox_settings import RegistrySettings
from shared.core.errors import SandboxUnavailable
from shared.ports.sandbox import Sandbox
from shared.settings import Settings


def chosen_sandbox(settings: Settings) -> Sandbox:
    """Return the sandbox of WORKWRIGHT_SANDBOX: the strongest that holds here, a service of ours, or Vertex AI's."""
    chosen = settings.sandbox
    if chosen.driver == "remote":
        from shared.backends.remote.sandbox import RemoteSandbox

        return RemoteSandbox(chosen.runner_url, _caller(settings))
    if chosen.driver == "vertex":
        from shared.backends.cloud.vertex_sandbox import VertexSandbox

        return VertexSandbox(settings.project, chosen.location, chosen.runtime, base_url=chosen.vertex_url)
    if settings.mode == "cloud" and not settings.emulated:
        from shared.backends.sandbox.choose import NoSandbox

        why = "in the cloud, untrusted code must not run beside our tokens"
        return NoSandbox([f"{why}. Set WORKWRIGHT_SANDBOX to remote or vertex."])
    return _local(chosen.registries)


@cache
def _local(known: RegistrySettings) -> Sandbox:
    """Return the sandbox of this machine; it proves itself once per process, and forks of the process need not."""
    from shared.backends.sandbox.choose import choose_sandbox

    return choose_sandbox(npm=known.npm, pip=known.pip, hosts=known.hosts)


def prove_sandbox(sandbox: Sandbox) -> str:
    """Return the name of the sandbox after it has proven itself; raises SandboxUnavailable with the way out."""
    sandbox.check()
    if sandbox.name == "none":
        raise SandboxUnavailable("no sandbox works on this machine")
    return sandbox.name


def _caller(settings: Settings) -> Callable[[], str]:
    """Return what makes the header to call `code-runner` with: for the address that it checks tokens for."""
    audience = settings.sandbox.runner_url
    if settings.mode == "cloud":
        from shared.backends.cloud.caller_token import identity_header

        return identity_header(audience)
    from shared.backends.local.keys.identity import LocalCallers

    return lambda: LocalCallers(settings.data).authorization(audience)

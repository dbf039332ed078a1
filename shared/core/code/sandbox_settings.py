"""Where code that nobody trusts is run, and where its packages come from: read from the environment's variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.core.environment import Environment, is_address, part, variable

SANDBOXES = ("local", "remote", "vertex")
_RUNTIME = re.compile(r"projects/[^/]+/locations/[^/]+/reasoningEngines/[^/]+\Z")


def _read_registry(reader: Environment, name: str, default: str) -> str:
    value = "none" if reader.env.get(name) == "none" else reader.url(name, default)
    if is_address(value) and "@" in urlsplit(value).netloc:
        reader.refuse(f"{name} holds a password, which the code would see; give an address without one")
    return value


def _read_hosts(reader: Environment, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = reader.words(name)
    for host in found:
        address = f"https://{host}"
        if not is_address(address) or urlsplit(address).netloc != host or "@" in host:
            reader.refuse(f"{name} names {host!r}; give host or host:port")
    return found or default


def _read_runtime(reader: Environment, name: str, default: str) -> str:
    value = reader.text(name, default)
    if value and not _RUNTIME.match(value):
        reader.refuse(f"{name} is {value!r}; give a name like projects/p/locations/l/reasoningEngines/1")
    return value


@dataclass(frozen=True)
class RegistrySettings:
    """npm's registry, pip's index, further hosts. "" is what the machine is set up to use, "none" is none."""

    npm: str = variable("WORKWRIGHT_NPM_REGISTRY", "", _read_registry)
    pip: str = variable("WORKWRIGHT_PIP_INDEX", "", _read_registry)
    hosts: tuple[str, ...] = variable("WORKWRIGHT_REGISTRY_HOSTS", (), _read_hosts)


def _read_registries(reader: Environment) -> RegistrySettings:
    return reader.read(RegistrySettings)


@dataclass(frozen=True)
class SandboxSettings:
    """On this machine, by the service `code-runner`, or by Vertex AI."""

    driver: str = variable("WORKWRIGHT_SANDBOX", "local", Environment.one_of, allowed=SANDBOXES)
    runner_url: str = variable("WORKWRIGHT_CODE_RUNNER_URL", "", Environment.url)
    # Vertex AI has sandboxes in no other region at last sight (gcp.md, 1.4)
    location: str = variable("WORKWRIGHT_SANDBOX_LOCATION", "us-central1", Environment.text)
    runtime: str = variable("WORKWRIGHT_SANDBOX_RUNTIME", "", _read_runtime)  # looked for by its name when ""
    vertex_url: str = variable("WORKWRIGHT_VERTEX_SANDBOX_URL", "", Environment.url)  # when it is not Google's own
    registries: RegistrySettings = part(_read_registries, RegistrySettings)


def read_sandbox(reader: Environment) -> SandboxSettings:
    """Return where code is run; what is missing for that is a problem of the reader."""
    found = reader.read(SandboxSettings)
    if found.driver == "remote":
        reader.require("WORKWRIGHT_CODE_RUNNER_URL", "the address at which the service code-runner answers")
    if found.driver == "vertex":
        reader.require("GOOGLE_CLOUD_PROJECT", "the id of the project whose Vertex AI runs the code")
    return found


def _read_callers(reader: Environment) -> frozenset[str]:
    return frozenset(reader.words("WORKWRIGHT_RUNNER_CALLERS"))


def _read_answers(reader: Environment, name: str, default: int) -> int:
    value = reader.text(name, str(default))
    if re.fullmatch(r"[0-9]{1,6}", value):
        return int(value)
    reader.refuse(f"{name} is {value!r}; give a whole number, or 0 for no limit")
    return default


@dataclass(frozen=True)
class RunnerSettings:
    """How the service `code-runner` runs. It is told of no store and of no secret."""

    mode: str = variable("WORKWRIGHT_MODE", "local", Environment.one_of, allowed=("local", "cloud"))
    data: Path = variable("WORKWRIGHT_DATA", Path(".workwright"), Environment.path)  # local: whose key its callers show
    # Where it answers, which is the audience of its callers' tokens
    url: str = variable("WORKWRIGHT_CODE_RUNNER_URL", "http://127.0.0.1:8700/code-runner", Environment.url)
    callers: frozenset[str] = part(_read_callers, frozenset)  # cloud: e-mails of the service accounts that may call
    certs_url: str = variable("WORKWRIGHT_CERTS_URL", "", Environment.issuer)
    # Answers per process, which then ends; 0 is without end, for tests
    answers: int = variable("WORKWRIGHT_RUNNER_ANSWERS", 1, _read_answers)
    registries: RegistrySettings = part(_read_registries, RegistrySettings)


def read_runner(env: Mapping[str, str]) -> RunnerSettings:
    """Return the settings of `code-runner`; raises ConfigError that names every problem at once."""
    reader = Environment(env)
    settings = reader.read(RunnerSettings)
    if settings.mode == "cloud":
        reader.require("WORKWRIGHT_RUNNER_CALLERS", "the e-mails of the service accounts that may call")
        reader.require("WORKWRIGHT_CODE_RUNNER_URL", "the address at which this service answers")
    reader.finish()
    return settings

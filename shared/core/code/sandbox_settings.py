"""Where code that nobody trusts is run, and where its packages come from: read from the environment's variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.core.errors import ConfigError

SANDBOXES = ("local", "remote", "vertex")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RUNTIME = re.compile(r"projects/[^/]+/locations/[^/]+/reasoningEngines/[^/]+\Z")


@dataclass(frozen=True)
class RegistrySettings:
    """npm's registry, pip's index, further hosts. "" is what the machine is set up to use, "none" is none."""

    npm: str = ""
    pip: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class SandboxSettings:
    """On this machine, by the service `code-runner`, or by Vertex AI."""

    driver: str = "local"
    runner_url: str = ""
    location: str = "us-central1"  # Vertex AI has sandboxes in no other region at last sight (gcp.md, 1.4)
    runtime: str = ""  # projects/…/reasoningEngines/…, which holds Vertex AI's sandboxes; looked for by name when ""
    vertex_url: str = ""  # where Vertex AI answers, when it is not Google's own
    registries: RegistrySettings = RegistrySettings()


@dataclass(frozen=True)
class RunnerSettings:
    """How the service `code-runner` runs. It is told of no store and of no secret."""

    mode: str = "local"
    data: Path = Path(".workwright")  # local: whose key its callers show
    url: str = "http://127.0.0.1:8700/code-runner"  # where it answers: the audience of its callers' tokens
    callers: frozenset[str] = frozenset()  # cloud: e-mails of the service accounts that may call
    certs_url: str = ""
    answers: int = 1  # per process, which then ends; 0 is without end, for tests
    registries: RegistrySettings = RegistrySettings()


def read_sandbox(env: Mapping[str, str]) -> tuple[SandboxSettings, list[str]]:
    """Return the settings and what is wrong with them, each problem with its variable and the way out."""
    problems: list[str] = []
    driver = env.get("WORKWRIGHT_SANDBOX") or "local"
    if driver not in SANDBOXES:
        problems.append(f"WORKWRIGHT_SANDBOX is {driver!r}; use one of {', '.join(SANDBOXES)}")
    if driver == "remote":
        _wanted(env, "WORKWRIGHT_CODE_RUNNER_URL", "the address at which the service code-runner answers", problems)
    if driver == "vertex":
        _wanted(env, "GOOGLE_CLOUD_PROJECT", "the id of the project whose Vertex AI runs the code", problems)
    runtime = env.get("WORKWRIGHT_SANDBOX_RUNTIME") or ""
    if runtime and not _RUNTIME.match(runtime):
        problems.append(
            f"WORKWRIGHT_SANDBOX_RUNTIME is {runtime!r}; give a name like projects/p/locations/l/reasoningEngines/1"
        )
    found = SandboxSettings(
        driver,
        _address(env, "WORKWRIGHT_CODE_RUNNER_URL", "", problems),
        env.get("WORKWRIGHT_SANDBOX_LOCATION") or SandboxSettings.location,
        runtime,
        _address(env, "WORKWRIGHT_VERTEX_SANDBOX_URL", "", problems),
        _registries(env, problems),
    )
    return found, problems


def read_runner(env: Mapping[str, str]) -> RunnerSettings:
    """Return the settings of `code-runner`; raises ConfigError that names every problem at once."""
    problems: list[str] = []
    mode = env.get("WORKWRIGHT_MODE") or "local"
    if mode not in ("local", "cloud"):
        problems.append(f"WORKWRIGHT_MODE is {mode!r}; use one of local, cloud")
    if mode == "cloud":
        _wanted(env, "WORKWRIGHT_RUNNER_CALLERS", "the e-mails of the service accounts that may call", problems)
        _wanted(env, "WORKWRIGHT_CODE_RUNNER_URL", "the address at which this service answers", problems)
    certs = _address(env, "WORKWRIGHT_CERTS_URL", "", problems)
    if certs and urlsplit(certs).hostname not in _LOOPBACK:
        problems.append("WORKWRIGHT_CERTS_URL is for an issuer on this machine; leave it out for Google's")
    answers = env.get("WORKWRIGHT_RUNNER_ANSWERS") or "1"
    if not re.fullmatch(r"[0-9]{1,6}", answers):
        problems.append(f"WORKWRIGHT_RUNNER_ANSWERS is {answers!r}; give a whole number, or 0 for no limit")
    settings = RunnerSettings(
        mode,
        Path(env.get("WORKWRIGHT_DATA") or ".workwright"),
        _address(env, "WORKWRIGHT_CODE_RUNNER_URL", RunnerSettings.url, problems),
        frozenset((env.get("WORKWRIGHT_RUNNER_CALLERS") or "").replace(",", " ").split()),
        certs,
        1 if problems else int(answers),
        _registries(env, problems),
    )
    if problems:
        raise ConfigError("The environment is wrong:\n" + "\n".join(f"  - {each}" for each in problems))
    return settings


def _registries(env: Mapping[str, str], problems: list[str]) -> RegistrySettings:
    npm, pip = (_registry(env, name, problems) for name in ("WORKWRIGHT_NPM_REGISTRY", "WORKWRIGHT_PIP_INDEX"))
    hosts = tuple((env.get("WORKWRIGHT_REGISTRY_HOSTS") or "").replace(",", " ").split())
    wrong = [host for host in hosts if not _is_host(host)]
    problems += [f"WORKWRIGHT_REGISTRY_HOSTS names {host!r}; give host or host:port" for host in wrong]
    return RegistrySettings(npm, pip, hosts)


def _registry(env: Mapping[str, str], name: str, problems: list[str]) -> str:
    value = "none" if env.get(name) == "none" else _address(env, name, "", problems)
    if "@" in urlsplit(value).netloc:
        problems.append(f"{name} holds a password, which the code would see; give an address without one")
    return value


def _is_host(text: str) -> bool:
    address = f"https://{text}"
    return _is_address(address) and urlsplit(address).netloc == text and "@" not in text


def _wanted(env: Mapping[str, str], name: str, meaning: str, problems: list[str]) -> None:
    if not env.get(name):
        problems.append(f"{name} is missing; set it to {meaning}")


def _address(env: Mapping[str, str], name: str, default: str, problems: list[str]) -> str:
    value = (env.get(name) or default).rstrip("/")
    if value and not _is_address(value):
        problems.append(f"{name} is {value!r}; give an address like https://workwright.example")
        return default
    return value


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False

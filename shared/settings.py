"""All of the environment, read once. Everything missing or malformed is named at once, with the way out."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shared.core.code.sandbox_settings import SandboxSettings, read_sandbox
from shared.core.environment import Environment, part, variable
from shared.core.models.model_facts import Offer
from shared.core.models.offer_settings import read_offer
from shared.core.run.commands import LINES
from shared.core.ship.sites_folder import SitesFolder, read_sites_folder
from shared.integrations.mail_settings import MailSettings, read_mail
from shared.integrations.systems import SYSTEMS as ALL_SYSTEMS
from shared.integrations.systems import hosts_variable
from shared.ports import Secret

FUNCTIONS = (
    *("oauth-callback", "notion-webhook", "forge-webhook"),
    *("plan", "execute-step", "deploy", "notify", "api", "sweep", "sync"),
)
SYSTEMS = tuple(each.name for each in ALL_SYSTEMS.values() if each.elsewhere)
SELF_MANAGED = tuple(each.name for each in ALL_SYSTEMS.values() if each.self_managed)
MODEL_SYSTEMS = ("anthropic", "openai", "xai", "gemini", "vertex", "compatible")
# Cloud services that may be reached at an emulator on this machine: service → variable with its host:port.
EMULATORS = {
    "firestore": "FIRESTORE_EMULATOR_HOST",  # read by Google's client itself
    "tasks": "WORKWRIGHT_TASKS_ENDPOINT",
    "secrets": "WORKWRIGHT_SECRETS_ENDPOINT",
    "kms": "WORKWRIGHT_KMS_ENDPOINT",
}
ALONE = ("code-runner",)  # functions that share a process, an account and a store with nothing
DEADLINE = timedelta(minutes=10)  # cloud: after which the queue takes an attempt for lost; an attempt is shorter


def process_environment() -> MutableMapping[str, str]:
    """Return the variables of this process; whoever looks at them, or sets some for parts of its own, asks here."""
    return os.environ


def _read_hidden(reader: Environment, name: str, default: Secret) -> Secret:
    return Secret(reader.text(name)) if reader.text(name) else default


def _is_on(reader: Environment, name: str, default: bool) -> bool:
    return default and reader.env.get(name) != "none"


@dataclass(frozen=True)
class Watching:
    """Where we tell of our work; the names of the variables are those that OpenTelemetry and Sentry have given them."""

    endpoint: str = variable("OTEL_EXPORTER_OTLP_ENDPOINT", "", Environment.url)  # a collector's, without /v1/traces
    headers: Secret = variable("OTEL_EXPORTER_OTLP_HEADERS", Secret(""), _read_hidden)  # where not out of the safe
    traces: bool = variable("OTEL_TRACES_EXPORTER", True, _is_on)
    metrics: bool = variable("OTEL_METRICS_EXPORTER", True, _is_on)
    sentry_dsn: str = variable("SENTRY_DSN", "", Environment.url)
    environment: str = variable("SENTRY_ENVIRONMENT", "", Environment.text)
    release: str = variable("K_REVISION", "", Environment.text)  # the revision, which the platform names


def _read_watching(reader: Environment) -> Watching:
    return reader.read(Watching)


def _is_cloud(reader: Environment) -> bool:
    return reader.text("WORKWRIGHT_MODE") == "cloud"


def _read_endpoints(reader: Environment) -> dict[str, str]:
    return _read_addresses(reader, "WORKWRIGHT_{}_URL", SYSTEMS)


def _read_model_urls(reader: Environment) -> dict[str, str]:
    return _read_addresses(reader, "WORKWRIGHT_{}_URL", MODEL_SYSTEMS)


def _read_function_urls(reader: Environment) -> dict[str, str]:
    return _read_addresses(reader, "WORKWRIGHT_URL_{}", FUNCTIONS) if _is_cloud(reader) else {}


def _read_addresses(reader: Environment, pattern: str, systems: Sequence[str]) -> dict[str, str]:
    """Return the address of each that has a variable; the others answer where they usually do."""
    names = {system: pattern.format(system.upper().replace("-", "_")) for system in systems}
    return {system: reader.url(name, "") for system, name in names.items() if reader.text(name)}


def _read_self_managed(reader: Environment) -> dict[str, tuple[str, ...]]:
    return {system: reader.urls(hosts_variable(system)) for system in SELF_MANAGED}


def _read_watched(reader: Environment, name: str, default: float) -> float:
    """Return for how long a site is watched; 0 is one look, and on one machine few look at it."""
    return 0.0 if reader.text(name) == "0" else reader.number(name, default if _is_cloud(reader) else 2.0)


def _read_bounds(reader: Environment) -> dict[str, int]:
    """Return how many of each line go on at once, where that is said."""
    given = {line: reader.whole(f"WORKWRIGHT_MOST_{line.upper()}", None, minimum=1, maximum=256) for line in LINES}
    return {line: maximum for line, maximum in given.items() if maximum is not None}


def _read_loopback(reader: Environment, name: str, default: bool) -> bool:
    """Return whether addresses of this machine may be called for teams: never where teams are strangers."""
    chosen = reader.one_of(name, "off", ("off", "on")) == "on"
    if chosen and _is_cloud(reader):
        reader.refuse(f"{name} is for one machine alone; leave it out")
    return chosen


def _read_in_cloud(reader: Environment, name: str, default: str, *, meaning: str) -> str:
    """Return what only the cloud needs; there it must be said."""
    return reader.require(name, meaning) if _is_cloud(reader) else default


def _read_project(reader: Environment, name: str, default: str, *, meaning: str) -> str:
    return _read_in_cloud(reader, name, reader.text(name, default), meaning=meaning)


def _read_certs(reader: Environment, name: str, default: str) -> str:
    return reader.issuer(name, default) if _is_cloud(reader) else default


def _read_emulators(reader: Environment) -> dict[str, str]:
    """Return where on this machine parts of the cloud are played."""
    given = {service: name for service, name in EMULATORS.items() if _is_cloud(reader) and reader.text(name)}
    return {service: reader.loopback(name) for service, name in given.items()}


@dataclass(frozen=True)
class Settings:
    """How this installation runs: each field says which variable it is read from. Secrets come from `deps.secrets`."""

    mode: str = variable("WORKWRIGHT_MODE", "local", Environment.one_of, allowed=("local", "cloud"))
    data: Path = variable("WORKWRIGHT_DATA", Path(".workwright"), Environment.path)
    public_url: str = variable("WORKWRIGHT_PUBLIC_URL", "http://127.0.0.1:8700", Environment.url)
    # Of the queue functions: {functions_url}/{function}
    functions_url: str = variable("WORKWRIGHT_FUNCTIONS_URL", "http://127.0.0.1:8700", Environment.url)
    endpoints: Mapping[str, str] = part(_read_endpoints, dict)  # system → base URL, where it is not the vendor's own
    # Of Cloud Storage, for tenants' sites; empty: there is none. Its objects are read at sites_url, else at Google's
    sites_bucket: str = variable("WORKWRIGHT_SITES_BUCKET", "", Environment.bucket)
    sites_url: str = variable("WORKWRIGHT_SITES_URL", "", Environment.url)
    sites_folder: SitesFolder = part(read_sites_folder, SitesFolder)  # on this machine
    # Self-managed systems that tenants may connect, beside the one of `endpoints`
    self_managed: Mapping[str, tuple[str, ...]] = part(_read_self_managed, dict)
    mail: MailSettings = part(read_mail, MailSettings)
    models: Offer = part(read_offer, Offer)
    model_urls: Mapping[str, str] = part(_read_model_urls, dict)  # provider → base URL, where not the vendor's own
    sandbox: SandboxSettings = part(read_sandbox, SandboxSettings)
    trace: Path | None = variable("WORKWRIGHT_TRACE", None, Environment.path)
    watching: Watching = part(_read_watching, Watching)
    http_read_s: float = variable("WORKWRIGHT_HTTP_READ_S", 65.0, Environment.number)
    # Calls of one bot in any 60 seconds
    notion_rate: int = variable("WORKWRIGHT_NOTION_RATE", 180, Environment.whole, minimum=1, maximum=1_000_000)
    settle: timedelta = variable("WORKWRIGHT_SETTLE_S", timedelta(seconds=70), Environment.duration)
    lease: timedelta = variable("WORKWRIGHT_LEASE_S", timedelta(minutes=11), Environment.duration)
    backoff_s: float = variable("WORKWRIGHT_BACKOFF_S", 2.0, Environment.number)
    approval_s: float = variable("WORKWRIGHT_APPROVAL_S", 7 * 86_400.0, Environment.number)
    watch_s: float = variable("WORKWRIGHT_WATCH_S", 600.0, _read_watched)  # for how long a site is, after it went live
    # What looks at deployed sites: "auto" is this machine's, "off", or a program's path
    browser: str = variable("WORKWRIGHT_BROWSER", "auto", Environment.text)
    # For how long deliveries about one page wait for each other
    gather_s: float = variable("WORKWRIGHT_GATHER_S", 2.0, Environment.number)
    # Local: whether teams may have events sent to programs on this machine, "on" or "off"
    loopback_endpoints: bool = variable("WORKWRIGHT_LOOPBACK_ENDPOINTS", False, _read_loopback)
    crash_at: str = variable("WORKWRIGHT_CRASH_AT", "", Environment.text)  # "point#n": for the crash test
    crash_log: Path | None = variable("WORKWRIGHT_CRASH_LOG", None, Environment.path)
    workers: int = variable(
        "WORKWRIGHT_WORKERS", 8, Environment.whole, minimum=1, maximum=256
    )  # local: deliveries at once
    bounds: Mapping[str, int] = part(_read_bounds, dict)  # local: line → how many of it, where that is said
    # Local, for tests: the share of tasks that are delivered twice, and the seed of a random order of deliveries
    duplicates: float = variable(
        "WORKWRIGHT_DUPLICATES", 0.0, Environment.number, unit="share from 0 to 1", maximum=1.0
    )
    shuffle: int | None = variable("WORKWRIGHT_SHUFFLE", None, Environment.whole, minimum=0, maximum=2**31)
    # Seconds by which the clock is off: for the crash test, on one machine only
    clock_file: Path | None = variable("WORKWRIGHT_CLOCK_FILE", None, Environment.path)
    project: str = variable("GOOGLE_CLOUD_PROJECT", "", _read_project, meaning="the id of the Google Cloud project")
    location: str = variable("WORKWRIGHT_LOCATION", "europe-west1", Environment.text)
    # Where Vertex AI answers for Gemini; its newer models are in no single region
    model_location: str = variable("WORKWRIGHT_MODEL_LOCATION", "global", Environment.text)
    kms_key: str = variable(
        "WORKWRIGHT_KMS_KEY", "", _read_in_cloud, meaning="the full name of the KMS key for tenants' tokens"
    )
    tasks_account: str = variable(
        "WORKWRIGHT_TASKS_ACCOUNT", "", _read_in_cloud,
        meaning="the e-mail of the service account that Cloud Tasks calls with",
    )  # fmt: skip
    function_urls: Mapping[str, str] = part(_read_function_urls, dict)  # cloud: where each function answers
    emulators: Mapping[str, str] = part(_read_emulators, dict)  # cloud: service → host:port on this machine
    certs_url: str = variable(
        "WORKWRIGHT_CERTS_URL", "", _read_certs
    )  # cloud: keys of callers' tokens, if not Google's

    @property
    def emulated(self) -> bool:
        """Say whether part of the cloud is played on this machine; then no platform stands before the functions."""
        return bool(self.emulators or self.certs_url)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Return the settings; raises ConfigError that names every problem at once."""
        reader = Environment(env)
        settings = reader.read(cls)
        if settings.mode == "cloud":
            settings._look_for_addresses(reader)
        if settings.mode == "cloud" and not settings.emulated:
            reader.outlasting("WORKWRIGHT_LEASE_S", settings.lease, DEADLINE)
        reader.finish()
        return settings

    def _look_for_addresses(self, reader: Environment) -> None:
        """Note which addresses are missing: in the cloud every function has one of its own, or all have one."""
        reader.require("WORKWRIGHT_PUBLIC_URL", "the address at which people reach `api`")
        if not self.function_urls:
            reader.require("WORKWRIGHT_FUNCTIONS_URL", "the address of the functions")
        elif not reader.text("WORKWRIGHT_FUNCTIONS_URL"):
            for function in (each for each in FUNCTIONS if each not in self.function_urls):
                name = f"WORKWRIGHT_URL_{function.upper().replace('-', '_')}"
                reader.require(name, f"the address of the function {function} answers")

    def function_url(self, function: str) -> str:
        """Return where a function answers."""
        return self.function_urls.get(function) or f"{self.functions_url}/{function}"

    def door_url(self, function: str) -> str:
        """Return where people and other systems reach a function: on one machine all are behind one address."""
        return self.function_url(function) if self.mode == "cloud" else f"{self.public_url}/{function}"

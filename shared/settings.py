"""All of the environment, read once. Everything missing or malformed is named at once, with the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.core.code.sandbox_settings import SandboxSettings, read_sandbox
from shared.core.environment import LOOPBACK, Environment, is_address
from shared.core.models.model_facts import Offer
from shared.core.models.offer_settings import read_offer
from shared.core.notify.mail_settings import MailSettings, read_mail
from shared.core.run.commands import LINES
from shared.core.ship.sites_folder import SitesFolder, read_sites_folder
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


@dataclass(frozen=True)
class Watching:
    """Where we tell of our work; the names of the variables are those that OpenTelemetry and Sentry have given them."""

    endpoint: str = ""  # of a collector, for OTLP over HTTP; without /v1/traces
    headers: Secret = field(default=Secret(""), repr=False)  # where they do not come out of the safe
    traces: bool = True
    metrics: bool = True
    sentry_dsn: str = ""
    environment: str = ""
    release: str = ""  # the revision, which the platform names

    @classmethod
    def from_env(cls, env: Mapping[str, str], reader: Environment) -> Watching:
        """Return where to tell; an address that is none is a problem of the reader."""
        return cls(
            endpoint=reader.url("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
            headers=Secret(env.get("OTEL_EXPORTER_OTLP_HEADERS") or ""),
            traces=env.get("OTEL_TRACES_EXPORTER") != "none",
            metrics=env.get("OTEL_METRICS_EXPORTER") != "none",
            sentry_dsn=reader.url("SENTRY_DSN", ""),
            environment=env.get("SENTRY_ENVIRONMENT") or "",
            release=env.get("K_REVISION") or "",
        )


@dataclass(frozen=True)
class Settings:
    """How this installation runs. Secrets are not in here: they come from `deps.secrets`."""

    mode: str = "local"  # "local" or "cloud"
    data: Path = Path(".workwright")
    public_url: str = "http://127.0.0.1:8700"
    functions_url: str = "http://127.0.0.1:8700"  # of the queue functions: {functions_url}/{function}
    endpoints: Mapping[str, str] = field(default_factory=dict)  # system → base URL, where it is not the vendor's own
    sites_bucket: str = ""  # of Cloud Storage, for tenants' sites; empty: there is none
    sites_url: str = ""  # where its objects are read, where that is not Google's own address
    sites_folder: SitesFolder = field(default_factory=SitesFolder)  # on this machine
    # self-managed systems that tenants may connect, beside the one of `endpoints`
    self_managed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mail: MailSettings = field(default_factory=MailSettings)
    models: Offer = field(default_factory=Offer)
    model_urls: Mapping[str, str] = field(default_factory=dict)  # provider → base URL, where it is not the vendor's own
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    trace: Path | None = None
    watching: Watching = field(default_factory=Watching)
    http_read_s: float = 65.0
    notion_rate: int = 180  # calls of one bot in any 60 seconds
    settle: timedelta = timedelta(seconds=70)
    lease: timedelta = timedelta(minutes=11)
    backoff_s: float = 2.0
    approval_s: float = 7 * 86_400.0
    watch_s: float = 600.0  # for how long a site is watched after it went live
    browser: str = "auto"  # what looks at deployed sites: "auto" is this machine's, "off", or a program's path
    gather_s: float = 2.0  # for how long deliveries about one page wait for each other
    crash_at: str = ""  # "point#n": for the crash test
    crash_log: Path | None = None
    workers: int = 8  # local: deliveries at once
    bounds: Mapping[str, int] = field(default_factory=dict)  # local: line → how many of it, where that is said
    duplicates: float = 0.0  # local, for tests: the share of tasks that are delivered twice
    shuffle: int | None = None  # local, for tests: the seed of a random order of deliveries
    clock_file: Path | None = None  # seconds by which the clock is off: for the crash test, on one machine only
    project: str = ""
    location: str = "europe-west1"
    model_location: str = "global"  # where Vertex AI answers for Gemini; its newer models are in no single region
    kms_key: str = ""
    tasks_account: str = ""
    function_urls: Mapping[str, str] = field(default_factory=dict)  # cloud: where each function answers
    emulators: Mapping[str, str] = field(default_factory=dict)  # cloud: service → host:port on this machine
    certs_url: str = ""  # cloud: keys to check callers' tokens with, where they are not Google's

    @property
    def emulated(self) -> bool:
        """Say whether part of the cloud is played on this machine; then no platform stands before the functions."""
        return bool(self.emulators or self.certs_url)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Return the settings; raises ConfigError that names every problem at once."""
        reader = Environment(env)
        settings = cls(
            mode=reader.one_of("WORKWRIGHT_MODE", ("local", "cloud"), "local"),
            data=Path(env.get("WORKWRIGHT_DATA") or ".workwright"),
            public_url=reader.url("WORKWRIGHT_PUBLIC_URL", cls.public_url),
            functions_url=reader.url("WORKWRIGHT_FUNCTIONS_URL", cls.functions_url),
            endpoints={s: reader.url(f"WORKWRIGHT_{s.upper()}_URL", "") for s in SYSTEMS if _given(env, s)},
            sites_bucket=reader.bucket("WORKWRIGHT_SITES_BUCKET"),
            sites_url=reader.url("WORKWRIGHT_SITES_URL", ""),
            self_managed={s: reader.urls(hosts_variable(s)) for s in SELF_MANAGED},
            mail=reader.of(read_mail),
            models=read_offer(reader),
            model_urls={p: reader.url(f"WORKWRIGHT_{p.upper()}_URL", "") for p in MODEL_SYSTEMS if _given(env, p)},
            sandbox=reader.of(read_sandbox),
            sites_folder=reader.of(read_sites_folder),
            trace=_path(env.get("WORKWRIGHT_TRACE")),
            watching=Watching.from_env(env, reader),
            **_read_times(reader),
            browser=env.get("WORKWRIGHT_BROWSER") or cls.browser,
            **_read_local(reader),
            location=env.get("WORKWRIGHT_LOCATION") or cls.location,
            model_location=env.get("WORKWRIGHT_MODEL_LOCATION") or cls.model_location,
            **_read_cloud(reader),
        )
        if settings.mode == "cloud" and not settings.emulated:
            reader.outlasting("WORKWRIGHT_LEASE_S", settings.lease, DEADLINE)
        reader.finish()
        return settings

    def function_url(self, function: str) -> str:
        """Return where a function answers."""
        return self.function_urls.get(function) or f"{self.functions_url}/{function}"

    def door_url(self, function: str) -> str:
        """Return where people and other systems reach a function: on one machine all are behind one address."""
        return self.function_url(function) if self.mode == "cloud" else f"{self.public_url}/{function}"


def _given(env: Mapping[str, str], system: str) -> bool:
    return bool(env.get(f"WORKWRIGHT_{system.upper()}_URL"))


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _read_times(reader: Environment) -> dict[str, Any]:
    """Return for how long what is waited for, and how often Notion may be asked."""
    one_look = reader.env.get("WORKWRIGHT_WATCH_S") == "0"
    watched = Settings.watch_s if reader.env.get("WORKWRIGHT_MODE") == "cloud" else 2.0
    return {
        "http_read_s": reader.number("WORKWRIGHT_HTTP_READ_S", Settings.http_read_s),
        "notion_rate": reader.whole("WORKWRIGHT_NOTION_RATE", None, least=1, most=1_000_000) or Settings.notion_rate,
        "settle": timedelta(seconds=reader.number("WORKWRIGHT_SETTLE_S", Settings.settle.total_seconds())),
        "lease": timedelta(seconds=reader.number("WORKWRIGHT_LEASE_S", Settings.lease.total_seconds())),
        "backoff_s": reader.number("WORKWRIGHT_BACKOFF_S", Settings.backoff_s),
        "approval_s": reader.number("WORKWRIGHT_APPROVAL_S", Settings.approval_s),
        "watch_s": 0.0 if one_look else reader.number("WORKWRIGHT_WATCH_S", watched),
        "gather_s": reader.number("WORKWRIGHT_GATHER_S", Settings.gather_s),
    }


def _read_local(reader: Environment) -> dict[str, Any]:
    """Return what one machine is told: how much at once, and what tests do to it."""
    return {
        "workers": reader.whole("WORKWRIGHT_WORKERS", Settings.workers, least=1, most=256) or Settings.workers,
        "bounds": _read_bounds(reader),
        "duplicates": reader.number("WORKWRIGHT_DUPLICATES", Settings.duplicates, unit="share from 0 to 1", most=1.0),
        "shuffle": reader.whole("WORKWRIGHT_SHUFFLE", None, least=0, most=2**31),
        "crash_at": reader.env.get("WORKWRIGHT_CRASH_AT", ""),
        "crash_log": _path(reader.env.get("WORKWRIGHT_CRASH_LOG")),
        "clock_file": _path(reader.env.get("WORKWRIGHT_CLOCK_FILE")),
    }


def _read_bounds(reader: Environment) -> dict[str, int]:
    """Return how many of each line go on at once, where that is said."""
    given = {line: reader.whole(f"WORKWRIGHT_MOST_{line.upper()}", None, least=1, most=256) for line in LINES}
    return {line: most for line, most in given.items() if most is not None}


def _read_cloud(reader: Environment) -> dict[str, Any]:
    """Return what only the cloud needs; in cloud mode every one of them must be there."""
    if (reader.env.get("WORKWRIGHT_MODE") or "local") != "cloud":
        return {"project": reader.env.get("GOOGLE_CLOUD_PROJECT", "")}
    wanted = {
        "project": ("GOOGLE_CLOUD_PROJECT", "the id of the Google Cloud project"),
        "kms_key": ("WORKWRIGHT_KMS_KEY", "the full name of the KMS key for tenants' tokens"),
        "tasks_account": (
            "WORKWRIGHT_TASKS_ACCOUNT",
            "the e-mail of the service account that Cloud Tasks calls with",
        ),
    }
    found: dict[str, Any] = {}
    for field_name, (name, meaning) in wanted.items():
        found[field_name] = reader.env.get(name, "")
        if not found[field_name]:
            reader.refuse(f"{name} is missing; set it to {meaning}")
    if not reader.env.get("WORKWRIGHT_PUBLIC_URL"):
        reader.refuse("WORKWRIGHT_PUBLIC_URL is missing; set it to the address at which people reach `api`")
    urls = {}
    for function in FUNCTIONS:
        name = f"WORKWRIGHT_URL_{function.upper().replace('-', '_')}"
        if reader.env.get(name):
            urls[function] = reader.url(name, "")
    if not urls and not reader.env.get("WORKWRIGHT_FUNCTIONS_URL"):
        reader.refuse("WORKWRIGHT_FUNCTIONS_URL is missing; set it to the address of the functions")
    elif not reader.env.get("WORKWRIGHT_FUNCTIONS_URL"):
        for function in FUNCTIONS:
            if function not in urls:
                name = f"WORKWRIGHT_URL_{function.upper().replace('-', '_')}"
                reader.refuse(f"{name} is missing; set it to the address of the function {function} answers")
    found["function_urls"] = urls
    return {**found, **_read_emulators(reader)}


def _read_emulators(reader: Environment) -> dict[str, Any]:
    """Return what of the cloud is played on this machine."""
    certs = reader.url("WORKWRIGHT_CERTS_URL", "")
    if certs and is_address(certs) and urlsplit(certs).hostname not in LOOPBACK:
        reader.refuse("WORKWRIGHT_CERTS_URL is for an issuer on this machine; leave it out for Google's")
    given = {service: name for service, name in EMULATORS.items() if reader.env.get(name)}
    return {"emulators": {service: reader.loopback(name) for service, name in given.items()}, "certs_url": certs}

"""All of the environment, read once. Everything missing or malformed is named at once, with the way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from shared.core.code.sandbox_settings import SandboxSettings, read_sandbox
from shared.core.errors import ConfigError
from shared.core.lines import LINES
from shared.core.models.model_facts import OFFLINE, PROVIDERS, ModelFacts, Offer, own_model
from shared.core.notify.mail_settings import MailSettings, read_mail
from shared.core.ship.sites_folder import SitesFolder, read_sites_folder
from shared.ports import Secret

FUNCTIONS = (
    *("oauth-callback", "notion-webhook", "forge-webhook"),
    *("plan", "execute-step", "deploy", "notify", "api", "sweep", "sync"),
)
SYSTEMS = ("notion", "github", "gitlab", "vercel", "slack", "ses", "cloud_storage")
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
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Part = TypeVar("Part")


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
    def from_env(cls, env: Mapping[str, str], reader: _Reader) -> Watching:
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
    gitlab_hosts: tuple[str, ...] = ()  # self-managed GitLabs that tenants may connect, beside the one of `endpoints`
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
        reader = _Reader(env)
        settings = cls(
            mode=reader.one_of("WORKWRIGHT_MODE", ("local", "cloud"), "local"),
            data=Path(env.get("WORKWRIGHT_DATA") or ".workwright"),
            public_url=reader.url("WORKWRIGHT_PUBLIC_URL", cls.public_url),
            functions_url=reader.url("WORKWRIGHT_FUNCTIONS_URL", cls.functions_url),
            endpoints={s: reader.url(f"WORKWRIGHT_{s.upper()}_URL", "") for s in SYSTEMS if _given(env, s)},
            sites_bucket=reader.bucket("WORKWRIGHT_SITES_BUCKET"),
            sites_url=reader.url("WORKWRIGHT_SITES_URL", ""),
            gitlab_hosts=reader.urls("WORKWRIGHT_GITLAB_HOSTS"),
            mail=reader.of(read_mail),
            models=reader.offer(),
            model_urls={p: reader.url(f"WORKWRIGHT_{p.upper()}_URL", "") for p in MODEL_SYSTEMS if _given(env, p)},
            sandbox=reader.of(read_sandbox),
            sites_folder=reader.of(read_sites_folder),
            trace=_path(env.get("WORKWRIGHT_TRACE")),
            watching=Watching.from_env(env, reader),
            http_read_s=reader.number("WORKWRIGHT_HTTP_READ_S", cls.http_read_s),
            notion_rate=reader.whole("WORKWRIGHT_NOTION_RATE", None, least=1, most=1_000_000) or cls.notion_rate,
            settle=timedelta(seconds=reader.number("WORKWRIGHT_SETTLE_S", cls.settle.total_seconds())),
            lease=timedelta(seconds=reader.number("WORKWRIGHT_LEASE_S", cls.lease.total_seconds())),
            backoff_s=reader.number("WORKWRIGHT_BACKOFF_S", cls.backoff_s),
            approval_s=reader.number("WORKWRIGHT_APPROVAL_S", cls.approval_s),
            watch_s=0.0
            if env.get("WORKWRIGHT_WATCH_S") == "0"  # one look, and no more
            else reader.number("WORKWRIGHT_WATCH_S", cls.watch_s if env.get("WORKWRIGHT_MODE") == "cloud" else 2.0),
            browser=env.get("WORKWRIGHT_BROWSER") or cls.browser,
            gather_s=reader.number("WORKWRIGHT_GATHER_S", cls.gather_s),
            workers=reader.whole("WORKWRIGHT_WORKERS", cls.workers, least=1, most=256) or cls.workers,
            bounds=reader.bounds(),
            duplicates=reader.number("WORKWRIGHT_DUPLICATES", cls.duplicates, unit="share from 0 to 1", most=1.0),
            shuffle=reader.whole("WORKWRIGHT_SHUFFLE", None, least=0, most=2**31),
            crash_at=env.get("WORKWRIGHT_CRASH_AT", ""),
            crash_log=_path(env.get("WORKWRIGHT_CRASH_LOG")),
            clock_file=_path(env.get("WORKWRIGHT_CLOCK_FILE")),
            location=env.get("WORKWRIGHT_LOCATION") or cls.location,
            model_location=env.get("WORKWRIGHT_MODEL_LOCATION") or cls.model_location,
            **reader.cloud(),
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


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


class _Reader:
    """Reads values and collects what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._problems: list[str] = []

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._env.get(name) or default
        if value not in allowed:
            self._problems.append(f"{name} is {value!r}; use one of {', '.join(allowed)}")
        return value

    def url(self, name: str, default: str) -> str:
        value = (self._env.get(name) or default).rstrip("/")
        if value and not _is_address(value):
            self._problems.append(f"{name} is {value!r}; give an address like https://workwright.example")
        return value

    def bucket(self, name: str) -> str:
        value = self._env.get(name) or ""
        if value and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", value):
            self._problems.append(f"{name} is {value!r}; give a bucket's name like acme-sites, without gs://")
        return value

    def urls(self, name: str) -> tuple[str, ...]:
        found = tuple(each.rstrip("/") for each in (self._env.get(name) or "").replace(",", " ").split())
        for each in found:
            if not _is_address(each):
                self._problems.append(f"{name} has {each!r}; list addresses like https://gitlab.example")
        return found

    def number(self, name: str, default: float, *, unit: str = "number of seconds above 0", most: float = 1e9) -> float:
        text = self._env.get(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if value == default or 0 < value <= most:
            return value
        self._problems.append(f"{name} is {text!r}; give a {unit}")
        return default

    def whole(self, name: str, default: int | None, *, least: int, most: int) -> int | None:
        text = self._env.get(name)
        if not text:
            return default
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        self._problems.append(f"{name} is {text!r}; give a whole number from {least} to {most}")
        return default

    def bounds(self) -> dict[str, int]:
        """Return how many of each line go on at once, where that is said."""
        given = {line: self.whole(f"WORKWRIGHT_MOST_{line.upper()}", None, least=1, most=256) for line in LINES}
        return {line: most for line, most in given.items() if most is not None}

    def offer(self) -> Offer:
        """Return which models this installation offers; a server of one's own is offered where nothing else is said."""
        compatible = self._compatible()
        default = "compatible" if compatible else OFFLINE
        given = self._env.get("WORKWRIGHT_MODEL", "").replace(",", " ").split() or [default]
        for each in given:
            provider, slash, model = each.partition("/")
            if provider not in PROVIDERS or (slash and not model):
                self._problems.append(
                    f"WORKWRIGHT_MODEL is {each!r}; list what to ask, the preferred first: providers"
                    f" ({', '.join(PROVIDERS)}) or their models such as anthropic/claude-sonnet-5-5"
                )
            elif provider == "vertex" and not self._env.get("GOOGLE_CLOUD_PROJECT"):
                self._problems.append("GOOGLE_CLOUD_PROJECT is missing; vertex needs the id of a Google Cloud project")
            elif provider == "compatible" and compatible is None and not self._env.get("WORKWRIGHT_COMPATIBLE_URL"):
                self._problems.append(
                    "WORKWRIGHT_COMPATIBLE_URL is missing; set it to the address of the server,"
                    " such as http://127.0.0.1:11434/v1"
                )
        return Offer(tuple(dict.fromkeys(given)), self._env.get("WORKWRIGHT_MODELS") or "", compatible)

    def _compatible(self) -> ModelFacts | None:
        """Return the model of a server of one's own, such as Ollama, vLLM or llama.cpp."""
        url, model = (self._env.get(f"WORKWRIGHT_COMPATIBLE_{part}") or "" for part in ("URL", "MODEL"))
        if url and not model:
            self._problems.append(
                "WORKWRIGHT_COMPATIBLE_MODEL is missing; set it to the name of a model on that server, such as llama3.1"
            )
        if model == OFFLINE:  # the name by which code is trusted to be ours
            self._problems.append(f"WORKWRIGHT_COMPATIBLE_MODEL is {model!r}; a model of that name cannot be asked")
        if not url or not model:
            return None
        window = self.whole("WORKWRIGHT_COMPATIBLE_WINDOW", 32_768, least=1024, most=100_000_000) or 32_768
        return own_model(model, "compatible", window=window, speed=2, rank=9, rates=self._rates())

    def _rates(self) -> tuple[Fraction, Fraction] | None:
        """Return dollars per million tokens, in and out: what a hosted server costs."""
        text = self._env.get("WORKWRIGHT_COMPATIBLE_PRICE") or "0/0"
        fresh, slash, output = text.partition("/")
        try:
            rates = Fraction(fresh), Fraction(output)
        except (ValueError, ZeroDivisionError):
            rates = Fraction(-1), Fraction(-1)
        if not slash or min(rates) < 0:
            self._problems.append(
                f"WORKWRIGHT_COMPATIBLE_PRICE is {text!r}; give US dollars per million tokens, in/out, "
                "such as 0.50/1.50"
            )
            return None
        return rates

    def of(self, read: Callable[[Mapping[str, str]], tuple[Part, list[str]]]) -> Part:
        """Return a part of the settings that is read elsewhere."""
        found, problems = read(self._env)
        self._problems += problems
        return found

    def outlasting(self, name: str, value: timedelta, least: timedelta) -> None:
        """Refuse a lease that ends while its holder may still be at work: two would be at it at once."""
        if value <= least:
            self._problems.append(f"{name} is {value.total_seconds():g}; give more than {least.total_seconds():g}")

    def cloud(self) -> dict[str, Any]:
        """Return what only the cloud needs; in cloud mode every one of them must be there."""
        if (self._env.get("WORKWRIGHT_MODE") or "local") != "cloud":
            return {"project": self._env.get("GOOGLE_CLOUD_PROJECT", "")}
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
            found[field_name] = self._env.get(name, "")
            if not found[field_name]:
                self._problems.append(f"{name} is missing; set it to {meaning}")
        if not self._env.get("WORKWRIGHT_PUBLIC_URL"):
            self._problems.append("WORKWRIGHT_PUBLIC_URL is missing; set it to the address at which people reach `api`")
        urls = {}
        for function in FUNCTIONS:
            name = f"WORKWRIGHT_URL_{function.upper().replace('-', '_')}"
            if self._env.get(name):
                urls[function] = self.url(name, "")
        if not urls and not self._env.get("WORKWRIGHT_FUNCTIONS_URL"):
            self._problems.append("WORKWRIGHT_FUNCTIONS_URL is missing; set it to the address of the functions")
        elif not self._env.get("WORKWRIGHT_FUNCTIONS_URL"):
            for function in FUNCTIONS:
                if function not in urls:
                    name = f"WORKWRIGHT_URL_{function.upper().replace('-', '_')}"
                    self._problems.append(
                        f"{name} is missing; set it to the address of the function {function} answers"
                    )
        found["function_urls"] = urls
        return {**found, **self.emulators()}

    def emulators(self) -> dict[str, Any]:
        """Return what of the cloud is played on this machine."""
        certs = self.url("WORKWRIGHT_CERTS_URL", "")
        if certs and _is_address(certs) and urlsplit(certs).hostname not in _LOOPBACK:
            self._problems.append("WORKWRIGHT_CERTS_URL is for an issuer on this machine; leave it out for Google's")
        given = {service: name for service, name in EMULATORS.items() if self._env.get(name)}
        return {"emulators": {service: self.loopback(name) for service, name in given.items()}, "certs_url": certs}

    def loopback(self, name: str) -> str:
        """Return the host:port of an emulator. Nothing there is encrypted or signed, so it must be this machine."""
        value = self._env[name]
        address = f"http://{value}"
        if not _is_address(address) or urlsplit(address).port is None or urlsplit(address).netloc != value:
            self._problems.append(f"{name} is {value!r}; give an emulator's host:port like 127.0.0.1:8085")
        elif urlsplit(address).hostname not in _LOOPBACK:
            self._problems.append(f"{name} is {value!r}; emulators must be on this machine, at 127.0.0.1:<port>")
        return value

    def finish(self) -> None:
        if self._problems:
            raise ConfigError("The environment is wrong:\n" + "\n".join(f"  - {p}" for p in self._problems))

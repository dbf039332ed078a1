"""What the settings read of the environment, noted while they read it; and what no deployment is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.core.code.sandbox_settings import read_runner
from shared.settings import Settings

# Read, and never given in a deployment.
NOT_GIVEN = {
    "FIRESTORE_EMULATOR_HOST": "emulators are on one machine",
    "GCE_METADATA_HOST": "the platform's own, or an emulator's",
    "K_REVISION": "the platform sets it",
    "K_SERVICE": "the platform sets it",
    "OTEL_EXPORTER_OTLP_HEADERS": "a secret: otlp-headers of Secret Manager is read instead",
    "WORKWRIGHT_BROWSER": "no browser is in the functions' image",
    "WORKWRIGHT_CERTS_URL": "emulators are on one machine",
    "WORKWRIGHT_CLOCK_FILE": "for crash tests",
    "WORKWRIGHT_CLOUD_STORAGE_URL": "sites go to Google's own Cloud Storage",
    "WORKWRIGHT_CRASH_AT": "for crash tests",
    "WORKWRIGHT_CRASH_LOG": "for crash tests",
    "WORKWRIGHT_DATA": "local mode",
    "WORKWRIGHT_DUPLICATES": "local mode",
    "WORKWRIGHT_FUNCTIONS_URL": "each function has an address of its own",
    "WORKWRIGHT_GOOGLE_ACCOUNTS_URL": "people sign in at Google's own address",
    "WORKWRIGHT_KMS_ENDPOINT": "emulators are on one machine",
    "WORKWRIGHT_LOOPBACK_ENDPOINTS": "local mode",
    **{f"WORKWRIGHT_MOST_{name}": "local mode" for name in ("BROWSER", "SANDBOX", "GIT", "MODEL")},
    "WORKWRIGHT_MODELS": "a file, which a bundle would have to hold",
    "WORKWRIGHT_RUNNER_ANSWERS": "for tests: one answer per process is what keeps tenants apart",
    "WORKWRIGHT_SANDBOX_LOCATION": "Vertex AI's sandbox is set up by hand",
    "WORKWRIGHT_SANDBOX_RUNTIME": "Vertex AI's sandbox is set up by hand",
    "WORKWRIGHT_SECRETS_ENDPOINT": "emulators are on one machine",
    "WORKWRIGHT_SES_SENDER": "the name before WORKWRIGHT_MAIL_SENDER",
    "WORKWRIGHT_SHUFFLE": "local mode",
    "WORKWRIGHT_SITES_FOLDER": "a folder, which no instance keeps: the settings refuse it",
    "WORKWRIGHT_SITES_FOLDER_URL": "the address of such a folder",
    "WORKWRIGHT_SMTP_CA": "a file, which no instance has",
    "WORKWRIGHT_TASKS_ENDPOINT": "emulators are on one machine",
    "WORKWRIGHT_TRACE": "a file, which no instance keeps",
    "WORKWRIGHT_WORKERS": "local mode",
    **{
        f"WORKWRIGHT_{name}_URL": "the vendor's own address"
        for name in (
            "ANTHROPIC",
            "GEMINI",
            "NOTION",
            "OPENAI",
            "SES",
            "SLACK",
            "VERCEL",
            "VERTEX",
            "VERTEX_SANDBOX",
            "XAI",
        )
    },
}
NOT_OURS = {"THREADS": "read by functions-framework: threads of its server"}


class Noting(Mapping[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given, self.asked = dict(given), set[str]()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def note_read(values: Mapping[str, str], *, runner: bool) -> set[str]:
    noting = Noting(values)
    if runner:
        read_runner(noting)
    else:
        Settings.from_env(noting)
    return noting.asked


def list_values(names: set[str]) -> dict[str, str]:
    """Return a value for each of these variables that the settings take."""
    values = {name: "https://there.example" for name in names if name.endswith("_URL") or "_URL_" in name}
    values |= {name: "smtps://there.example" for name in names if name == "WORKWRIGHT_SMTP_URL"}
    values |= {name: "60" for name in names if name.endswith(("_S", "_RATE"))}
    values |= {"WORKWRIGHT_MODE": "cloud", "WORKWRIGHT_LEASE_S": "700", "WORKWRIGHT_SANDBOX": "remote"}
    others = dict.fromkeys(names - values.keys(), "x1x") | {"WORKWRIGHT_MODEL": "vertex"}
    for taken in ("GITLAB_HOSTS", "NPM_REGISTRY", "PIP_INDEX"):
        others[f"WORKWRIGHT_{taken}"] = "https://there.example"
    for taken in ("OTEL_EXPORTER_OTLP_ENDPOINT", "SENTRY_DSN"):
        others[taken] = "https://there.example"
    others |= {"WORKWRIGHT_MAIL": "smtp", "WORKWRIGHT_MAIL_SENDER": "a@there.example"}
    others |= {"WORKWRIGHT_COMPATIBLE_PRICE": "0/0", "WORKWRIGHT_COMPATIBLE_WINDOW": "4096"}
    return {name: value for name, value in (others | values).items() if name in names}

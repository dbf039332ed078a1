"""The two ends of a move: the data folder on this machine, held by this process, and the deployment's project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from shared.backends.clock import SystemClock
from shared.backends.local.folder.data_folder import DATABASE, refuse_if_held
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.cli.doctor.google_reader import GoogleReader, operators_token
from shared.core.errors import ConfigError
from shared.local.configuration.choices import Choices, read_choices
from shared.ports import Clock
from shared.settings import EMULATORS, Settings, process_environment
from shared.wiring.clients import rest_clients
from shared.wiring.cloud import cloud_ports

if TYPE_CHECKING:
    from shared.app.engine.deps import Deps
    from shared.backends.local.keys.local_secrets import LocalSecrets
    from shared.backends.local.state.local_store import LocalStore
    from shared.cli.doctor.google_reader import GoogleReader
    from shared.wiring.clients import Clients


@dataclass(frozen=True, slots=True)
class Here:
    """A data folder, which nobody else has as long as this is held."""

    data: Path
    store: LocalStore
    secrets: LocalSecrets
    choices: Choices
    clock: Clock
    settle: timedelta  # after which what a dead process has sent can no longer arrive


@dataclass(frozen=True, slots=True)
class There:
    """A deployment. `firestore` is for what is written as it is; everything else goes by the ports."""

    project: str
    region: str
    name: str
    deps: Deps
    clients: Clients  # for what is written as it is, and for a look at the key
    key: str
    reader: GoogleReader | None  # of what Terraform has made; None where only emulators stand for it

    def where(self) -> str:
        """Return it as it is typed."""
        name = "" if self.name == "workwright" else f" --name {self.name}"
        return f"--project {self.project} --region {self.region}{name}"


@contextmanager
def open_here(data: Path) -> Iterator[Here]:
    """Hold the data folder; raises ConfigError where there is none, and while Workwright runs on it."""
    if not (data / DATABASE).is_file():
        raise ConfigError(f"{data} holds no {DATABASE}; name the data folder of an installation with --data")
    try:
        refuse_if_held(data)
    except ConfigError as error:
        way_out = "Ctrl-C where `workwright up` runs, or `systemctl stop workwright`; nothing that waits is lost"
        raise ConfigError(f"Workwright runs on this folder: {error}. Stop it first: {way_out}.") from None
    settings = Settings.from_env({**process_environment(), "WORKWRIGHT_MODE": "local", "WORKWRIGHT_DATA": str(data)})
    clock = SystemClock()
    with LocalStore(data, clock) as store:
        yield Here(data, store, LocalSecrets(data), read_choices(data), clock, settings.settle)


def open_there(project: str, region: str, name: str, env: Mapping[str, str], endpoint: str = "") -> There:
    """Return the deployment; nothing is asked of it yet. Raises ConfigError without credentials of an operator.

    `endpoint` is an address of this machine at which Google's services are read, as in `attach`.
    """
    emulators = {service: env[variable] for service, variable in EMULATORS.items() if env.get(variable)}
    reader = None
    if endpoint or not emulators:
        reader = GoogleReader(project, None if endpoint else operators_token(), endpoint=endpoint)
    key = f"projects/{project}/locations/{region}/keyRings/{name}/cryptoKeys/tenants"
    settings = Settings(mode="cloud", project=project, location=region, emulators=emulators, kms_key=key)
    clients = rest_clients(settings)
    return There(project, region, name, cloud_ports(settings, clients)[0], clients, key, reader)

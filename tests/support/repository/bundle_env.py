"""Bundles as the platform has them: each alone in a folder and an environment of its own, served by its own command.

Nothing of this checkout is on a bundle's path. Around them stand the emulated parts of the cloud.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests
from google.cloud import tasks_v2

from tests.support.rigs.settled_house import free_ports
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer
from tests.support.servers.cloud.shared_emulator import borrow_project

UV = Path(sys.executable).with_name("uv")
PROJECT, LOCATION = "test-project", "us-central1"
ACCOUNT = "tasks@test-project.iam.gserviceaccount.com"
RUNNERS_CALLER = "execute-step@test-project.iam.gserviceaccount.com"
SECRETS = ("notion-webhook-token", "oauth-state-key", "api-key-pepper", "approval-link-key", "hook-key")
_START_S = 90.0
_BUNDLED_AT = 315_532_800  # as the archives say: 1980-01-01


class Environments:
    """Installs each distinct set of requirements once, from their hashes alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, requirements: Path) -> Path:
        """Return the folder of programs of the environment that has just these packages."""
        folder = self._folder / hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
        if not folder.exists():
            self._run("venv", "--quiet", "--python", sys.executable, str(folder))
            self._run(
                *("pip", "install", "--quiet", "--python", str(folder / "bin" / "python")),
                *("--require-hashes", "--only-binary", ":all:", "-r", str(requirements)),
            )
        return folder / "bin"

    @staticmethod
    def _run(*arguments: str) -> None:
        kept = {name: os.environ[name] for name in os.environ if name != "VIRTUAL_ENV"}
        done = subprocess.run([str(UV), *arguments], env=kept, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"uv {' '.join(arguments)}:\n{done.stderr[-3000:]}"


class BundledHouse:
    """Every function from its bundle, each a server of its own, in cloud mode."""

    def __init__(self, folder: Path, archives: Mapping[str, Path], parts: ExitStack) -> None:
        self._folder, self._archives = folder, archives
        self.issuer = parts.enter_context(OidcIssuer())
        self._kms = parts.enter_context(KmsServer())
        self._secrets = parts.enter_context(SecretManagerServer(PROJECT))
        self.tasks = parts.enter_context(CloudTasksServer(self.issuer, Behaviour()))
        self._firestore = parts.enter_context(borrow_project(PROJECT))
        self.urls = {
            name: f"http://127.0.0.1:{port}" for name, port in zip(archives, free_ports(len(archives)), strict=True)
        }
        self.secrets = {name: hashlib.sha256(name.encode()).hexdigest() for name in SECRETS}
        self.secrets["notion-client-id"] = "client-of-the-test"
        for name, value in self.secrets.items():
            self._secrets.seed(name, value.encode())
        for name in archives:
            self.tasks.create_queue(
                name, project=PROJECT, location=LOCATION, retry_config=tasks_v2.RetryConfig(max_attempts=3)
            )
        self._environment = self._cloud() | {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        self.packages: dict[str, Path] = {}  # function → programs of its environment
        self._running: list[subprocess.Popen[bytes]] = []
        parts.callback(self._end)

    def start(self) -> None:
        """Install and start them all, the largest first: what it compiles is lent to the others."""
        environments = Environments(self._folder / "environments")
        for name, archive in self._archives.items():
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(self._folder / name)
            for path in (self._folder / name).rglob("*.py"):
                os.utime(path, (_BUNDLED_AT, _BUNDLED_AT))
            self.packages[name] = environments.of(self._folder / name / "requirements.txt")
        first = max(self._archives, key=lambda name: self._archives[name].stat().st_size)
        self._start(first)
        for name in self._archives:
            _lend_bytecode(self._folder / first / "shared", self._folder / name / "shared")
            _lend_bytecode(self.packages[first].parent, self.packages[name].parent)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._start, [name for name in self._archives if name != first]))

    def token(self, function: str, email: str = ACCOUNT) -> dict[str, str]:
        """Return the header with which the queue, the scheduler, or a function calls another."""
        return {"Authorization": f"Bearer {self.issuer.mint(self.urls[function], email)}"}

    def post(self, function: str, path: str = "/", **more: Any) -> requests.Response:
        """Post to a function."""
        return requests.post(self.urls[function] + path, timeout=60, **more)

    def said(self, function: str) -> str:
        """Return what the function's process wrote."""
        return (self._folder / f"{function}.log").read_text(errors="replace")

    def _end(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _cloud(self) -> dict[str, str]:
        addresses = {f"WORKWRIGHT_URL_{name.upper().replace('-', '_')}": url for name, url in self.urls.items()}
        return addresses | {
            "WORKWRIGHT_MODE": "cloud",
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "WORKWRIGHT_LOCATION": LOCATION,
            "WORKWRIGHT_KMS_KEY": self._kms.create_key(),
            "WORKWRIGHT_TASKS_ACCOUNT": ACCOUNT,
            "WORKWRIGHT_PUBLIC_URL": self.urls["api"],
            "FIRESTORE_EMULATOR_HOST": self._firestore,
            "WORKWRIGHT_TASKS_ENDPOINT": self.tasks.rest_address,
            "WORKWRIGHT_SECRETS_ENDPOINT": self._secrets.rest_address,
            "WORKWRIGHT_KMS_ENDPOINT": self._kms.rest_address,
            "WORKWRIGHT_CERTS_URL": self.issuer.certs_url,
            "WORKWRIGHT_SANDBOX": "remote",
            "WORKWRIGHT_CODE_RUNNER_URL": self.urls["code-runner"],
            "WORKWRIGHT_RUNNER_CALLERS": RUNNERS_CALLER,
        }

    def _speaks_grpc(self, function: str) -> bool:
        """Say whether it reaches the cloud with Google's clients; the others do by REST, at other addresses."""
        return "shared.wiring.worker" in (self._folder / function / "main.py").read_text(encoding="utf-8")

    def _start(self, function: str) -> None:
        port = int(self.urls[function].rpartition(":")[2])
        command = [str(self.packages[function] / "functions-framework"), "--source", "main.py"]
        command += ["--target", function.replace("-", "_"), "--host", "127.0.0.1", "--port", str(port)]
        env = dict(self._environment)
        if self._speaks_grpc(function):
            env |= {"WORKWRIGHT_TASKS_ENDPOINT": self.tasks.address}
            env |= {"WORKWRIGHT_SECRETS_ENDPOINT": self._secrets.address}
        with (self._folder / f"{function}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self._folder / function, env=env, stdout=log, stderr=log)
        self._running.append(process)
        ends = time.monotonic() + _START_S
        while True:
            assert process.poll() is None, f"{function} ended:\n{self.said(function)[-3000:]}"
            assert time.monotonic() < ends, f"{function} did not begin:\n{self.said(function)[-3000:]}"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)


def _lend_bytecode(lender: Path, borrower: Path) -> None:
    """Give bytecode to another folder for the sources it has too; Python itself compares their sizes and times."""
    for compiled in lender.rglob("*.pyc") if lender != borrower else ():
        source = compiled.parent.parent / f"{compiled.name.partition('.')[0]}.py"
        place = borrower / compiled.relative_to(lender)
        if (borrower / source.relative_to(lender)).is_file() and not place.exists():
            place.parent.mkdir(exist_ok=True)
            os.link(compiled, place)


@contextmanager
def bundled_house(folder: Path, out: Path) -> Iterator[BundledHouse]:
    """Serve the release that was written to `out`."""
    release = json.loads((out / "release.auto.tfvars.json").read_text())["bundles"]
    with ExitStack() as parts:
        house = BundledHouse(folder, {name: out / place for name, place in release.items()}, parts)
        house.start()
        yield house

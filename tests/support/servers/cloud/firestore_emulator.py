"""The official Firestore emulator, started as one Java process that is stopped by its own id."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from google.cloud import firestore

_JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_COMMON_ROOTS = (
    "~/google-cloud-sdk",
    "/usr/lib/google-cloud-sdk",
    "/usr/local/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "/opt/homebrew/share/google-cloud-sdk",
)
_READY_SECONDS = 60.0


def _sdk_roots() -> Iterator[Path]:
    for variable in ("CLOUDSDK_ROOT", "CLOUDSDK_ROOT_DIR", "GOOGLE_CLOUD_SDK"):
        if os.environ.get(variable):
            yield Path(os.environ[variable])
    gcloud = shutil.which("gcloud")
    if gcloud:  # …/google-cloud-sdk/bin/gcloud behind any number of links
        yield Path(gcloud).resolve().parent.parent
    for root in _COMMON_ROOTS:
        yield Path(root).expanduser()


def find_emulator() -> Path | None:
    """Return the emulator's jar, or None where this machine has none. A jar that is named but absent is an error."""
    named = os.environ.get("FIRESTORE_EMULATOR_JAR")
    if named:
        if not Path(named).is_file():
            raise FileNotFoundError(f"FIRESTORE_EMULATOR_JAR names no file: {named}")
        return Path(named)
    return next((root / _JAR for root in _sdk_roots() if (root / _JAR).is_file()), None)


def find_java() -> str | None:
    """Return the java to run it with, or None."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").is_file():
        return str(Path(home) / "bin" / "java")
    return shutil.which("java")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command(java: str, jar: Path, port: int) -> list[str]:
    tuning = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.language=en"]
    setpriv = shutil.which(
        "setpriv"
    )  # becomes java itself: still one process, but one that ends with a killed test run
    bound = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
    return [*bound, java, *tuning, "-cp", str(jar), _MAIN, "start", "--host=127.0.0.1", f"--port={port}"]


def _answers(host: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{host}/", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_until_ready(process: subprocess.Popen[bytes], host: str) -> bool:
    """Return False when the process died before it answered."""
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None:
        if _answers(host):
            return True
        if time.monotonic() > deadline:
            raise TimeoutError(f"the Firestore emulator did not answer within {_READY_SECONDS:.0f} s")
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def firestore_emulator(jar: Path | None = None, *, attempts: int = 3) -> Iterator[str]:
    """Run an emulator and yield its `host:port`. Another process may take the port first: then it is tried again."""
    jar, java = jar or find_emulator(), find_java()
    if jar is None or java is None:
        raise FileNotFoundError("the Firestore emulator needs java and cloud-firestore-emulator.jar")
    with tempfile.TemporaryFile() as log:
        for _ in range(attempts):
            host = f"127.0.0.1:{_free_port()}"
            command = _command(java, jar, int(host.rpartition(":")[2]))
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                if _wait_until_ready(process, host):
                    yield host
                    return
            finally:
                _stop(process)
        log.seek(0)
        raise RuntimeError(f"the Firestore emulator ended: {log.read()[-2000:].decode(errors='replace')}")


def firestore_client(host: str, project: str, database: str | None = None) -> firestore.Client:
    """Return a real client of that emulator. A project per test keeps tests apart, and costs nothing."""
    from google.cloud import firestore

    with pytest.MonkeyPatch.context() as environment:  # the client reads the variable once, when it is made
        environment.setenv("FIRESTORE_EMULATOR_HOST", host)
        return firestore.Client(project=project, database=database)

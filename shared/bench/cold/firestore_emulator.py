"""Firestore's emulator of the gcloud SDK, where this machine has it, as one process that ends with its block."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.settings import process_environment

_JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_READY_S = 60.0


def find_emulator() -> Path | None:
    """Return the emulator's jar, None where it or Java is missing."""
    if shutil.which("java") is None:
        return None
    named, gcloud = process_environment().get("FIRESTORE_EMULATOR_JAR"), shutil.which("gcloud")
    places = [Path(named)] if named else []
    places += [Path(gcloud).resolve().parent.parent / _JAR] if gcloud else []
    return next((place for place in places if place.is_file()), None)


@contextmanager
def firestore_emulator() -> Iterator[str]:
    """Run the emulator; yield its host and port. Raises FileNotFoundError, and TimeoutError where it does not start."""
    jar = find_emulator()
    if jar is None:
        raise FileNotFoundError("the Firestore emulator needs java and FIRESTORE_EMULATOR_JAR or gcloud")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", str(jar), _MAIN, "start"]
    process = subprocess.Popen(  # the jar itself: gcloud's own command leaves a Java process behind
        [*command, "--host=127.0.0.1", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}/")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends = time.monotonic() + _READY_S
    while process.poll() is None and time.monotonic() < ends:
        try:
            opener.open(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError("the Firestore emulator did not start")

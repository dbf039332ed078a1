"""The machine: programs, libraries and identities that have to be there."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping

from shared.backends.local.browser.chromium import find_browser
from shared.core.errors import AgentError, ConfigError, NoBrowser
from shared.core.tenants.finding import MISSING, OK, Finding
from shared.integrations.systems import FORGES, name_system
from shared.settings import Settings
from shared.wiring.choose_sandbox import chosen_sandbox, prove_sandbox

SQLITE = (3, 24)  # the first with ON CONFLICT … DO UPDATE
_SANDBOX_WAYS_OUT: Mapping[str, str] = {
    "local": "Install bubblewrap (the program bwrap) and allow it user namespaces; without it no code is run.",
    "remote": "Check WORKWRIGHT_CODE_RUNNER_URL, and whether it admits this identity (docs/guides/sandbox.md).",
    "vertex": "Install the extra vertexai, and give this identity roles/aiplatform.user (docs/guides/sandbox.md).",
}


def look_at_python() -> Iterator[Finding]:
    right = sys.version_info >= (3, 11)
    yield Finding("python", OK if right else MISSING, platform.python_version(), "Install Python 3.11 or newer.")


def look_at_sandbox(env: Mapping[str, str]) -> Iterator[Finding]:
    """Say whether code can be run safely here."""
    try:
        settings = Settings.from_env(env)
    except ConfigError:
        return  # told already
    try:
        yield Finding("sandbox", OK, prove_sandbox(chosen_sandbox(settings)))
    except AgentError as error:
        yield Finding("sandbox", MISSING, str(error), _SANDBOX_WAYS_OUT[settings.sandbox.driver])
    if settings.sandbox.driver == "local":
        known = settings.sandbox.registries
        npm, pip = (url or "this machine's default" for url in (known.npm, known.pip))
        yield Finding("packages", OK, f"npm: {npm}, pip: {pip}", needed=False)


def look_at_browser(env: Mapping[str, str]) -> Iterator[Finding]:
    """Say whether sites can be looked at before they go live."""

    try:
        found = find_browser(env.get("WORKWRIGHT_BROWSER") or "auto")
    except NoBrowser as error:
        way_out = (
            "Install chromium-headless-shell or chromium, and bubblewrap if this runs as root; without them, approvals "
            "of sites say what was not checked."
        )
        yield Finding("browser", MISSING, str(error), way_out, needed=False)
    else:
        yield Finding("browser", OK, f"{found.name} looks at sites before they go live", needed=False)


def look_at_git() -> Iterator[Finding]:
    program = shutil.which("git")
    if program is None:
        forge = name_system(FORGES[0])
        way_out = f"Install git (apt-get install git): the simulated {forge} keeps real repositories."
        yield Finding("git", MISSING, "not installed", way_out)
        return
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    yield Finding("git", OK, answer.stdout.strip())


def look_at_sqlite() -> Iterator[Finding]:
    """Say whether SQLite is new enough."""
    way_out = f"Use a Python built with SQLite {'.'.join(map(str, SQLITE))} or newer."
    right = sqlite3.sqlite_version_info >= SQLITE
    yield Finding("sqlite", OK if right else MISSING, sqlite3.sqlite_version, way_out)


def look_at_google() -> Iterator[Finding]:
    """Say whether there is an identity of Google's."""
    import google.auth

    way_out = "Run `gcloud auth application-default login`, or run as a service account."
    try:
        _, project = google.auth.default()
    except google.auth.exceptions.DefaultCredentialsError:
        yield Finding("google", MISSING, "no Google credentials", way_out)
        return
    yield Finding("google", OK, f"credentials found, project {project or 'not named by them'}")

"""Where packages may be fetched from: what the operator names, else what pip and npm of this machine use."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import urlsplit

from shared.core.errors import SandboxUnavailable
from shared.programs import read_program

WAY_OUT = (
    "Set WORKWRIGHT_NPM_REGISTRY or WORKWRIGHT_PIP_INDEX to the address of a registry without a password, and"
    " WORKWRIGHT_REGISTRY_HOSTS to the other hosts that serve its files (host or host:port, separated by commas)."
)


@dataclass(frozen=True, slots=True)
class Registries:
    """Base address of the npm registry, address of the PEP 503 index, and further hosts, as (host, port)."""

    npm: str = ""
    pip: str = ""
    hosts: frozenset[tuple[str, int]] = frozenset()

    def find_hosts(self, system: str) -> tuple[str, frozenset[tuple[str, int]]]:
        """Return the address for "npm" or "pip" and every host:port its installer may reach.

        Raises SandboxUnavailable where there is none, or one with a password, which the room would see.
        """
        url = self.npm if system == "npm" else self.pip
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise SandboxUnavailable(f"there is no registry for {system} that may be used here. {WAY_OUT}")
        return url, self.hosts | {_place(url)}


def registries(npm: str = "", pip: str = "", hosts: Collection[str] = ()) -> Registries:
    """Return the registries the operator names, and for those not named what this machine uses; "none" is none."""
    further = frozenset(_place(f"https://{host}") for host in hosts if host)
    given = Registries("" if npm == "none" else npm, "" if pip == "none" else pip, further)
    if not npm:
        given = replace(given, npm=_npm_of_this_machine())
    if not pip:
        url, files = _pip_of_this_machine()
        given = replace(given, pip=url, hosts=given.hosts | files)
    return given


def installer_env(system: str, url: str) -> dict[str, str]:
    """Return the variables by which npm or pip asks a registry at this address."""
    if system == "npm":
        return {"npm_config_registry": url}
    parts = urlsplit(url)
    trusted = {"PIP_TRUSTED_HOST": parts.netloc} if parts.scheme == "http" else {}
    return {"PIP_INDEX_URL": url, **trusted}


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


@cache
def _npm_of_this_machine() -> str:
    address = _read_output("npm", "config", "get", "registry")
    return address if _is_address(address) else ""


@cache
def _pip_of_this_machine() -> tuple[str, frozenset[tuple[str, int]]]:
    program = read_program("sandbox", "ask_pip.py")
    output = _read_output("python3", "-c", program) or _read_output(sys.executable, "-c", program)
    if set_up := re.findall(r"(?m)^[^=\s]*\.index-url='([^']+)'", output):
        return (set_up[-1], frozenset()) if _is_address(set_up[-1]) else ("", frozenset())
    if default := re.search(r"(?m)^default (\S+) (\S+)$", output):
        return default[1], frozenset({_place(f"https://{default[2]}")})
    return "", frozenset()


def _is_address(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and not parts.password


def _read_output(*command: str) -> str:
    """Return what a program of this machine prints; "" where it is missing or fails."""
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

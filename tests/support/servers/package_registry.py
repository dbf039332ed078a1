"""A registry of packages, made in the test: a PEP 503 index with wheels, and npm documents with archives.

Every package says, when it is imported, its name and version; one of npm has a script that would run at installation.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.servers.http_loopback import Handler, HttpServer


@dataclass
class PackageRegistry:
    """Where it answers, what it holds, and every path that was asked for."""

    url: str
    held: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # path → content type, body
    asked: list[str] = field(default_factory=list)

    @property
    def npm(self) -> str:
        """Return the base address for npm."""
        return f"{self.url}/npm"

    @property
    def pip(self) -> str:
        """Return the address of the index for pip."""
        return f"{self.url}/simple"

    def add_wheel(self, name: str, version: str = "1.0", needs: Sequence[str] = (), **beside: str) -> str:
        """Offer a pure wheel, with further files beside its package; return its line for a lock file."""
        wheel = _wheel(name, version, needs, beside)
        return self._listed(name, version, f"{name}-{version}-py3-none-any.whl", wheel)

    def add_source(self, name: str, version: str = "1.0") -> str:
        """Offer a source archive alone, whose `setup.py` would run when installed; return its line for a lock file."""
        file = f"{name}-{version}.tar.gz"
        setup = (
            f"import sys\nsys.stderr.write('setup.py has run')\nfrom setuptools import setup\nsetup(name={name!r})\n"
        )
        data = _archive({"setup.py": setup, "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"})
        return self._listed(name, version, file, data)

    def _listed(self, name: str, version: str, file: str, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        _, before = self.held.get(f"/simple/{name}/", ("", b"<!DOCTYPE html>"))
        page = before + f'<a href="/files/{file}#sha256={digest}">{file}</a>'.encode()
        self.held[f"/simple/{name}/"] = ("text/html", page)
        self.held[f"/files/{file}"] = ("application/octet-stream", data)
        return f"{name}=={version} --hash=sha256:{digest}"

    def add_package(self, name: str, version: str = "1.0.0") -> dict[str, str]:
        """Offer an npm package; return its entry for a lock file."""
        manifest = {"name": name, "version": version, "main": "index.js"}
        manifest |= {"scripts": {"postinstall": "touch /box/script-has-run node_modules/script-has-run"}}  # type: ignore[dict-item]
        data = _archive({"package.json": json.dumps(manifest), "index.js": f"module.exports = '{name} {version}'\n"})
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        tarball = f"{self.npm}/{name}/-/{name}-{version}.tgz"
        document = {
            "name": name,
            "dist-tags": {"latest": version},
            "versions": {version: {**manifest, "dist": {"tarball": tarball, "integrity": integrity}}},
        }
        self.held[f"/npm/{name}"] = ("application/json", json.dumps(document).encode())
        self.held[f"/npm/{name}/-/{name}-{version}.tgz"] = ("application/octet-stream", data)
        return {"version": version, "resolved": tarball, "integrity": integrity}


@contextmanager
def package_registry() -> Iterator[PackageRegistry]:
    """Serve an empty registry on loopback while it is entered."""

    class Packages(Handler):
        def do_GET(self) -> None:
            registry.asked.append(self.path)
            kind, body = registry.held.get(self.path, ("", b""))
            self.reply(200 if kind else 404, body, {"Content-Type": kind or "text/plain"})

    with HttpServer(Packages) as server:
        registry = PackageRegistry(server.url)
        yield registry


def npm_project(entries: dict[str, dict[str, str]], **files: bytes) -> dict[str, bytes]:
    """Return the files of a Node project that depends on exactly these packages."""
    manifest = {"name": "made", "version": "1.0.0", "dependencies": {name: e["version"] for name, e in entries.items()}}
    packages = {"": manifest, **{f"node_modules/{name}": entry for name, entry in entries.items()}}
    lock = {"name": "made", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    named = {name.replace("__", "."): data for name, data in files.items()}
    return {"package.json": json.dumps(manifest).encode(), "package-lock.json": json.dumps(lock).encode(), **named}


def _wheel(name: str, version: str, needs: Sequence[str], beside: Mapping[str, str]) -> bytes:
    info = f"{name}-{version}.dist-info"
    asked = "".join(f"Requires-Dist: {each}\n" for each in needs) + "Provides-Extra: more\n"
    files = {
        f"{name}/__init__.py": f"SAID = '{name} {version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{asked}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **beside,
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return made.getvalue()


def _archive(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()

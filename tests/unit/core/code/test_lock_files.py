"""Only what a lock file pins by version and hash is installed; an installer reads nothing that was not understood."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.core.code.lock_files import LockProblem, packages_of, read_lock

HASH = "--hash=sha256:" + "ab" * 32
STRONG = "sha512-" + "A" * 86 + "=="
ENTRY = {"version": "1.0.0", "resolved": "https://registry.example/a/-/a-1.0.0.tgz", "integrity": STRONG}


def node(packages: dict[str, Any], version: int = 3, **more: bytes) -> dict[str, bytes]:
    lock = {"lockfileVersion": version, "packages": {"": {"name": "made"}, **packages}}
    manifest = {"name": "made", "dependencies": {"a": "1.0.0"}}
    return {"package.json": json.dumps(manifest).encode(), "package-lock.json": json.dumps(lock).encode(), **more}


def test_requirements_are_said_again_in_our_own_words() -> None:
    text = f"""
# what the service needs
Flask [async] == 3.1.0 \\
    {HASH} \\
    {HASH}   # from the index
colorama==0.4.6 ; sys_platform == "win32"  {HASH}
"""
    said = read_lock("pip", {"requirements.txt": text.encode(), "pip.conf": b"x", "main.py": b""})
    assert said == {
        "requirements.txt": (
            f'Flask[async]==3.1.0 {HASH} {HASH}\ncolorama==0.4.6 ; sys_platform == "win32" {HASH}\n'
        ).encode()
    }


@pytest.mark.parametrize(
    "line",
    [
        "flask",
        "flask==3.1.0",
        f"flask>=3.1.0 {HASH}",
        "flask==3.1.0 --hash=md5:" + "ab" * 16,
        "flask==3.1.0 --hash=sha256:" + "ab" * 31,
        "--index-url https://elsewhere.example/simple",
        "-i https://elsewhere.example/simple",
        "-r more.txt",
        "-e .",
        "./flask-3.1.0-py3-none-any.whl",
        f"flask @ https://elsewhere.example/flask.whl {HASH}",
        f"git+https://elsewhere.example/flask {HASH}",
        f"flask==3.1.0 --config-settings=x=y {HASH}",
        f"flask==3.1.0 {HASH} --global-option=x",
        f"flask==3.1.0 ; python_version > '3' --index-url=x {HASH}",
        f"-flask==3.1.0 {HASH}",
    ],
)
def test_what_is_no_pinned_and_hashed_package_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(LockProblem, match=r"requirements\.txt, line 2"):
        read_lock("pip", {"requirements.txt": f"fine==1 {HASH}\n{line}\n".encode()})


def test_a_line_of_blanks_is_read_in_time_that_grows_with_its_length() -> None:
    hashes = f" {HASH}" * 60_000
    for text in (
        "a==1 ;" + " " * 400_000 + "x",
        "a" * 400_000,
        f"a==1 ; {'(' * 100_000} {HASH}",
        f"a==1 ; x{hashes} !",
    ):
        try:
            read_lock("pip", {"requirements.txt": text.encode()})
        except LockProblem:
            continue


def test_an_installer_of_npm_gets_manifests_and_lock_and_nothing_else() -> None:
    packages = {
        "node_modules/a": ENTRY,
        "node_modules/@scope/b": ENTRY,
        "node_modules/a/node_modules/c": {"version": "1.0.0", "inBundle": True},
        "tools/one": {"name": "one"},
        "node_modules/one": {"resolved": "tools/one", "link": True},
    }
    files = node(packages, **{"tools/one/package.json": b"{}", ".npmrc": b"registry=x", "index.js": b""})
    assert set(read_lock("npm", files)) == {"package.json", "package-lock.json", "tools/one/package.json"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**ENTRY, "integrity": ""}, "integrity"),
        ({**ENTRY, "integrity": "sha1-" + "A" * 27 + "="}, "integrity"),
        ({"version": "1.0.0", "integrity": STRONG}, "registry"),
        ({**ENTRY, "resolved": "git+ssh://git@elsewhere.example/a.git#ab"}, "registry"),
        ({**ENTRY, "resolved": "file:../a"}, "registry"),
        ({"resolved": "../..", "link": True}, "workspace"),
        ({"resolved": ["tools"], "link": True}, "workspace"),
        ({"resolved": "", "link": True}, "workspace"),
        ({"version": "1.0.0", "inBundle": True, "resolved": "git+https://elsewhere.example/a.git#ab"}, "registry"),
        ({"version": "1.0.0", "inBundle": True, "resolved": ENTRY["resolved"]}, "integrity"),
        ("1.0.0", "object"),
    ],
)
def test_a_package_of_npm_without_a_hash_or_from_elsewhere_is_refused(entry: Any, said: str) -> None:
    with pytest.raises(LockProblem, match=said):
        read_lock("npm", node({"node_modules/a": entry}))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "package.json is missing"),
        ({"package.json": b"{}"}, "package-lock.json is missing"),
        ({"package.json": b"[]", "package-lock.json": b"{}"}, "package.json is not a JSON object"),
        ({"package.json": b"{}", "package-lock.json": b"{"}, "package-lock.json is not JSON"),
        ({"package.json": b"\xff", "package-lock.json": b"{}"}, "package.json is not UTF-8"),
        (node({}, version=1), "lockfileVersion"),
        (node({"tools/one": {}}), "tools/one/package.json is missing"),
        (node({f"node_modules/{n}": ENTRY for n in range(5_001)}), "at most 5000"),
    ],
)
def test_what_cannot_be_read_is_named(files: dict[str, bytes], said: str) -> None:
    with pytest.raises(LockProblem, match=said):
        read_lock("npm", files)


def test_what_has_to_be_installed_is_seen_in_the_files() -> None:
    assert packages_of({}) == ""
    assert packages_of({"package.json": b'{"scripts": {"test": "node --test"}}'}) == ""
    assert packages_of({"package.json": b'{"devDependencies": {"a": "1"}}'}) == "npm"
    assert packages_of(node({})) == "npm"
    assert packages_of({"requirements.txt": b"# nothing\n\n"}) == ""
    assert packages_of({"requirements.txt": b"flask\n"}) == "pip"

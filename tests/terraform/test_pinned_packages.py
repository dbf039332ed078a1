"""Pinned packages are installed as pinned, whatever has come out since: with the pip that Debian's Python brings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from terraform.bundle import make_bundles
from tests.support.servers.package_registry import PackageRegistry, package_registry

ROOT = Path(__file__).parents[2]
OUR_OWN = {"google/__init__.py": "", "google/cloud/__init__.py": "", "google/cloud/firestore.py": ""}  # asked for first
Install = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def registry() -> Iterator[PackageRegistry]:
    """Yield an index with `beta`, which asks for `alpha` with an extra, and an `alpha` newer than the one to pin."""
    with package_registry() as opened:
        yield opened


def _pin(registry: PackageRegistry) -> list[str]:
    pins = [
        registry.add_wheel("functions_framework"),
        registry.add_wheel("alpha", "1.0", **OUR_OWN),
        registry.add_wheel("beta", "1.0", needs=["alpha[more]>=1"]),
    ]
    registry.add_wheel("alpha", "2.0")
    registry.held["/simple/functions-framework/"] = registry.held["/simple/functions_framework/"]
    return pins


def _run(registry: PackageRegistry, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    env |= {"PIP_INDEX_URL": registry.pip, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_a_newer_release_of_what_another_asks_for_with_an_extra_stops_no_installation(
    registry: PackageRegistry, tmp_path: Path
) -> None:
    (tmp_path / "pins.txt").write_text("\n".join(_pin(registry)) + "\n")
    script = str(ROOT / "tools" / "venv.sh")
    done = _run(registry, tmp_path, "sh", script, sys.executable, "made", "pins.txt", "stamp")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    listed = _run(registry, tmp_path, "made/bin/python", "-c", "import alpha, beta; print(alpha.SAID, beta.SAID)")
    assert listed.stdout == "alpha 1.0 beta 1.0\n"
    assert "/files/alpha-2.0-py3-none-any.whl" not in registry.asked


def test_what_is_pinned_as_it_is_asked_for_is_installed_by_an_older_pip_that_resolves_it(
    registry: PackageRegistry, tmp_path: Path
) -> None:
    """The platform installs a bundle's packages itself, and resolves them."""
    pins = _pin(registry)
    (tmp_path / "pins.txt").write_text("\n".join([*pins, pins[1].replace("==", "[more]==")]) + "\n")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "made")], check=True)
    done = _run(
        registry, tmp_path, "made/bin/python", "-m", "pip", "install", "--require-hashes", "--quiet",
        "--disable-pip-version-check", "-r", "pins.txt",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_every_bundle_pins_its_packages_as_they_are_asked_for() -> None:
    found = 0
    for function, bundle in make_bundles(ROOT).items():
        pinned = set(re.findall(r"^([a-z0-9-]+(?:\[[a-z0-9,_-]+\])?)==", bundle.requirements, re.MULTILINE))
        for name in sorted(each for each in pinned if "[" not in each):
            for need in map(Requirement, metadata.requires(name) or ()):
                if need.extras and (need.marker is None or need.marker.evaluate({"extra": ""})):
                    found += 1
                    wanted = f"{canonicalize_name(need.name)}[{','.join(sorted(need.extras))}]"
                    assert wanted in pinned, (function, name)
    assert found > 10


def test_the_packages_that_are_installed_need_nothing_that_is_not_pinned() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("No broken requirements found.", 0)

"""The real `terraform` on a copy of the tree: with the google provider where the registry is reached, else a stand-in.

The stand-in is a folder of programs that serves the provider's true schema; `WORKWRIGHT_TERRAFORM_STANDIN` names it. It
has no part in the repository, and nothing here knows more of it than `install.py --dest FOLDER`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
INFRA = Path(sys.prefix) / "infra" / "bin"  # what looks at Terraform has packages that fight with ours
_REGISTRY = ("registry.terraform.io", 443)
_SKIPPED = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*", "__pycache__", "*.py")


def standin() -> Path | None:
    """Return the program that lays out the stand-in; None where the environment names none."""
    named = os.environ.get("WORKWRIGHT_TERRAFORM_STANDIN")
    program = ROOT / named / "install.py" if named else None
    return program if program and program.is_file() else None


@cache
def registry_reached() -> bool:
    """Say whether Terraform's registry can be reached from here."""
    try:
        with socket.create_connection(_REGISTRY, timeout=3):
            return True
    except OSError:
        return False


def why_no_terraform() -> str:
    """Return what is missing, "" for nothing."""
    if shutil.which("terraform") is None:
        return "no terraform here: install 1.11 or newer"
    if standin() is None and not registry_reached():
        return "neither Terraform's registry nor WORKWRIGHT_TERRAFORM_STANDIN here, so no provider"
    if standin() is not None and not (INFRA / "python").exists():
        return "no checkov here: make test-deps makes it"
    return ""


@dataclass
class Verdicts:
    """What `terraform test` said: status of each run by file, its plan, and every complaint."""

    statuses: dict[str, str] = field(default_factory=dict)  # "core.tftest.hcl/staging" → "pass"
    plans: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # the same → changes of resources
    complaints: list[str] = field(default_factory=list)

    def add(self, line: Mapping[str, Any]) -> None:
        """Take one line of `terraform test -json -verbose`."""
        run = f"{Path(line.get('@testfile', '')).name}/{line.get('@testrun', '')}"
        if line["type"] == "test_run" and "status" in line["test_run"]:
            self.statuses[run] = line["test_run"]["status"]
        elif line["type"] == "test_plan":
            self.plans[run] = line["test_plan"]["resource_changes"]
        elif line["type"] == "diagnostic" and line["diagnostic"]["severity"] == "error":
            told = line["diagnostic"]
            self.complaints.append(f"{run}: {told['summary']}: {told.get('detail', '')}")


class Terraform:
    """A copy of `terraform/`, and of what it reads of `functions/`, with its providers."""

    def __init__(self, scratch: Path) -> None:
        self.folder = scratch / "terraform"
        shutil.copytree(ROOT / "terraform", self.folder, ignore=_SKIPPED)
        for given in ROOT.glob("functions/*/function.yaml"):
            (scratch / "functions" / given.parent.name).mkdir(parents=True)
            shutil.copy(given, scratch / "functions" / given.parent.name)
        left = scratch / "tmp"  # what providers leave behind goes with the rest
        left.mkdir()
        self._environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TMPDIR": str(left)}
        program = None if registry_reached() else standin()
        if program is not None:
            made = [str(INFRA / "python"), str(program), "--dest", str(scratch / "providers")]
            subprocess.run(made, check=True, capture_output=True)
            self._environment["TF_CLI_CONFIG_FILE"] = str(scratch / "providers" / "mirror.tfrc")

    def run(self, *arguments: str, at: str = ".") -> subprocess.CompletedProcess[str]:
        """Run one command in the folder, or in one below it."""
        return subprocess.run(
            ["terraform", arguments[0], "-no-color", *arguments[1:]],
            cwd=self.folder / at,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def test(self, *arguments: str) -> Verdicts:
        """Run the folder's tests and return what they said, with every plan."""
        tested = Verdicts()
        done = self.run("test", "-json", "-verbose", *arguments)
        for line in done.stdout.splitlines():
            tested.add(json.loads(line))
        if done.stderr:
            tested.complaints.append(done.stderr)
        return tested

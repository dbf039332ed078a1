"""Clients made of the API's description by programs of others: TypeScript types, and Python models.

The parts "client-makers" (npm, beside the scripts) and "model-maker" (an environment of its own) make them; here is
where those are and how they are called. Neither needs the network once it is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CLIENTS = Path(__file__).resolve().parents[1] / "functions" / "clients"
MODELS = Path(sys.prefix) / "models" / "bin"
_STRICT = (
    "--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--skipLibCheck",
    "--lib", "es2022,dom", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext",
)  # fmt: skip
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}


def lay_out_scripts(folder: Path) -> None:
    """Copy the scripts to a folder where what they import is found."""
    for script in CLIENTS.glob("*.ts"):
        (folder / script.name).write_bytes(script.read_bytes())
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")


def run_node(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of Node.js in the folder, to its end."""
    return _run(folder, ["node", script, *arguments])


def lint_description(folder: Path, description: Path) -> subprocess.CompletedProcess[str]:
    """Have Redocly look the description over, by our rules."""
    rules = str(CLIENTS / "redocly.yaml")
    wanted = ("lint", str(description), "--config", rules, "--format", "json", "--max-problems", "1000")
    return run_node(folder, str(CLIENTS / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"), *wanted)


def make_types(folder: Path, description: Path) -> subprocess.CompletedProcess[str]:
    """Write `api.d.ts` into the folder."""
    return run_node(folder, "node_modules/openapi-typescript/bin/cli.js", str(description), "-o", "api.d.ts")


def compile_scripts(folder: Path, *scripts: str) -> subprocess.CompletedProcess[str]:
    """Compile them as strictly as the compiler can, beside themselves; what it finds is in its output."""
    return run_node(folder, "node_modules/typescript/bin/tsc", *_STRICT, *scripts)


def make_models(folder: Path, description: Path) -> subprocess.CompletedProcess[str]:
    """Write `models.py` into the folder."""
    wanted = ("--input", str(description), "--input-file-type", "openapi", "--output", "models.py")
    kind = ("--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11", "--disable-timestamp")
    return _run(folder, [str(MODELS / "datamodel-codegen"), *wanted, *kind])


def run_beside_models(folder: Path, script: Path, given: str) -> subprocess.CompletedProcess[str]:
    """Run a Python script that may import `models`, with this as its input."""
    return _run(folder, [str(MODELS / "python"), str(script)], given, {"PYTHONPATH": str(folder)})


def _run(
    folder: Path, command: Sequence[str], given: str = "", more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **_QUIET, **(more or {})}
    return subprocess.run(command, cwd=folder, env=env, input=given, capture_output=True, text=True, check=False)

"""Do what Cloud Build does, as far as this machine can: `python tools/cloudbuild_dry.py [--only ID …] [--skip ID …]`.

It reads `cloudbuild.yaml` and `cloudbuild-apply.yaml` themselves, step by step and line by line, so that neither can
drift from what is tried here. What needs the project, or a service that is not on this machine, is named with why and
left out; everything else is run, in order, and the first line that fails ends it with its exit code.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[1]
FILES = ("cloudbuild.yaml", "cloudbuild-apply.yaml")
_ADVISORIES = "https://api.osv.dev/v1/vulns/PYSEC-2023-74"  # where pip-audit asks what is known of a package
_CONTAINER = re.compile(r"^docker run .*? \S+:\S+ (?=(?:sh|bash|make|python3?) )")

# What a line holds → why it cannot be done here.
NEEDS: Mapping[str, str] = {
    r"\bgcloud\b": "needs the project's buckets and one of its accounts",
    r"\bterraform\b.* -?(init|validate|plan|apply|show|output)\b": "needs the project, its state and the provider",
    r"build/(plan\.json|source\.tgz)": "needs the plan",
    r"build/planned|build/(smoke|urls|former|stays)\b": "needs a deployment",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One command of a step, as Cloud Build's shell would get it."""

    file: str
    step: str
    shell: str
    text: str

    @property
    def here(self) -> str:
        """Return it as it is run on this machine: what goes into a container is run without one."""
        return _CONTAINER.sub("", self.text)

    def needs(self) -> str:
        """Return what it needs that no machine of ours has, "" for nothing."""
        return next((reason for pattern, reason in NEEDS.items() if re.search(pattern, self.here)), "")

    def why_not(self) -> str:
        """Return why it cannot be run here, "" where it can."""
        if reason := self.needs():
            return reason
        if "pip-audit" in self.here and not _is_reachable(_ADVISORIES):
            return "needs the service that knows vulnerable packages"
        program = next(word for word in shlex.split(self.here) if "=" not in word)
        available = shutil.which(program) or (ROOT / program).exists() or program in ("cd", "for")
        return "" if available else f"needs {program}, which is not here"


def lines(root: Path, file: str) -> Iterator[Line]:
    """Yield the commands of a pipeline, in order; raises ValueError for a step of another form than ours."""
    build = yaml.safe_load((root / file).read_text(encoding="utf-8"))
    given = {**build.get("substitutions", {}), "COMMIT_SHA": "0" * 40}
    for step in build["steps"]:
        if step.get("entrypoint") not in ("sh", "bash") or len(step["args"]) != 2 or step["args"][0] != "-ec":
            raise ValueError(f"{file}: step {step.get('id')} is not a script for sh or bash with -ec")
        for text in step["args"][1].splitlines():
            if text.strip():
                yield Line(file, step["id"], step["entrypoint"], _substitute(text, given))


def _substitute(text: str, given: Mapping[str, Any]) -> str:
    """Put values in as Cloud Build does: `$NAME` and `${NAME}` of its own names, `$$` for the shell's `$`."""
    named = "|".join(sorted(given, key=len, reverse=True))
    pattern = re.compile(r"\$\$|\$(" + named + r")\b|\$\{(" + named + r")\}")
    return pattern.sub(lambda found: "$" if found[0] == "$$" else str(given[found[1] or found[2]]), text)


def _is_reachable(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # before what the command itself says


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what can be run, and say why the rest cannot."""
    parser = argparse.ArgumentParser(description="Run what Cloud Build runs, as far as this machine can.")
    parser.add_argument("--only", nargs="+", metavar="ID", help="run only these steps")
    parser.add_argument("--skip", nargs="+", metavar="ID", default=(), help="leave these steps out")
    given = parser.parse_args(arguments)
    for file in FILES:
        for line in lines(ROOT, file):
            where = f"{file} {line.step}"
            if line.step in given.skip or (given.only and line.step not in given.only):
                continue
            reason = line.why_not()
            if reason:
                _say(f"– {where}: {line.text}\n    not here: {reason}")
                continue
            _say(f"▸ {where}: {line.here}")
            code = subprocess.run([line.shell, "-ec", line.here], cwd=ROOT, check=False).returncode
            if code:
                _say(f"✗ {where} ended with {code}")
                return code
    _say("✓ everything that can be done here is done")
    return 0


if __name__ == "__main__":
    sys.exit(main())

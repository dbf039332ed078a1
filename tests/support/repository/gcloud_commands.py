"""The commands of `gcloud` that our documents use, with their flags: of the SDK on this machine, or as they were kept.

`python -m tests.support.repository.gcloud_commands` keeps them anew. The SDK's own table for completing command lines
is read (`data/cli/gcloud_completions.py`), so nothing is run and nobody is signed in.
"""

from __future__ import annotations

import json
import re
import runpy
import shutil
from pathlib import Path
from typing import Any

from tests.support.repository.documents import ROOT, Said, commands

SPEAKING = sorted((ROOT / "shared" / "cli" / "doctor").glob("*.py"))  # modules that tell people what to type
_TOLD = re.compile(r"gcloud ((?:[a-z][a-z-]* ?)+)([^\n`;]*)")
KEPT = ROOT / "tests" / "fixtures" / "gcloud_commands.json"


def sdk() -> Path | None:
    """Return the folder of the Google Cloud SDK, None where there is none."""
    program = shutil.which("gcloud")
    root = Path(program).resolve().parent.parent if program else None
    return root if root and (root / "data" / "cli" / "gcloud_completions.py").is_file() else None


def from_sdk(root: Path, wanted: list[str]) -> dict[str, list[str]]:
    """Return flags by command, "" for those that all take; a command the SDK does not know is left out."""
    tree = runpy.run_path(str(root / "data" / "cli" / "gcloud_completions.py"))["STATIC_COMPLETION_CLI_TREE"]
    found = {"": sorted(tree["flags"])}
    for command in wanted:
        node: dict[str, Any] | None = tree
        for word in command.split():
            node = (node or {}).get("commands", {}).get(word)
        if node is not None and not node["commands"]:
            found[command] = sorted(node["flags"])
    return found


def told() -> list[Said]:
    """Return the commands that the terminal tells people to type, as far as they stand in one piece of text."""
    return [
        Said(str(path.relative_to(ROOT)), (*found.group(1).split(), *re.findall(r"--[a-z0-9-]+", found.group(2))))
        for path in SPEAKING
        for found in _TOLD.finditer(path.read_text(encoding="utf-8"))
    ]


def kept() -> dict[str, list[str]]:
    """Return what was kept."""
    found: dict[str, list[str]] = json.loads(KEPT.read_text(encoding="utf-8"))["commands"]
    return found


def main() -> None:
    """Keep the commands as the SDK on this machine has them."""
    root = sdk()
    if root is None:
        raise SystemExit("no Google Cloud SDK here")
    used = [it.words for it in (*commands("gcloud"), *told())]
    heads = {" ".join(words[:n]) for words in used for n in range(1, len(words) + 1)}
    found = from_sdk(root, sorted(heads))
    version = (root / "VERSION").read_text(encoding="utf-8").strip()
    made = {"source": f"gcloud_completions.py of the Google Cloud SDK {version}", "commands": found}
    KEPT.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

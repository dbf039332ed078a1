"""Choose the release that stays: `python3 tools/release.py --new NEW --former FORMER --result FILE --out OUT`.

NEW and FORMER are maps from function to bundle (`release.auto.tfvars.json`): what was just applied, and what was good
last. FILE is what `tools/smoke.py` wrote. OUT gets the map that must stay: NEW when it passed, else FORMER, with NEW's
bundle for a function that FORMER did not have yet. Bundles are immutable: the former map brings the former code back.

Exit code 2 when it did not pass and there is no former release: then nothing can be brought back.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def staying(new: Mapping[str, str], former: Mapping[str, str], *, passed: bool) -> dict[str, str]:
    """Return the map that must stay: of the functions of `new`, each with the bundle it shall have."""
    return {name: bundle if passed else former.get(name, bundle) for name, bundle in new.items()}


def _read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text(encoding="utf-8"))["bundles"]) if path.is_file() else {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Choose, and say which in one line."""
    parser = argparse.ArgumentParser(description="Choose which release stays.")
    for name in ("new", "former", "result", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args(arguments)
    new, former = _read(given.new), _read(given.former)
    passed = given.result.is_file() and given.result.read_text(encoding="utf-8").strip() == "passed"
    if not passed and not former:
        sys.stderr.write("The smoke test failed, and there is no earlier release to return to.\n")
        return 2
    stays = staying(new, former, passed=passed)
    text = json.dumps({"bundles": stays}, indent=2, sort_keys=True) + "\n"
    given.out.write_text(text, encoding="utf-8")
    back = sum(1 for name in new if stays[name] != new[name])
    sys.stdout.write(
        "The new release stays.\n" if passed else f"Going back to the earlier release: {back} functions change.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

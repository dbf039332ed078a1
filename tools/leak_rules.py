"""Make `leak_rules.json` of `shared/mind/safety` of a rule file of gitleaks.

Use: `python tools/leak_rules.py gitleaks.toml VERSION`.

Facts only: patterns, words that have to be there, entropies, and what is allowed all the same. Keys that vendors show
in their documentation, which that file allows by name, are written so that no scanner takes them for keys.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "shared" / "mind" / "safety" / "leak_rules.json"
SOURCE = "gitleaks, config/gitleaks.toml"
LICENCE = """MIT License

Copyright (c) 2019 Zachary Rice

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
_RULE = ("id", "regex", "path", "secretGroup", "entropy", "keywords")
_ALLOWED = ("regexes", "regexTarget", "paths", "stopwords", "condition")


def main(source: str, version: str) -> None:
    """Read the rule file, and write ours."""
    read = tomllib.loads(Path(source).read_text(encoding="utf-8"))
    made = {
        "source": SOURCE,
        "version": version,
        "licence": LICENCE,
        "allowed": _read_allowlist(read["allowlist"]),
        "rules": [_rule(each) for each in read["rules"]],
    }
    lines = json.dumps(made, ensure_ascii=False, separators=(",", ":")).replace('{"id"', '\n{"id"')
    TARGET.write_text(lines + "\n", encoding="utf-8")


def _rule(read: dict[str, Any]) -> dict[str, Any]:
    kept = {name: read[name] for name in _RULE if name in read}
    allowed = [_read_allowlist(each) for each in read.get("allowlists", ())]
    return {**kept, "allowed": allowed} if allowed else kept


def _read_allowlist(read: dict[str, Any]) -> dict[str, Any]:
    kept = {name: read[name] for name in _ALLOWED if name in read}
    if "regexes" in kept:
        kept["regexes"] = [_dull(each) for each in kept["regexes"]]
    return kept


def _dull(pattern: str) -> str:
    """Return an equal pattern in which no key stands that looks whole."""
    return pattern.replace("AIza", "AI[z]a") if pattern.startswith("AIza") else pattern


if __name__ == "__main__":
    main(*sys.argv[1:3])

"""Two results beside each other: which pages got better or worse, and whether that is more than chance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.cli.evaluate.figures import sign_test, summary
from shared.core.errors import ConfigError

Json = dict[str, Any]
BETTER, WORSE, SAME = "better", "worse", "same"


def compare(before: Path, after: Path) -> Json:
    """Return what changed from one result to the other, on the pages that both have."""
    first, second = _read(before), _read(after)
    old, new = ({str(page["page"]): page for page in each["pages"]} for each in (first, second))
    both = [name for name in old if name in new]
    pages = [_page(old[name], new[name]) for name in both]
    better, worse = (sum(page["change"] == way for page in pages) for way in (BETTER, WORSE))
    return {
        "comparison": "workwright",
        "before": _head(first),
        "after": _head(second),
        "same_set": first["digest"] == second["digest"],
        "figures": {
            "before": summary([old[name] for name in both])["all"],
            "after": summary([new[name] for name in both])["all"],
        },
        "better": better,
        "worse": worse,
        "same": len(pages) - better - worse,
        "p": round(sign_test(better, worse), 6),
        "pages": pages,
        "only_before": sorted(set(old) - set(new)),
        "only_after": sorted(set(new) - set(old)),
    }


def _page(old: Mapping[str, Any], new: Mapping[str, Any]) -> Json:
    change = SAME if bool(old["ok"]) == bool(new["ok"]) else BETTER if new["ok"] else WORSE
    was, now = ({str(each["name"]): each["ok"] for each in page["checks"]} for page in (old, new))
    return {
        "page": new["page"],
        "kind": new["kind"],
        "change": change,
        "ends": [old["end"], new["end"]],
        "checks_better": [name for name, ok in now.items() if ok and was.get(name) is False],
        "checks_worse": [name for name, ok in now.items() if ok is False and was.get(name)],
        "usd": [round(int(page["micros"]) / 1e6, 6) for page in (old, new)],
        "tokens": [int(page["tokens"]) for page in (old, new)],
        "seconds": [float(page["seconds"]) for page in (old, new)],
    }


def _head(result: Mapping[str, Any]) -> Json:
    return {name: result.get(name) for name in ("set", "version", "digest", "model", "prompts", "began")}


def _read(path: Path) -> Json:
    try:
        found: Json = json.loads(path.read_text(encoding="utf-8"))
        if found["evaluation"] != "workwright" or not isinstance(found["pages"], list):
            raise KeyError
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); give a results.json of `workwright eval`"
        ) from error
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{path}: is not a result of `workwright eval`; give the results.json of its folder"
        ) from None
    return found

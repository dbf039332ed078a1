"""What a person approves when something is about to leave: exactly this work, to exactly there, for at most so much.

An approval is bound to the hash of these four. When one of them is another later, the approval says nothing about it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

GOOD_FOR = timedelta(hours=24)  # an approval that is older says nothing any more (security, section 7.3)


def binding(*, plan: str, tree: str, target: Mapping[str, Any], ceiling: int) -> str:
    """Return the hash of a plan's hash, a work tree's id, where it goes (JSON), and its ceiling in micro-dollars."""
    bound = {"plan": plan, "tree": tree, "target": target, "ceiling": ceiling}
    text = json.dumps(bound, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def refusal(granted: Mapping[str, Any], wanted: str, now: datetime) -> str:
    """Return why an approval (by, via, at, plan_hash: what it was given for) does not allow it; "" when it does."""
    if not granted:
        return "nobody has approved this"
    if granted.get("plan_hash") != wanted:
        return "what was approved is not what is about to happen: something has changed since"
    if now - datetime.fromisoformat(str(granted["at"])) > GOOD_FOR:
        return f"the approval is older than {GOOD_FOR // timedelta(hours=1)} hours"
    return ""

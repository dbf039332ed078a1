"""Write the table of `docs/reference/errors.md` out of the classes themselves: `python tools/errors_document.py`.

What happened, what is not lost and what to do is written by hand below the table, class by class; the table says of
each what its class says, what an answer of the API has for it, and what follows from it in a run. A test compares them.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference" / "errors.md"
sys.path.insert(0, str(ROOT))

from shared.core.errors import AgentError, ErrorClass, RequestError  # noqa: E402

_BEGIN, _END = "<!-- errors: python tools/errors_document.py -->\n", "<!-- /errors -->\n"
_ENTRY = re.compile(r"^### (\w+)$", re.MULTILINE)
_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
_IN_A_RUN = {
    ErrorClass.TRANSIENT: "tried again later",
    ErrorClass.PERMANENT: "the step fails",
    ErrorClass.INVALID: "back to the model, a few times",
    ErrorClass.UNAUTHORIZED: "waits until the account is connected again",
    ErrorClass.STALE: "people are asked again",
    ErrorClass.FINAL: "the run fails",
    ErrorClass.NEEDS_HUMAN: "a person has to look",
}


def render_page() -> str:
    """Return the page with its table as the classes are."""
    page = TARGET.read_text(encoding="utf-8")
    before, _, rest = page.partition(_BEGIN)
    return before + _BEGIN + "".join(_table(rest.partition(_END)[2])) + _END + rest.partition(_END)[2]


def _table(entries: str) -> Iterator[str]:
    places = _places()
    yield "| Class | What it says | Answer of the API | In a run |\n|---|---|---|---|\n"
    for name in _ENTRY.findall(entries):
        kind = _kind(name, places[name])
        yield f"| [{name}](#{name.lower()}) | {_describe_class(kind)} | {_answer(kind)} | {_in_a_run(kind)} |\n"


def _places() -> Mapping[str, list[str]]:
    """Return the modules that have a class of each name."""
    found = defaultdict(list)
    for path in sorted((ROOT / "shared").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if not module.startswith("shared.local.simulators"):
            for name in _CLASS.findall(path.read_text(encoding="utf-8")):
                found[name].append(module)
    return found


def _kind(name: str, modules: Iterable[str]) -> type[AgentError]:
    kinds = [getattr(importlib.import_module(module), name) for module in modules]
    (kind,) = (kind for kind in kinds if issubclass(kind, AgentError))
    return cast("type[AgentError]", kind)


def _describe_class(kind: type[AgentError]) -> str:
    first = re.split(r"(?<=[.;:]) |\n\n", inspect.cleandoc(kind.__doc__ or ""))[0].replace("\n", " ")
    return first.rstrip(".;:")


def _answer(kind: type[AgentError]) -> str:
    return f"{kind.status} `{kind.code}`" if issubclass(kind, RequestError) else ""


def _in_a_run(kind: type[AgentError]) -> str:
    found = getattr(kind, "error_class", None)
    return _IN_A_RUN[found] if found else ""


if __name__ == "__main__":
    TARGET.write_text(render_page(), encoding="utf-8")

"""List every sentence that the product says to people, with file and line: `python tools/sentences.py [WORD …]`.

Read are the string literals of `shared` and `functions`: messages, problems, help of commands, words of pages. Left out
are docstrings that nobody prints, patterns, queries, the simulators and the benches. With words, only sentences that
hold one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LEFT_OUT = ("shared/sim/", "shared/cli/bench", "shared/cli/load/", "shared/core/talk/", "shared/app/prompts/")
_COMMAND = "command"  # decorated so, a function's docstring is its help
_NO_SENTENCE = re.compile(
    r"\\[bswdAZ]|\(\?|\[\^|^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA)\b|[{};]\s*$|^[a-z-]+: ?[^ ]+;"
)


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of what a module says; what is put into a sentence stands there as {…}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {id(node) for each in ast.walk(tree) for node in _docstring(each)}
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(_piece(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent | parts:
            text = node.value
        else:
            continue
        if _is_sentence(text):
            yield node.lineno, " ".join(text.split())


def _docstring(node: ast.AST) -> list[ast.AST]:
    """Return the docstring of a module, class or function, unless it is printed as the help of a command."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) or not node.body:
        return []
    if isinstance(node, ast.FunctionDef) and any(_COMMAND in ast.unparse(each) for each in node.decorator_list):
        return []
    first = node.body[0]
    return [first.value] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else []


def _piece(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "{…}"


def _is_sentence(text: str) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", text)) >= 3 and " " in text.strip() and not _NO_SENTENCE.search(text)


def main(wanted: list[str]) -> int:
    """Print them, ordered by file and line."""
    for path in sorted([*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(_LEFT_OUT):
            continue
        for line, text in sorted(sentences(path)):
            if not wanted or any(word.casefold() in text.casefold() for word in wanted):
                sys.stdout.write(f"{name}:{line}: {text}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

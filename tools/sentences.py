"""List every sentence that the product says to people, with file and line: `python tools/sentences.py [WORD …]`.

Read are the string literals of `shared`, `functions` and `tools`: messages, problems, help of commands, words of pages.
Left out are docstrings that nobody prints, patterns, queries, the simulators and the benches. With words, only
sentences that hold one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LEFT_OUT = (
    *(
        "shared/local/simulators/",
        "shared/bench/",
        "shared/core/chat/naming",
        "shared/core/chat/speech_rules",
        "shared/core/chat/verbs",
        "shared/app/prompts/",
    ),
    "tools/leak_rules",
)
_COMMAND = "command"  # decorated so, a function's docstring is its help
_NO_SENTENCE = re.compile(
    r"\\[bswdAZ]|\(\?|\[\^|^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA)\b|(?:[{;]|(?<!…)\})\s*$|^[a-z-]+: ?[^ ]+;"
)


def list_speaking_modules() -> list[Path]:
    """Return the modules that say something to people, in order."""
    found = [path for folder in ("shared", "functions", "tools") for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if not path.relative_to(ROOT).as_posix().startswith(_LEFT_OUT))


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of what a module says; what is put into a sentence stands there as {…}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    help_texts: set[int] = set()
    silent: set[int] = set()
    for node in ast.walk(tree):  # what stands above comes before what stands in it
        if isinstance(node, ast.FunctionDef):
            help_texts.update(map(id, _help(node)))
            continue
        if isinstance(node, ast.Expr):
            silent.add(id(node.value))
            continue
        if isinstance(node, ast.JoinedStr):
            silent.update(map(id, ast.walk(node)))
            text = "".join(_piece(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value if id(node) not in silent or id(node) in help_texts else ""
        else:
            continue
        if _is_sentence(text):
            yield node.lineno, " ".join(text.split())


def _help(node: ast.FunctionDef) -> list[ast.AST]:
    """Return the docstring of a command, which is printed as its help."""
    if not any(_COMMAND in ast.unparse(each) for each in node.decorator_list):
        return []
    first = node.body[0]
    return [first.value] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else []


def _piece(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "{…}"


def _is_sentence(text: str) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", text)) >= 3 and " " in text.strip() and not _NO_SENTENCE.search(text)


def main(wanted: list[str]) -> int:
    """Print them, ordered by file and line."""
    for path in list_speaking_modules():
        name = path.relative_to(ROOT).as_posix()
        for line, text in sorted(sentences(path)):
            if not wanted or any(word.casefold() in text.casefold() for word in wanted):
                sys.stdout.write(f"{name}:{line}: {text}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

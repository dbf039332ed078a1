"""Reviews by rules: what Python's own parser and a few patterns can see. Green means only that these were not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.backends.offline.agents.sentences import parse_python

Finding = dict[str, str]
_LONG = 60  # lines of one function


def review(data: Mapping[str, Any]) -> dict[str, Any]:
    """Look for mistakes that can be seen without understanding the task."""
    found = [finding for file in data["files"] for finding in _mistakes(str(file["path"]), str(file["content"]))]
    return _verdict(found)


def security(data: Mapping[str, Any]) -> dict[str, Any]:
    """Look for the usual ways in."""
    found = [finding for file in data["files"] for finding in _ways_in(str(file["path"]), str(file["content"]))]
    return _verdict(found)


def _verdict(found: list[Finding]) -> dict[str, Any]:
    order = {"high": 0, "medium": 1, "low": 2}
    found = sorted(found, key=lambda finding: order[finding["severity"]])[:50]
    bad = any(finding["severity"] != "low" for finding in found)
    return {"verdict": "mend" if bad else "ok", "findings": found}


def _finding(severity: str, path: str, line: int, problem: str, mend: str) -> Finding:
    return {"severity": severity, "where": f"{path}:{line}"[-300:], "problem": problem, "mend": mend}


def _mistakes(path: str, text: str) -> Iterator[Finding]:
    if not path.endswith(".py"):
        return
    try:
        tree = parse_python(text)
    except SyntaxError as error:
        yield _finding(
            "high", path, error.lineno or 1, f"This is not Python: {error.msg}", "Write it so that it can be read."
        )
        return
    for node in ast.walk(tree):
        yield from _review_node(path, node)


def _review_node(path: str, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.ExceptHandler) and _swallows(node):
        yield _finding(
            "medium", path, node.lineno, "An error is caught and forgotten.", "Name the error, and do something."
        )
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if isinstance(default, ast.List | ast.Dict | ast.Set):
                problem = f"The default of {node.name} is shared by all its calls."
                yield _finding("high", path, default.lineno, problem, "Use None, and make a new one inside.")
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > _LONG:
            problem = f"{node.name} is {length} lines long."
            yield _finding("low", path, node.lineno, problem, "Split it where it changes the subject.")
    if isinstance(node, ast.Compare) and any(
        _is_identity_test(*pair) for pair in zip(node.ops, node.comparators, strict=True)
    ):
        yield _finding("high", path, node.lineno, "`is` compares identity, not value.", "Use == or !=.")
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Tuple) and node.test.elts:
        yield _finding("high", path, node.lineno, "This assertion is always true.", "Take the parentheses away.")


def _is_identity_test(operator: ast.cmpop, right: ast.expr) -> bool:
    constant = isinstance(right, ast.Constant) and isinstance(right.value, str | int) and right.value is not True
    return isinstance(operator, ast.Is | ast.IsNot) and constant and getattr(right, "value", None) is not False


def _swallows(node: ast.ExceptHandler) -> bool:
    broad = node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
    return broad and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)


_NO_CODE = "Text becomes code here.", "Read data with a parser (json, ast.literal_eval)."
_NO_SHELL = "Text becomes a command here.", "Pass a list of arguments, without a shell."
_NO_PICKLE = "Data becomes code here.", "Use json, or a safe loader."
_NO_QUERY = "Text becomes part of a query.", "Pass the values apart."
_NO_MARKUP = "Text becomes markup here.", "Set textContent."
_NO_TRUST = "Certificates are not checked.", "Leave the check on."
_NO_SECRET = "A secret is in the code.", "Take it from the environment."
_NO_HASH = "This hash can be forged.", "Use sha256 for anything that is trusted."
_NO_DICE = "This randomness can be guessed.", "Use `secrets` for tokens."
_NO_CLEAR = "This goes over the network in clear.", "Use https."
_NO_TALK = "The text speaks to whoever reviews it.", "Find out who wrote it."
_PATTERNS = (
    ("high", r"\b(eval|exec)\s*\(", _NO_CODE),
    ("high", r"shell\s*=\s*True|os\.system\s*\(", _NO_SHELL),
    ("high", r"\bpickle\.loads?\s*\(|yaml\.load\s*\((?!.*Safe)", _NO_PICKLE),
    ("high", r"(execute|executemany)\s*\(\s*(f[\"']|[^,)]*%|[^,)]*\+)", _NO_QUERY),
    ("high", r"\.innerHTML\s*=(?!\s*[\"']\s*[\"'])|document\.write\s*\(", _NO_MARKUP),
    ("high", r"verify\s*=\s*False|CERT_NONE", _NO_TRUST),
    ("high", r"(?i)\b(password|secret|token|api_?key)\b\s*[:=]\s*[\"'][^\"'\s]{8,}[\"']", _NO_SECRET),
    ("medium", r"\bhashlib\.(md5|sha1)\s*\(", _NO_HASH),
    ("medium", r"\brandom\.(random|randint|choice|choices)\s*\(", _NO_DICE),
    ("medium", r"[\"']http://(?!127\.0\.0\.1|localhost)", _NO_CLEAR),
    ("medium", r"(?i)ignore (all |any )?(previous|prior|above) instructions", _NO_TALK),
)


_PART, _LAP = 1000, 200  # letters of a line that are looked at together, so that a long one does not take hours


def _ways_in(path: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        parts = [line[at : at + _PART] for at in range(0, max(1, len(line) - _LAP), _PART - _LAP)]
        for severity, pattern, (problem, mend) in _PATTERNS:
            if any(re.search(pattern, part) for part in parts):
                yield _finding(severity, path, number, problem, mend)

"""Code by rules: what can be done to files without understanding them. Everything else is refused, and says so."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Mapping
from typing import Any

from shared.backends.offline.agents.sentences import parse_python
from shared.core.models.model_errors import Refused
from shared.programs import read_program

_NO = "the offline model cannot {what}; connect a language model"
_RENAME = re.compile(r"\brename\s+`?([A-Za-z_]\w*)`?\s+to\s+`?([A-Za-z_]\w*)`?", re.IGNORECASE)
_UNUSED = re.compile(r"\bunused imports?\b", re.IGNORECASE)
_COLOURS = ["#1a1a1a", "#ffffff", "#0b57d0", "#5f6368", "#dadce0"]  # contrast of text on background: 17.4 to 1


def python(data: Mapping[str, Any]) -> dict[str, Any]:
    """Rename, or take out imports that nobody uses; raises Refused for anything else."""
    task, files = str(data["task"]), {str(file["path"]): str(file["content"]) for file in data["files"]}
    after = dict(files)
    for old, new in _RENAME.findall(task):
        after = {
            path: _rename_identifier(text, old, new) if path.endswith(".py") else text for path, text in after.items()
        }
    if _UNUSED.search(task):
        after = {path: _drop_unused_imports(text) if path.endswith(".py") else text for path, text in after.items()}
    changed = [{"path": path, "content": text} for path, text in after.items() if text != files[path]]
    if not changed:
        raise Refused(_NO.format(what="write Python for this task"))
    return {"files": changed, "notes": ["Done by rules; the tests were not run."]}


def _rename_identifier(text: str, old: str, new: str) -> str:
    """Rename where it is a name of the program, not a word in a text or a comment."""
    if keyword.iskeyword(new):
        raise Refused(f"{new} cannot be a name in Python")
    named = ("id", "arg", "name", "attr")
    if not any(getattr(node, field, None) == old for node in ast.walk(_parse_python(text)) for field in named):
        return text
    lines = _lines(text)
    for token in reversed(list(tokenize.generate_tokens(iter(lines).__next__))):
        if token.type == tokenize.NAME and token.string == old:
            (row, start), (_, end) = token.start, token.end
            lines[row - 1] = lines[row - 1][:start] + new + lines[row - 1][end:]
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """Return the lines as Python counts them, with their ends: a form feed ends none."""
    return io.StringIO(text, newline="").readlines()


def _drop_unused_imports(text: str) -> str:
    tree = _parse_python(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    exported = set(re.findall(r"[\"'](\w+)[\"']", text))
    lines = _lines(text)
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__":
            names = [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
            if not (set(names) & (used | exported)) and "*" not in names:
                for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                    lines[number] = ""
    return "".join(lines)


def _parse_python(text: str) -> ast.Module:
    try:
        return parse_python(text)
    except SyntaxError as error:
        raise Refused(f"the file is not Python: {error}") from error


_IMAGE = re.compile(r"<img\b(?=[\s/>])[^<>]*>", re.IGNORECASE)
_HTML = re.compile(r"<html\b(?=[\s/>])[^<>]*>", re.IGNORECASE)
_HEAD = re.compile(r"<head\b(?=[\s/>])[^<>]*>", re.IGNORECASE)
_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'


def web(data: Mapping[str, Any]) -> dict[str, Any]:
    """Add what pages need and lack: empty alt texts, a language, a viewport; raises Refused for anything else."""
    if not re.search(r"accessib|alt text|viewport|\blang(uage)?\b|a11y", str(data["task"]), re.IGNORECASE):
        raise Refused(_NO.format(what="write a page for this task"))
    changed = []
    for file in data["files"]:
        text = after = str(file["content"])
        if str(file["path"]).endswith((".html", ".htm")):
            after = _IMAGE.sub(lambda tag: _add_attribute(tag[0], "img", "alt", ""), after)
            after = _HTML.sub(lambda tag: _add_attribute(tag[0], "html", "lang", "en"), after)
            if "viewport" not in after:
                after = _HEAD.sub(lambda tag: tag[0] + _VIEWPORT, after, count=1)
        if after != text:
            changed.append({"path": file["path"], "content": after})
    if not changed:
        raise Refused("the files lack nothing that the offline model could add")
    return {"files": changed, "notes": ["Empty alt texts and the language are guesses: look at them."]}


def _add_attribute(tag: str, name: str, attribute: str, value: str) -> str:
    """Return a tag with that attribute, in front of the others, if it has none of that name."""
    if re.search(rf"(?<![\w-]){attribute}\s*=", tag, re.IGNORECASE):
        return tag
    at = 1 + len(name)
    return f'{tag[:at]} {attribute}="{value}"{tag[at:]}'


def tests(data: Mapping[str, Any]) -> dict[str, Any]:
    """Write tests that the modules import and that doctests hold; raises Refused where there is no Python."""
    files, covers = [], []
    for file in data["files"]:
        path, text = str(file["path"]), str(file["content"])
        name = path.removesuffix(".py").replace("/", ".")
        if not path.endswith(".py") or path.startswith("tests/") or not _is_module(name):
            continue
        tree = _parse_python(text)
        wanted = [name for node in tree.body if (name := _public_name(node))]
        slug = name.replace(".", "_")
        files.append({"path": f"tests/test_{slug}.py", "content": _test_file(name, wanted)})
        covers.append(
            {"test": "test_names", "behaviour": f"{name} can be imported and has {', '.join(wanted) or 'no names'}"}
        )
        covers.append({"test": "test_examples", "behaviour": f"the examples in the docstrings of {name} hold"})
    if not files:
        raise Refused(_NO.format(what="write tests for these files"))
    notes = ["Written by rules: only names and documented examples are tested."]
    return {"notes": notes, "files": files[:20], "covers": covers[:200]}


def _is_module(name: str) -> bool:
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split("."))


def _public_name(node: ast.stmt) -> str:
    named = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    return str(getattr(node, "name", "")) if named else ""


def _test_file(module: str, names: list[str]) -> str:
    text = read_program("built", "module_tests.py").replace("MODULE_NAME", module)
    return text.replace("NAMES: list[str] = []", f"NAMES = {names!r}")


def design(data: Mapping[str, Any]) -> dict[str, Any]:
    """Put all content on one page in its order, under plain colours that can be read."""
    content = [str(text).strip()[:1000] for text in data["content"] if str(text).strip()]
    title = (str(data["brief"]).strip().splitlines() or ["Site"])[0][:200]
    pages = [
        {
            "path": "index.html" if at == 0 else f"page-{at // 40 + 1}.html",
            "title": title,
            "sections": content[at : at + 40],
        }
        for at in range(0, max(len(content), 1), 40)
    ][:20]
    return {"pages": pages, "colours": _COLOURS, "notes": ["One column, in the order of the content."]}

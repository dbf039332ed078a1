"""A map of a repository: its files, what each defines and what it needs, for choosing what a model has to see.

Python is read as Python reads it; of other languages the lines that begin a definition or name another file are known.
Nothing of the repository is run.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_SYMBOLS = 60  # of one file
_PARSED = 400_000  # bytes of a file that is looked into
_SIGNATURE = 100
_LANGUAGES = {
    ".py": "Python", ".js": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript", ".jsx": "JavaScript",
    ".ts": "TypeScript", ".tsx": "TypeScript", ".mts": "TypeScript", ".go": "Go", ".rs": "Rust", ".java": "Java",
    ".kt": "Kotlin", ".rb": "Ruby", ".php": "PHP", ".cs": "C#", ".c": "C", ".h": "C", ".cpp": "C++", ".swift": "Swift",
    ".html": "HTML", ".css": "CSS", ".scss": "CSS", ".md": "Markdown", ".vue": "Vue", ".svelte": "Svelte",
    ".sh": "Shell", ".sql": "SQL",
}  # fmt: skip
PROSE = frozenset({"HTML", "CSS", "Markdown", "SQL", "Shell", ""})
_NAME = r"([A-Za-z_$][\w$]*)"
_SCRIPT = (
    re.compile(
        rf"^[ \t]*export\s+(?:default\s+)?(?:async\s+)?(?:function\*?|class|interface|type|enum)\s+{_NAME}", re.M
    ),
    re.compile(rf"^[ \t]*export\s+(?:const|let|var)\s+{_NAME}", re.M),
    re.compile(rf"^(?:async\s+)?(?:function\*?|class)\s+{_NAME}", re.M),
    re.compile(rf"^(?:const|let|var)\s+{_NAME}\s*=\s*(?:async\s*)?(?:\(|function|[\w$]+\s*=>)", re.M),
    re.compile(rf"^(?:module\.)?exports\.{_NAME}\s*=", re.M),
)
_DEFINES: Mapping[str, tuple[re.Pattern[str], ...]] = {
    **dict.fromkeys(("JavaScript", "TypeScript", "Vue", "Svelte"), _SCRIPT),
    "Go": (re.compile(rf"^(?:func\s+(?:\([^)]*\)\s*)?|type\s+){_NAME}", re.M),),
    "Rust": (
        re.compile(rf"^[ \t]*pub(?:\([^)]*\))?\s+(?:async\s+)?(?:fn|struct|enum|trait|mod|const)\s+{_NAME}", re.M),
    ),
    "Ruby": (re.compile(r"^[ \t]*(?:def|class|module)\s+((?:self\.)?[A-Za-z_]\w*[?!]?)", re.M),),
    "PHP": (
        re.compile(rf"^[ \t]*(?:(?:public|static|abstract|final)[ \t]+)*(?:function|class|trait)[ \t]+{_NAME}", re.M),
    ),
    **dict.fromkeys(
        ("Java", "Kotlin", "C#", "Swift", "C++", "C"),
        (
            re.compile(
                rf"^[ \t]*(?:[a-z]+[ \t]+)*(?:class|interface|struct|enum|record|object|fun|func)[ \t]+{_NAME}", re.M
            ),
        ),
    ),
    "Markdown": (re.compile(r"^#{1,3}[ \t]+(.{1,100})", re.M),),
    "HTML": (re.compile(r"<title>([^<]{1,80})</title>", re.I), re.compile(r"\bid=[\"']([\w-]{1,60})[\"']", re.I)),
    "SQL": (re.compile(r"^[ \t]*create\s+(?:table|view)\s+(?:if\s+not\s+exists\s+)?[\"`]?(\w+)", re.I | re.M),),
}
_NEEDS = (
    re.compile(r"^[ \t]*(?:import|export)\b[^'\"\n;]*?(?:from\s*)?['\"]([^'\"\n]+)['\"]", re.M),
    re.compile(r"\b(?:require|import)\(\s*['\"]([^'\"\n]+)['\"]\s*\)"),
    re.compile(r"\b(?:src|href)=[\"']([^\"'#?\n]+)", re.I),
)
_ENDINGS = ("", ".js", ".ts", ".tsx", ".jsx", ".mjs", ".cjs", "/index.js", "/index.ts", "/index.tsx", "/index.html")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file: `symbols` are what it defines, `needs` the other files of the repository that it names."""

    path: str
    lines: int
    symbols: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepoMap:
    """All files by path."""

    files: Mapping[str, FileFacts] = field(default_factory=dict)

    def list_files(self) -> str:
        """Return a line for each file with what it defines, in the order of paths."""
        return "\n".join(_line(self.files[path]) for path in sorted(self.files))

    def needed_by(self, path: str) -> tuple[str, ...]:
        """Return the files that name this one."""
        return tuple(sorted(other.path for other in self.files.values() if path in other.needs))


def map_of(files: Mapping[str, bytes]) -> RepoMap:
    """Return the map of these files; one that is no text has a line without symbols."""
    return RepoMap({path: _facts(path, data, files) for path, data in sorted(files.items())})


def text_of(data: bytes) -> str | None:
    """Return a file's text; None for one that is no UTF-8 text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def language_of(path: str) -> str:
    """Return the language that a file's name speaks of; "" for none that is known."""
    return _LANGUAGES.get(posixpath.splitext(path)[1].lower(), "")


def _line(file: FileFacts) -> str:
    symbols = f": {', '.join(file.symbols)}" if file.symbols else ""
    return f"{file.path} ({file.lines} lines){symbols}"


def _facts(path: str, data: bytes, files: Mapping[str, bytes]) -> FileFacts:
    language, text = language_of(path), text_of(data) if len(data) <= _PARSED else None
    if text is None:
        return FileFacts(path, 0)
    lines = text.count("\n") + (not text.endswith("\n") and bool(text))
    symbols, names = (
        _python(text, path)
        if language == "Python"
        else (_find_definitions(text, language), _find_named_files(text, path))
    )
    needs = dict.fromkeys(found for name in names if (found := _existing(name, files)) and found != path)
    return FileFacts(path, lines, tuple(symbols)[:MAX_SYMBOLS], tuple(needs))


def _find_definitions(text: str, language: str) -> list[str]:
    found = [(match.start(), match[1]) for pattern in _DEFINES.get(language, ()) for match in pattern.finditer(text)]
    return list(dict.fromkeys(" ".join(name.split()).rstrip("# ")[:_SIGNATURE] for _, name in sorted(found)))


def _find_named_files(text: str, path: str) -> list[tuple[str, ...]]:
    """Return the files that a text may mean: for each name in it, the paths it can stand for."""
    folder, found = posixpath.dirname(path), []
    for pattern in _NEEDS:
        for match in pattern.finditer(text):
            name = match[1].strip()
            if "://" in name or name.startswith(("//", "data:", "mailto:")):
                continue
            alias = name.startswith(("@/", "~/"))  # how bundlers name the root
            rooted = alias or name.startswith("/")
            bare = name.lstrip("@~/") if rooted else posixpath.normpath(posixpath.join(folder, name))
            roots = ("", "src/") if alias else ("",)
            stem = posixpath.splitext(bare)[0]  # TypeScript may name what it is compiled to
            found.append(tuple(f"{root}{base}{end}" for root in roots for base in (bare, stem) for end in _ENDINGS))
    return found


def _existing(names: Sequence[str], files: Mapping[str, bytes]) -> str:
    return next((name for name in names if name in files), "")


def _python(text: str, path: str) -> tuple[list[str], list[tuple[str, ...]]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _find_definitions_roughly(text), []
    symbols: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            symbols.append(_signature(node))
        elif isinstance(node, ast.ClassDef):
            methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            public = [name for name in methods if not name.startswith("_")]
            symbols.append(f"class {node.name}" + (f" ({', '.join(public[:12])})" if public else ""))
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            symbols += [name for name in names if name.isupper()]
    return symbols, [names for node in ast.walk(tree) for names in _imports(node, path)]


def _find_definitions_roughly(text: str) -> list[str]:
    return re.findall(r"^(?:async\s+)?(?:def|class)\s+([A-Za-z_]\w*)", text, re.M)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    names = ", ".join(arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
    return f"{node.name}({names})"[:_SIGNATURE]


def _imports(node: ast.AST, path: str) -> list[tuple[str, ...]]:
    if isinstance(node, ast.Import):
        return [_modules(alias.name.split("."), path) for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module.split(".") if node.module else []
    if node.level:
        folders = posixpath.dirname(path).split("/") if "/" in path else []
        base = folders[: len(folders) - node.level + 1] + base
    inside = [_modules([*base, alias.name], path) for alias in node.names]
    return [*inside, _modules(base, path)]


def _modules(parts: Sequence[str], path: str) -> tuple[str, ...]:
    """Return the files a module may be: from the repository's root, from `src`, or from the file's own folder."""
    name, folder = "/".join(parts), posixpath.dirname(path)
    if not name:
        return ()
    roots = dict.fromkeys(("", "src/", f"{folder}/" if folder else ""))
    return tuple(f"{root}{name}{end}" for root in roots for end in (".py", "/__init__.py"))

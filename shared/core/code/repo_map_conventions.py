"""How a repository does things: its languages, how it is tested and formatted, so that changes look like its own."""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.code.repo_map import PROSE, language_of, text_of

PYTHON, NODE, NONE = "python", "node", "none"  # who runs the tests
_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec)/|(?:^|/)test_[^/]*\.py$|_test\.(?:py|go)$|\.(?:test|spec)\.[cm]?[jt]sx?$"
)
_LOCKS = {
    "package-lock.json": "npm", "pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lockb": "bun", "uv.lock": "uv",
    "poetry.lock": "Poetry", "Pipfile.lock": "pipenv", "requirements.txt": "pip", "go.sum": "go", "Cargo.lock": "cargo",
}  # fmt: skip
_FORMATTERS = (".editorconfig", ".prettierrc", ".prettierrc.json", "ruff.toml", ".ruff.toml", "biome.json",
               "eslint.config.js", ".eslintrc.json", ".rubocop.yml", "rustfmt.toml")  # fmt: skip
_PINNED = ("ruff", "black", "isort", "pytest", "mypy")
_SAMPLES = 40  # files whose indentation is looked at
_RAW = 200_000


@dataclass(frozen=True, slots=True)
class Conventions:
    """`runner` is who can run its tests here: python, node or none. `test_files` are those there are now."""

    languages: tuple[str, ...] = ()
    runner: str = NONE
    framework: str = ""
    test_files: tuple[str, ...] = ()
    package_manager: str = ""
    scripts: tuple[str, ...] = ()
    formatting: tuple[str, ...] = ()
    indent: str = ""

    def describe(self) -> str:
        """Return it in lines for a model to read."""
        lines = [
            f"Languages: {', '.join(self.languages) or 'none that is known'}.",
            f"Tests: {self.framework or 'no framework found'}, run here by {self.runner}; files of them:"
            f" {len(self.test_files)}{_list_test_folders(self.test_files)}.",
        ]
        lines += [f"Packages: {self.package_manager}."] if self.package_manager else []
        lines += [f"Scripts of package.json: {'; '.join(self.scripts)}."] if self.scripts else []
        lines += [f"Formatting: {', '.join(self.formatting)}."] if self.formatting else []
        lines += [f"Indentation: {self.indent}."] if self.indent else []
        return "\n".join(lines)


def is_test(path: str) -> bool:
    """Say whether a file is one of tests, by where it is and how it is called."""
    return bool(_TEST.search(path)) and language_of(path) not in PROSE and not path.endswith("__init__.py")


def conventions_of(files: Mapping[str, bytes]) -> Conventions:
    """Return what the files of a repository say about how it does things."""
    counted = Counter(language for path in files if (language := language_of(path)) not in PROSE)
    languages = tuple(name for name, _ in counted.most_common(4))
    tests = tuple(sorted(path for path in files if is_test(path)))
    package, project = _package(files), _text(files, "pyproject.toml")
    runner = _runner(languages, tests, package)
    return Conventions(
        languages,
        runner,
        _framework(files, tests, package, project, runner),
        tests,
        ", ".join(dict.fromkeys(name for lock, name in _LOCKS.items() if lock in files)),
        tuple(f"{name}: {command}"[:120] for name, command in _scripts(package).items())[:12],
        (*(name for name in _FORMATTERS if name in files), *(f"[tool.{tool}]" for tool in _tools(project))),
        _indent(files),
    )


def _runner(languages: tuple[str, ...], tests: tuple[str, ...], package: Mapping[str, Any]) -> str:
    kinds = Counter(language_of(path) for path in tests) or Counter(languages[:1])
    python = kinds["Python"]
    node = kinds["JavaScript"] + kinds["TypeScript"]
    if not python and not node:
        return NODE if package else NONE
    return PYTHON if python >= node else NODE


def _framework(
    files: Mapping[str, bytes], tests: tuple[str, ...], package: Mapping[str, Any], project: str, runner: str
) -> str:
    if runner == NODE:
        known = {**_read_mapping(package, "devDependencies"), **_read_mapping(package, "dependencies")}
        named = next((name for name in ("vitest", "jest", "mocha", "ava") if name in known), "")
        return named or ("node:test" if tests or "test" in _scripts(package) else "")
    if runner != PYTHON:
        return ""
    settings = project + _text(files, "setup.cfg") + _text(files, "tox.ini") + _text(files, "requirements-dev.txt")
    if "pytest" in settings or "pytest.ini" in files or any(path.endswith("conftest.py") for path in files):
        return "pytest"
    texts = [_text(files, path) for path in tests[:_SAMPLES]]
    if any("import pytest" in text for text in texts):
        return "pytest"
    return "unittest" if any("unittest" in text for text in texts) or not tests else "pytest"


def _package(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    try:
        found = json.loads(_text(files, "package.json") or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_mapping(package: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = package.get(name)
    return found if isinstance(found, dict) else {}


def _scripts(package: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(name): str(command) for name, command in _read_mapping(package, "scripts").items()}


def _tools(project: str) -> list[str]:
    return [tool for tool in _PINNED if f"[tool.{tool}" in project]


def _text(files: Mapping[str, bytes], path: str) -> str:
    data = files.get(path, b"")
    return text_of(data[:_RAW]) or ""


def _indent(files: Mapping[str, bytes]) -> str:
    """Return what most lines that are further in than the one before begin with."""
    steps: Counter[str] = Counter()
    for path in [path for path in sorted(files) if language_of(path) not in PROSE][:_SAMPLES]:
        before = ""
        for line in _text(files, path).splitlines():
            white = line[: len(line) - len(line.lstrip())]
            if line.strip():
                if white.startswith(before) and white != before:
                    steps[white[len(before) :]] += 1
                before = white
    if not steps:
        return ""
    width = steps.most_common(1)[0][0]
    return "tabs" if width == "\t" else f"{len(width)} spaces" if set(width) == {" "} else ""


def _list_test_folders(tests: tuple[str, ...]) -> str:
    folders = Counter(posixpath.dirname(path) or "the root" for path in tests)
    return f", in {', '.join(name for name, _ in folders.most_common(3))}" if folders else ""

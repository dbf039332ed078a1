"""What a package calls its own is not called like one of its submodules.

Importing a submodule sets its name in the package, at whatever moment and in whatever thread that happens: a function
of that name is a module from then on, and a thread that is about to call it meets "'module' object is not callable".
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(
    file.parent for top in ("shared", "functions", "tests", "tools") for file in (ROOT / top).glob("**/__init__.py")
)


def _submodules(package: Path) -> set[str]:
    return {
        *(file.stem for file in package.glob("*.py") if file.stem != "__init__"),
        *(file.parent.name for file in package.glob("*/__init__.py")),
    }


def _bound(package: Path, own: str) -> Iterator[tuple[str, str]]:
    """Yield (name, where it comes from) of what the package binds itself; what its `__getattr__` names included."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node in tree.body:
            for alias in node.names:
                if node.module != own:  # `from package import submodule` is the submodule
                    yield alias.asname or alias.name, node.module or ""
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node in tree.body:
            yield node.name, own
            if node.name == "__getattr__":
                for each in ast.walk(node):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value, "__getattr__"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, own


def collisions(package: Path, own: str) -> list[str]:
    """Return the names that are both the package's own and a submodule's."""
    there = _submodules(package)
    return sorted({name for name, _ in _bound(package, own) if name in there})


def test_no_package_calls_anything_like_one_of_its_submodules() -> None:
    assert len(PACKAGES) > 30
    names = {package: ".".join(package.relative_to(ROOT).parts) for package in PACKAGES}
    found = {own: collisions(package, own) for package, own in names.items()}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "text",
    [
        "def _work():\n    return 1\n",
        "from elsewhere import _work\n",
        "from elsewhere import thing as _work\n",
        "_work = 1\n",
        "class _work:\n    pass\n",
        "def __getattr__(name):\n    if name == '_work':\n        return 1\n    raise AttributeError(name)\n",
    ],
)
def test_each_way_to_take_such_a_name_is_found(text: str, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "_work.py").write_text("", encoding="utf-8")
    (package / "__init__.py").write_text(text, encoding="utf-8")
    assert collisions(package, "package") == ["_work"]


THREADS = """
import sys, threading, time
from shared import steps
failed, done = [], threading.Event()
def loaded():
    return sum(name.startswith("shared.steps.") for name in list(sys.modules))
def ask(after):
    while loaded() < after and not done.is_set():
        time.sleep(0)
    try:
        assert "code.generate" in steps.KindsWhenAsked()
    except Exception as error:
        failed.append(repr(error))
    done.set()
threads = [threading.Thread(target=ask, args=(after,)) for after in range(0, 40, 2)]
[each.start() for each in threads]
[each.join() for each in threads]
print(sorted(set(failed)))
"""


@pytest.mark.slow
def test_many_threads_may_ask_for_the_step_kinds_of_a_fresh_process_at_once() -> None:
    """Each thread asks when so many of the package's modules are there: in the middle of another one's import."""
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, timeout=120, cwd=ROOT)
        assert done.stdout == "[]\n", done.stdout + done.stderr

"""The map of a repository: what files define and need, how the repository does things, what a task is about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.code.repo_map import map_of
from shared.core.code.repo_map_choice import relevant
from shared.core.code.repo_map_conventions import conventions_of, is_test

PYTHON = {
    "README.md": b"# Shop\n\nSells bread.\n",
    "pyproject.toml": b'[project]\nname = "shop"\n\n[tool.ruff]\nline-length = 100\n\n[tool.pytest.ini_options]\n',
    "requirements.txt": b"requests==2.32.5\n",
    "src/shop/__init__.py": b"",
    "src/shop/prices.py": b'VAT = 7\n\n\ndef with_vat(cents, *, rate=VAT):\n    """Return it."""\n    return cents\n',
    "src/shop/basket.py": (
        b"from shop.prices import with_vat\n\n\nclass Basket:\n    def total(self):\n        return with_vat(1)\n\n"
        b"    def _hidden(self):\n        pass\n"
    ),
    "src/shop/mail.py": b"import json\n\n\nasync def send(to):\n    return json.dumps(to)\n",
    "tests/test_basket.py": b"import pytest\nfrom shop.basket import Basket\n\ndef test_total():\n    Basket()\n",
    "logo.png": b"\x89PNG\xff\xfe",
    "broken.py": b"def half(\nclass Other:\n",
}
NODE = {
    "package.json": b'{"name": "x", "scripts": {"test": "node --test", "build": "next build"},'
    b' "dependencies": {"next": "16.0.0"}}',
    "package-lock.json": b"{}",
    "lib/sum.ts": b"export const sum = (a: number, b: number) => a + b\nexport interface Shape {\n\tsize: number\n}\n",
    "lib/util.js": b"const { sum } = require('./sum')\nfunction twice(a) {\n\treturn sum()\n}\nexports.twice = twice\n",
    "app/page.tsx": b"import { sum } from '@/lib/sum'\nexport default function Home() {\n\treturn sum(1, 2)\n}\n",
    "test/sum.test.js": b"import { sum } from '../lib/sum.js'\nimport test from 'node:test'\n",
    "index.html": b'<title>Shop</title><link href="style.css?v=2"><script src="/lib/util.js"></script><p id="price">',
    "style.css": b"p { color: red }",
    "cmd/main.go": b"package main\n\nfunc Main() {}\n\ntype Thing struct {}\n",
}


def test_python_files_are_read_as_python_reads_them() -> None:
    found = map_of(PYTHON).files
    assert found["src/shop/prices.py"].symbols == ("VAT", "with_vat(cents, rate)")
    assert found["src/shop/basket.py"].symbols == ("class Basket (total)",)
    assert found["src/shop/mail.py"].symbols == ("send(to)",)
    assert found["broken.py"].symbols == ("half", "Other")
    assert found["src/shop/basket.py"].needs == ("src/shop/prices.py",)
    assert found["tests/test_basket.py"].needs == ("src/shop/basket.py",)
    assert map_of(PYTHON).needed_by("src/shop/prices.py") == ("src/shop/basket.py",)
    assert (found["logo.png"].lines, found["logo.png"].symbols) == (0, ())


def test_imports_from_the_folder_above_are_followed() -> None:
    files = {"a/b/c.py": b"from ..d import e\nfrom . import f\nfrom .. import g\n", "a/d.py": b"", "a/b/f.py": b""}
    assert map_of({**files, "a/g/__init__.py": b""}).files["a/b/c.py"].needs == (
        "a/d.py",
        "a/b/f.py",
        "a/g/__init__.py",
    )


def test_scripts_and_pages_are_read_by_rules() -> None:
    found = map_of(NODE).files
    assert found["lib/sum.ts"].symbols == ("sum", "Shape")
    assert found["lib/util.js"].symbols == ("twice",)
    assert found["lib/util.js"].needs == ("lib/sum.ts",)
    assert found["app/page.tsx"].needs == ("lib/sum.ts",)
    assert found["test/sum.test.js"].needs == ("lib/sum.ts",), "TypeScript may be named as what it becomes"
    assert found["index.html"].needs == ("style.css", "lib/util.js")
    assert found["index.html"].symbols == ("Shop", "price")
    assert found["cmd/main.go"].symbols == ("Main", "Thing")


def test_the_map_is_a_line_for_each_file() -> None:
    lines = map_of(PYTHON).list_files().splitlines()
    assert lines[0] == "README.md (3 lines): Shop"
    assert "src/shop/prices.py (6 lines): VAT, with_vat(cents, rate)" in lines
    assert "logo.png (0 lines)" in lines


def test_conventions_of_a_python_repository() -> None:
    found = conventions_of(PYTHON)
    assert (found.runner, found.framework, found.indent) == ("python", "pytest", "4 spaces")
    assert found.test_files == ("tests/test_basket.py",)
    assert found.package_manager == "pip"
    assert found.formatting == ("[tool.ruff]", "[tool.pytest]")
    assert "Tests: pytest, run here by python; files of them: 1, in tests." in found.describe()


def test_conventions_of_a_node_repository() -> None:
    found = conventions_of(NODE)
    assert (found.runner, found.framework, found.indent) == ("node", "node:test", "tabs")
    assert found.scripts == ("test: node --test", "build: next build")
    assert found.package_manager == "npm"
    assert found.languages[:2] == ("TypeScript", "JavaScript")


@pytest.mark.parametrize(
    ("files", "runner", "framework"),
    [
        pytest.param({"tests/test_a.py": b"import unittest"}, "python", "unittest", id="unittest"),
        pytest.param({"a.py": b"x = 1"}, "python", "unittest", id="Python without tests"),
        pytest.param({"package.json": b'{"devDependencies": {"vitest": "3"}}'}, "node", "vitest", id="vitest"),
        pytest.param({"package.json": b"not JSON"}, "none", "", id="a manifest that is none"),
        pytest.param({"package.json": b'["list"]'}, "none", "", id="a manifest that is a list"),
        pytest.param({"index.html": b"<p>"}, "none", "", id="a page"),
        pytest.param({}, "none", "", id="nothing"),
    ],
)
def test_who_can_run_the_tests(files: dict[str, bytes], runner: str, framework: str) -> None:
    found = conventions_of(files)
    assert (found.runner, found.framework) == (runner, framework)
    assert found.describe()


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/test_a.py", True), ("pkg/a_test.go", True), ("src/a.spec.tsx", True), ("__tests__/a.js", True),
        ("src/contest.py", False), ("tests/data.md", False), ("latest/a.py", False),
    ],
)  # fmt: skip
def test_tests_are_known_by_their_names(path: str, test: bool) -> None:
    assert is_test(path) is test


def test_a_task_chooses_the_files_that_speak_of_it_and_their_tests() -> None:
    chosen = relevant(map_of(PYTHON), PYTHON, "The basket's total must be rounded")
    assert chosen[:2] == ["pyproject.toml", "README.md"]
    assert set(chosen[2:4]) == {"src/shop/basket.py", "tests/test_basket.py"}
    assert "src/shop/mail.py" not in chosen
    assert "logo.png" not in chosen
    assert chosen.index("src/shop/prices.py") > chosen.index("src/shop/basket.py"), "what it needs comes after it"


def test_what_is_named_for_sure_comes_first() -> None:
    assert relevant(map_of(PYTHON), PYTHON, "total", ["src/shop/mail.py", "gone.py"])[0] == "src/shop/mail.py"


def test_a_task_about_nothing_there_chooses_only_what_says_what_the_project_is() -> None:
    assert relevant(map_of(PYTHON), PYTHON, "zebra quagga") == ["pyproject.toml", "README.md"]


NAMES = st.sampled_from(["a.py", "b/c.js", "d.ts", "e.md", "f.html", "g.sql", "package.json", "h", "tests/test_i.py"])
BODY = st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, BODY), st.text(max_size=30))
def test_any_repository_has_a_map_and_no_file_needs_what_is_not_there(files: dict[str, bytes], task: str) -> None:
    found = map_of(files)
    assert set(found.files) == set(files)
    assert all(set(facts.needs) <= set(files) - {facts.path} for facts in found.files.values())
    assert len(found.list_files().split("\n")) == max(1, len(files))
    assert conventions_of(files).describe()
    assert set(relevant(found, files, task)) <= set(files)

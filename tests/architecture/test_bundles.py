"""What the cloud gets: each function with only what it needs, the same bytes from the same tree, and no secret."""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from shared.mind.safety.leaks import leaks
from terraform.bundle import make_bundles
from terraform.bundle_files import BundleError
from terraform.bundle_packages import read_pins
from tests.support.servers.cloud.shared_emulator import GROUP

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/main.py"))
Contents = Mapping[str, Mapping[str, bytes]]  # function → name in the archive → content


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a release, made as Cloud Build makes it."""
    folder = tmp_path_factory.mktemp("release")
    stale = folder / "api" / f"{'0' * 64}.zip"
    stale.parent.mkdir()
    stale.write_bytes(b"of another release")
    command = [sys.executable, "terraform/bundle.py", "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def release(out: Path) -> dict[str, str]:
    """Return the map from function to archive."""
    read = json.loads((out / "release.auto.tfvars.json").read_text())
    assert list(read) == ["bundles"]
    return dict(read["bundles"])


@pytest.fixture(scope="module")
def contents(out: Path, release: dict[str, str]) -> Contents:
    """Return what is in the archives."""
    found = {}
    for function, place in release.items():
        with zipfile.ZipFile(out / place) as archive:
            found[function] = {name: archive.read(name) for name in archive.namelist()}
    return found


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the tree that differs in all that must not matter: place, times, modes, order, leftovers."""
    root = tmp_path_factory.mktemp("elsewhere") / "checkout"
    for each in ("pyproject.toml", "requirements.txt", "requirements-dev.txt", "functions", "shared"):
        source = ROOT / each
        if source.is_file():
            root.mkdir(exist_ok=True)
            shutil.copy(source, root / each)
            continue
        for path in sorted(source.rglob("*"), reverse=True):
            if path.is_file() and "__pycache__" not in path.parts:
                target = root / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
                target.chmod(0o600)
                os.utime(target, (1_000_000_000, 1_000_000_000))
    (root / "shared" / "core" / "nobody_imports_this.py").write_text("SURPLUS = True\n")
    return root


def _hashes(root: Path) -> dict[str, str]:
    return {name: hashlib.sha256(each.archive()).hexdigest() for name, each in make_bundles(root).items()}


def test_a_release_names_every_function_and_each_archive_by_its_content(out: Path, release: dict[str, str]) -> None:
    assert sorted(release) == FUNCTIONS
    for function, place in release.items():
        assert place == f"{function}/{hashlib.sha256((out / place).read_bytes()).hexdigest()}.zip"
        assert [each.name for each in (out / function).iterdir()] == [Path(place).name]


def test_the_same_tree_makes_the_same_bytes_and_an_edit_changes_those_that_import_it(
    copy: Path, release: dict[str, str], contents: Contents
) -> None:
    here = {function: Path(place).stem for function, place in release.items()}
    assert _hashes(copy) == here
    slack = copy / "shared" / "integrations" / "slack" / "client.py"
    slack.write_text(slack.read_text() + "# an edit\n")
    after = _hashes(copy)
    changed = {function for function in here if here[function] != after[function]}
    assert changed == {
        function for function in FUNCTIONS if "shared/integrations/slack/client.py" in contents[function]
    }
    assert {"notify", "api"} <= changed
    assert not changed & {"notion-webhook", "forge-webhook", "sweep", "code-runner"}


def test_no_bundle_has_what_serves_one_machine_alone(contents: Contents) -> None:
    for function, files in contents.items():
        assert not [
            name for name in files if re.match(r"shared/(local/|bench/|cli/|backends/local/|__main__)", name)
        ], function
        assert not [name for name in files if not re.match(r"shared/|main\.py$|requirements\.txt$", name)], function


def test_a_bundle_has_the_modules_it_imports_and_no_bytecode(contents: Contents) -> None:
    for function, files in contents.items():
        assert {Path(name).suffix for name in files} <= {".py", ".md", ".json", ".txt", ".css", ".mjs"}
        assert files["main.py"] == (ROOT / "functions" / function / "main.py").read_bytes()
    assert "shared/backends/sandbox/launcher.py" in contents["code-runner"]  # started by its file's name alone
    lean = {"notion-webhook": 90, "forge-webhook": 90, "sweep": 100, "code-runner": 80}
    for function, most in lean.items():
        modules = [
            name
            for name in contents[function]
            if not name.endswith("/__init__.py") and not re.match(r"shared/integrations/\w+/system\.py$", name)
        ]  # an empty one weighs nothing, and what a system says of itself is a line
        assert len(modules) < most, function
    for part in ("steps/", "integrations/", "backends/models/", "backends/cloud/store", "backends/cloud/secrets"):
        assert not [name for name in contents["code-runner"] if name.startswith(f"shared/{part}")]
    for part in ("steps/", "integrations/github", "integrations/slack", "integrations/notion/client", "mind/"):
        shipped = [name for name in contents["notion-webhook"] if name.startswith(f"shared/{part}")]
        assert not [name for name in shipped if not name.endswith(("/__init__.py", "/system.py"))]


def test_every_data_file_is_shipped_with_somebody(contents: Contents) -> None:
    """None is dead, and none was overlooked."""
    shipped = {
        name
        for files in contents.values()
        for name in files
        if name.endswith((".md", ".json")) or re.match(r"shared/programs/\w+/", name)
    }
    of_packages = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "shared").rglob("*")
        if path.suffix in (".md", ".json")
        and not {"local", "bench", "cli"} & set(path.parts)
        and path.parent != ROOT / "shared"
    }
    programs = (
        path
        for path in (ROOT / "shared" / "programs").glob("*/*.*")
        if path.parent.name not in ("browser", "__pycache__")
    )
    of_packages |= {path.relative_to(ROOT).as_posix() for path in programs}  # a browser is on one machine alone
    assert len(shipped) > 30
    assert shipped == of_packages


def _asked_prompts(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield the folder and the name of every prompt that modules of a bundle ask for, by what the names stand for."""
    for name, content in files.items():
        if not name.endswith(".py") or b"prompts import" not in content:
            continue
        module = importlib.import_module(name.removesuffix(".py").replace("/", ".")) if name != "main.py" else None
        tree = ast.parse(content)
        (folder,) = {
            node.module.replace(".", "/")
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".prompts")
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "prompt":
                given = node.args[0]
                if isinstance(given, ast.Name) and given.id.isupper():
                    yield folder, getattr(module, given.id)


def test_a_bundle_has_the_prompts_its_modules_ask_for_and_no_others(contents: Contents) -> None:
    for function in ("notion-webhook", "forge-webhook", "sweep", "code-runner"):
        assert not [name for name in contents[function] if name.endswith(".md")], function
    asked = {function: set(_asked_prompts(files)) for function, files in contents.items()}
    assert {name for _, name in asked["api"]} >= {"ask", "rewrite", "chat"}
    for function, prompts in asked.items():
        for folder, name in prompts:
            assert f"{folder}/{name}.md" in contents[function], function
    talk = {f"shared/app/prompts/{name}.md" for name in ("ask", "rewrite", "chat")}
    for function in FUNCTIONS:
        talks = any(f"shared/app/{name}.py" in contents[function] for name in ("knowledge/ask", "chat/conversation"))
        assert bool(talk & set(contents[function])) == talks, function
    assert not talk & set(contents["deploy"])


def test_no_bundle_holds_a_secret(contents: Contents) -> None:
    files = {name: content for bundle in contents.values() for name, content in bundle.items() if name != "main.py"}
    files |= {f"functions/{function}/main.py": bundle["main.py"] for function, bundle in contents.items()}
    code = {name: content for name, content in files.items() if name != "requirements.txt"}  # hashes, looked at below
    rules = code.pop("shared/mind/safety/leak_rules.json")  # what secrets look like looks like secrets
    assert len(json.loads(rules)) > 0
    assert leaks(code) == []
    planted = "ghp_" + hashlib.sha256(b"planted").hexdigest()[:36]
    assert leaks({"shared/core/run/run.py": code["shared/core/run/run.py"] + f'\nTOKEN = "{planted}"\n'.encode()})
    for bundle in contents.values():
        for line in bundle["requirements.txt"].decode().splitlines():
            pin, digest = r"[a-z0-9-]+(\[[a-z,-]+\])?==[\w.]+( ; [^\\]+)? \\", r"    --hash=sha256:[0-9a-f]{64}( \\)?"
            assert re.fullmatch(f"{pin}|{digest}", line), line


def _packages(bundle: Mapping[str, bytes]) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", bundle["requirements.txt"].decode(), re.MULTILINE))


def test_packages_are_those_the_function_meets(contents: Contents) -> None:
    vendors = {"boto3", "moto", "google-cloud-aiplatform", "google-cloud-firestore", "grpcio", "google-re2"}
    vendors |= {"markdown-it-py", "rich", "click-repl", "pytest", "flask-cors", "pydantic-ai-slim", "numpy"}
    for function in ("notion-webhook", "forge-webhook", "code-runner"):
        assert not _packages(contents[function]) & vendors, function
    assert not _packages(contents["sweep"]) & (vendors - {"google-cloud-firestore", "grpcio"})
    with_vertex = [function for function in FUNCTIONS if "google-cloud-aiplatform" in _packages(contents[function])]
    assert with_vertex == ["execute-step"]
    for function in FUNCTIONS:
        assert {"functions-framework", "flask", "gunicorn"} <= _packages(contents[function])
        assert not _packages(contents[function]) & {"moto", "pytest", "pydantic-ai-slim", "onnxruntime"}
    assert {"boto3", "google-re2", "tzdata"} <= _packages(contents["notify"])


def test_both_lock_files_pin_the_same() -> None:
    runtime, development = read_pins(ROOT / "requirements.txt"), read_pins(ROOT / "requirements-dev.txt")
    assert len(runtime) > 40
    assert {name: development.get(name) for name in runtime} == runtime


# --- what cannot be bundled is said


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Return what makes a tree of one function, from its `main.py` and other files."""

    def make(main: str, files: Mapping[str, str] | None = None, extras: str = "[]") -> Path:
        (tmp_path / "pyproject.toml").write_text('[project]\noptional-dependencies = {numbers = ["numpy"]}\n')
        for lock in ("requirements.txt", "requirements-dev.txt"):
            shutil.copy(ROOT / lock, tmp_path / lock)
        given = {"functions/one/main.py": main, "functions/one/function.yaml": f"extras: {extras}\n"}
        for name, text in {**given, "shared/__init__.py": "", **(files or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return make


def test_imports_are_followed_where_they_stand_and_types_are_not(small: Callable[..., Path]) -> None:
    main = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shared.c\n"
        "import shared.a\ndef late():\n    from shared import b\n    from shared.backends.local import store\n"
    )
    files = {"shared/a.py": "", "shared/b.py": "import numpy\n", "shared/c.py": "import boto3\n", "shared/d.py": ""}
    bundle = make_bundles(small(main, files))["one"]
    assert sorted(bundle.files) == ["main.py", "shared/__init__.py", "shared/a.py", "shared/b.py"]
    assert "numpy==" not in bundle.requirements
    assert "boto3==" not in bundle.requirements
    assert "numpy==" in make_bundles(small(main, files, "[numbers]"))["one"].requirements


def test_one_import_may_need_several_packages(small: Callable[..., Path]) -> None:
    bundle = make_bundles(small("def late():\n    from google.cloud import firestore, tasks_v2\n"))["one"]
    assert "google-cloud-firestore==" in bundle.requirements
    assert "google-cloud-tasks==" in bundle.requirements


@pytest.mark.parametrize(
    ("main", "extras", "said"),
    [
        ("import shared.backends.local.state.local_store\n", "[]", "serves one machine alone"),
        ("from shared.backends import local\n", "[]", "serves one machine alone"),
        ("import shared.gone\n", "[]", "there is no module shared.gone"),
        ("import no_such_package\n", "[]", "no installed package has the module no_such_package"),
        ("import pip\n", "[]", "no pin for pip"),
        ("import json\n", "[letters]", "no extra 'letters'"),
    ],
)
def test_what_would_not_start_is_refused(small: Callable[..., Path], main: str, extras: str, said: str) -> None:
    with pytest.raises(BundleError, match=said):
        make_bundles(small(main, extras=extras))

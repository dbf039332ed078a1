"""Parts of the machine: what can be installed is, what cannot is said and stops nothing, and CI misses none."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.parts import PARTS
from tools.install_parts import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
# Debian's program, as far as it matters: it writes down what it is asked, and does not know one of the packages.
APT_GET = """#!/bin/sh
echo "$*" >>"$ASKED"
case " $* " in *" chromium "*) echo "E: Unable to locate package chromium" >&2; exit 100 ;; esac
"""


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Return the environment of somebody who has none of the programs."""
    (tmp_path / "bin").mkdir()
    for name in ("sh", "env"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), "ASKED": str(tmp_path / "asked"), "LANG": "C.UTF-8"}


def _program(environment: dict[str, str], name: str, script: str) -> None:
    path = Path(environment["PATH"]) / name
    path.write_text(script)
    path.chmod(0o755)


def _installed(environment: dict[str, str], *only: str) -> str:
    command = [sys.executable, "tools/install_parts.py", *only]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_machine_on_which_nothing_can_be_installed_is_told_so_and_nothing_fails(bare: dict[str, str]) -> None:
    assert _installed(bare, "node", "chromium") == ("There is no apt-get here, so no system packages are installed.\n")


def test_a_package_that_cannot_be_had_keeps_back_no_other(bare: dict[str, str]) -> None:
    _program(bare, "apt-get", APT_GET)
    _program(bare, "apt-cache", "#!/bin/sh\n")
    _program(bare, "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    said = _installed(bare, "node", "chromium")
    assert "Installing with apt-get: chromium nodejs chromium-headless-shell …" in said
    assert "apt-get could not install: chromium." in said
    asked = Path(bare["ASKED"]).read_text().splitlines()
    assert [line.split()[-1] for line in asked] == [
        *("update", "chromium-headless-shell"),  # all at once fails
        *("chromium", "nodejs", "chromium-headless-shell"),
    ]
    assert all(line.split()[-2].startswith("-") for line in asked[2:])


# Debian's list of what is installed, where one of the packages has been removed and has left its settings.
DPKG_QUERY = """#!/bin/sh
case "$*" in *" swaks") printf installed ;; *) printf config-files ;; esac
"""


def test_a_package_that_is_installed_is_not_asked_for_again_whatever_its_part_lacks(bare: dict[str, str]) -> None:
    _program(bare, "apt-get", APT_GET)
    _program(bare, "apt-cache", "#!/bin/sh\n")
    _program(bare, "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    _program(bare, "dpkg-query", DPKG_QUERY)
    _program(bare, "terraform", "#!/bin/sh\n")  # from the vendor, not from apt; its provider is not to be had
    assert "terraform" not in _installed(bare, "terraform", "swaks")
    asked = Path(bare["ASKED"]).read_text().splitlines()
    assert [line.split()[-1] for line in asked] == ["update", "libnet-ssleay-perl"]
    assert not any(" swaks" in line for line in asked)
    Path(bare["ASKED"]).unlink()
    assert _installed(bare, "terraform") == ""
    assert not Path(bare["ASKED"]).exists()


@pytest.mark.parametrize(("ci", "outcome", "code"), [("true", "failed", 1), ("", "skipped", 0)])
def test_what_is_missing_fails_in_ci_and_stands_aside_by_name_elsewhere(
    bare: dict[str, str], tmp_path: Path, ci: str, outcome: str, code: int
) -> None:
    test = tmp_path / "test_it.py"
    test.write_text("from tests.support.parts import require\ndef test_it():\n    require('chromium')\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "--rootdir", str(tmp_path), str(test)]
    done = subprocess.run(command, cwd=ROOT, env={**bare, "CI": ci}, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert f"1 {outcome}" in done.stdout
    assert "no Chromium here" in done.stdout


# pytest's own words and unittest's: to leave a test out, also for a module that is not there, and to expect it to fail
_ASIDE = re.compile(r"(?:importor)?skip(?:if|unless|test)?|(?:x|expected)fail(?:ure)?", re.IGNORECASE)


def _standing_aside(text: str) -> list[str]:
    """Return the words by which a test stands aside or may fail, where they stand as code."""
    nodes = list(ast.walk(ast.parse(text)))
    words = [node.attr for node in nodes if isinstance(node, ast.Attribute)]
    words += [each.name for node in nodes if isinstance(node, ast.ImportFrom) for each in node.names]
    return sorted({word for word in words if _ASIDE.fullmatch(word)})


def test_nothing_stands_aside_but_for_a_part_by_name() -> None:
    """Another way to skip would be silent in CI, where a part that is missing has to fail."""
    found = {
        str(path.relative_to(ROOT)): words
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if "fixtures" not in path.parts and (words := _standing_aside(path.read_text(encoding="utf-8")))
    }
    assert found == {"tests/support/parts.py": ["skip"]}


def test_every_part_is_installed_by_name_or_is_not_ours_to_install() -> None:
    by_pip_or_npm = {"checkov", "client-makers", "model-maker", "notion-js", "notion-description", "vector-model"}
    the_machines_own = {"landlock", "sandbox", "package-index"}  # a kernel, what is made of it, and a network
    assert set(PARTS) == {*PACKAGES, *by_pip_or_npm, *the_machines_own}


def test_what_npm_installs_runs_on_the_node_that_apt_installs() -> None:
    """CI's image is a Debian 12, whose Node.js is 18: npm warns of what asks for a newer one, and goes on."""
    lock = json.loads((ROOT / "tests" / "judges" / "package-lock.json").read_text(encoding="utf-8"))
    asked = {name: each.get("engines", {}).get("node", ">=0") for name, each in lock["packages"].items()}
    assert len(asked) > 10
    least = {name: min(int(major) for major in re.findall(r"(\d+)[\d.]*", words)) for name, words in asked.items()}
    assert {name: major for name, major in least.items() if major > 18} == {}


def test_the_first_python_that_will_do_is_taken(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "$(echo "$2" | sed "s/3, 11/9, 99/")"\n')
    old.chmod(0o755)
    script = ["sh", "tools/choose_python.sh"]
    candidates = [str(tmp_path / "none"), str(old), sys.executable, "python3"]
    assert subprocess.check_output([*script, *candidates], cwd=ROOT, text=True).strip() == sys.executable
    assert subprocess.check_output([*script, *candidates[:2]], cwd=ROOT, text=True).strip() == "python3"


def test_a_lock_file_names_no_address() -> None:
    """Where packages come from is each machine's own setting."""
    locks = [path for path in ROOT.rglob("*lock*.json") if "node_modules" not in path.parts]
    assert locks
    assert [str(path) for path in locks if "://" in path.read_text(encoding="utf-8")] == []

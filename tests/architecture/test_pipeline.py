"""The pipeline in the cloud: its files say what can be done, in an order that holds, and its tools do what they say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.support.parts import require
from tests.support.servers.cloud.shared_emulator import GROUP
from tools import cloudbuild_dry, scan_secrets

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group(GROUP)
PIPELINES = {file: yaml.safe_load((ROOT / file).read_text()) for file in cloudbuild_dry.FILES}
LINES = [line for file in PIPELINES for line in cloudbuild_dry.lines(ROOT, file)]
OF_IMAGES = {  # image without its tag → programs it has; every shell has cd, for, echo, mkdir and grep
    "python": {"make", "sh", "bash", "python3", "git", "tar"},
    "hashicorp/terraform": {"terraform"},
    "gcr.io/cloud-builders/docker": {"docker", "bash"},
    "gcr.io/google.com/cloudsdktool/google-cloud-cli": {"gcloud", "python3", "tar"},
}
EVERYWHERE = {"cd", "for", "mkdir", "grep"}


# --- the files


def _steps(file: str) -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in PIPELINES[file]["steps"]}


def _before(file: str, step: str) -> set[str]:
    """Return the steps that have ended when this one begins, as Cloud Build orders them."""
    steps = list(_steps(file).values())
    index = [each["id"] for each in steps].index(step)
    waits = steps[index].get("waitFor")
    if waits is None:
        return {each["id"] for each in steps[:index]}
    direct = set(waits) - {"-"}
    return direct | {each for name in direct for each in _before(file, name)}


def test_what_is_uploaded_planned_and_applied_was_looked_at_before() -> None:
    checked = {"check", "format", "test", "bundle", "scan"}
    assert _before("cloudbuild.yaml", "upload") == checked
    assert _before("cloudbuild.yaml", "plan") == checked | {"upload"}
    assert _before("cloudbuild.yaml", "keep") == checked | {"upload", "plan", "scan-plan"}
    order = ["fetch", "apply", "smoke", "choose", "return", "smoke-again", "keep"]
    assert list(_steps("cloudbuild-apply.yaml")) == order
    assert not any("waitFor" in step for step in _steps("cloudbuild-apply.yaml").values())


def test_a_failed_smoke_test_alone_does_not_end_the_build_at_once() -> None:
    for file in PIPELINES:
        lenient = [
            name for name, step in _steps(file).items() if step.get("allowFailure") or step.get("allowExitCodes")
        ]
        assert lenient == (["smoke"] if file == "cloudbuild-apply.yaml" else [])
    last = [line.text for line in LINES if (line.file, line.step) == ("cloudbuild-apply.yaml", "keep")]
    assert last[0] == "grep -qx passed build/smoke"  # with -e, everything after it is for a release that is good


def test_every_program_is_in_its_image_and_every_file_in_the_tree() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line in LINES:
        image = _steps(line.file)[line.step]["name"]
        program = line.text.split()[0]
        if program.startswith(".venv/"):
            assert program in ("make", ".venv/bin/python", ".venv/bin/uv", ".venv/infra/bin/checkov")
        else:
            assert program in OF_IMAGES[image.split(":")[0]] | EVERYWHERE, line
        for target in re.findall(r"\bmake ([a-z-]+)", line.text):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), line
        for path in re.findall(r"(?:^|[ /=])((?:tools|envs|requirements)[\w./-]*\.\w+)", line.text):
            assert (ROOT / ("terraform" if path.startswith("envs") else "") / path).is_file(), (line, path)


def test_options_given_to_our_tools_are_options_they_have() -> None:
    told = {
        name: subprocess.check_output([sys.executable, f"tools/{name}.py", "--help"], cwd=ROOT, text=True)
        for name in ("smoke", "release", "scan_secrets")
    }
    seen = set()
    for line in LINES:
        for name, options in re.findall(r"tools/(\w+)\.py([^|&]*)", line.text):
            seen.add(name)
            for option in re.findall(r"--[a-z-]+", options):
                assert f"{option} " in told[name], (name, option)
    assert seen == set(told)


def test_substitutions_are_declared_and_no_shell_variable_is_taken_for_one() -> None:
    given = (ROOT / "terraform" / "modules" / "ci" / "triggers.tf").read_text()
    for file, build in PIPELINES.items():
        text = "\n".join(step["args"][1] for step in build["steps"])
        used = set(re.findall(r"(?<!\$)\$\{?([A-Za-z_]\w*)", text))
        assert used - {"COMMIT_SHA"} == set(build["substitutions"]) & used
        assert all(re.search(rf"\b{name}\s+=", given) for name in used - {"COMMIT_SHA"}), file


# --- trying it here


def _dry(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/cloudbuild_dry.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_dry_run_does_what_can_be_done_here_and_says_why_the_rest_cannot() -> None:
    require("terraform")
    done = _dry("--skip", "check", "test", "bundle", "scan")
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.findall(r"^▸ (.+?): ", done.stdout, re.MULTILINE)
    assert ran == ["cloudbuild.yaml format"]
    left = re.findall(r"^– (.+?): (.*)\n    not here: needs .+", done.stdout, re.MULTILINE)
    kept = [line for line in LINES if line.step not in ("check", "test", "bundle", "scan", "format")]
    assert [text for _, text in left] == [line.text for line in kept]


def test_what_runs_here_are_the_commands_of_the_file() -> None:
    can = [
        line.here for line in LINES if line.step in ("check", "test", "bundle", "scan") and "pip-audit" not in line.text
    ]
    assert can[:3] == ["make check", "sh tools/cloudbuild-test.sh", "make bundle"]
    assert [line for line in LINES if line.here in can and line.needs()] == []


def test_the_first_command_that_fails_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    script = "echo first $_WORD\nfor each in $$PWD; do echo each; done\nexit 7\necho never\n"
    step = {"id": "one", "name": "python:3.11", "entrypoint": "sh", "args": ["-ec", script]}
    build = {"substitutions": {"_WORD": "put in"}, "steps": [step, {**step, "id": "two"}]}
    (tmp_path / "cloudbuild.yaml").write_text(yaml.safe_dump(build))
    (tmp_path / "cloudbuild-apply.yaml").write_text(yaml.safe_dump({"steps": []}))
    monkeypatch.setattr(cloudbuild_dry, "ROOT", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda program: program)
    assert cloudbuild_dry.main([]) == 7
    said = capfd.readouterr().out
    assert "\nfirst put in\n" in said
    assert "\neach\n" in said
    assert "never" not in said.replace("echo never", "")
    assert "two" not in said


# --- secrets in the tree and in the history


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_secret_that_was_removed_is_still_found(tmp_path: Path, capsys: Any) -> None:
    require("git")
    secret = "ghp_" + "".join(reversed("0a9b8c7d6e5f4g3h2i1j" + "Zk2Yl4Xm6Wn8Vo1U"))
    _git(tmp_path, "init", "-q")
    (tmp_path / "settings.py").write_text(f'"""Keys."""\nTOKEN = "{secret}"\n')
    _git(tmp_path, "add", "."), _git(tmp_path, "commit", "-qm", "with")
    assert scan_secrets.main(["--tree", "--root", str(tmp_path)]) == 1
    (tmp_path / "settings.py").write_text('"""Keys."""\n')
    _git(tmp_path, "commit", "-qam", "without")
    assert scan_secrets.main(["--tree", "--root", str(tmp_path)]) == 0
    assert scan_secrets.main(["--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "settings.py, line 2" in said
    assert secret not in said
    (mark,) = set(re.findall(r"mark ([0-9a-f]{16})", said))
    content = f'TOKEN = "{secret}"'.encode()
    assert scan_secrets.secrets_in("settings.py", content, {mark: "made up"}) == []


@pytest.mark.slow
def test_this_repository_holds_no_secret() -> None:
    require("git")
    assert scan_secrets.main(["--tree"]) == 0


def test_a_mark_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="not a mark with a reason"):
        scan_secrets.made_up("0ecee253bbe0bae7\n")

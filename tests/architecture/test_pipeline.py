"""The pipeline in the cloud: its files say what can be done, in an order that holds, and its tools do what they say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.support.parts import require
from tests.support.servers.http_loopback import Handler, HttpServer
from tools import cloudbuild_dry, release, scan_secrets, smoke

pytestmark = pytest.mark.xdist_group("bundles")

ROOT = Path(__file__).resolve().parents[2]
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
    monkeypatch.setattr(cloudbuild_dry.shutil, "which", lambda program: program)
    assert cloudbuild_dry.main([]) == 7
    said = capfd.readouterr().out
    assert "\nfirst put in\n" in said
    assert "\neach\n" in said
    assert "never" not in said.replace("echo never", "")
    assert "two" not in said


# --- the smoke test, against a house that answers well but for one lie


class House:
    """Answers as an installation does, except where it was told to lie: "METHOD path" → status and body."""

    def __init__(self) -> None:
        self.lies: dict[str, tuple[int, Any]] = {}
        self.token = "what signs here"
        house = self

        class Door(Handler):
            def do_GET(self) -> None:
                self._answer("GET")

            def do_POST(self) -> None:
                self.body()
                self._answer("POST")

            def _answer(self, method: str) -> None:
                signature = self.headers.get("X-Notion-Signature", "")
                status, body = house.answer(f"{method} {self.path}", signature)
                self.reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

        self.http = HttpServer(Door)
        self.urls = {name: f"{self.http.url}/{name}" for name in (*smoke.PUBLIC, "plan", "sweep", "code-runner")}

    def answer(self, asked: str, signature: str) -> tuple[int, Any]:
        if asked in self.lies:
            return self.lies[asked]
        signed = signature == smoke._signed(self.token)["X-Notion-Signature"]
        well: Mapping[str, tuple[int, Any]] = {
            "GET /api/v1/health": (200, {"status": "ok", "store": "ok"}),
            "GET /oauth-callback/": (400, {"type": "urn:workwright:malformed_request"}),
            "POST /notion-webhook": (200 if signed else 401, {"type": "urn:workwright:bad_signature"}),
            "POST /forge-webhook/hooks/github": (401, {"type": "urn:workwright:bad_signature"}),
        }
        return well.get(asked, (401, {"type": "urn:workwright:unauthenticated"}))


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(smoke, "_PAUSE_S", 0.0)
    made = House()
    with made.http:
        yield made


@pytest.fixture
def look(house: House, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return what runs the smoke test, and returns its exit code and its result."""

    def run(token: str = house.token) -> tuple[int, str]:
        (tmp_path / "urls.json").write_text(json.dumps(house.urls))
        (tmp_path / "token").write_text(token + "\n")
        told = [f"--{name}={tmp_path / file}" for name, file in (("urls", "urls.json"), ("result", "result"))]
        code = smoke.main([*told, f"--webhook-token-file={tmp_path / 'token'}"])
        return code, (tmp_path / "result").read_text().strip()

    return run


def test_a_house_that_answers_well_passes(look: Callable[..., tuple[int, str]], capsys: Any) -> None:
    assert look() == (0, "passed")
    said = capsys.readouterr().out
    assert said.count("✓") == 10
    assert "✓ notion-webhook accepts what is signed" in said
    assert look("") == (0, "passed")
    assert "no signed delivery was sent" in capsys.readouterr().out


LIES: list[tuple[str, int, Any, str]] = [
    ("GET /api/v1/health", 503, {"status": "down"}, "api and its store are well"),
    ("GET /api/v1/health", 200, {"status": "ok", "store": "unreachable"}, "api and its store are well"),
    ("GET /api/v1/health", 200, "ok", "api and its store are well"),
    ("GET /api/v1/runs", 200, {"runs": []}, "api shows no runs without a key"),
    ("GET /oauth-callback/", 500, {}, "oauth-callback accepts no answer without its state"),
    ("POST /notion-webhook", 200, {"accepted": 1}, "notion-webhook refuses what is not signed"),
    ("POST /notion-webhook", 401, {}, "notion-webhook refuses a wrong signature"),
    ("POST /forge-webhook/hooks/github", 202, {}, "forge-webhook refuses what is not signed"),
    ("POST /plan", 400, {}, "plan answers nobody without a token"),
    ("POST /code-runner", 200, {}, "code-runner answers nobody without a token"),
]


@pytest.mark.parametrize(("asked", "status", "body", "check"), LIES)
def test_each_lie_is_found_and_the_former_release_comes_back(
    house: House, look: Callable[..., tuple[int, str]], tmp_path: Path, capsys: Any,
    asked: str, status: int, body: Any, check: str,
) -> None:  # fmt: skip
    house.lies[asked] = (status, body)
    assert look() == (1, "failed")
    said = capsys.readouterr().out
    assert re.search(rf"^✗ {re.escape(check)}", said, re.MULTILINE), said
    new, former = ({"api": f"api/{letter * 64}.zip"} for letter in "ab")
    assert _chosen(tmp_path, new, former) == (0, former)


def test_a_house_that_is_not_there_fails(
    house: House, look: Callable[..., tuple[int, str]], unused_tcp_port: int
) -> None:
    house.urls["api"] = f"http://127.0.0.1:{unused_tcp_port}"
    assert look() == (1, "failed")
    del house.urls["api"]
    assert look() == (1, "failed")


@pytest.fixture
def unused_tcp_port() -> int:
    """Return a port nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_steps_after_a_deployment_need_nothing_but_python() -> None:
    for name in ("smoke", "release"):
        command = [sys.executable, "-I", "-S", f"tools/{name}.py", "--help"]
        assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


# --- which release stays


def _chosen(folder: Path, new: Mapping[str, str], former: Mapping[str, str] | None) -> tuple[int, dict[str, str]]:
    """Return exit code and map that `tools/release.py` chooses by the result in the folder."""
    (folder / "new.json").write_text(json.dumps({"bundles": new}))
    if former is not None:
        (folder / "former.json").write_text(json.dumps({"bundles": former}))
    out = folder / "stays.json"
    code = release.main([f"--{name}={folder / file}" for name, file in _FILES.items()])
    return code, json.loads(out.read_text())["bundles"] if out.exists() else {}


_FILES = {"new": "new.json", "former": "former.json", "result": "result", "out": "stays.json"}


def test_a_good_release_stays_and_a_bad_one_goes_back_function_by_function(tmp_path: Path) -> None:
    new, former = {"api": "api/n.zip", "born": "born/n.zip"}, {"api": "api/f.zip", "gone": "gone/f.zip"}
    (tmp_path / "result").write_text("passed\n")
    assert _chosen(tmp_path, new, former) == (0, new)
    (tmp_path / "result").write_text("failed\n")
    assert _chosen(tmp_path, new, former) == (0, {"api": "api/f.zip", "born": "born/n.zip"})
    (tmp_path / "result").unlink()  # the smoke test did not even end
    assert _chosen(tmp_path, new, former) == (0, {"api": "api/f.zip", "born": "born/n.zip"})


def test_without_a_former_release_nothing_is_pretended(tmp_path: Path) -> None:
    (tmp_path / "result").write_text("failed\n")
    assert _chosen(tmp_path, {"api": "api/n.zip"}, None) == (2, {})


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

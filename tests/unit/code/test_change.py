"""A change to an existing repository: it is read at one commit through the forge, and what differs is the work.

The repository is a real one of git, behind the simulated GitHub.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.backends.sandbox.choose import choose_sandbox
from shared.core.code.worktree import from_text
from shared.core.errors import Unauthorized
from shared.core.run.run import RunStatus, StepSpec, StepStatus, WaitKind
from shared.http_client import HttpClient
from shared.integrations.forge import Author
from shared.integrations.github.client import GitHub
from shared.integrations.gitlab.client import GitLab
from shared.local.simulators._server import serve
from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.gitlab.simulator import GitLabSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served, served
from tests.support.builders.runs import spec
from tests.support.desks.repository_to_change import DATE, FILES, RepositoryDesk
from tests.support.parts import require
from tests.support.ports.local_ports import Clients, Ports, ScriptedModel
from tests.unit.code.code_run import CodeRun, outline, planned, repaired, source_of, written

__all__ = ["served"]
NEW_TEST = (
    "import unittest\nfrom shop.sums import add, subtract\n\n\nclass Subtracts(unittest.TestCase):\n"
    "    def test_subtract(self):\n        self.assertEqual(subtract(add(2, 3), 3), 2)\n"
)
EDIT = ("shop/sums.py", "    return a + b\n", "    return a + b\n\n\ndef subtract(a, b):\n    return a - b\n")
PLAN = outline(
    planned("shop/sums.py", action="edit", lines=5),
    planned("tests/test_subtract.py", "shop/sums.py"),
    planned("shop/post.py", action="rename", source="shop/mail.py", lines=0),
    planned("README.md", action="delete", lines=0),
    checks=[],
    site_root="",
)
ANSWER = written({"tests/test_subtract.py": NEW_TEST}, EDIT, tests=1)
SETTINGS = {"ship": {"code": {"system": "github", "owner": "acme", "repository": "shop"}}}


@pytest.fixture(scope="module")
def one_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RepositoryDesk]:
    simulator = GitHubSimulator(tmp_path_factory.mktemp("github"))
    server = serve(simulator)
    yield RepositoryDesk(Served(simulator, simulator.base_url))
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(one_desk: RepositoryDesk) -> RepositoryDesk:
    """Return the repository, of which these tests change no branch but their own."""
    one_desk.asked.clear()
    return one_desk


def changing(ports: Ports, desk: RepositoryDesk, *answers: Any, **more: Any) -> CodeRun:
    model = ScriptedModel(list(answers or (PLAN, ANSWER)))
    return CodeRun(ports, model, SETTINGS, Clients({GitHub: desk.github}), **more)


def test_what_leaves_is_the_difference_to_the_commit_that_was_read(ports: Ports, desk: RepositoryDesk) -> None:
    made = changing(ports, desk)
    run = made.start("change")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    kept = from_text(made.text(str(made.output["work"])))
    summed = FILES["shop/sums.py"].decode() + "\n\ndef subtract(a, b):\n    return a - b\n"
    assert dict(kept.files) == {
        "shop/sums.py": summed.encode(),
        "tests/test_subtract.py": NEW_TEST.encode(),
        "shop/post.py": FILES["shop/mail.py"],
    }
    assert kept.deleted == {"README.md", "shop/mail.py"}
    assert kept.base == f"github:acme/shop@{desk.base}"
    assert (made.output["kind"], made.output["expected_tests"], made.output["may_change"]) == ("change", 1, [])
    assert {each["method"] for each in desk.asked} == {"GET"}, "nothing is written before it is approved"


def test_the_originals_are_the_files_of_that_commit_without_links_and_what_tools_made(
    ports: Ports, desk: RepositoryDesk
) -> None:
    made = changing(ports, desk)
    made.start("change")
    kept = from_text(made.text(str(made.output["originals"])))
    assert dict(kept.files) == {
        path: FILES[path] for path in set(FILES) - {"link", "node_modules/x/index.js", "video.bin"}
    }


def test_what_is_too_large_to_be_read_is_told_and_left_as_it_is(ports: Ports, desk: RepositoryDesk) -> None:
    over = {**PLAN, "files": [*PLAN["files"], planned("video.bin")]}
    made = changing(ports, desk, over, PLAN, ANSWER)
    run = made.start("change")
    assert (run.status, run.facts["files_not_read"]) == (RunStatus.SUCCEEDED, 1), run.failure
    assert "'video.bin' is there and was not read: too large" in source_of(
        made.model.asked[1].prompt, "your last attempt"
    )


@pytest.mark.parametrize(
    "path", ["link", "link/more.md", "node_modules/x/index.js", "node_modules", "node_modules/y.js"]
)
def test_nothing_is_written_where_something_is_that_was_not_read(ports: Ports, desk: RepositoryDesk, path: str) -> None:
    over = {**PLAN, "files": [*PLAN["files"], planned(path)]}
    made = changing(ports, desk, over, PLAN, ANSWER)
    run = made.start("change")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert f"{path!r} is there and was not read" in source_of(made.model.asked[1].prompt, "your last attempt")


def test_each_file_is_read_once_however_often_a_plan_goes_back(ports: Ports, desk: RepositoryDesk) -> None:
    made = changing(ports, desk, {**PLAN, "expected_tests": 0}, {**PLAN, "tests": []}, PLAN, ANSWER)
    run = made.start("change")
    assert (run.status, made.step("outline").attempt) == (RunStatus.SUCCEEDED, 3), run.failure
    read = [each["url"] for each in desk.asked if "/contents/" in each["url"]]
    assert (len(read), len(set(read))) == (7, 7)


def test_limits_hold_where_the_forge_tells_no_sizes(
    ports: Ports, served: Callable[[Any], Served], tmp_path: Path
) -> None:
    sim = served(GitLabSimulator(tmp_path / "gitlab"))
    sim.control("/_seed", [{"username": "ada", "token": "gl-word-" + "1", "group": "acme"}])
    gitlab = GitLab(HttpClient("gitlab", sim.url, Secret("gl-word-" + "1"), timeouts=(2, 10)))
    gitlab.ensure_repository("acme", "shop")
    head, files = gitlab.head("acme", "shop", "main"), {"edge.bin": bytes(1_000_000), **FILES}
    gitlab.commit(
        "acme", "shop", base=head, branch="main", expected_head=head, files=files, message="All",
        author=Author("Ada", "ada@example.test"), date=DATE,
    )  # fmt: skip
    ship = {"ship": {"code": {"system": "gitlab", "owner": "acme", "repository": "shop"}}}
    over = {**PLAN, "files": [*PLAN["files"], planned("video.bin")]}
    made = CodeRun(ports, ScriptedModel([over, PLAN, ANSWER]), ship, Clients({GitLab: gitlab}))
    run = made.start("change")
    assert (run.status, run.facts["files_not_read"]) == (RunStatus.SUCCEEDED, 1), run.failure
    assert "'video.bin' is there and was not read" in source_of(made.model.asked[1].prompt, "your last attempt")
    kept = from_text(made.text(str(made.output["originals"]))).files
    assert ("video.bin" in kept, len(kept["edge.bin"])) == (False, 1_000_000)


def test_nor_does_a_repair_write_there(ports: Ports, desk: RepositoryDesk) -> None:
    mend = [repaired({"video.bin": "x"}), repaired({"notes.md": "x"})]
    made = changing(ports, desk, PLAN, ANSWER, *mend)
    said = ports.store.put_text("t-1", "FAIL")
    run = made.start("change", StepSpec("mend", "code.repair", "", {"of": "write", "feedback": said}, ("write",)))
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert "'video.bin' is there and was not read" in source_of(made.model.asked[3].prompt, "your last attempt")


@pytest.mark.parametrize("runner", ["none", "node"])
def test_tests_that_are_there_are_run_by_what_runs_them(ports: Ports, desk: RepositoryDesk, runner: str) -> None:
    made = changing(ports, desk, {**PLAN, "runner": runner}, PLAN, ANSWER)
    assert made.start("change").status == RunStatus.SUCCEEDED
    said = source_of(made.model.asked[1].prompt, "your last attempt")
    assert "own tests are run by python, as in 'tests/test_sums.py'" in said


def test_git_takes_the_work_as_one_commit_and_has_the_tree_it_names(ports: Ports, desk: RepositoryDesk) -> None:
    made = changing(ports, desk)
    made.start("change")
    kept = from_text(made.text(str(made.output["work"])))
    sha = desk.commit("workwright/x", desk.base, kept.files, deleted=sorted(kept.deleted))
    there = {each.path for each in desk.github.entries("acme", "shop", sha)}
    assert there == {*FILES, "tests/test_subtract.py", "shop/post.py"} - {"README.md", "shop/mail.py"}
    assert desk.github.read_file("acme", "shop", "shop/sums.py", sha) == kept.files["shop/sums.py"]


def test_who_plans_sees_the_map_the_conventions_and_the_files_it_is_about(ports: Ports, desk: RepositoryDesk) -> None:
    made = changing(ports, desk)
    made.start("change")
    asked = made.model.asked[0].prompt
    assert "shop/sums.py (2 lines): add(a, b)" in source_of(asked, "all files of the repository")
    assert "Tests: unittest, run here by python; files of them: 1" in source_of(asked, "how the repository does things")
    assert "return a + b" in source_of(asked, "file shop/sums.py"), "it speaks of adding"
    assert source_of(asked, "file logo.png") == ""
    writing = made.model.asked[1].prompt
    assert "return a + b" in source_of(writing, "file shop/sums.py"), "what is edited is there to the letter"
    assert source_of(writing, "file shop/mail.py") == ""


def test_an_edit_that_does_not_apply_goes_back_with_the_nearest_lines(ports: Ports, desk: RepositoryDesk) -> None:
    wrong = written({"tests/test_subtract.py": NEW_TEST}, ("shop/sums.py", "    return a+b\n", "x"), tests=1)
    made = changing(ports, desk, PLAN, wrong, ANSWER)
    run = made.start("change")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    said = source_of(made.model.asked[2].prompt, "your last attempt")
    assert "`find` is not in the file. The nearest place, from line 2 on, reads:" in said
    assert "return a + b" in said


def test_tests_of_the_repository_that_the_plan_changes_are_named(ports: Ports, desk: RepositoryDesk) -> None:
    plan = {**PLAN, "files": [planned("tests/test_sums.py", action="edit")]}
    answer = written({}, ("tests/test_sums.py", "add(2, 3), 5", "add(2, 4), 6"), tests=1)
    made = changing(ports, desk, plan, answer)
    run = made.start("change")
    assert made.output["may_change"] == ["tests/test_sums.py"]
    assert run.facts["tests_changed"] == ["tests/test_sums.py"]


def test_a_site_for_a_repository_that_is_there_is_laid_over_it(ports: Ports, desk: RepositoryDesk) -> None:
    plan = outline(planned("site/index.html"), planned("README.md"))
    made = changing(ports, desk, plan, written({"site/index.html": "<p>It adds", "README.md": "# Shop\n"}, tests=1))
    run = made.start("static_site")
    assert run.status == RunStatus.SUCCEEDED, run.failure
    assert made.tree() == {"site/index.html": "<p>It adds"}, "what is there already is no change"
    assert from_text(made.text(str(made.output["work"]))).base == f"github:acme/shop@{desk.base}"


@pytest.mark.parametrize(
    ("settings", "artifact", "said"),
    [
        pytest.param({}, "change", "the settings name no repository to change", id="none named"),
        pytest.param(
            {"ship": {"code": {"owner": "acme", "repository": "gone"}}},
            "change",
            "ship.code.repository",
            id="not there",
        ),
        pytest.param({"ship": {"code": {"owner": "acme", "repository": "gone"}}}, "python_service", "", id="a new one"),
    ],
)
def test_without_a_repository_a_change_says_the_way_out_and_a_new_project_is_made(
    ports: Ports, desk: RepositoryDesk, settings: dict[str, Any], artifact: str, said: str
) -> None:
    plan = outline(planned("adds.py"))
    made = CodeRun(ports, ScriptedModel([plan, written({"adds.py": ""})]), settings, Clients({GitHub: desk.github}))
    run = made.start(artifact)
    assert said in run.failure
    assert (run.status == RunStatus.SUCCEEDED) == (not said)
    assert bool(made.output.get("work")) == (not said)


class Unconnected:
    """A tenant whose forge is not connected."""

    def connect_for(self, tenant: str, noted: Any = None) -> Any:
        def connect(client: type[Any], scope: str = "") -> Any:
            raise Unauthorized(client.system, "not connected")

        return connect


def test_without_a_grant_a_change_waits_for_it(ports: Ports) -> None:
    made = CodeRun(ports, ScriptedModel([PLAN]), SETTINGS, Unconnected())
    made.start("change")
    wait = made.step("outline").wait
    assert wait is not None
    assert (wait.kind, wait.what) == (WaitKind.GRANT, "github")


def test_without_a_grant_a_new_project_is_written_as_if_nothing_was_there(ports: Ports) -> None:
    plan = outline(planned("adds.py"))
    made = CodeRun(ports, ScriptedModel([plan, written({"adds.py": ""}, tests=1)]), SETTINGS, Unconnected())
    run = made.start("python_service")
    assert (run.status, made.output["originals"]) == (RunStatus.SUCCEEDED, ""), run.failure


def test_a_change_that_breaks_a_test_that_was_there_is_mended_before_it_passes(
    ports: Ports, desk: RepositoryDesk
) -> None:
    require("bubblewrap")  # the code here is no offline model's, so nothing else may run it
    plan = {**PLAN, "files": PLAN["files"][:2]}
    breaking = (EDIT[0], EDIT[1], EDIT[2].replace("a + b", "a - b"))
    new_test = NEW_TEST.replace("add(2, 3)", "5").replace("add, ", "")
    mend = repaired({}, ("shop/sums.py", "def add(a, b):\n    return a - b", "def add(a, b):\n    return a + b"))
    answers = [plan, written({"tests/test_subtract.py": new_test}, breaking, tests=1), mend]
    made = changing(ports, desk, *answers, sandbox=choose_sandbox)
    run = made.start("change", spec("test", "write", kind="code.test", group=True))
    tested = run.step("test")
    assert tested is not None
    assert (run.status, tested.status) == (RunStatus.SUCCEEDED, StepStatus.SUCCEEDED), run.failure
    assert "test_add" in source_of(made.model.asked[2].prompt, "what is wrong with the work")
    assert "def add(a, b):\n    return a + b\n" in made.tree(tested.output)["shop/sums.py"]
    assert tested.output["rounds"] == 1

"""What a model is told because our code does it: the words, and what shows that the code still does so.

A rule is told because an answer can be refused for it (`plan_refusals.py`, `refusals.py`); a deed is told because it
follows, or because the model can rely on it. Words that are no longer true turn red here, and deeds that nobody tells.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.app.planning.plan_critique import SecondLook, _describe_plan, _list_planner_parts, describe_first_look
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.plan_thinking import validate_plan
from shared.app.planning.planner_facts.plan_inputs import shorten_input
from shared.backends.sandbox.choose import choose_sandbox
from shared.core.approval.stuck_words import Stuck, question_of_stuck
from shared.core.code.verdict import REPORT, judge, runner_files, test_command
from shared.core.page import Block, Page, Span, page_to_data
from shared.core.planning.artifacts import Artifact
from shared.core.planning.file_plan import Chunk, PlannedFile
from shared.core.ship.site_requirements import check_site
from shared.mind.agents.ask_agent import agent_request, checked_input, input_parts
from shared.mind.agents.registry import agents
from shared.mind.context import ORDER
from shared.mind.page_text import page_text
from shared.mind.safety.harm_review import Approved
from shared.ports.sandbox import SandboxRequest
from shared.programs import read_program
from shared.steps import KINDS
from shared.steps._code_base import Base
from shared.steps._code_prompt import task_parts
from shared.steps.code._code_outlining import outline_parts
from shared.steps.code._code_pieces import Pieces, list_left
from tests.support.builders.proposals import a_proposal
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import Unconnected, tools_with
from tests.unit.prompts.asked_below import ask_below, list_calls
from tests.unit.prompts.refusals import OUTLINE, REPAIR, THERE, WRITE, a_file, outlined

_CASES = Path(__file__).parents[1] / "agents" / "cases"
_SEEN = read_program("browser", "blockers.js")
CODE = (OUTLINE, WRITE, REPAIR)
PLANS = ("plan", "routine")
_PAGE = Page("0f1e2d3c-0000-4000-8000-000000000001", "Bakery", (
    Block("0f1e2d3c-0000-4000-8000-000000000002", "to_do", (Span("Open at 8"),), checked=True),
    Block("0f1e2d3c-0000-4000-8000-000000000003", "to_do", (Span("Close at 12, or later"),), checked=False),
))  # fmt: skip
_WISHES = [{"id": "R1", "text": "Open at 8", "block": "0f1e2d3c-0000-4000-8000-000000000002"},
           {"id": "R2", "text": "It closes", "block": "0f1e2d3c-0000-4000-8000-000000000003"}]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing our code does: in which questions it is told, whether it is so, and the words that tell it."""

    what: str
    asked: tuple[str, ...]
    holds: Callable[[], bool]
    announced: str

    @property
    def needs(self) -> str:
        """Return the part of the machine without which nobody can say whether it is so; "" for none."""
        return "bubblewrap" if self.holds is _run_by_us else ""


def _step(name: str, kind: str, *after: str, **given: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "title": "T", "why": "", "input": given, "depends_on": list(after)}


def _added_by_code() -> bool:
    """Say whether a plan without branch, approval and review gets them, and one with them is the same."""
    bare = [_step("write", "code.generate", artifact="static_site"), _step("test", "code.test", "write"),
            _step("send", "repository.propose_change", "test", title="T")]  # fmt: skip
    more = [*bare, _step("ok", "approval.ask", "test"), _step("look", "release.review", "ok")]
    tools = tools_with(accounts=Unconnected())
    plans = [validate_plan(a_proposal(steps), tools, begin()[0])[1] for steps in (bare, more)]
    kinds = [spec.kind for spec in plans[0]]
    send = next(spec for spec in plans[0] if spec.kind == "repository.propose_change")
    return plans[0] == plans[1] and {"approval.ask", "release.review"} <= set(kinds) and bool(send.input["branch"])


def _asks_alone() -> bool:
    empty: dict[str, Any] = {name: [] for name in Proposal.model_json_schema()["required"]} | {
        "summary": "",
        "name": "",
    }
    given = {**empty, "analysis": {"asked": "A", "missing": [], "risk": "low"}, "questions": ["Which?"]}
    return [spec.kind for spec in validate_plan(given, tools_with(accounts=Unconnected()), begin()[0])[1]] != []


def _marks() -> bool:
    told = {part.name: part.text for part in task_parts({"requirements": _WISHES}, page_to_data(_PAGE), "")}["page"]
    return "[R1] to_do (done)\n[R2] to_do (open): Close at 12, or later" in told


def _note_asked() -> bool:
    return "Its author says: Two hours hold." in question_of_stuck(begin()[0], Stuck("it", note="Two hours hold."))


def _there_named() -> bool:
    base = Base("github:a/b@1", {path: text.encode() for path, text in THERE.items()})
    parts = {part.source: part.text for part in outline_parts("change", {}, page_to_data(_PAGE), "", base)}
    return all(path in parts["all files of the repository"] for path in THERE)


def _all_found() -> bool:
    """Say whether a requirement with two texts is missed on a site that shows one of them."""
    checks = (
        '[{"requirement": "R1", "path": "/", "contains": "one"}, {"requirement": "R1", "path": "/", "contains": "two"}]'
    )
    return check_site(checks, "https://shop.test", lambda url: (200, "<p>one</p>")).missing == ("R1",)


def _rest_later() -> bool:
    chunk = Chunk(1, (PlannedFile("a.py"), PlannedFile("b.py"), PlannedFile("c.py")), ())
    return [file.path for file in list_left(chunk, Pieces({"a.py": ""}, "b.py", "x"))] == ["b.py", "c.py"]


_SHOP = {
    "shop.py": "def price():\n    return 4\n",
    "tests/common.py": "WORD = 'bread'\n",
    "tests/test_shop.py": "import builtins, os, socket, unittest\nimport common, shop\nbuiltins.seen = True\n\n\n"
    "class Shop(unittest.TestCase):\n    def test_it(self):\n"
    "        self.assertEqual((shop.price(), common.WORD, os.path.exists('shop.py')), (4, 'bread', True))\n"
    "        with socket.create_server(('127.0.0.1', 0)) as one:\n"
    "            socket.create_connection(one.getsockname(), 5).close()\n",
}
_ALONE = {
    "tests/test_alone.py": "import builtins, unittest\n\n\nclass Alone(unittest.TestCase):\n    def test_it(self):\n"
    "        self.assertFalse(hasattr(builtins, 'seen'))\n",
    "tests/test_out.py": "import socket, unittest\n\n\nclass Out(unittest.TestCase):\n    def test_it(self):\n"
    "        with self.assertRaises(OSError):\n            socket.create_connection(('192.0.2.1', 80), 2)\n",
}


@cache
def _run_by_us() -> bool:
    """Say whether tests run as models are told: in the root folder, each file alone, with no network but their own."""
    files = {path: text.encode() for path, text in {**_SHOP, **_ALONE}.items()}
    nonce = "0" * 32
    request = SandboxRequest(files | runner_files(nonce), test_command(), "offline", (REPORT,))
    return judge(choose_sandbox().run(request), expected_tests=3, nonce=nonce).ok


@cache
def _run_by_hand() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in _SHOP.items():
            Path(folder, path).parent.mkdir(exist_ok=True)
            Path(folder, path).write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "unittest", "discover", "-s", "tests"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode == 0 and "Ran 1 test" in done.stderr


def _planned() -> tuple[Proposal, Sequence[Any]]:
    steps = [_step("find", "notion.query_rows", data_source="step:base"),
             _step("base", "notion.create_database", page=_PAGE.id, title="B")]  # fmt: skip
    return validate_plan(a_proposal(steps), tools_with(accounts=Unconnected()), begin()[0])


def _shown_as_planned() -> bool:
    given = {"data_source": "step:a", "limit": 100, "columns": []}
    return shorten_input(KINDS["notion.query_rows"], given) == {"data_source": "step:a"}


def _ours_not_shown() -> bool:
    told = _describe_plan(*_planned(), KINDS)
    return "notion.query_rows" in told and "approval" not in told and "publish" not in told


def _kinds_beside() -> bool:
    (kinds,) = [part.text for part in _list_planner_parts([], KINDS, _planned()[1]) if part.source.startswith("kinds")]
    return "Read rows of a database into a table." in kinds


def _findings_again() -> bool:
    made = _planned()
    parts = describe_first_look(SecondLook(("high: find: it",)), made, made, KINDS)
    return any("your findings" in part.source and "high: find: it" in part.text for part in parts)


def _reviewed_with() -> bool:
    """Say whether the reviewer is given each field that its prompt speaks of, and told what is not there."""
    one = agents()["security-reviewer"]
    given = Approved("a", former=("f",), answer="d", since="s").as_input()
    parts = input_parts(one, checked_input(one, {**given, "files": [{"path": "a.py", "content": "x\n"}]}))
    absent = next(part.text for part in parts if part.source.endswith("not given"))
    return set(given) | {"files"} == set(one.input.model_fields) and "`change`" in absent and "`since`" not in absent


def _several() -> bool:
    return list_calls("a", "b", "c") == (3, [])


def _refused_again() -> bool:
    taken, refused = list_calls("a", "a")
    return taken == 1 and "asked this before" in refused[0]


def _each_of(holds: Callable[[str], bool]) -> Callable[[], bool]:
    return lambda: all(holds(name) for name in agents())


def _given(name: str) -> Any:
    case = json.loads((_CASES / f"{name}.json").read_text(encoding="utf-8"))[0]
    return checked_input(agents()[name], case["given"])


def _fields_listed(name: str) -> bool:
    system = agent_request(agents()[name], _given(name)).system
    return all(f"\n- `{field}`: " in system for field in agents()[name].input.model_fields)


def _order_named(name: str) -> bool:
    one = agents()[name]
    named = [part.name for part in input_parts(one, _given(name))]
    return (ORDER in named) == (bool(one.order) and bool(getattr(_given(name), one.order)))


def _by_kind(holds: Callable[[], bool], announced: str, *kinds: Artifact) -> Deed:
    return Deed(f"{announced} ({', '.join(kinds)})", tuple(f"write {kind}" for kind in kinds), holds, announced)


_EVERYBODY = tuple(agents())
# fmt: off
DEEDS: Sequence[Deed] = (
    Deed("added by code", PLANS, _added_by_code, "are added by code; never write them"),
    Deed("questions alone", ("plan",), _asks_alone, 'only "analysis" is filled besides'),
    Deed("to-dos say whether they are done", ("plan",), lambda: "to_do (done): Open" in page_text(_PAGE),
         'A to_do that is "done" is settled'),
    Deed("marks of requirements", CODE, _marks, "A mark like [R2] before a line of the page"),
    Deed("a note reaches people", (REPAIR,), _note_asked, "`note` is for people alone"),
    Deed("files of a repository are named", (OUTLINE,), _there_named, "`all files of the repository` names its files"),
    Deed("all texts have to be found", (OUTLINE,), _all_found, "all of them have to be found"),
    Deed("nothing to check where nothing is deployed", (OUTLINE,), lambda: outlined(a_file()) == "",
         "`checks`, `by_tests_alone` and `site_root` are empty"),
    Deed("what a browser looks for", (OUTLINE,),
         lambda: all(words in _SEEN for words in ("lang", "no alt text", "labels", "contrast")),
         "a browser looks for errors, language, alt texts, labels and contrast"),
    Deed("the rest is asked for", (WRITE,), _rest_later, "You are asked for the rest afterwards"),
    Deed("how tests run", CODE, _run_by_us, "Tests run in the root folder of the work, each file of tests by itself"),
    Deed("no network but one's own", CODE, _run_by_us, "127.0.0.1 and reach it, and no other network"),
    _by_kind(_run_by_us, "The root folder and `tests` are on `sys.path`", "static_site", "python_service"),
    _by_kind(_run_by_us, "Of Python the root folder is on `sys.path`", "change"),
    _by_kind(_run_by_hand, "`python3 -m unittest discover -s tests`", "static_site", "python_service"),
    Deed("ours is not shown", ("critic",), _ours_not_shown, "are added by code and not shown"),
    Deed("shown as planned", ("critic",), _shown_as_planned, "A field that is not shown holds what its kind says"),
    Deed("kinds are told", ("critic",), _kinds_beside, "What the kinds of steps do is told beside the plan"),
    Deed("findings come again", ("critic",), _findings_again, "Given your findings on the plan before"),
    Deed("what a reviewer is given", ("security-reviewer",), _reviewed_with, "Where `former` is given"),
    Deed("what a reviewer is not given", ("security-reviewer",), _reviewed_with, "What is not given"),
    Deed("a panel is below", ("roles/chair",), ask_below("chair"), "The others' answers are below"),
    Deed("the work is below", ("roles/check",), ask_below("check"), "Below is what another agent has made"),
    Deed("the round is below", ("roles/debate",), ask_below("debate"), "in the last round is below"),
    Deed("the last answer is below", ("roles/mend",), ask_below("mend"), "Your last answer is below"),
    Deed("the answers are below", ("roles/merge",), ask_below("merge"), "their answers are below"),
    Deed("several tools at once", ("roles/loop",), _several, "several at once where none needs"),
    Deed("a refusal stays", ("roles/loop",), _refused_again, "A refusal is final"),
    Deed("what is given is listed", _EVERYBODY, _each_of(_fields_listed), "You are given:"),
    Deed("the order is a part of its own", _EVERYBODY, _each_of(_order_named), "Your order is the part named"),
)

"""A reader without fault, for counting how often a run asks a model: each answer is taken at once.

It knows the request alone: ids, requirements, files and names of tests are read from the prompt. What it plans for a
page is written down here, and its files are as long as those that language models wrote for these pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.bench.scripted_model import Json, ScriptedServer, parts_of

WINDOW = "131072"
MODULE, TESTS = "work.py", "tests/test_work.py"
EDITED, NEW_TEST = "service.py", "tests/test_health.py"  # of the repository that is changed
ROUTES = 'ROUTES = {"/bookings": "bookings"}\n'
OPTIONS = ("buy a new server", "rent a machine", "use a hosted booking product")
SIDES = ("cost over five years", "security and whose data lies where", "the effort for two volunteers")
_CHOICES = {SIDES[0]: OPTIONS[1], SIDES[1]: OPTIONS[2], SIDES[2]: OPTIONS[2]}
_LONG: Mapping[str, Mapping[str, int]] = {  # characters of the files that were written for the page on 2026-11-23
    "Vans meeting, Nov 18": {MODULE: 9_046, TESTS: 13_569, "README.md": 1_717},
    "Photo names": {MODULE: 8_436, TESTS: 8_377, "README.md": 1_407},
    "Health endpoint for the booking service": {EDITED: 700, NEW_TEST: 900},  # 29 lines on 2026-11-22
}
_LINE = re.compile(r"^\s*\[([^\]\s]+)\] (\w+)[^:]*: (.+)", re.MULTILINE)  # an id, a kind of block, its text
_SOURCE = re.compile(r"Database 'Tasks', data source (\S+?)(?=: | \()")
_SENTENCE = "What stands here takes as much room as what was written for this page, line by line. "


class Reader(ScriptedServer):
    """Answers every request so that it is taken; counts tokens as characters by four."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what makes it the model of a house."""
        return {**super().environment, "WORKWRIGHT_COMPATIBLE_WINDOW": WINDOW}

    def count(self, text: str) -> int:
        """Return the tokens of a text."""
        return len(text) // 4

    def answer(self, form: Json, prompt: str) -> Any:
        """Return the answer to a request with this schema."""
        fields, answer = set(form.get("properties", ())), super().answer(form, prompt)
        for wanted, written in _WRITTEN.items():
            if set(wanted) <= fields:
                return {**answer, **written(prompt)}
        return answer


def _source(prompt: str, wanted: str) -> str:
    return next((text for _, source, text in parts_of(prompt) if source == wanted), "")


def _page(prompt: str) -> tuple[str, str, str]:
    """Return id, title and text of the page that the prompt is about."""
    source, text = next((source, text) for name, source, text in parts_of(prompt) if name == "page")
    return source.removeprefix("page "), text.partition("\n")[0].removeprefix("Title: "), text


def _answer_plan(prompt: str) -> Json:
    page, title, text = _page(prompt)
    lines = [(block, wish) for block, kind, wish in _LINE.findall(text) if kind.endswith("list_item")]
    lines = lines or [(block, wish) for block, kind, wish in _LINE.findall(text) if kind == "paragraph"]
    return {
        "analysis": {"asked": f"What the page asks for: {title}.", "missing": [], "risk": "medium"},
        "assumptions": ["Nothing is meant beyond what stands on the page."],
        "alternatives": [{"title": "Do it by hand", "why_not": "The page asks for it to be done."}],
        "summary": f"What “{title}” asks for is done as it stands there, and nothing else is changed.",
        "name": title[:40],
        "requirements": [{"id": f"R{n}", "text": wish, "block": block} for n, (block, wish) in enumerate(lines, 1)],
        "steps": _STEPS.get(title, _code_steps)(prompt, page),
    }


def _step(name: str, kind: str, title: str, after: str = "", /, **given: Any) -> Json:
    why = "It is asked for on the page."
    step = {"id": name, "kind": kind, "title": title, "why": why, "input": given}
    return {**step, "depends_on": [after] if after else []}


def _code_steps(prompt: str, page: str) -> list[Json]:
    artifact = "change" if EDITED in _LONG.get(_page(prompt)[1], {}) else "python_service"
    return [
        _step("write", "code.generate", "Write it", artifact=artifact),
        _step("test", "code.test", "Test it", "write"),
        _step("propose", "repository.propose_change", "Open a pull request", "test", title=_page(prompt)[1]),
        _step("checks", "repository.watch_checks", "Wait for its checks", "propose"),
    ]


def _row_steps(prompt: str, page: str) -> list[Json]:
    source_text = _source(prompt, "today, and the team's databases")
    source, day = _SOURCE.search(source_text), re.search(r"\d{4}-\d{2}-\d{2}", source_text)
    if source is None or day is None:
        raise LookupError("the prompt names no database Tasks, or no day, and nobody but a person could know them")
    late = [{"property": "Due", "date": {"before": day[0]}}]
    late.append({"property": "Status", "select": {"does_not_equal": "Done"}})
    given = {"data_source": source[1], "filter": {"and": late}, "set": {"Status": "Blocked"}, "at_most": 30}
    return [
        _step("block", "notion.update_rows", "Set overdue tasks to Blocked", **given),
        _step("tell", "notion.append_blocks", "List what was changed", "block", page=page, from_step="block"),
    ]


def _decision_steps(prompt: str, page: str) -> list[Json]:
    asked = {"question": "Do we move the booking system to the cloud?", "options": list(OPTIONS)}
    members = [{"agent": "advisor", "input": {**asked, "view": side}} for side in SIDES]
    given = {
        "on": "choice",
        "rounds": 2,
        "members": [{"kind": "agent.ask", "input": each} for each in members],
        "chair": {"kind": "agent.ask", "input": {"agent": "decider", "input": asked}},
    }
    return [
        _step("decide", "pattern.debate", "Let specialists argue once, and decide", **given),
        _step("tell", "notion.append_blocks", "Write the decision down", "decide", page=page, from_step="decide"),
    ]


def _answer_outline(prompt: str) -> Json:
    title = _page(prompt)[1]
    wanted = [str(each["id"]) for each in json.loads(_source(prompt, "the approved plan"))["requirements"]]
    tests = next(path for path in _LONG[title] if path.startswith("tests/"))
    files: list[Json] = [
        {
            "path": path,
            "action": "edit" if path == EDITED else "create",
            "source": "",
            "purpose": f"What the page asks for, as far as it belongs into {path}.",
            "interfaces": "DONE: what is done, by the id of its requirement" if path in (MODULE, EDITED) else "none",
            "depends_on": [],
            "lines": max(10, characters // 40),
        }
        for path, characters in _LONG[title].items()
    ]
    proofs = [{"requirement": each, "test": f"{tests}::test_{each.lower()}"} for each in wanted]
    return {"files": files, "tests": proofs, "runner": "python", "expected_tests": len(wanted), "site_root": ""}


def _answer_files(prompt: str) -> Json:
    long = _LONG[_page(prompt)[1]]
    now = {str(each["path"]) for each in json.loads(_source(prompt, "files to write now"))}
    proofs = json.loads(_source(prompt, "tests and checks of the plan"))["tests"]
    names = [str(each["test"]).partition("::")[2] for each in proofs]
    files = [
        {"path": path, "content": _text(path, characters, names), "complete": True}
        for path, characters in long.items()
        if path in now and path != EDITED
    ]
    done = _lines(long.get(EDITED, 0), f"{ROUTES}DONE = {_format_done(names)}\n", "# ")
    edits = [{"path": EDITED, "find": ROUTES, "replace": done}] if EDITED in now else []
    tested = any(path.startswith("tests/") for path in now)
    return {"files": files, "edits": edits, "expected_tests": len(names) if tested else 0}


def _text(path: str, characters: int, names: list[str]) -> str:
    if path == MODULE:
        return _lines(characters, f"DONE = {_format_done(names)}\n", "# ")
    if not path.endswith(".py"):
        return _lines(characters, "# What this is\n\n", "")
    module = (EDITED if path == NEW_TEST else MODULE).removesuffix(".py")
    head = f"import unittest\n\nimport {module}\n\n\nclass Asked(unittest.TestCase):\n"
    cases = [f'    def {name}(self):\n        self.assertTrue({module}.DONE["{name}"])\n' for name in names]
    return _lines(characters, f"{head}{chr(10).join(cases)}", "    # ")


def _format_done(names: list[str]) -> str:
    return json.dumps(dict.fromkeys(names, "yes"))


def _lines(characters: int, begins: str, mark: str) -> str:
    """Return a text that begins so and is about as long."""
    line = f"{mark}{_SENTENCE.strip()}\n"
    return begins + line * max(0, (characters - len(begins)) // len(line))


def _answer_advice(prompt: str) -> Json:
    view = _source(prompt, "advisor: view")
    reason = f"Seen from {view} it is the best of the three, and what is known about it is enough. {_SENTENCE * 2}"
    return {"choice": _CHOICES[view], "reasons": [reason] * 4, "objections": [f"It is new to us. {_SENTENCE}"]}


def _answer_decision(prompt: str) -> Json:
    return {"choice": OPTIONS[2], "reasons": [f"Two of three sides rest on it. {_SENTENCE * 3}"] * 3}


_STEPS: Mapping[str, Callable[[str, str], list[Json]]] = {
    "Overdue tasks": _row_steps,
    "Do we move the booking system to the cloud?": _decision_steps,
}
_WRITTEN: Mapping[tuple[str, ...], Callable[[str], Json]] = {  # fields of an answer → who writes it
    ("requirements", "steps"): _answer_plan,
    ("runner", "site_root"): _answer_outline,
    ("files", "edits", "note"): _answer_files,
    ("choice", "objections"): _answer_advice,
    ("choice", "dissent"): _answer_decision,
}
